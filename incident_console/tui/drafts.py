"""What was typed and not taken: kept in a side file of the record, so that a crash or Escape loses nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from incident_console.errors import RecordError
from incident_console.tui.ask import Draft

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

KEEP_AFTER_S = 0.5


class Drafts:
    """By what was asked and the question's id."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._texts: dict[str, str] = {}
        self._unsaved = False
        self._waiting = False
        self._writing = asyncio.Lock()

    def load(self) -> None:
        """Those of the record, beneath what was typed already."""
        self._texts = self._desk.session.record.load_drafts() | self._texts

    def get(self, key: str, id: str, otherwise: str) -> str:
        return self._texts.get(f"{key}/{id}", otherwise)

    def keeper(self, key: str) -> Draft:
        """What takes the text of each field under this key, and has it written soon."""

        def keep(id: str, text: str) -> None:
            self._texts[f"{key}/{id}"] = text
            self._unsaved = True
            if not self._waiting:
                self._waiting = True
                self._desk.app.set_timer(KEEP_AFTER_S, self._write_soon)

        return keep

    async def drop(self, key: str, *ids: str) -> None:
        """These were taken."""
        dropped = [self._texts.pop(f"{key}/{id}", None) for id in ids]
        if any(text is not None for text in dropped):
            self._unsaved = True
            await self.write()

    async def _write_soon(self) -> None:
        self._waiting = False
        await self.write()

    async def write(self) -> None:
        """Have them on disk now. A failure is told, not raised: a draft is not worth a crash."""
        session = self._desk.app.session
        async with self._writing:
            if session is None or not self._unsaved:
                return
            self._unsaved = False
            try:
                await self._desk.in_thread(session.record.save_drafts, dict(self._texts))
            except RecordError as fault:
                self._unsaved = True
                self._desk.tell_fault(fault)
