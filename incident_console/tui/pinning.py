"""What is the text that is pinned called in the record, and which surface is it of?

A log is its path and its own surface; the text of a kept attempt or of a captured output is that of its evidence. Below
the log of a kept attempt stands its block of the run log, which has that log's name and its line numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.events import AttemptKept, Surface
from incident_console.record.seen import Item
from incident_console.session.itemdiff import LOOKED_AT
from incident_console.tui.log.select import Selected

if TYPE_CHECKING:
    from incident_console.record.blobs import Blobs

Lines = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Spot:
    path: Path
    """One that no file has where the lines are of a piece of evidence."""
    lines: Lines
    surface: Surface


def spot(chosen: Selected, evidence: Iterable[Item], blobs: Blobs) -> Spot:
    """Where these lines stand. Raises InputError when the evidence is not what was recorded; reads it."""
    lines = (chosen.first_line, chosen.last_line) if chosen.first_line and chosen.last_line else None
    if chosen.path is not None:
        return Spot(chosen.path, lines, "rule-log")
    event = next((item.event for item in evidence if title_of(item) == chosen.title), None)
    titled = Path(" ".join(chosen.title.split()))
    if isinstance(event, AttemptKept):
        return _of_attempt(event, lines, blobs) or Spot(titled, lines, "rule-log")
    return Spot(titled, lines, "rule-log" if event is None else event.surface)


def title_of(item: Item) -> str:
    """What a piece of evidence is called where its text is shown."""
    return f"evidence #{item.seq}  {item.name}"


def _of_attempt(event: AttemptKept, lines: Lines, blobs: Blobs) -> Spot | None:
    """None: the lines are of no single text, or of one that has no name."""
    kept = f"(attempt {event.attempt}, kept)"
    own = _own(event, blobs)
    if event.log and event.sha256 and (own is None or (lines is not None and lines[1] <= own)):
        return Spot(Path(f"{event.log} {kept}"), lines, "rule-log")
    above = _above_block(event, blobs)
    if lines is None or event.run_log is None or event.run_lines is None or above is None or lines[0] <= above:
        return None
    shift = event.run_lines[0] - above - 1
    return Spot(Path(f"{event.run_log} {kept}"), (lines[0] + shift, lines[1] + shift), "run-log")


def _own(event: AttemptKept, blobs: Blobs) -> int | None:
    """How many lines its log has; None where the log alone is shown, since it is large."""
    if event.size > LOOKED_AT:
        return None
    text = blobs.get(event.sha256) if event.sha256 else b""
    return text.count(b"\n") + bool(text and not text.endswith(b"\n"))


def _above_block(event: AttemptKept, blobs: Blobs) -> int | None:
    """How many lines are shown above its block of the run log; None where there is none."""
    from incident_console.tui import evidencetext  # how every kind of output reads is far from the first screen

    if not event.block_sha256:
        return None
    block = blobs.get(event.block_sha256)
    return evidencetext.of(event, blobs).removesuffix(block).count(b"\n")
