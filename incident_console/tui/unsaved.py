"""What is said and offered while the record cannot be written, and on leaving with entries that are not in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import Refused
from incident_console.session import emergency
from incident_console.session.holding import Held
from incident_console.session.parting import entries, not_saved
from incident_console.tui.ask import Question
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import clock, safe

if TYPE_CHECKING:
    from incident_console.session.emergency import Left
    from incident_console.session.view import View
    from incident_console.tui.desk import Desk

LONG_S = 20


class Unsaved:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.held = Held()
        self._since_saved = 0
        """How many entries were held since all was saved."""
        self._left: Left | None = None
        """What an earlier sitting could not save."""

    @property
    def _key(self) -> str:
        return self._desk.key("app.emergency")

    # -- what is said --------------------------------------------------------------------------------------------

    @property
    def offered(self) -> bool:
        """Whether there is anything to copy elsewhere, or to take in."""
        return bool(self.held) or self._left is not None

    async def changed(self, held: Held) -> None:
        """The session holds more, or less, than before."""
        desk, before = self._desk, self.held
        self.held = held
        self._since_saved += max(0, held.count - before.count)
        if held and not before:
            desk.app.not_saved = ""  # whatever failed before, this says more
            told = f"{held.because} What you enter is held in memory and tried again. {self._key} copies it elsewhere."
            desk.tell(told, "NOT SAVED", "error", LONG_S)
        elif held.turned_away > before.turned_away:
            desk.tell("The memory for what is not saved is full: from now on it is lost.", "NOT SAVED", "error", LONG_S)
        elif before and not held:
            desk.app.clear_notifications()  # those that still say that it is not
            desk.tell(f"saved again: {entries(self._since_saved)}", "all is saved", seconds=10)
            self._since_saved, desk.app.not_saved = 0, ""
            await desk.drafts.settle()
        desk.app.refresh_bindings()
        desk.app.stale()

    @property
    def notices(self) -> Iterator[str]:
        """What stands first among the facts."""
        if held := self.held:
            since = f" since {clock(held.entries[0].since)}" if held.entries else ""
            yield (
                f"NOT SAVED: {entries(held.count)} held in memory{since}, and tried again every few seconds. "
                f"{self._key} copies what is held elsewhere. {held.because}"
            )
        if held.turned_away:
            yield f"LOST: the memory is full, and {entries(held.turned_away)} could not even be held."
        if self._left is not None:
            yield (
                f"{entries(len(self._left.entries))} of an earlier sitting never got into the record. "
                f"{self._key} takes them in from {self._left.folder}."
            )

    async def show(self) -> None:
        """Everything that is held, to be read."""
        held = self.held
        if not held:
            self._desk.tell("Nothing is held: all is saved.")
            return
        lines = [f"NOT SAVED, held in memory: {entries(held.count)}. {held.because}", ""]
        lines += [f"{clock(entry.since)}  {safe(entry.told, 2000)}" for entry in held.entries]
        self._desk.app.push_screen(TextScreen("Not saved", "\n".join(lines)))

    # -- what is done --------------------------------------------------------------------------------------------

    async def act(self) -> None:
        """`E`: copy what is held elsewhere; else take in what an earlier sitting left."""
        if self.held or self._left is None:
            await self.copy()
        else:
            await self._take_in(self._left)

    async def copy(self) -> None:
        desk, session = self._desk, self._desk.session
        if not self.held:
            desk.tell("Nothing is held: all is saved, and no copy is needed.")
            return
        places = await desk.in_thread(emergency.places, os.environ, session.record.path, session.workdir)
        question = Question(
            "folder",
            "Save an emergency copy in which folder?",
            help="It keeps what is held until the record can be written; it does not count as saved.",
            draft=str(places[0]) if places else "",
        )
        written = await desk.record(
            "emergency", question, call=lambda said: emergency.write(session, Path(str(said["folder"])).expanduser())
        )
        if written is not None:
            text = (
                f"What is held was copied to\n  {written}\n\nIt does NOT count as saved: the console goes on trying to "
                f"write the record.\nWhat is entered from now on is not in this copy: {self._key} writes another.\n"
                f"Leave the folder there until the record is saved; {written / 'README.txt'} says how it comes back."
            )
            desk.app.push_screen(TextScreen("Emergency copy", text))

    async def look_for_left(self) -> None:
        """Whether an earlier sitting left an emergency copy with entries that are not in the record."""
        self._left = await self._desk.in_thread(emergency.left_over, self._desk.session, os.environ)
        self._desk.app.refresh_bindings()
        self._desk.app.stale()

    async def take_in_from(self) -> None:
        """Ask for the folder of a copy, and take it in."""
        desk, session = self._desk, self._desk.session

        def call(folder: Path) -> Left:
            left = emergency.look(session.incident, folder)
            if left is None:
                raise Refused(f"all that {folder} holds is in the record already")
            return left

        question = Question("folder", "Which emergency copy?", draft=str(self._left.folder) if self._left else "")
        left = await desk.record("taking in", question, call=lambda said: call(Path(str(said["folder"])).expanduser()))
        if left is not None:
            await self._take_in(left)

    async def _take_in(self, left: Left) -> None:
        desk = self._desk
        self._left = None
        try:
            count = await desk.in_thread(emergency.take_in, desk.session, left)
        finally:
            desk.app.refresh_bindings()
            desk.app.stale()
        if not desk.session.held:
            desk.tell(f"{entries(count)} taken in, each with the time at which it occurred.", "all is saved")

    # -- leaving -------------------------------------------------------------------------------------------------

    def at_the_end(self, session: View | None) -> str:
        """Try a last time; what is not saved then is copied to the first place that takes it.

        The parting words; empty when all is saved. May wait for the disk.
        """
        return not_saved(session, self._key)
