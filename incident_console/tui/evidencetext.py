"""How a piece of evidence reads when it is opened: what was kept, and what a reader must know beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, StateKept
from incident_console.record.timeline import typed
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
        parts.append(_line(f"$ {typed(event)}"))
    if event.sha256:
        kept = blobs.get(event.sha256)
        parts.append(laid_out(kept) if isinstance(event, StateKept) else kept)
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


def laid_out(data: bytes) -> bytes:
    """What the console keeps as one long line of JSON, to be read; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2) + b"\n"
    except orjson.JSONDecodeError:
        return data


def _line(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") + b"\n"
