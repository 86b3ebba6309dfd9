"""What of a line stays where it does not fit? Parts have shorter forms; an order says which gives way first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content

SHORTEST = 8
"""Columns below which a cut text tells nothing more."""


@dataclass(frozen=True, slots=True)
class Part:
    """`forms`: from the longest to the shortest, of which an empty one means that it may go."""

    name: str
    forms: tuple[str, ...]
    style: str = ""


def fit(left: Sequence[Part], right: Sequence[Part], width: int, order: Sequence[str]) -> Content:
    """One line of `width` columns with a left and a right end.

    `order` names parts: the first gives way until it has no shorter form, then the next. What is not named there stays
    as it is, and what still is too long is cut at the right end of the left side.
    """
    parts = [*left, *right]
    at = [0] * len(parts)
    columns = [[cell_len(form) for form in part.forms] for part in parts]
    over = sum(widths[0] for widths in columns) + bool(right) - width
    for name in order:
        for index, part in enumerate(parts):
            while over > 0 and part.name == name and at[index] + 1 < len(part.forms):
                over -= columns[index][at[index]] - columns[index][at[index] + 1]
                at[index] += 1
    shown = [(part.forms[form], part.style) for part, form in zip(parts, at, strict=True)]
    head, tail = Content.assemble(*shown[: len(left)]), Content.assemble(*shown[len(left) :])
    room = max(0, width - tail.cell_length - bool(right))
    if head.cell_length > room:
        head = head.truncate(room, ellipsis=True)
    return Content.assemble(head, " " * max(0, width - head.cell_length - tail.cell_length), tail).truncate(width)


def cut(text: str, shortest: int = SHORTEST, *, end: bool = False) -> tuple[str, ...]:
    """Forms of a text, each a column shorter; `end`: its end is what stays."""
    forms = [text]
    for columns in range(cell_len(text) - 1, shortest - 1, -1):
        kept = set_cell_size(text[::-1] if end else text, columns - 1)
        forms.append("…" + kept[::-1] if end else kept + "…")
    return tuple(forms)
