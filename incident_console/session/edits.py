"""Which edits of the workflow's own files were made since the last look, and what did each change?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console import events, gate
from incident_console.errors import HeldError, InputError
from incident_console.globs import Listings

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.store import Record


@dataclass(frozen=True, slots=True)
class SeenEdit:
    edit: gate.Edit
    change: gate.Change
    commits: tuple[str, ...]
    text_before: bytes | None
    unchanged_at: str | None


class EditWatch:
    """The watched files of one incident. Not thread-safe: the session looks for one thread at a time."""

    def __init__(self, workdir: Path, globs: Sequence[str], before: gate.Baseline, looked_at: str | None) -> None:
        """`before`: the files as they were seen last, at `looked_at`."""
        self.baseline = before
        self._workdir = workdir
        self._globs = globs
        self._looked_at = looked_at
        self._first = True
        self._listings = Listings()
        self._waiting: list[SeenEdit] = []

    def look(self, now: str, record: Callable[[SeenEdit], events.Recorded]) -> tuple[events.Recorded, ...]:
        """Record every edit since the last look; one that could not be is tried again with the next, unless it is held.

        A workdir that is gone is no edit. Raises what `record` raises.
        """
        if not self._workdir.is_dir():
            return ()
        before = self.baseline
        repository = gate.repository(self._workdir) if self._first else None
        after = gate.take(self._workdir, self._globs, before, repository, self._listings)
        if not self._first and gate.edits(before, after):
            # Asked only now: git is not run every few seconds for a folder in which nothing moves.
            after = replace(after, repository=gate.repository(self._workdir))
        commits = tuple(filter(None, (before.repository.commit, after.repository.commit)))
        for edit in gate.edits(before, after):
            change, text = gate.change_of(edit, before, after, self._workdir)
            self._waiting.append(SeenEdit(edit, change, commits if change == "commit" else (), text, self._looked_at))
        self.baseline, self._looked_at, self._first = after, now, False
        recorded = []
        while self._waiting:
            with suppress(HeldError):
                recorded.append(record(self._waiting[0]))
            del self._waiting[0]
        return tuple(recorded)


def as_seen_last(record: Record, incident: Incident, workdir: Path, globs: Sequence[str]) -> gate.Baseline:
    """The watched files as a record saw them last; where it kept none, as they are now."""
    return kept_last(record, incident, workdir) or gate.take(workdir, globs, repository=gate.repository(workdir))


def kept_last(record: Record, incident: Incident, workdir: Path) -> gate.Baseline | None:
    """The same, where the record holds it: None when it was never kept, or is lost."""
    sha256 = incident.watched_sha256
    try:
        baseline = gate.from_json(record.blobs.get(sha256)) if sha256 else None
    except InputError:
        baseline = None
    if baseline is None:
        return None
    seen, commit = dict(baseline.files), incident.reentry.commit
    for edit in incident.edits.values():
        if not gate.is_inside(edit.event.path):
            continue
        seen.pop(edit.event.path, None)
        if edit.event.after_sha256 is not None:
            seen[edit.event.path] = gate.Seen(edit.event.after_sha256)
        commit = edit.event.commits[-1] if edit.event.commits else commit
    return gate.Baseline(seen, repository=gate.committed(workdir, commit))
