"""Which blobs does a journal vouch for?

Hashes of what the record keeps (evidence, standard errors, diffs, the watched files' list) name blobs; the hashes of
a workflow file before and after an edit, and of the runbook, do not.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incident_console.events import HandoffOffered, IncidentOpened, Recorded, RunbookFrozen, UnknownEvent

_FIELDS = {
    "sha256": "size",
    "stderr_sha256": "stderr_size",
    "block_sha256": "block_size",
    "diff_sha256": "diff_size",
    "watched_sha256": None,
}


@dataclass(frozen=True, slots=True)
class Named:
    """A blob as an event names it; `size` in bytes when the event tells it."""

    sha256: str
    size: int | None
    seq: int
    field: str


def named(lines: Iterable[Recorded]) -> Iterator[Named]:
    """Every naming of a blob, in the order of the journal; the same blob may be named often."""
    for line in lines:
        event = line.event
        if isinstance(event, RunbookFrozen | UnknownEvent):
            continue
        for name, sized_by in _FIELDS.items():
            sha256 = getattr(event, name, None)
            if isinstance(sha256, str) and sha256:
                size = getattr(event, sized_by, None) if sized_by else None
                yield Named(sha256, size if isinstance(size, int) else None, line.seq, name)
        reentry = event.reentry if isinstance(event, IncidentOpened | HandoffOffered) else None
        if reentry and reentry.dirty_diff_sha256:
            yield Named(reentry.dirty_diff_sha256, None, line.seq, "dirty_diff_sha256")


def maybe_named(lines: Iterable[Recorded]) -> Iterator[str]:
    """Hashes in fields that a newer console added: blobs to send along when they are there."""
    for line in lines:
        for name, value in line.event.extra.items():
            if name.endswith("sha256") and isinstance(value, str):
                yield value


def frozen_runbook(lines: Iterable[Recorded]) -> RunbookFrozen | None:
    """The runbook that was frozen last."""
    found = None
    for line in lines:
        if isinstance(line.event, RunbookFrozen):
            found = line.event
    return found
