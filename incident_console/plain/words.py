"""How is something said in plain lines? Only words: no control character, no glyph that stands for a state."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

LIMIT = 2000
"""Characters of one thing that is said."""
_GLYPHS = str.maketrans(
    {
        "·": ",",
        "×": "times",
        "…": "...",
        "—": "-",
        "–": "-",
        "−": "-",
        "→": ":",
        "↵": "/",
        "⏎": "/",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "✓": "",
        "✗": "failed",
        "↻": "again",
        "◂": "",
        "▸": "",
        "⚠": "mind:",
        "\t": " ",
        "\n": " / ",
    }
)
_CELLS = re.compile(r"(?<!\\)\|")


def said(text: str, limit: int = LIMIT) -> str:
    """Text from anywhere on one line: glyphs as words, control and invisible characters as `\\x1b`, cut at `limit`."""
    whole = text[: limit + 1].replace("\r\n", "\n").replace(" · ", ", ").replace(" → ", ": ").translate(_GLYPHS)
    shown = whole if whole.isprintable() else "".join(map(_shown, whole))
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def folded(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, the later ones indented; a path or command stays whole, to be copied."""
    found = textwrap.wrap(text, max(20, width), subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    yield from found or [""]


def document(text: str) -> Iterator[str]:
    """The lines of a document; a row of a Markdown table is told as `head: cell; head: cell`."""
    heads: list[str] = []
    for line in text.split("\n"):
        row = line.strip()
        if not (row.startswith("|") and row.endswith("|")):
            heads = []
            indent = line[: len(line) - len(line.lstrip(" "))]
            yield indent + said(line.lstrip(" ")).rstrip()
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in _CELLS.split(row[1:-1])]
        if not heads:
            heads = cells
        elif not all(set(cell) <= set("-: ") for cell in cells):
            told = (f"{head}: {cell}" if head else cell for head, cell in zip(heads, cells, strict=False) if cell)
            yield said("; ".join(told))


def listed(names: Iterable[str], most: int = 6) -> str:
    """`A, B, C and 4 more`"""
    all_ = list(names)
    more = f" and {len(all_) - most} more" if len(all_) > most else ""
    return ", ".join(all_[:most]) + more


def clock(text: str | None) -> str:
    """The time of day of an RFC 3339 time, in UTC: `14:02:07Z`; `?` when it is none."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%H:%M:%S}Z" if text else "?"
    except (ValueError, OverflowError):
        return "?"
