"""The suspects as rows of the classify rung: how strongly each is suspected, what speaks for it and against it, where.

Enter on a suspect asks for the class with that suspect as the draft, on a clue opens the place where it stands; `t`
takes a suspect at once. Nothing is decided by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets.option_list import Option

from incident_console.session.suggest import UNDETERMINED, strength
from incident_console.tui import costbar
from incident_console.tui.rows import text_row
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.session.understanding import Understanding
    from incident_console.snakemake.causes import Source
    from incident_console.snakemake.suspects import Clue, Suspect

SUSPECT, CLUE, TAKE = "suspect", "clue", "take"
NONE = f"{SUSPECT}:{UNDETERMINED}"
IN_FULL = 2
"""Suspects whose clues are shown."""
MUTED = "$foreground-muted"


def rows(known: Understanding | None, takes: str) -> Iterator[Option]:
    """What the run's own files say of the class and of the cost. `takes`: the key that takes a suspect."""
    if known is None:
        yield text_row("suspects", "suspects: the run's own files are being weighed …", still=True)
        return
    named = known.incident_class
    told = f"suspects, by the run's own files: {takes} takes one, you decide" if known.suspects else "no suspect"
    yield text_row("suspects", told, still=True)
    for number, suspect in enumerate(known.suspects):
        yield Option(_suspect(suspect, named=suspect.incident_class == named), id=f"{SUSPECT}:{suspect.incident_class}")
        if number < IN_FULL:
            yield from _clues(suspect)
    yield Option(_undetermined(known), id=NONE)
    yield text_row("suspect-cost", f"cost: {costbar.verdict(known.cost)}", still=True)


def is_row(row: str) -> bool:
    """Whether a row of a rung is one of these."""
    return row.partition(":")[0] in (SUSPECT, CLUE, TAKE)


def first(known: Understanding) -> str:
    """The row of what the evidence carries."""
    return f"{SUSPECT}:{known.incident_class}"


def class_of(row: str) -> str:
    """The class that a suspect's row stands for, `undetermined` among them."""
    return row.partition(":")[2]


def place_of(row: str, known: Understanding) -> Source | None:
    """Where a clue stands; None when it is not told any more."""
    _, name, side, number = row.split(":")
    suspect = next((one for one in known.suspects if one.incident_class == name), None)
    clues = (suspect.because if side == "for" else suspect.against) if suspect is not None else ()
    return clues[int(number)].source if int(number) < len(clues) else None


def _suspect(suspect: Suspect, *, named: bool) -> Content:
    parts: list[str | tuple[str, str]] = [
        (f"{'▸' if named else '?'} {suspect.incident_class}", "$text-accent bold" if named else "bold"),
        (f"  {strength(suspect.score)} ({suspect.score:.2f})", "" if named else MUTED),
        (f"  {len(suspect.because)} for, {len(suspect.against)} against", MUTED),
    ]
    if suspect.settled_by:
        parts.append((f"\n    settled by: {safe(suspect.settled_by, 300)}", MUTED))
    return Content.assemble(*parts)


def _clues(suspect: Suspect) -> Iterator[Option]:
    for side, mark, style, clues in (("for", "+", "", suspect.because), ("against", "−", MUTED, suspect.against)):
        for number, clue in enumerate(clues):
            yield Option(_clue(clue, mark, style), id=f"{CLUE}:{suspect.incident_class}:{side}:{number}")


def _clue(clue: Clue, mark: str, style: str) -> Content:
    where = f"{clue.source.path}:{clue.source.line}" if clue.source.line else clue.source.path
    return Content.assemble((f"    {mark} {safe(clue.text, 240)}", style), (f"  {safe(where, 160)}", MUTED))


def _undetermined(known: Understanding) -> Content:
    carried = known.incident_class == UNDETERMINED
    glyph, style = ("▸", "$text-accent bold") if carried else ("?", "bold")
    told = "no suspect is carried by the evidence" if carried else "if what speaks for them does not convince you"
    return Content.assemble((f"{glyph} {UNDETERMINED}", style), (f"  {told}", MUTED))
