"""How does one event read in so many columns, and at the foot of its pane? The sentence has room before all else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from incident_console.events import Recorded
from incident_console.record.text import clock_time, elapsed
from incident_console.record.timeline import LETTERS, letter
from incident_console.tui.timerows import KINDS, LONGEST_NAME, Steps, name_of
from incident_console.tui.words import clock, parsed, safe

MUTED = "$foreground-muted"
CLOCK, SINCE, GLYPH, WORD, NATURE = 10, 8, 2, 11, 2
"""Columns, each with the blank after it."""
NAME, NAME_WIDE, WIDE = 8, LONGEST_NAME, 100
"""Columns of the longest name, and that of a pane with so many columns."""
MARK = 2
"""Columns after a name: which sitting of his it is, and a blank."""
SENTENCE = 36
"""Columns below which other columns give way to the sentence."""
EARLIER = "↰ earlier: "
NATURES = {mark: word for word, mark in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of the columns that may give way a row has, and how wide the name in it is; 0: no name."""

    name: int
    since: bool = True
    word: bool = True


def columns(width: int, longest: int) -> Columns:
    """What gives way first is what the foot of the pane tells, too: time since opening, who, the kind's word.

    `longest`: columns of the longest name that there is.
    """
    name = min(longest, NAME_WIDE if width >= WIDE else NAME)
    for each in (Columns(name), Columns(name, since=False), Columns(0, since=False)):
        taken = CLOCK + SINCE * each.since + GLYPH + WORD + (each.name + MARK if each.name else 0) + NATURE
        if width - taken >= SENTENCE:
            return each
    return Columns(0, since=False, word=False)


def row(steps: Steps, index: int, opened: datetime | None, width: int) -> Content:
    """The event with this index; `opened`: when the incident was."""
    line, has = steps.lines[index], columns(width, steps.longest)
    glyph, word, style = KINDS.get(line.kind, ("?", line.kind, MUTED))
    at = line.event.occurred_at or line.at
    who = f"{_cut(name_of(line), has.name)}{circled(steps.sitting(line))}"
    return Content.assemble(
        (f"{clock(at):<{CLOCK}}", MUTED),
        (f"{elapsed(opened, parsed(at)):>{SINCE - 1}} " if has.since else "", MUTED),
        (f"{glyph} {safe(word, 10):<{WORD}}" if has.word else f"{glyph} ", style),
        (set_cell_size(who, has.name + MARK) if has.name else "", MUTED),
        (f"{letter(line.event) or '·'} ", MUTED),
        (EARLIER if steps.early(line) else "", MUTED),
        safe(steps.told(line), 400),
    ).truncate(width, ellipsis=True)


def foot(steps: Steps, line: Recorded, width: int) -> Content:
    """All that the row may have no room for, on a line of its own, and the sentence in full."""
    nature = NATURES.get(letter(line.event), "bookkeeping")
    whose = f"#{line.seq} {line.kind}, {nature}, {safe(line.by, 80)}, recorded"
    told = f"{whose} {safe(clock_time(line.at), 40)}"
    if cell_len(told) > width:
        told = f"{whose} {clock(line.at)}"
    early = "happened before the event above it: " if steps.early(line) else ""
    return Content.assemble((told, MUTED), "\n", (early, MUTED), safe(steps.told(line), 600))


def parting(text: str, width: int) -> Content:
    return Content.styled(f"── {safe(text, 120)} ".ljust(width, "─"), MUTED).truncate(width, ellipsis=True)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def circled(sitting: int) -> str:
    """So that one person's second sitting is told from the first; the first needs no mark."""
    return "" if sitting == 1 else "²³⁴⁵⁶⁷⁸⁹"[sitting - 2] if sitting < 10 else "⁺"
