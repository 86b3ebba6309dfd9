"""How a piece of evidence reads when it is opened: what was kept, and what a reader must know beside it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed
from incident_console.tui import readings

if TYPE_CHECKING:
    from incident_console.record.blobs import Blobs
    from incident_console.record.seen import ItemEvent
    from incident_console.session.readings import Reading


def of(event: ItemEvent, blobs: Blobs, reading: Reading | None = None) -> bytes:
    """The text, from the record, below what the console reads in it.

    Raises InputError when the blob cannot be read or is not what was recorded.
    """
    parts: list[bytes] = []
    if reading is not None:
        parts.append(readings.text(reading).encode("utf-8", "surrogateescape"))
    if isinstance(event, EvidenceFailed):
        parts.append(_line(f"{event.item}: {event.reason}"))
    if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.argv:
        parts.append(_line(f"$ {shlex.join(event.argv)}"))
    if event.sha256:
        parts.append(blobs.get(event.sha256))
    if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.stderr_sha256 and event.stderr_size:
        parts += [b"\n-- standard error --\n", blobs.get(event.stderr_sha256)]
    if isinstance(event, EvidenceCaptured) and event.exit_code is not None:
        parts.append(_line(f"\n-- exit code {event.exit_code}, {event.duration_s:.1f} s --"))
    if isinstance(event, AttemptKept):
        if event.missing:
            parts.append(_line(f"\n-- not kept: {event.missing} --"))
        if event.block_sha256:
            parts += [b"\n-- its block of the run log --\n", blobs.get(event.block_sha256)]
    return b"".join(parts)


def _line(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\n"
