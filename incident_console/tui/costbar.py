"""What did the time go into? A bar of four classes on one line, or a line a class: each with a glyph and its word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content

if TYPE_CHECKING:
    from incident_console.snakemake.cost import Cost, CostClass

MUTED = "$foreground-muted"
GLYPHS: Mapping[CostClass, str] = {"planning": "◇", "scheduler": "◷", "storage": "▤", "tool": "◆"}
SHORT = {"planning": "plan", "scheduler": "sched", "storage": "stor", "tool": "tool"}
EIGHTHS = " ▏▎▍▌▋▊▉█"
WIDEST = 40
"""Cells of a whole bar: beyond that it says no more."""


def line(cost: Cost, width: int) -> Content:
    """`◇ planning ▏ 3 %  ◷ scheduler ▎ 8 %  ▤ storage ▍ 12 %  ◆ tool ██████▊ 77 %`, in so many columns."""
    for words in (True, False):
        names = [f"{GLYPHS[name]} {name if words else SHORT[name]}" for name in GLYPHS]
        shares = [percent(cost, name) for name in GLYPHS]
        room = width - sum(len(name) + len(share) + 2 for name, share in zip(names, shares, strict=True)) - 6 - 4
        if room >= 8 or not words:
            break
    parts: list[str | tuple[str, str]] = []
    for name, label, share in zip(GLYPHS, names, shares, strict=True):
        style = "bold" if name == cost.dominant else MUTED if not cost.seconds(name) else ""
        drawn = bar(_share(cost, name), min(WIDEST, max(0, room))).rstrip()
        parts += ["  " if parts else "", (f"{label} ", style), (drawn + " " if drawn else "", style), (share, style)]
    return Content.assemble(*parts)


def table(cost: Cost, width: int) -> Iterator[tuple[str, Content]]:
    """By class: `◆ tool       ██████▊          29.2 s   77 %`."""
    # What a run cost is imported where one is weighed, after its facts are shown.
    from incident_console.snakemake.cost import seconds

    marked = width >= 60
    cells = max(4, min(WIDEST, width - (43 if marked else 31)))
    for name in GLYPHS:
        style = "bold" if name == cost.dominant else MUTED if not cost.seconds(name) else ""
        mark = "  ▸ dominant" if name == cost.dominant and marked else ""
        drawn = bar(_share(cost, name), cells)
        text = f"{GLYPHS[name]} {name:<10} {drawn} {seconds(cost.seconds(name)):>11} {percent(cost, name):>5}{mark}"
        yield name, Content.styled(text, style)


def verdict(cost: Cost) -> str:
    """Which class dominates, if the evidence carries one."""
    if cost.dominant == "undetermined":
        why = f": {cost.missing[-1]}" if cost.missing else ""
        return f"no class dominates (undetermined){why}"
    return f"{cost.dominant} dominates, confidence {cost.confidence}"


def foot(cost: Cost) -> str:
    """In two words, where there is room for no more."""
    if cost.dominant == "undetermined":
        return "cost undetermined"
    return f"{GLYPHS[cost.dominant]} {cost.dominant} {percent(cost, cost.dominant)}"


def bar(share: float, cells: int) -> str:
    """Eighths of a cell; what is more than nothing is seen."""
    eighths = round(min(1.0, max(0.0, share)) * cells * 8)
    if share > 0 and cells:
        eighths = max(1, eighths)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(cells)


def percent(cost: Cost, name: str) -> str:
    return f"{round(100 * _share(cost, name))} %"


def _share(cost: Cost, name: str) -> float:
    taken = next(cost.seconds(one) for one in GLYPHS if one == name)
    return taken / cost.elapsed_s if cost.elapsed_s > 0 else 0.0
