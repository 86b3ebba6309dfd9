"""What did the failing job itself say last? One line per failure, from its log or from the attempt that was kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from incident_console.errors import ConsoleError
from incident_console.events import AttemptKept
from incident_console.session.view import View
from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.matters import line_that_matters
from incident_console.snakemake.run import Run
from incident_console.tail.finding.errors_in import is_error

TAIL = 64 * 1024
WIDTH = 300

READ_LOGS = 50
"""Failures whose logs are looked at, at every look; the run's log tells of the others."""


class ClueFinder:
    """Reads each log's end once for each size that it has."""

    def __init__(self, session: View) -> None:
        self._session = session
        self._read: dict[object, str] = {}

    def find(self, run: Run) -> tuple[str, ...]:
        """A line for each of the first failures, in their order; empty where no log says anything."""
        kept: dict[int | None, AttemptKept] = {}
        for item in tuple(self._session.incident.evidence):
            if isinstance(item.event, AttemptKept) and item.event.run == run.log and item.event.sha256:
                kept[item.event.jobid] = item.event
        return tuple(self._clue(group, kept) for group in run.failures[:READ_LOGS])

    def _clue(self, group: FailureGroup, kept: dict[int | None, AttemptKept]) -> str:
        if group.still_failing and group.logs:
            clue = self._of_file(self._session.workdir / group.logs[0])
            if clue:
                return clue
        attempt = next((kept[jobid] for jobid in reversed(group.jobids) if jobid in kept), None)
        return self._of_blob(attempt.sha256) if attempt is not None and attempt.sha256 else ""

    def _of_file(self, path: Path) -> str:
        try:
            facts = path.stat()
        except (OSError, ValueError):
            return ""
        key = (facts.st_dev, facts.st_ino, facts.st_size)
        if key not in self._read:
            self._read[key] = last_error(read_end(path, TAIL))
        return self._read[key]

    def _of_blob(self, sha256: str) -> str:
        if sha256 not in self._read:
            try:
                self._read[sha256] = last_error(self._session.record.blobs.get(sha256)[-TAIL:])
            except ConsoleError:
                self._read[sha256] = ""
        return self._read[sha256]


def last_error(data: bytes) -> str:
    """The last line that looks like an error, else the last line that says anything."""
    lines = [line for line in data.splitlines() if line.strip()]
    chosen = next((line for line in reversed(lines) if is_error(line)), lines[-1] if lines else b"")
    return chosen.strip().decode("utf-8", "replace")[:WIDTH]


def failing_line(data: bytes) -> int | None:
    """The number, from 1, of the line of a whole log that says why the job failed; None where none says anything."""
    index = line_that_matters(data.decode("utf-8", "replace").split("\n"))
    return index + 1 if index is not None else None


def read_end(path: Path, count: int) -> bytes:
    """At most the last `count` bytes of a regular file; nothing where it cannot be read. Never waits for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    try:
        facts = os.fstat(descriptor)
        return os.pread(descriptor, count, max(0, facts.st_size - count)) if stat.S_ISREG(facts.st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(descriptor)
