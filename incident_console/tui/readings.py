"""How is a reading told above the text that it is of? Plain lines: a table of what and why, then what is misleading."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from incident_console.snakemake.contexts import SideBySide
from incident_console.snakemake.dryrun import DryRun, Why
from incident_console.snakemake.summary import Summary
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.session.readings import Reading
    from incident_console.snakemake.changes import ChangeList

WIDTH = 68
"""Columns: as many as the log pane has beside its line numbers on an 80-column terminal."""
COLUMN = 28
ROWS = 12
NAMED = 6
RAW = "-- as captured --"
"""The line below which nothing is the console's."""


def text(reading: Reading) -> str:
    """Ends with the line RAW; safe to be shown, as all that came from outside is made so."""
    return "\n".join((*_lines(reading), "", RAW)) + "\n"


def _lines(reading: Reading) -> Iterator[str]:
    yield from _wrapped("", reading.line)
    parsed = reading.parsed
    if isinstance(parsed, DryRun):
        yield from _plan(parsed)
    elif isinstance(parsed, Summary):
        yield from _summary(parsed)
    elif isinstance(parsed, SideBySide):
        yield from _contexts(parsed)
    else:
        yield from _changes(parsed)
    told = [("samples: ", reading.discovery.sentence)] if reading.discovery and reading.discovery.sentence else []
    told += [("! ", lie) for lie in reading.lies]
    if reading.offer:
        told.append(("! ", f"While a run goes on, this answers: {shlex.join(reading.offer)}"))
    if told:
        yield ""
    for mark, sentence in told:
        yield from _wrapped(mark, sentence)


def _plan(plan: DryRun) -> Iterator[str]:
    if plan.why:
        yield ""
        rows = [(one.words, "?" if one.jobs is None else str(one.jobs), _which(one)) for one in plan.why]
        yield from _table(("why", "jobs", "which"), rows)
    if plan.rules:
        yield ""
        yield from _wrapped("by rule: ", _some([f"{rule or '(message)'} {count}" for rule, count in plan.rules], ROWS))
    if plan.incomplete:
        yield from _wrapped("half-written: ", _some(plan.incomplete, NAMED))


def _which(why: Why) -> str:
    """The jobs themselves where they are few, else how many of which rule."""
    if why.jobs is None:
        return _some([rule for rule, _ in why.rules], NAMED)
    if why.jobs <= len(why.samples):
        return ", ".join(why.samples)
    return _some([f"{rule or '(message)'} {count}" for rule, count in why.rules], NAMED)


def _summary(told: Summary) -> Iterator[str]:
    if told.statuses:
        yield ""
        rows = [
            (one.words, str(one.outputs), str(one.pending), _some(one.samples, 3, one.outputs)) for one in told.statuses
        ]
        yield from _table(("status", "outputs", "pending", "such as"), rows)


def _contexts(laid: SideBySide) -> Iterator[str]:
    if laid.rows:
        yield ""
        rows = [(row.setting, *("—" if value is None else value for value in row.values)) for row in laid.rows]
        yield from _table(("setting", *(one.name for one in laid.contexts)), rows, 40)


def _changes(told: ChangeList) -> Iterator[str]:
    if told.outputs:
        yield ""
        yield from _wrapped("outputs: ", _some(told.outputs, NAMED, told.count))


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], most: int = ROWS) -> Iterator[str]:
    """Columns in line; the last one is cut where it does not fit. Numbers stand to the right."""
    shown = [tuple(safe(cell, WIDTH) for cell in row) for row in rows[:most]]
    widths = [min(COLUMN, max(len(row[at]) for row in (heads, *shown))) for at in range(len(heads) - 1)]
    for row in (heads, *shown):
        cells = [
            _cut(cell, width).rjust(width) if rows[0][at].isdigit() else _cut(cell, width).ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        yield _cut("  ".join((*cells, row[-1])), WIDTH).rstrip()
    if len(rows) > most:
        yield f"and {len(rows) - most} more"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _wrapped(mark: str, sentence: str) -> Iterator[str]:
    indent = " " * min(len(mark), 4)
    yield from textwrap.wrap(mark + safe(sentence, 2000), WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _some(names: Sequence[str], most: int, count: int | None = None) -> str:
    left = (len(names) if count is None else count) - min(most, len(names))
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
