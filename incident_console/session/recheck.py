"""What changed since the hand-off? Whether the workflow is here at all, how the run stood then, what is new since.

Nothing here runs anything. The same evidence is captured again as any other is, and then held against what it was.
"""

from __future__ import annotations

import difflib
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

from incident_console import gate
from incident_console.errors import InputError
from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, RunSeen
from incident_console.record.clock import moment
from incident_console.record.incident import Incident
from incident_console.record.seen import Item
from incident_console.session.edits import kept_last
from incident_console.session.view import View
from incident_console.snakemake.run import Run

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem, Rung

NAMED = 6
"""Files and failures that are told by name."""
DIFF_LINES = 3000
"""Of each output: what is longer is compared as far as that."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether the workflow that the record tells of is in its folder here."""

    here: bool
    told: str
    """How that was told, or what to do; sentences."""


@dataclass(frozen=True, slots=True)
class Then:
    """One thing, as it was handed off and as it is now."""

    what: str
    then: str
    now: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Again:
    """A piece of evidence that was handed off, and the same captured since."""

    rung: Rung
    item: EvidenceItem
    before: Item
    after: Item | None

    @property
    def same(self) -> bool | None:
        """Whether it says the same to the byte; None while it was not captured again."""
        if self.after is None:
            return None
        then, now = self.before.event, self.after.event
        return then.sha256 == now.sha256 and getattr(then, "exit_code", None) == getattr(now, "exit_code", None)


def reach(view: View, host: str | None = None) -> Reach:
    """By the folder, the watched files' hashes as the record saw them last, and the host. Reads those files.

    On another host it is the workflow when half of those files are here by name and one by content, or when the
    receiver said that it is.
    """
    incident, workdir = view.incident, view.workdir
    here, there = host or socket.gethostname(), incident.reentry.host
    if not workdir.is_dir():
        return Reach(
            False,
            f"The workflow is not here: {here} has no folder {workdir} (it was worked on {there}). "
            f"Nothing can be checked again from here: go there, or say where your copy is: {_where(view)}.",
        )
    named = incident.workdir_said
    kept = kept_last(view.record, incident, workdir)
    seen = kept.files if kept is not None else {}
    # Only what the sender kept says anything of now: his files are looked for wherever the walk would have ended.
    theirs = gate.Baseline({name: gate.Seen(one.sha256) for name, one in seen.items()})
    now = gate.take(workdir, view.runbook.watch, theirs)
    equal = [name for name in seen if name in now.files and now.files[name].sha256 == seen[name].sha256]
    found = sum(name in now.files for name in seen)
    files = f"{len(equal)} of {len(seen)} watched files are as the sender saw them last"
    if kept is None and now.files:
        files = f"the sender kept no state of the watched files, so none is compared ({_named(now.files)})"
    elif not seen:
        files = "no file of it is watched, so nothing but the folder tells that it is the same one"
    if seen and (found * 2 < len(seen) or not equal) and here != there and not named:
        return Reach(
            False,
            f"The folder {workdir} is here, but it is not that workflow: {files}. "
            f"Say where your copy is: {_where(view)}.",
        )
    if not seen and here != there and not named:
        return Reach(False, f"The folder {workdir} is here, but the record holds no file to tell that workflow by.")
    differing = [name for name in seen if name not in equal]
    others = f"; not: {_named(differing)}" if differing else ""
    if seen and (uncompared := [name for name in now.files if name not in seen]):
        others += f"; not compared, as the sender kept none: {_named(uncompared)}"
    elsewhere = f" Another machine than the sender's: {there} then, {here} now." if here != there else ""
    return Reach(True, f"The workflow is here, in {workdir}: {files}{others}.{elsewhere}")


def _where(view: View) -> str:
    return f"`incident-console resume {view.id} --workdir DIR`"


def since(view: View, run: Run | None) -> tuple[Then, ...]:
    """The run, the watched files and the failures, then and now. Empty when nothing was ever handed off."""
    incident = view.incident
    if not incident.offered:
        return ()
    offered = incident.offered[-1].seq
    return (_run(incident, offered, run), _files(incident, offered), _failures(incident, offered, run))


def again(view: View) -> tuple[Again, ...]:
    """The evidence that was handed off and can be captured again, in the ladder's order."""
    incident = view.incident
    offered = incident.offered[-1].seq if incident.offered else 0
    before: dict[tuple[str | None, str], Item] = {}
    after: dict[tuple[str | None, str], Item] = {}
    for item in tuple(incident.evidence):
        if isinstance(item.event, EvidenceCaptured | EvidenceFailed):
            of = (item.rung, item.event.item)
            if item.seq > offered:
                after[of] = item
            elif isinstance(item.event, EvidenceCaptured):
                before[of] = item
    return tuple(
        Again(rung, item, before[rung.id, item.id], after.get((rung.id, item.id)))
        for rung in view.runbook.rungs
        for item in rung.evidence
        if (rung.id, item.id) in before and not item.is_observation
    )


def diff(view: View, pair: Again) -> bytes:
    """What the evidence said then against what it says now. Raises InputError when a blob cannot be read."""
    if pair.after is None:
        raise InputError(f"{pair.item.id} was not captured again yet")
    then, now = _text(view, pair.before), _text(view, pair.after)
    names = [f"{pair.item.id} {word}, {item.at}" for word, item in (("then", pair.before), ("now", pair.after))]
    lines = difflib.unified_diff(then, now, names[0], names[1], lineterm="", n=3)
    shown = [*islice(lines, DIFF_LINES), *(["… the rest is left out"] if next(lines, None) is not None else [])]
    if not shown:
        shown = [f"{pair.item.id} says the same now as then."]
    return "\n".join(shown).encode("utf-8", "surrogateescape") + b"\n"


def _text(view: View, item: Item) -> list[str]:
    event = item.event
    data = view.record.blobs.get(event.sha256) if event.sha256 else b""
    lines = data.decode("utf-8", "surrogateescape").splitlines()[:DIFF_LINES]
    if isinstance(event, EvidenceFailed):
        return [*lines, f"-- {event.reason} --"]
    code = getattr(event, "exit_code", None)
    return [*lines, f"-- exit code {code} --"] if code is not None else lines


def _run(incident: Incident, offered: int, run: Run | None) -> Then:
    last = next((line.event for line in reversed(incident.lines[:offered]) if isinstance(line.event, RunSeen)), None)
    then = "no run was seen"
    if last is not None:
        figures = last.figures
        done = f"{figures.get('finished', 0)}/{figures.get('planned', 0)}"
        then = f"{last.status} {done}, {figures.get('failed', 0)} failed"
    if run is None:
        return Then("run", then, "no run is here to be seen", last is not None)
    other = f" (another run: {PurePath(run.log).name})" if last is not None and last.log != run.log else ""
    now = f"{run.status} {run.finished}/{run.planned}, {run.failed} failed"
    return Then("run", then, now + other, now + other != then)


def _files(incident: Incident, offered: int) -> Then:
    edited = dict.fromkeys(edit.event.path for edit in tuple(incident.edits.values()) if edit.seq > offered)
    now = f"{len(edited)} edited since: {_named(edited)}" if edited else "as they were"
    return Then("watched files", "as the record has them", now, bool(edited))


def _failures(incident: Incident, offered: int, run: Run | None) -> Then:
    kept = [item for item in tuple(incident.evidence) if isinstance(item.event, AttemptKept)]
    before = sum(item.seq <= offered for item in kept)
    handed = moment(incident.offered[-1].at)
    fresh = [
        f"{item.event.rule} attempt {item.event.attempt}"
        for item in kept
        if item.seq > offered
        and isinstance(item.event, AttemptKept)
        and handed is not None
        and (moment(item.event.occurred_at or item.at) or handed) > handed
    ]
    now = f"{len(fresh)} new: {_named(fresh)}" if fresh else "none new"
    return Then("failed attempts", f"{before} kept", now, bool(fresh))


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return ", ".join(listed[:NAMED]) + more
