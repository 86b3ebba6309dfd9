"""Which outputs exist, are stale or missing? Reads what `snakemake --summary` and `--detailed-summary` print.

Columns as 7 to 9 print them, tab separated: `output_file date rule [version] log-file(s) [input-file(s) shellcmd]
status plan`. Columns are found by their names, so one that is put in between does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from incident_console.snakemake import fields
from incident_console.snakemake.reader import LINE_LIMIT

ROWS = 50_000
"""Rows that are kept; all are counted."""
_STATUSES = 200
_HEAD = "output_file"


@dataclass(frozen=True, slots=True)
class SummaryRow:
    path: str
    rule: str
    date: str
    """As printed; `-` for a file that is not there."""
    status: str
    pending: bool
    """Whether it will be made again."""


@dataclass(frozen=True, slots=True)
class Status:
    """All outputs of one status. An output that is `ok` may be pending, as one before it is made anew."""

    words: str
    outputs: int
    pending: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    is_summary: bool
    """Whether the line with the columns' names was there."""
    outputs: int
    pending: int
    statuses: tuple[Status, ...]
    """Most outputs first, `ok` last."""
    rows: tuple[SummaryRow, ...]
    odd: int
    """Lines that are no row: broken off, or text of the workflow's own."""

    @property
    def line(self) -> str:
        """`7 outputs: 3 missing, 1 set of input files changed, 3 ok`"""
        if not self.is_summary:
            return "no summary"
        # The engine says it of one output, in the plural: `updated input files`.
        told = (f"with {one.words}" if one.words.endswith(" files") else one.words for one in self.statuses)
        counts = ", ".join(f"{one.outputs} {words}" for one, words in zip(self.statuses, told, strict=True))
        return f"{self.outputs} output{'' if self.outputs == 1 else 's'}{f': {counts}' if counts else ''}"


def read_summary(pieces: Iterable[bytes]) -> Summary:
    """Never raises for what the text holds."""
    columns: tuple[str, ...] = ()
    rows: list[SummaryRow] = []
    counts: dict[str, list[int]] = {}
    samples: dict[str, list[str]] = {}
    odd = 0
    for line in _lines(pieces):
        cells = fields.text(fields.plain(line)).rstrip("\r").split("\t")
        if cells[0] == _HEAD and "status" in cells and "plan" in cells:
            columns = tuple(cells)
            continue
        row = _row(cells, columns)
        if row is None:
            odd += bool(line.strip()) and bool(columns)
            continue
        status = row.status if row.status in counts or len(counts) < _STATUSES else "other"
        count = counts.setdefault(status, [0, 0])
        count[0] += 1
        count[1] += row.pending
        named = samples.setdefault(status, [])
        if len(named) < 6:
            named.append(row.path)
        if len(rows) < ROWS:
            rows.append(row)
    statuses = [Status(words, count[0], count[1], tuple(samples[words])) for words, count in counts.items()]
    return Summary(
        is_summary=bool(columns),
        outputs=sum(one.outputs for one in statuses),
        pending=sum(one.pending for one in statuses),
        statuses=tuple(sorted(statuses, key=lambda one: (one.words == "ok", -one.outputs, one.words))),
        rows=tuple(rows),
        odd=odd,
    )


def _row(cells: list[str], columns: tuple[str, ...]) -> SummaryRow | None:
    """A path or a command may hold tabs itself, but the first columns and the last two can be told all the same."""
    if not columns or len(cells) < len(columns):
        return None
    at = columns.index("rule") if "rule" in columns else 2
    date = columns.index("date") if "date" in columns else 1
    pending = cells[-1].strip()
    if pending not in ("update pending", "no update"):
        return None
    return SummaryRow(cells[0], cells[at], cells[date], cells[-2].strip(), pending == "update pending")


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of at most LINE_LIMIT bytes: of a longer one its two ends, where the columns are that count."""
    kept = bytearray()
    half = LINE_LIMIT // 2
    for piece in pieces:
        first, *more = piece.split(b"\n")
        kept += first
        if len(kept) > LINE_LIMIT:
            del kept[half:-half]
        for line in more:
            yield bytes(kept)
            kept = bytearray(line if len(line) <= LINE_LIMIT else line[:half] + line[-half:])
    if kept:
        yield bytes(kept)
