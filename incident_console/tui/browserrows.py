"""What does one row of the list of all evidence say, and what stands below the list about the row under the cursor?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.content import Content

from incident_console.session.browsing import EDIT, INBOX, NO_RUNG, STATE, Entry
from incident_console.tui.words import clock, safe, size

if TYPE_CHECKING:
    from incident_console.record.seen import Speaks
    from incident_console.session.itemdiff import Looked

MUTED = "$foreground-muted"
WIDE = 100
"""Columns from which on there is room for a rung's name."""

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "captured": ("✓", "$text-success"),
        "failed": ("✗", "$text-error"),
        "running": ("⟳", "$text-accent bold"),
        "interrupted": ("■", "$text-error"),
        "kept": ("↻", "$text-warning"),
        "lost": ("∅", "$text-warning"),
        "pinned": ("◂", "$text-accent"),
        "edit": ("±", "$text-warning"),
        "state": ("▤", MUTED),
    }
)
"""By state: glyph and style; the word is the state's own."""
SIGNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"for": ("+", "$text-success"), "against": ("-", "$text-error")}
)


def row(
    entry: Entry,
    width: int,
    *,
    rungs: Mapping[str, int],
    run: str | None,
    speaks: Iterable[Speaks],
    looked: Looked | None,
    marked: bool,
) -> Content:
    """One line. `rungs` gives a rung's number; `run` is watched now; `marked`: to be compared with another."""
    glyph, style = STATES.get(entry.state, ("?", ""))
    word: str = entry.state
    if looked is not None and looked.fault:
        glyph, word, style = "✗", "altered" if "altered" in looked.fault else "missing", "$text-error bold"
    place = where(entry.rung, rungs)
    if width >= WIDE:
        place = f"{place} {safe(entry.rung, 16)}" if entry.rung in rungs else place
    known = entry.surface == entry.name or entry.surface in (EDIT, STATE)
    left = Content.assemble(
        ("▪" if marked else " ", "$text-accent bold"),
        (f"{clock(entry.at)[:8]} ", MUTED),
        (f"{glyph} {word:<11} ", style),
        (f"{place:<{19 if width >= WIDE else 5}} ", MUTED),
        (safe(entry.name, 200), "bold"),
        ("" if known else f"  {safe(entry.surface, 13)}", MUTED),
    )
    right = Content.assemble(*_figures(entry, run, speaks, looked))
    room = max(0, width - right.cell_length - 1)
    left = left.truncate(room, ellipsis=True) if left.cell_length > room else left
    return Content.assemble(left, " " * max(1, width - left.cell_length - right.cell_length), right)


def where(rung: str, rungs: Mapping[str, int]) -> str:
    """A rung in few columns."""
    if rung in rungs:
        return str(rungs[rung])
    return "inbox" if rung == INBOX else "-" if rung == NO_RUNG else safe(rung, 5)


def _figures(
    entry: Entry, run: str | None, speaks: Iterable[Speaks], looked: Looked | None
) -> Iterable[str | tuple[str, str]]:
    for said in speaks:
        yield SIGNS.get(said.speaks, ("?", ""))
    if is_older(entry, run):
        yield " older run", "$text-warning"
    if entry.truncated:
        yield " cut", "$text-warning"
    if entry.redactions:
        yield f" ⚿{entry.redactions}", MUTED
    if entry.exit_code is not None:
        yield f" rc {entry.exit_code}", "$text-error" if entry.exit_code else MUTED
    if (lines := count_of(entry, looked)) is not None:
        yield f" {lines:,} l", MUTED
    yield f" {size(entry.size) if entry.blobs else 'nothing kept' if entry.state != 'running' else '…':>6}", MUTED


def count_of(entry: Entry, looked: Looked | None) -> int | None:
    """Lines, as far as they are known."""
    return entry.lines if entry.lines is not None else looked.lines if looked is not None else None


def is_older(entry: Entry, run: str | None) -> bool:
    return bool(run and entry.run and entry.run != run)


def told(entry: Entry, *, run: str | None, speaks: Iterable[str], looked: Looked | None, wide: bool) -> Content:
    """What is known of it beyond its row, the most needed first: below a low list only the beginning is seen."""
    parts: list[str | tuple[str, str]] = [(f"#{entry.seq} ", MUTED), (safe(entry.how, 300), "bold")]
    if looked is not None and looked.fault:
        parts += ["\n", (f"✗ {safe(looked.fault, 300)}", "$text-error bold")]
    if entry.told:
        parts += ["\n", (safe(entry.told, 300), "$text-warning")]
    parts += [f"\n{safe(text, 300)}" for text in speaks]
    facts = [safe(entry.question, 200)]
    if is_older(entry, run):
        facts.append(f"of an older run, {safe(entry.run or '', 120)}")
    elif entry.run and wide:
        facts.append(f"run {safe(entry.run, 120)}")
    if entry.truncated:
        facts.append(f"{entry.truncated:,} bytes left out over the cap")
    if entry.redactions:
        facts.append(f"{entry.redactions} secret{'' if entry.redactions == 1 else 's'} replaced")
    if wide:
        facts += [f"{part or 'text'} sha256 {sha256}" for part, sha256, _ in entry.blobs]
        facts.append(f"recorded {safe(entry.at, 40)} by {safe(entry.by, 80)}")
    parts.append((f"\n{' · '.join(facts)}", MUTED))
    return Content.assemble(*parts)
