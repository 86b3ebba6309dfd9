"""What does the workflow believe it must process now, against what it processed before?

The sample list that a pattern or a checkpoint found is seldom a file; but the wildcards of the jobs that are planned
tell it, and those of earlier runs' jobs tell what it was. Pure: jobs in, a comparison out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incident_console.snakemake.discovery import base_of

Job = tuple[str, Mapping[str, str]]
"""A rule and its job's wildcards."""
LISTED = 2000
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is another value with the ending of a file: `A.md5` beside `A`."""

    name: str
    value: str
    other: str
    before: bool
    """Whether an earlier run had it, too."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """Values are (wildcard, value) pairs, sorted; at most LISTED of each."""

    added: tuple[tuple[str, str], ...]
    """Planned now, and unknown to the earlier runs."""
    absent: tuple[tuple[str, str], ...]
    """Known to the earlier runs and not planned now: up to date, or no longer found. A plan cannot tell which."""
    odd: tuple[Odd, ...]
    compared: bool
    """Whether there was an earlier run to compare with."""

    @property
    def sentence(self) -> str:
        """What is to be told; empty where there is nothing out of the ordinary."""
        parts = []
        if self.added:
            parts.append(f"{_values(self.added)} planned that no earlier run knew: {_list(v for _, v in self.added)}")
        if self.odd:
            shown = _list(f"{one.value} beside {one.other}" for one in self.odd)
            parts.append(f"perhaps no samples, but the name of another one with an ending: {shown}")
        if self.absent and (self.added or self.odd):
            parts.append(
                f"{_values(self.absent)} of the earlier runs not planned now (up to date, or no longer found): "
                + _list(v for _, v in self.absent)
            )
        return "; ".join(parts)


def compare_samples(now: Iterable[Job], before: Iterable[Job]) -> Discovery:
    """Wildcards are compared by name, over all rules; one that only the plan or only the past knows is left out."""
    planned, known = _by_name(now), _by_name(before)
    shared = planned.keys() & known.keys()
    added = [(name, value) for name in shared for value in planned[name] - known[name]]
    absent = [(name, value) for name in shared for value in known[name] - planned[name]]
    odd: list[Odd] = []
    for name, values in planned.items():
        everything = values | known.get(name, set())
        for value in sorted(values):
            other = base_of(name, value, everything)
            if other is not None and len(odd) < LISTED:
                odd.append(Odd(name, value, other, value in known.get(name, set())))
    return Discovery(tuple(sorted(added)[:LISTED]), tuple(sorted(absent)[:LISTED]), tuple(odd), bool(known))


def _by_name(jobs: Iterable[Job]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, wildcards in jobs:
        for name, value in wildcards.items():
            found.setdefault(name, set()).add(value)
    return found


def _values(pairs: tuple[tuple[str, str], ...]) -> str:
    names = {name for name, _ in pairs}
    of = f" of {next(iter(names))}" if len(names) == 1 else ""
    count = f"{len(pairs)}{'+' if len(pairs) == LISTED else ''}"
    return f"{count} value{'' if len(pairs) == 1 else 's'}{of}"


def _list(values: Iterable[str]) -> str:
    shown = list(values)
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more
