"""How does a piece of evidence come into the log pane? Whole and checked; what is too large for that where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident_console.errors import InputError
from incident_console.record.files import why
from incident_console.session.itemdiff import LOOKED_AT
from incident_console.tail.kepttext import KeptText
from incident_console.tui import pinning
from incident_console.tui.log.view import LogView

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk
    from incident_console.tui.reader import EvidenceReader


async def item(desk: Desk, reader: EvidenceReader, seq: int, *, focus: bool) -> None:
    """With what the console reads in it, its command and its end. Raises InputError when it was altered."""
    found = desk.view.incident.item(seq)
    if found is None:
        return
    event = found.event
    if event.sha256 and event.size > LOOKED_AT:
        await large(desk, seq, event.sha256, pinning.title_of(found))
    else:
        reading = await reader.read(event)
        blobs = desk.view.record.blobs
        # How every kind of output reads is far from the first screen.
        from incident_console.tui import evidencetext

        data = await desk.long.do("it is being read", lambda _: evidencetext.of(event, blobs, reading))
        text(desk, pinning.title_of(found), data)
    if focus:
        desk.app.show_log()


async def large(desk: Desk, seq: int, sha256: str, title: str) -> None:
    """As it lies in the record, from its first line, unchecked. Raises InputError when it is not there."""
    try:
        kept = await desk.in_thread(KeptText, title, desk.view.record.blobs.folder / sha256)
    except OSError as fault:
        raise InputError(f"evidence/{sha256} of event {seq} could not be opened: {why(fault)}") from None
    desk.app.stream.leave()
    view = desk.app.query_one(LogView)
    view.open(kept, title)
    view.action_home()


def text(desk: Desk, title: str, data: bytes) -> None:
    desk.app.stream.leave()
    desk.app.query_one(LogView).show_text(title, data)
