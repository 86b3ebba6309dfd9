"""Which pane is in use? Moving between them, and, on a narrow screen, showing only that one."""

from __future__ import annotations

from textual.app import App
from textual.widget import Widget

PANES = ("ladder", "centre", "log-list", "log-view")


def pane_of(widget: Widget | None) -> str:
    """The pane that a widget is in; the log's search bar, which stands below it, is part of the log."""
    ids = [node.id for node in widget.ancestors_with_self] if widget is not None else []
    inside = next((pane for pane in PANES if pane in ids), None)
    return inside or ("log-view" if "logs" in ids else "centre")


def show(app: App[int], pane: str) -> None:
    """On a narrow screen only this pane is shown; elsewhere it changes nothing but the ladder's coming and going."""
    for each in PANES:
        app.screen_stack[0].set_class(each == pane, f"-at-{each}")


def next_to(pane: str, step: int) -> str:
    return PANES[(PANES.index(pane) + step) % len(PANES)]
