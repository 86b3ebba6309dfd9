"""What is said on leaving: that all is saved, or what is not; where; and how to go on."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from incident_console.counting import counted
from incident_console.errors import ConsoleError
from incident_console.record.folders import records_dir
from incident_console.record.text import one_line
from incident_console.session import emergency
from incident_console.session.core import Session
from incident_console.session.reviewing import BundleReview, Review
from incident_console.session.view import View

PROGRAM = "incident-console"


def parting(session: View, *flags: str) -> str:
    """Of a session whose entries are all saved, or of what was only read. `flags`: what it is resumed with."""
    if isinstance(session, BundleReview):
        bundle = shlex.quote(str(session.source))
        return (
            f"Nothing was written, and nothing was accepted.\nTake it over with: {program()} accept {bundle} --as NAME"
        )
    if isinstance(session, Review):
        told = f"Nothing was written here.\nThe record is {session.record.path}"
        return f"{told}\n{going_on(session, *flags)}"
    return f"All is saved in {session.record.path}\n{going_on(session, *flags)}"


def collected(session: View) -> str:
    """After a climb without a terminal: that the incident is open, what its ladder waits for, and what ends it."""
    waiting = [f"{mark.number} {mark.title}" for mark in session.marks() if mark.state not in ("done", "waived")]
    rungs = f"to be completed or waived: {'; '.join(waiting)}" if waiting else "every rung is completed or waived"
    return "\n".join(
        (
            f"The incident is open still, collecting does not close it; {rungs}",
            going_on(session),
            "There K closes it (with --plain: close), and asks for the outcome and its proof",
            f"Or hand it over: {program()} handoff {session.id} --to WHO -o FILE.zip{_elsewhere(session)}",
        )
    )


def going_on(session: View, *flags: str) -> str:
    """The command that takes the incident up again."""
    return f"Go on with: {' '.join((program(), 'resume', *flags, session.id))}{_elsewhere(session)}"


def _elsewhere(session: View) -> str:
    """The flag that finds the record, where it is in no place that is looked in by itself."""
    where = session.record.path.parent
    return "" if where == records_dir(os.environ) else f" --records {shlex.quote(str(where))}"


def program() -> str:
    """How this console can be called again: by its name where that is on PATH, else as it was called."""
    called = sys.argv[0]
    unactivated = Path(called).name == PROGRAM and not shutil.which(PROGRAM)
    return shlex.quote(called) if unactivated else PROGRAM


def not_saved(session: View | None, takes_in: str, *flags: str) -> str:
    """Try a last time; what is not saved then is copied to the first place that takes it.

    The parting words; empty when all is saved. `takes_in`: the key or word that takes a copy in. May wait for the disk.
    """
    if not isinstance(session, Session) or session.retry():
        return ""
    held = session.held
    lost = f"NOT SAVED: {entries(held.count)} of this sitting did not get into the record {session.record.path}"
    told = [lost, held.because]
    copy: Path | None = None
    with suppress(ConsoleError):
        copy = emergency.write_somewhere(session, os.environ)
    if copy is not None:
        told.append(f"What is missing there is in an emergency copy: {copy}")
        if session.record.journal.is_file():
            told += [going_on(session, *flags), f"once it can be written again; {takes_in} takes the copy in."]
        else:
            told.append("The record itself is gone from its folder; the copy has the journal, as far as it went.")
    else:
        told.append("No place took an emergency copy. This is all that is left of them:")
        told += [f"{entry.since}  {one_line(entry.told, 4000)}" for entry in held.entries]
    return "\n".join(told)


def entries(count: int) -> str:
    return counted(count, "entry", "entries")
