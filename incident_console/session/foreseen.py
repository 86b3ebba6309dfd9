"""What would a make target do? Asked of `make -n` before the target is run, where nothing is run by asking.

The console runs what a runbook's evidence names; that a target first deletes logs, or runs the whole workflow, stands
in the makefile alone.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from incident_console.events import Effects as EffectName
from incident_console.evidence import command as commands
from incident_console.snakemake import makefile
from incident_console.snakemake.shelleffects import Effects, effects_of
from incident_console.snakemake.textfile import read_bytes

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem

TIMEOUT_S = 20.0
CAP = 1 << 20
"""Bytes of what make would run that are read."""
MAKES = ("make", "gmake")
_ASKS = frozenset(("-n", "--dry-run", "--just-print", "--recon", "-q", "--question"))
FILES = 30
"""Makefiles that are looked at, included ones and those of other folders among them."""
_SHOWN = 3
STRENGTH: tuple[EffectName, ...] = ("read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes")
_WORDS: Mapping[str, str] = {"writes": "writes files", "runs-workflow": "runs the workflow", "deletes": "deletes files"}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is stronger than the runbook says. `effects` are those that need consent, weakest first."""

    declared: EffectName
    effects: tuple[EffectName, ...] = ()
    because: tuple[str, ...] = ()
    """Sentences: the commands, or why nobody can tell."""

    @property
    def strongest(self) -> EffectName:
        return self.effects[-1] if self.effects else self.declared

    @property
    def told(self) -> str:
        """What is to be said before anything runs; empty where the runbook said enough."""
        return "; ".join(self.because)

    def not_allowed(self, allow: Collection[str]) -> tuple[EffectName, ...]:
        return tuple(one for one in self.effects if one not in allow)


def foresee(item: EvidenceItem, cwd: Path, env: Mapping[str, str]) -> Foreseen:
    """For any evidence item; only a make target can hold more than is declared. Never raises for what make does."""
    argv = _words(item)
    if not any(PurePath(word).name in MAKES for word in argv[: None if item.shell else 1]):
        return Foreseen(item.effects)
    seen = _asked(argv, cwd, env) if _is_plain(item, argv) else Effects(unclear=(" ".join(item.run or ()),))
    known = STRENGTH.index(item.effects)
    stronger = [one for one in seen.found if STRENGTH.index(one.kind) > known]
    kinds = [kind for kind in STRENGTH if any(one.kind == kind for one in stronger)]
    because = []
    for kind in reversed(kinds):
        shown = [one for one in stronger if one.kind == kind]
        shown.sort(key=lambda one: not one.evidence)
        word = "deletes evidence" if any(one.evidence for one in shown) and kind == "deletes" else _WORDS[kind]
        because.append(f"{word} ({_some([one.command for one in shown])})")
    if seen.unclear and known < STRENGTH.index("runs-workflow"):
        because.append(f"cannot tell what it does ({_some(list(seen.unclear))})")
        # What nobody can foresee is asked about as if it ran the workflow.
        if not kinds or kinds[-1] == "writes":
            kinds.append("runs-workflow")
    return Foreseen(item.effects, tuple(kinds), tuple(because))


def _words(item: EvidenceItem) -> tuple[str, ...]:
    if not item.shell:
        return tuple(item.run or ())
    try:
        return tuple(shlex.split(" ".join(item.run or ())))
    except ValueError:
        return ()


def _is_plain(item: EvidenceItem, argv: tuple[str, ...]) -> bool:
    """Whether it is one call of make and nothing else."""
    line = " ".join(item.run or ()) if item.shell else ""
    return PurePath(argv[0]).name in MAKES and not set(line) & set(";&|<>$`()\n*?")


def _asked(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Effects:
    look = _Look()
    look.at(makefile.call_of(argv[1:]), cwd)
    if look.obstacles:
        return Effects(unclear=tuple(dict.fromkeys(look.obstacles)))
    if not _ASKS.isdisjoint(argv[1:]):
        return Effects()  # the evidence is itself the question; what make runs even then is among the obstacles
    # Without make's own rules nothing can be taken for a recipe of the makefile itself.
    asking = (argv[0], "--dry-run", "--no-builtin-rules", *argv[1:])
    outcome = commands.run(commands.Command(asking, cwd, TIMEOUT_S, cap=CAP, env=env))
    if outcome.ended == "could not run":
        return Effects()  # the same will be said when it is run
    found = effects_of("\n".join(look.printed(outcome.stdout.decode("utf-8", "replace"))))
    unclear = list(found.unclear)
    if outcome.ended != "exited":
        unclear.append(f"make -n {outcome.ended}: {outcome.reason}")
    elif outcome.exit_code:
        unclear.append(_first_line(outcome.stderr) or f"make -n ended with exit code {outcome.exit_code}")
    elif outcome.stdout_dropped:
        unclear.append("make -n says too much to be read")
    return Effects(found.found, tuple(unclear))


class _Look:
    """Goes through the makefiles that make would read, for why it may not even be asked."""

    def __init__(self) -> None:
        self.obstacles: list[str] = []
        self._left = FILES
        self._called: set[tuple[str, ...]] = set()
        """The words of each `$(MAKE)`."""

    def at(self, call: makefile.Call, cwd: Path) -> None:
        if call.opaque:
            self.obstacles.append(call.opaque)
            return
        folder = cwd / call.directory if call.directory else cwd
        name = call.makefile or next((name for name in makefile.NAMES if os.path.lexists(folder / name)), None)
        files = [name] if name is not None else []
        read: dict[str, makefile.Makefile] = {}
        while files and not self.obstacles:
            name = files.pop(0)
            if name not in read:
                read[name] = self._read(folder, name)
                files += read[name].includes
        for name, own in read.items():
            if any(other.remakes(name) for other in read.values()):
                self.obstacles.append(f"{name} may be remade while make reads it")
            for inner in own.calls:
                self._called.add(inner.words)
                if (inner.directory or inner.makefile or inner.opaque) and not self.obstacles:
                    self.at(inner, folder)

    def _read(self, folder: Path, name: str) -> makefile.Makefile:
        self._left -= 1
        data = read_bytes(folder / name, makefile.SIZE_LIMIT + 1)
        if self._left < 0 or any(mark in name for mark in "$*?[~"):
            self.obstacles.append(f"{name} is included, and cannot be looked at")
        elif data is None or len(data) > makefile.SIZE_LIMIT:
            if os.path.lexists(folder / name):
                self.obstacles.append(f"{name} cannot be read, or is too large")
        else:
            seen = makefile.read_makefile(data.decode("utf-8", "replace"))
            self.obstacles += (f"{name} {why}" for why in seen.runs)
            return seen
        return makefile.Makefile()

    def printed(self, text: str) -> Iterator[str]:
        """What make would run, without what it says of itself and the calls whose own commands it goes on to print."""
        for line in text.split("\n"):
            words = line.split()
            program = PurePath(words[0]).name if words else ""
            talk = program.startswith(("make[", "gmake[", "make:", "gmake:"))
            if not talk and not (program in MAKES and tuple(words[1:]) in self._called):
                yield line


def _first_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0][:200] if lines else ""


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "; ".join(names[:_SHOWN]) + more
