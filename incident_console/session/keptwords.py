"""What did the failed attempts say last whose logs are gone? The flight recorder has their text, and here is the line.

A retry deletes the log of the attempt before it, so that what the run's own files tell of that one is an exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from incident_console.errors import ConsoleError
from incident_console.events import AttemptKept
from incident_console.session.view import View
from incident_console.snakemake.matters import line_that_matters

READ = 500
"""Kept logs of a run that are read; of the others the run log's words are enough."""
TAIL = 256 * 1024
"""Bytes of each: the reason of a failure stands at the end."""


class KeptWords:
    """Reads each kept log once. Called by one thread, while others add to the record."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._read: dict[str, str] = {}

    def hear(self, tell: Callable[[], None]) -> None:
        """Call `tell`, which must neither block nor raise, whenever an attempt was kept."""
        self._view.listen(lambda recorded: tell() if isinstance(recorded.event, AttemptKept) else None)

    def of(self, run: str) -> Mapping[tuple[int, int], str]:
        """By job and attempt of this run, the line that says why it failed; none of an attempt that left no text."""
        found: dict[tuple[int, int], str] = {}
        events = (item.event for item in tuple(self._view.incident.evidence))
        kept = (event for event in events if isinstance(event, AttemptKept) and event.run == run)
        for event in islice((event for event in kept if event.sha256), READ):
            if event.jobid is not None and event.sha256 and (words := self._words(event.sha256)):
                found[event.jobid, event.attempt] = words
        return found

    def _words(self, sha256: str) -> str:
        if sha256 not in self._read:
            try:
                lines = self._view.record.blobs.get(sha256)[-TAIL:].decode("utf-8", "replace").splitlines()
            except ConsoleError:
                lines = []
            index = line_that_matters(lines)
            self._read[sha256] = lines[index] if index is not None else ""
        return self._read[sha256]
