"""Which of the captured outputs have a reading, and what is its line? Read off the screen's loop, once for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident_console.tui.rungrows import latest

if TYPE_CHECKING:
    from incident_console.record.seen import ItemEvent
    from incident_console.runbook.schema import Rung
    from incident_console.session.readings import Reading, Readings
    from incident_console.tui.desk import Desk


class EvidenceReader:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._readings: Readings | None = None
        self._lines: dict[int, str] = {}
        """By evidence, what it says; empty while that is being read."""

    def lines(self, rung: Rung) -> dict[str, str]:
        """By evidence id, what was captured last says, as far as it has been read; the rest is read from now on."""
        # The parsers of all outputs are far from the first screen.
        from incident_console.session.readings import has_reading

        found = {}
        for id, item in latest(self._desk.app.incident, rung).items():
            if not has_reading(item.event):
                continue
            if item.seq not in self._lines:
                self._lines[item.seq] = ""
                self._desk.aside(self._learn(item.seq, item.event))
            found[id] = self._lines[item.seq]
        return found

    async def read(self, event: ItemEvent) -> Reading | None:
        """Raises InputError when the record's blob cannot be read."""
        from incident_console.session.readings import Readings, has_reading

        if not has_reading(event):
            return None
        if self._readings is None:
            self._readings = Readings(self._desk.view)
        return await self._desk.in_thread(self._readings.of, event, self._desk.app.picture.run)

    async def _learn(self, seq: int, event: ItemEvent) -> None:
        reading = await self.read(event)
        if reading is not None:
            self._lines[seq] = reading.line
            self._desk.app.stale()
