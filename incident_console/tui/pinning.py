"""What is the text that is pinned called in the record, and which surface is it of?

A log is its path and its own surface; the text of a kept attempt or of a captured output is that of its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from incident_console.events import AttemptKept, Surface
from incident_console.record.seen import Item, ItemEvent
from incident_console.tui.log.select import Selected


def named(chosen: Selected, evidence: Iterable[Item]) -> Path:
    """The path that a pin of these lines gives; one that no file has when they are of a piece of evidence."""
    if chosen.path is not None:
        return chosen.path
    event = _event(chosen, evidence)
    if isinstance(event, AttemptKept) and event.log and event.sha256:
        return Path(f"{event.log} (attempt {event.attempt}, kept)")
    return Path(" ".join(chosen.title.split()))


def surface(chosen: Selected, evidence: Iterable[Item]) -> Surface:
    """The surface of the piece of evidence whose text this is; that of a log for anything else."""
    event = _event(chosen, evidence)
    return "rule-log" if event is None or isinstance(event, AttemptKept) else event.surface


def title_of(item: Item) -> str:
    """What a piece of evidence is called where its text is shown."""
    return f"evidence #{item.seq}  {item.name}"


def _event(chosen: Selected, evidence: Iterable[Item]) -> ItemEvent | None:
    if chosen.path is not None:
        return None
    return next((item.event for item in evidence if title_of(item) == chosen.title), None)
