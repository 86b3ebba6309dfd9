"""What was typed and not taken: kept in a side file of the record, so that a crash or Escape loses nothing.

The file is redacted as the record is; nothing of it goes into a bundle."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from incident_console.errors import RecordError
from incident_console.tui.after import after
from incident_console.tui.ask import Draft, Question

if TYPE_CHECKING:
    from incident_console.session.view import View
    from incident_console.tui.desk import Desk

KEEP_AFTER_S = 0.5
"""With the time that the disk takes, a crash loses less than the last second."""
AGAIN_S = 2.0
CURSOR = "@cursor"
"""Ends the name under which the place in a draft is kept; no question's id holds an @."""


class Drafts:
    """By what was asked and the question's id."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._texts: dict[str, str] = {}
        self._held: dict[str, str] = {}
        """What was taken and is not on disk yet: no draft any more, but one again if the console dies before."""
        self._unsaved = False
        self._fault = ""
        """Why they could not be written the last time."""
        self._waiting = False
        self._writing = asyncio.Lock()

    def load(self) -> None:
        """Those of the record, beneath what was typed already."""
        self._texts = self._desk.view.record.load_drafts() | self._texts

    def get(self, key: str, id: str, otherwise: str) -> str:
        return self._texts.get(f"{key}/{id}", otherwise)

    def has(self, key: str, id: str) -> bool:
        return f"{key}/{id}" in self._texts

    @property
    def waiting(self) -> tuple[str, ...]:
        """What was asked where a text stands that was not taken."""
        names = (name.partition("/")[0] for name, text in self._texts.items() if text and not name.endswith(CURSOR))
        return tuple(dict.fromkeys(names))

    def cursor(self, key: str, id: str) -> str:
        """Where the cursor stood in it: `row,column`; empty: at the end."""
        return self._texts.get(f"{key}/{id}{CURSOR}", "")

    def into(self, key: str, question: Question) -> Question:
        """The question with what was typed of its answer, and with what was chosen beside it."""
        aside = question.aside
        if aside is not None and (chosen := self.get(key, aside.id, aside.chosen)) in aside.choices:
            aside = replace(aside, chosen=chosen)
        draft, cursor = self.get(key, question.id, question.draft), self.cursor(key, question.id)
        return replace(question, draft=draft, cursor=cursor, aside=aside)

    def keeper(self, key: str) -> Draft:
        """What takes the text of each field under this key, and has it written soon."""

        def keep(id: str, text: str, cursor: str = "", /) -> None:
            self._texts[f"{key}/{id}"] = text
            self._texts.pop(f"{key}/{id}{CURSOR}", None)
            if cursor:
                self._texts[f"{key}/{id}{CURSOR}"] = cursor
            self._unsaved = True
            if not self._waiting:
                self._waiting = True
                after(self._desk.app, KEEP_AFTER_S, self._write_soon)

        return keep

    async def drop(self, key: str, *ids: str) -> None:
        """These were taken."""
        dropped = [self._texts.pop(f"{key}/{id}{part}", None) for id in ids for part in ("", CURSOR)]
        if any(text is not None for text in dropped):
            self._unsaved = True
            await self.write()

    def hold(self, key: str, *ids: str) -> None:
        """These were taken, and wait in memory for the disk: the file keeps them until `settle`."""
        for name in (f"{key}/{id}{part}" for id in ids for part in ("", CURSOR)):
            if name in self._texts:
                self._held[name] = self._texts.pop(name)

    async def settle(self) -> None:
        """All that was held is on disk."""
        self._unsaved = self._unsaved or bool(self._held)
        self._held.clear()
        await self.write()

    async def _write_soon(self) -> None:
        self._waiting = False
        await self.write()

    @staticmethod
    def _save(session: View, texts: dict[str, str]) -> None:
        """Redacted as they would be when they are taken: what is read back after a crash holds marks, no secret."""
        session.record.save_drafts({name: session.redactor.text(text) for name, text in texts.items()})

    async def write(self) -> None:
        """Have them on disk now. A failure is told, not raised: a draft is not worth a crash."""
        session = self._desk.app.session
        async with self._writing:
            if session is None or self._desk.review is not None or not self._unsaved:
                return
            self._unsaved = False
            try:
                await self._desk.in_thread(self._save, session, self._held | self._texts)
            except RecordError as fault:
                self._failed(fault)
            else:
                self._worked()

    def _failed(self, fault: RecordError) -> None:
        """Told once, and tried again; while entries are held, that says enough."""
        app, self._unsaved = self._desk.app, True
        if app.not_saved != str(fault) and not self._desk.unsaved.held:
            self._desk.tell_fault(fault)
        self._fault = str(fault)
        if not self._waiting and app.is_running:
            self._waiting = True
            after(app, AGAIN_S, self._write_soon)

    def _worked(self) -> None:
        if self._fault and self._desk.app.not_saved == self._fault:
            self._desk.app.not_saved = ""
            self._desk.app.stale()
        self._fault = ""
