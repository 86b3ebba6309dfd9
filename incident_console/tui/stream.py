"""All logs of the incident as one stream, by time, in the log pane: which logs are in it, and which of them changed?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from incident_console.session.logs import LogEntry
from incident_console.tail.merging.merged import Member, Merged
from incident_console.tui.log.scroll import Standpoint
from incident_console.tui.log.view import LogView

TITLE = "all logs, by time"
KEY = "stream"
"""Of its row in the list of logs."""
MOST = 4000
"""Logs that are in it: as many as are followed."""


def entry_of(entries: tuple[LogEntry, ...]) -> tuple[LogEntry, ...]:
    """Its row in the list; none where there is but one log."""
    count = len(_members(entries))
    return (LogEntry(KEY, TITLE, "stream", told=f"{count} logs as one"),) if count > 1 else ()


class LogStream:
    """It goes on while another log is open, so that the reader comes back to the same line of it."""

    def __init__(self, view: LogView) -> None:
        self._view = view
        self._merged: Merged | None = None
        self._members: list[Member] = []
        self._left: Standpoint | None = None

    @property
    def is_open(self) -> bool:
        return self._merged is not None and self._view.whole_source is self._merged

    def open(self, entries: tuple[LogEntry, ...]) -> None:
        """Show the stream: the last lines of the logs that changed last, and from then on all that is written."""
        if self.is_open:
            return
        if self._merged is None:
            self._merged, self._members = Merged(TITLE), _members(entries)
            self._merged.set_members(self._members)
            self._view.kept = self._merged
        left, self._left = self._left, None
        self._view.open(self._merged, TITLE, follow=left is None or left.following)
        if left is not None:
            self._view.set_filter(left.filter)
            if not left.following:
                self._view.go_to(left.cursor)

    def leave(self) -> None:
        """Another log is about to be shown."""
        if self.is_open:
            self._left = self._view.standing

    def draw(self, entries: tuple[LogEntry, ...]) -> None:
        """There may be other logs than before."""
        if self._merged is not None and (members := _members(entries)) != self._members:
            new = {member.path for member in members} - {member.path for member in self._members}
            self._members = members
            self._merged.set_members(members)
            self.changed(new)

    def changed(self, paths: Iterable[Path]) -> None:
        if self._merged is None:
            return
        self._merged.changed(paths)
        if self.is_open:
            self._view.refresh_from_disk()
        else:
            self._merged.poll()


def _members(entries: tuple[LogEntry, ...]) -> list[Member]:
    """A log that is not there yet is in it, too: it is read from its beginning when it appears.

    What queries left is not: it says nothing of the run, and the console asks, too.
    """
    has_run_log = any(entry.state == "run" for entry in entries[:1])
    wanted = (entry for entry in entries[:MOST] if entry.state != "query" and not (entry.twin and has_run_log))
    return [Member(entry.path, entry.label) for entry in wanted if entry.path is not None]
