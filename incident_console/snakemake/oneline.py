"""Which messages of the engine are whole in one line? Each function gives the event, or None where the text differs."""

from __future__ import annotations

import re
from collections.abc import Callable

from incident_console.snakemake import fields
from incident_console.snakemake.logevents import (
    Completed,
    Elapsed,
    Exiting,
    HeaderFact,
    Interrupted,
    LogEvent,
    NothingToDo,
    Planning,
    Provided,
    WaitingForFiles,
)

_PROVIDED = re.compile(rb"Provided (cores|[\w ]*nodes): (\d{1,12})")
_WAITING = re.compile(rb"Waiting at most (\d{1,12}) seconds? for missing files")
_COMPLETE = re.compile(rb"Complete log(?:\(s\))?: (\S.*)$")
_ELAPSED = re.compile(rb"Elapsed time: (?:(\d{1,6}) days?, )?(\d{1,6}):(\d\d):(\d\d(?:\.\d{1,9})?)$")
_STOP = (b"Terminating processes on user request", b"Cancelling snakemake on user request")
_STOP_GENTLY = b"Will exit after finishing currently running jobs"
# The slurm plugin words it itself; 7 keeps the submit command's whole answer, "Submitted batch job 28616".
_SUBMITTED = re.compile(
    rb"Submitted (?:DRMAA )?(?:group )?job (\S+) with external jobid '?(?:Submitted batch job )?(.*?)'?\.$"
)
_SLURM = re.compile(rb"(?:Group )?[Jj]ob (\S+) has been submitted with SLURM jobid (\S+?)(?: \(log: (.*?)\))?\.?$")

OneLine = Callable[[bytes, int, int, bool], LogEvent | None]
"""The line, its number and offset, and whether text of a command could have imitated it."""


def _provided(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    found = _PROVIDED.match(line)
    return found and Provided(n, start, "cores" if found[1] == b"cores" else "nodes", int(found[2]))


def _planning(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    return Planning(n, start)


def _host(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    return HeaderFact(n, start, "host", fields.text(line[6:]))


def _nothing(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    return NothingToDo(n, start) if line.startswith(b"Nothing to be done") else None


def _waiting(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    found = _WAITING.match(line)
    return found and WaitingForFiles(n, start, int(found[1]))


def _exiting(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    return Exiting(n, start) if line.startswith(b"Exiting because a job execution failed") else None


def _complete(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    found = _COMPLETE.match(line)
    return found and Completed(n, start, fields.text(found[1]))


def _elapsed(line: bytes, n: int, start: int, suspect: bool) -> LogEvent | None:
    found = _ELAPSED.match(line)
    if found is None:
        return None
    days, hours, minutes, seconds = found.groups()
    return Elapsed(n, start, (int(days or 0) * 24 + int(hours)) * 3600 + int(minutes) * 60 + float(seconds))


def stop(line: bytes, n: int, start: int, suspect: bool) -> Interrupted | None:
    """`Terminating processes on user request` (SIGINT) or `Will exit after finishing …` (SIGTERM)."""
    if line.startswith((*_STOP, _STOP_GENTLY)):
        return Interrupted(n, start, fields.text(line), line.startswith(_STOP), not suspect)
    return None


def handed_over(line: bytes) -> tuple[bytes, str, str | None] | None:
    """The job (or group), its external id and its log where a line says that it was submitted to a cluster."""
    found = _SUBMITTED.match(line)
    if found is not None:
        return found[1], fields.text(found[2]), None
    found = _SLURM.match(line)
    if found is not None:
        return found[1], fields.text(found[2]), fields.text(found[3]) if found[3] else None
    return None


BEFORE_JOBS: dict[bytes, OneLine] = {
    b"Provid": _provided,
    b"Buildi": _planning,
    b"host: ": _host,
    b"Nothin": _nothing,
}
"""By their first six bytes; told of only before the first job."""

ANYTIME: dict[bytes, OneLine] = {
    b"Waitin": _waiting,
    b"Exitin": _exiting,
    b"Comple": _complete,
    b"Elapse": _elapsed,
}

SILENT = (
    *(b"Removi", b"Shutti", b"Using ", b"Rules ", b"Updati", b"DAG of", b"Assumi", b"Touchi", b"Write-"),
    *(b"Activa", b"Creati", b"Downlo", b"Enviro", b"Pullin", b"Storin", b"Retrie", b"Benchm"),
)
"""Lines of the engine that are no event."""
