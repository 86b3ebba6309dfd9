"""Which class of change makes outputs stale? Reads what `snakemake --list-changes CLASS` prints: an output a line.

Version 7 has an option for each class (`--list-code-changes`, `--lc`). The class is not in the output, so it is taken
from the command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from incident_console.snakemake import fields
from incident_console.snakemake.textfile import printable

ChangeClass = Literal["input", "code", "params"]

OUTPUTS = 50_000
"""Outputs that are kept; all are counted."""
_PATH = 4096
_OPTIONS: dict[str, ChangeClass] = {
    **dict.fromkeys(("--list-input-changes", "--li"), "input"),
    **dict.fromkeys(("--list-code-changes", "--lc"), "code"),
    **dict.fromkeys(("--list-params-changes", "--lp"), "params"),
}
_CLASSES: dict[str, ChangeClass] = {"input": "input", "code": "code", "params": "params"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks of the change list."""

    change: ChangeClass | None
    """None where the command does not ask for changes, or for none that is known."""
    old: bool
    """Whether it is version 7's option."""
    targets: tuple[str, ...]
    """Classes that the command names besides: `--list-changes` takes one, and the others become targets."""


@dataclass(frozen=True, slots=True)
class ChangeList:
    asked: Asked
    count: int
    outputs: tuple[str, ...]

    @property
    def line(self) -> str:
        """`code: 3 outputs`"""
        count = f"{self.count} output{'' if self.count == 1 else 's'}" if self.count else "no outputs"
        return f"{self.asked.change or 'changes'}: {count}"


def asked(argv: Sequence[str]) -> Asked:
    """By the command's words. Of options that are repeated the last one counts."""
    change: ChangeClass | None = None
    old = after = False
    targets: list[str] = []
    words = iter(argv)
    for word in words:
        name, _, value = word.partition("=")
        if name in _OPTIONS:
            change, old, after = _OPTIONS[name], True, False
        elif name in ("--list-changes", "--list-change", "--lch"):
            change, old, after, targets = _CLASSES.get(value or next(words, "")), False, True, []
        elif after and word in _CLASSES:
            targets.append(word)
        elif word.startswith("-"):
            after = False
    return Asked(change, old, tuple(targets))


def read_changes(argv: Sequence[str], pieces: Iterable[bytes]) -> ChangeList:
    """Never raises for what the text holds. Blank lines and what 7 prints of its planning are no outputs."""
    outputs: list[str] = []
    question = asked(argv)
    count = 0
    kept = b""
    for piece in (*pieces, b"\n"):
        first, *more = piece.split(b"\n")
        kept += first[: max(0, _PATH - len(kept))]
        for line in more:
            path = printable(fields.text(fields.plain(kept))).strip()
            kept = line[:_PATH]
            if question.change is None and "--list-" in path and (found := asked(path.split())).change is not None:
                question = found  # make prints the command first
            elif path and not path.startswith(("Building DAG of jobs", "Using profile", "host: ")):
                count += 1
                if len(outputs) < OUTPUTS:
                    outputs.append(path)
    return ChangeList(question, count, tuple(outputs))
