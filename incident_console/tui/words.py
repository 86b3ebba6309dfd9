"""Glyphs and short forms, so that one thing looks the same wherever it stands. A state is a glyph and a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from textual.content import Content

GLYPHS = {
    "untouched": "·",
    "entered": "○",
    "open": "▸",
    "done": "✓",
    "waived": "⊘",
    "running": "●",
    "succeeded": "✓",
    "failed": "✗",
    "interrupted": "■",
    "nothing-to-do": "–",
    "unknown": "?",
    "retried": "↻",
}

TOLD = {
    "untouched": "not entered yet",
    "entered": "entered, and not completed yet",
    "open": "open, worked on now",
    "done": "completed",
    "waived": "waived",
}
"""A rung's state, in words."""
STYLES = {
    "untouched": "$foreground-muted",
    "entered": "",
    "open": "$text-accent bold",
    "done": "$text-success",
    "waived": "$text-warning",
    "running": "$text-primary",
    "succeeded": "$text-success",
    "failed": "$text-error",
    "interrupted": "$text-error",
    "nothing-to-do": "$foreground-muted",
    "unknown": "$text-warning",
    "retried": "$text-warning",
}

GATE = (
    "The gate is ◌ closed until symptom, scope, evidence and class are named, and then ◉ open: the workflow may be "
    "edited. Every edit is recorded; one before that is asked about."
)
"""What the edit gate is, to be read at leisure."""

JOINING = frozenset(("\u200c", "\u200d", *map(chr, range(0xFE00, 0xFE10))))
"""Of several characters they make one, such as a family of emoji. Unicode, Standard Annex 29."""
CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def gate_means(missing: Sequence[str]) -> tuple[str, ...]:
    """What the gate being closed, while these are `missing`, or open means for an edit now; from long to short."""
    if not missing:
        return (": the workflow may be edited", ": edits may be made", ": may edit", "")
    named = f": an edit before {', '.join(missing)} is asked about"
    return (named, ": an edit now is asked about", ": edits are asked about", ": no edits yet", "")


def circled(number: int) -> str:
    return CIRCLED[number] if 0 <= number < len(CIRCLED) else f"({number})"


def size(count: int) -> str:
    """`812 B`, `4.1 kB`, `2.0 MB`: at most six characters."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def span(seconds: float) -> str:
    """`41s`, `17m`, `2h05m`, `3d4h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600}h"


def clock(text: str | None) -> str:
    """The time of day of an RFC 3339 time, in UTC: `14:02:07Z`; `?` when it is none."""
    moment = parsed(text)
    return moment.strftime("%H:%M:%SZ") if moment else "?"


def parsed(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def safe(text: str, limit: int = 400) -> str:
    """Text from outside on one line: control characters and direction overrides shown, never obeyed."""
    text = text[: limit + 1]
    shown = "".join(_shown(character) for character in text.replace("\r\n", "\n").replace("\n", " ⏎ "))
    return shown if len(text) <= limit else shown[: limit - 1] + "…"


def safe_text(text: str) -> str:
    """Text of several lines from outside: as `safe`, but lines and their indentation stay."""
    return "\n".join("".join(_shown(character) for character in line) for line in text.split("\n"))


def typed_text(text: str) -> str:
    """As `safe_text`, for a field: what joins characters stays in the text, and is left out where it is drawn."""
    return "\n".join("".join(c if c in JOINING else _shown(c) for c in line) for line in text.split("\n"))


def _shown(character: str) -> str:
    if "\ufe00" <= character <= "\ufe0f":
        return ""  # a variation selector: terminals disagree on how wide it makes the character before it
    if character.isprintable():
        return character
    if character < " ":
        return chr(0x2400 + ord(character)) if character != "\t" else " "
    category = unicodedata.category(character)
    return "�" if category in ("Cc", "Cf", "Cs", "Co", "Cn") else " "


def both(left: Content, right: Content, width: int) -> Content:
    """One line of `width` columns with a left and a right end; where there is no room the left one is cut."""
    room = max(0, width - right.cell_length - 1)
    if left.cell_length > room:
        left = left.truncate(room, ellipsis=True)
    return Content.assemble(left, " " * max(1, width - left.cell_length - right.cell_length), right)
