"""What is said while the terminal is too small for anything to be read?"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.widgets import Static


class TooSmall(Static):
    """Stands over everything; keys, and what is typed, go where they went."""

    DEFAULT_CSS = """
    TooSmall {
        overlay: screen; position: absolute; width: 100vw; height: 100vh; background: $background; color: $text;
    }
    """


def look(app: App[Any], least: tuple[int, int]) -> bool:
    """Say on each screen that there are not `least` columns and rows, or take that back; whether it is said."""
    size, (columns, rows) = app.size, least
    small = size.width < columns or size.height < rows
    this = f"Too small: this is {size.width}x{size.height}; {columns}x{rows} is needed."
    told = f" {this}\n All goes on; nothing is lost."
    for screen in app.screen_stack:
        there = screen.query(TooSmall)
        if not small:
            there.remove()
        elif not there:
            screen.mount(TooSmall(told, markup=False))
        else:
            there.first().update(told)
    return small
