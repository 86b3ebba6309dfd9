"""Which evidence is there, in one list: what was captured, failed or runs, kept attempts, pins, edits, states kept.

No screen and no file here: a list that grows as the record does, what of it is shown, and which earlier piece one is
held against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from incident_console import events
from incident_console.errors import Refused
from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, LogPinned, StateKept
from incident_console.record.incident import Incident
from incident_console.record.seen import Edit, Item, Running, how_changed
from incident_console.record.timeline import source

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem, Runbook, Rung

State = Literal["captured", "failed", "running", "interrupted", "kept", "lost", "pinned", "edit", "state"]
"""`kept`: a failed attempt; `lost`: one without any text; `state`: the workflow's, kept by the console."""
Blob = tuple[str, str, int]
ALL = ""
INBOX = "(inbox)"
NO_RUNG = "(no rung)"
"""Of what belongs to none: edits, and states kept. In brackets, since a rung may be called anything."""
EDIT, STATE = "edit", "state"
"""What stands for a surface where there is none of the nine."""
SURFACES = (*get_args(events.Surface), EDIT, STATE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece. Sizes in bytes; `seq` is how everything else names it."""

    seq: int
    at: str
    by: str
    state: State
    name: str
    surface: str
    rung: str
    """A rung's id, `INBOX` or `NO_RUNG`."""
    how: str
    """The command, or the file."""
    question: str
    told: str
    """What must be known of it beyond the figures: why it failed, what is missing; often empty."""
    blobs: tuple[Blob, ...]
    """What is kept of it: a word for each part (empty for the main one), its sha256, its size."""
    run: str | None
    exit_code: int | None = None
    lines: int | None = None
    """Of what was pinned; of the rest it is not recorded."""
    truncated: int = 0
    redactions: int = 0
    same_as: tuple[str, ...] = ()
    """What it has in common with other pieces of the same thing."""

    @property
    def size(self) -> int:
        return sum(size for _, _, size in self.blobs)

    @property
    def is_item(self) -> bool:
        """Whether it is a piece of evidence, which can be laid to a rung."""
        return self.state != "running" and self.rung != NO_RUNG

    def holds(self, text: str) -> bool:
        """Whether any of its words holds this text, which is casefolded."""
        words = (self.name, self.surface, self.rung, self.how, self.question, self.told, self.state)
        return any(text in word.casefold() for word in words)


class Shelf:
    """All pieces in the journal's order, and those that are shown."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.shown: list[Entry] = []
        self.surface, self.rung, self.text = ALL, ALL, ""
        self._made: dict[int, tuple[object, Entry]] = {}
        self._states: list[Entry] = []
        self._read = 0

    def take(self, incident: Incident, *, writing: bool) -> bool:
        """Take in what is new; whether anything is other than before. `writing`: somebody writes the record now."""
        lines = incident.lines
        self._states += [_state(line, line.event) for line in lines[self._read :] if isinstance(line.event, StateKept)]
        self._read = len(lines)
        sitting = lines[-1].session if lines and writing else ""
        entries = [*self._states]
        entries += [self._entry(item) for item in tuple(incident.evidence)]
        entries += [self._entry(edit) for edit in tuple(incident.edits.values())]
        entries += [_running(each, alive=lines[each.seq - 1].session == sitting) for each in incident.running_evidence]
        entries.sort(key=lambda entry: entry.seq)
        if entries == self.entries:
            return False
        self.entries = entries
        self._sift()
        return True

    def show(self, *, surface: str | None = None, rung: str | None = None, text: str | None = None) -> None:
        """Only what is of this surface and this rung and holds this text; None: as it was before."""
        self.surface = self.surface if surface is None else surface
        self.rung = self.rung if rung is None else rung
        self.text = self.text if text is None else text.casefold()
        self._sift()

    def surfaces(self) -> list[str]:
        """Those of which there is anything, `ALL` first."""
        there = {entry.surface for entry in self.entries}
        return [ALL, *(surface for surface in SURFACES if surface in there), *sorted(there - set(SURFACES))]

    def rungs(self, order: Iterable[str]) -> list[str]:
        """Those to which anything was laid, in the ladder's order, `ALL` first and what has no rung last."""
        there = {entry.rung for entry in self.entries}
        ordered = [rung for rung in order if rung in there]
        rest = sorted(there - set(ordered) - {INBOX, NO_RUNG})
        return [ALL, *ordered, *rest, *(each for each in (INBOX, NO_RUNG) if each in there)]

    def _sift(self) -> None:
        self.shown = [
            entry
            for entry in self.entries
            if self.surface in (ALL, entry.surface)
            and self.rung in (ALL, entry.rung)
            and (not self.text or entry.holds(self.text))
        ]

    def _entry(self, of: Item | Edit) -> Entry:
        """Made once; a part of the incident that changed is another object."""
        made = self._made.get(of.seq)
        if made is None or made[0] is not of:
            self._made[of.seq] = made = (of, _item(of) if isinstance(of, Item) else _edit(of))
        return made[1]


def before(entries: Iterable[Entry], entry: Entry) -> Entry | None:
    """What it is held against when nothing else is said: the last piece of the same thing before it, if there is one.

    The same evidence captured before; another attempt of the job, or else of its rule; the edit before of the same
    file; provenance of another context.
    """
    for wanted in entry.same_as:
        found = [each for each in entries if each.seq < entry.seq and wanted in each.same_as and each.blobs]
        if found:
            return found[-1]
    return None


def again(runbook: Runbook, entry: Entry) -> tuple[Rung, EvidenceItem]:
    """The runbook's own item of which it was captured: only that may run, whatever the record says was run.

    Raises Refused with the reason where there is none.
    """
    if entry.state not in ("captured", "failed", "interrupted", "running"):
        raise Refused(
            f"{entry.name} was not captured by a command or from a file of the runbook: it cannot be run again"
        )
    found = [(rung, item) for rung in runbook.rungs for item in rung.evidence if item.id == entry.name]
    if not found:
        raise Refused(f"the runbook {runbook.id} has no evidence {entry.name}: what it does not name is not run")
    return next(((rung, item) for rung, item in found if rung.id == entry.rung), found[0])


# -- what each is ----------------------------------------------------------------------------------------------------


def _item(item: Item) -> Entry:
    match item.event:
        case EvidenceCaptured() | EvidenceFailed():
            return _captured(item, item.event)
        case LogPinned():
            return _pinned(item, item.event)
        case AttemptKept():
            return _attempt(item, item.event)


def _captured(item: Item, event: EvidenceCaptured | EvidenceFailed) -> Entry:
    reason = event.reason if isinstance(event, EvidenceFailed) else ""
    state: State = "captured" if not reason else "interrupted" if reason.startswith("interrupted") else "failed"
    return Entry(
        seq=item.seq,
        at=item.at,
        by=item.by,
        state=state,
        name=item.name,
        surface=item.surface,
        rung=_rung(item.rung),
        how=source(event),
        question=item.question,
        told=reason,
        blobs=_blobs(("", event.sha256, event.size), ("standard error", event.stderr_sha256, event.stderr_size)),
        run=item.run,
        exit_code=event.exit_code if isinstance(event, EvidenceCaptured) else None,
        truncated=event.truncated,
        redactions=_redacted(event),
        same_as=(f"{event.item}/{event.surface}", *(("provenance",) if event.surface == "provenance" else ())),
    )


def _pinned(item: Item, event: LogPinned) -> Entry:
    return Entry(
        seq=item.seq,
        at=item.at,
        by=item.by,
        state="pinned",
        name=item.name,
        surface=item.surface,
        rung=_rung(item.rung),
        how=event.path,
        question=item.question,
        told="",
        blobs=_blobs(("", event.sha256, event.size)),
        run=item.run,
        lines=event.lines[1] - event.lines[0] + 1 if event.lines else None,
        redactions=_redacted(event),
        same_as=(f"pin {event.path}",),
    )


def _attempt(item: Item, event: AttemptKept) -> Entry:
    return Entry(
        seq=item.seq,
        at=item.at,
        by=item.by,
        state="kept" if item.kept else "lost",
        name=item.name,
        surface=item.surface,
        rung=_rung(item.rung),
        how=event.log or event.run_log or events.UNKNOWN,
        question=item.question,
        told="" if event.complete else event.missing or events.UNKNOWN,
        blobs=_blobs(
            ("", event.sha256, event.size), ("its block of the run log", event.block_sha256, event.block_size)
        ),
        run=item.run,
        exit_code=event.exit_code,
        redactions=_redacted(event),
        same_as=(f"job {event.run} {event.jobid}", f"rule {event.rule}"),
    )


def _edit(edit: Edit) -> Entry:
    event = edit.event
    gate = "" if event.gate_open else "made before the gate was open"
    return Entry(
        seq=edit.seq,
        at=edit.at,
        by=edit.by,
        state="edit",
        name=f"edit of {event.path}",
        surface=EDIT,
        rung=NO_RUNG,
        how=event.path,
        question="What was changed in the workflow?",
        told="; ".join(part for part in (how_changed(event), gate) if part),
        blobs=_blobs(("", event.diff_sha256, event.diff_size)),
        run=None,
        redactions=_redacted(event),
        same_as=(f"edit {event.path}",),
    )


def _running(each: Running, *, alive: bool) -> Entry:
    event = each.event
    return Entry(
        seq=each.seq,
        at=each.at,
        by=each.by,
        state="running" if alive else "interrupted",
        name=event.item,
        surface=event.surface,
        rung=_rung(event.rung),
        how=source(event),
        question=event.question,
        told="" if alive else "its end was not recorded",
        blobs=(),
        run=event.run,
    )


def _state(line: events.Recorded, event: StateKept) -> Entry:
    return Entry(
        seq=line.seq,
        at=line.at,
        by=line.by,
        state="state",
        name="state of the workflow",
        surface=STATE,
        rung=NO_RUNG,
        how="the workflow's own files",
        question="How did the workflow stand?",
        told="while the run went on" if event.unfinished else "",
        blobs=_blobs(("", event.sha256, event.size)),
        run=event.run,
        redactions=_redacted(event),
        same_as=(STATE,),
    )


def _rung(rung: str | None) -> str:
    return INBOX if rung is None else rung


def _blobs(*parts: tuple[str, str | None, int]) -> tuple[Blob, ...]:
    """Those that are kept; nothing is said of an error stream on which nothing came."""
    return tuple((word, sha256, size) for word, sha256, size in parts if sha256 and (size or not word))


def _redacted(event: events.Event) -> int:
    return sum((event.redactions or {}).values())
