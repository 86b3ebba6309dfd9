"""The keys of `incident-console tail`, as the console shows its own."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import ActiveBinding

from incident_console.tui.help import HelpScreen

BEGINNING = """\
Files are only read. The last line stays in view until you move; f follows again.
"""


class TailHelp(HelpScreen):
    def __init__(self, active: Iterable[ActiveBinding]) -> None:
        super().__init__(active, BEGINNING)
