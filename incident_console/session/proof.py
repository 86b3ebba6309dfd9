"""Did the repair work, and what stayed the same? Keeps the state before the repair, and holds the present against it.

The state is kept when the incident opens and, because a run that goes on tells only half of it, again when the run has
ended; never after the first edit of a watched file. It is a fact of the record and no evidence: nobody has looked at it
yet. On the prove rung the comparison with it can be captured as evidence.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from incident_console import events
from incident_console.errors import ConsoleError, EvidenceError, InputError
from incident_console.evidence.files import FileCapture
from incident_console.evidence.redact import without_prints
from incident_console.record.clock import stamp
from incident_console.session.beats import Beats
from incident_console.session.core import Session
from incident_console.session.sightings import ENDED
from incident_console.session.view import View
from incident_console.snakemake.find import is_workflow

if TYPE_CHECKING:
    from incident_console.snakemake.compare import State

SOON_S = 1.0
"""The first picture comes first: hashing shares the processor with it."""
FILES = 1000
BYTES = 64 << 20
"""Files and bytes that are hashed of one state."""
WAIT_S = 5.0
"""How long a comparison waits for the state to be kept that it is asked for."""


class StateKeeper:
    """A thread of its own. `start()` begins, `close()` ends it; what could not be kept is only missing later."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._beats = Beats()
        self._thread = threading.Thread(target=self._work, name="state before", daemon=True)

    def start(self) -> None:
        if kept(self._session) is None:
            self._wanted.set()
        self._session.listen(self._told)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def _told(self, recorded: events.Recorded) -> None:
        if isinstance(recorded.event, events.RunSeen) and recorded.event.status in ENDED:
            self._wanted.set()

    def _work(self) -> None:
        self._closed.wait(SOON_S)
        while not self._closed.is_set():
            self._wanted.wait()
            self._wanted.clear()
            # Nothing to keep, or the record cannot take it: the comparison will say that it has no state.
            with self._beats.one(), suppress(ConsoleError, OSError):
                if not self._closed.is_set() and self._still_before():
                    keep_state(self._session)

    def _still_before(self) -> bool:
        """Nothing was edited yet, no state of a run's end is kept, and the record is not in somebody else's hands."""
        if self._session.incident.edits or self._session.incident.rests:
            return False
        state = kept(self._session)
        return state is None or state.unfinished


def keep_state(session: Session) -> events.Recorded:
    """Keep how the workflow stands now. Raises InputError where there is none, RecordError when it cannot be kept."""
    # Imported where it is used: the facts of a run, which come first, need nothing of it.
    from incident_console.snakemake.compare import to_json

    state = _now(session)
    sha256, size, counts = session.keep(to_json(state))
    return session.append(
        events.StateKept(
            occurred_at=stamp(session.clock.now()),
            sha256=sha256,
            size=size,
            run=state.run.log if state.run is not None else None,
            unfinished=state.run is not None and state.run.status == "running",
            redactions=counts,
        )
    )


def kept(session: View) -> events.StateKept | None:
    """The state that was kept last; None while there is none."""
    lines = tuple(session.incident.lines)
    return next((line.event for line in reversed(lines) if isinstance(line.event, events.StateKept)), None)


def comparison(session: Session) -> FileCapture:
    """The present against the state that was kept before the repair, as a note in Markdown.

    Raises EvidenceError when none was kept, or it cannot be read again.
    """
    from incident_console.snakemake.compare import as_note, compare, from_json, to_json

    if not is_workflow(session.workdir):
        raise EvidenceError("there is no workflow and no run here whose states could be compared")
    give_up = time.monotonic() + WAIT_S
    while (event := kept(session)) is None and time.monotonic() < give_up:
        time.sleep(0.05)
    if event is None:
        raise EvidenceError("no state from before the repair was kept; compare two folders with `compare BEFORE AFTER`")
    try:
        before = from_json(without_prints(session.record.blobs.get(event.sha256)), "the state that was kept")
        after = _now(session)
    except InputError as fault:
        raise EvidenceError(str(fault)) from None
    # What stands in the record has its secrets replaced: so must the other, or each of them were a difference. Who took
    # the incident over makes other fingerprints, so they are left out of both.
    after = from_json(without_prints(session.redactor.data(to_json(after)).data), "the state now")
    note = as_note(compare(before, after)).encode("utf-8", "backslashreplace")
    name = f"now, compared with the state kept at {event.occurred_at}"
    return FileCapture(path=name, data=note, size=len(note), dropped=0, inode=0, mtime_ns=0)


def _now(session: Session) -> State:
    from incident_console.snakemake.compare import take
    from incident_console.snakemake.compare.files import Budget

    return take(session.workdir, budget=Budget(FILES, BYTES))
