"""What the keys of the list of evidence do: open, compare, page, capture again, weigh, lay to a rung, copy."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from incident_console.errors import InputError, Refused
from incident_console.events import EvidenceFailed
from incident_console.openers import PAGER
from incident_console.record import speaking
from incident_console.runbook.terms import CLASS_MEANS, CLASSES
from incident_console.session import browsing, itemdiff
from incident_console.session.browsing import Entry, Shelf
from incident_console.session.itemdiff import Looked
from incident_console.session.suggest import UNDETERMINED
from incident_console.tui import paging, pinning, places, showing
from incident_console.tui.ask import Question
from incident_console.tui.browser import Browser, EvidenceRows
from incident_console.tui.ladder import EVIDENCE
from incident_console.tui.words import size

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

COPIED = 256 << 10
"""Bytes that are sent to a clipboard: more is dropped by most terminals."""


class Browsing:
    """Every coroutine is one thing to do, for `desk.start`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app = desk.app
        self._looking = False

    @property
    def _browser(self) -> Browser:
        return self._app.query_one(Browser)

    def _key(self, name: str) -> str:
        return self._desk.key(f"evidence.{name}")

    async def do(self, what: str, entry: Entry | None) -> None:
        """`Browser.Do`. Raises Refused, InputError, RecordError."""
        if what in ("find", "cancel"):
            await self._find() if what == "find" else self._desk.climb.cancel()
            return
        if entry is None:
            raise Refused("there is no evidence here yet")
        match what:
            case "open":
                await self._open(entry)
            case "diff":
                await self._diff(entry)
            case "again":
                await self._again(entry)
            case "for" | "against":
                await self._speak(entry, what)
            case "file":
                await self._file(entry)
            case "page":
                await self._page(entry)
            case "copy":
                await self._copy(entry)
            case "copy_path":
                self._copy_path(entry)

    async def look(self, entries: list[Entry]) -> None:
        """Ask the disk about pieces, one after the other."""
        if self._looking:
            return
        self._looking = True
        try:
            for entry in entries:
                if entry.seq not in self._browser.rows.looked:
                    looked = await self._desk.in_thread(itemdiff.look, self._desk.view.record.blobs, entry)
                    if not self._app.is_running or not self._app.query(EvidenceRows):
                        return  # the screen has gone meanwhile
                    self._browser.rows.learned(entry.seq, looked)
        finally:
            self._looking = False

    # -- reading ---------------------------------------------------------------------------------------------------

    async def _open(self, entry: Entry) -> None:
        if entry.state == "running":
            self._desk.tell(f"{entry.name} runs still: it opens when it has ended. {self._key('cancel')} ends it now.")
        elif not entry.blobs and not entry.is_item:
            self._desk.tell(f"Nothing is kept of {entry.name}: {entry.told or 'there is nothing to open'}.")
        else:
            await self.show(entry)

    async def show(self, entry: Entry, *, focus: bool = True) -> None:
        """In the log pane; what is too large to be read whole at once, and checked while it is read."""
        desk = self._desk
        try:
            if entry.size <= itemdiff.LOOKED_AT and self._app.incident.item(entry.seq) is not None:
                await desk.climb.show_item(entry.seq, focus=focus)
                return
            if entry.size <= itemdiff.LOOKED_AT:
                data = await desk.in_thread(itemdiff.text_of, desk.view.record.blobs, entry)
                showing.text(desk, self._title(entry), data)
            else:
                await showing.large(desk, entry.seq, entry.blobs[0][1], self._title(entry))
        except InputError as fault:
            self._browser.rows.learned(entry.seq, Looked(str(fault), None))
            raise
        if focus:
            self._app.show_log()
        if entry.size > itemdiff.LOOKED_AT and (wrong := await self._sound(entry)):
            raise InputError(f"what is shown is not what was recorded: {wrong}")

    async def _sound(self, entry: Entry) -> str:
        """What is wrong with it, once all of it is read; the row says so then."""
        fault = await self._desk.in_thread(itemdiff.check, self._desk.view.record.blobs, entry)
        if fault or entry.seq not in self._browser.rows.looked:
            self._browser.rows.learned(entry.seq, Looked(fault, None))
        return fault

    def _title(self, entry: Entry) -> str:
        item = self._app.incident.item(entry.seq)
        return pinning.title_of(item) if item is not None else f"#{entry.seq}  {entry.name}"

    async def _page(self, entry: Entry) -> None:
        if not entry.blobs:
            raise Refused(f"nothing is kept of {entry.name}")
        words = PAGER.command(getattr(self._app, "environ", os.environ))
        blobs = self._desk.view.record.blobs
        what = f"{entry.name} is laid out for the pager"
        path = await self._desk.long.do(what, lambda going: paging.written(blobs, entry, going), drop=paging.removed)
        try:
            fault = paging.page(self._app, words, path)
        finally:
            paging.removed(path)
        self._app.refresh()
        if fault:
            raise Refused(fault.rstrip("."))

    async def _copy(self, entry: Entry) -> None:
        if not entry.blobs:
            raise Refused(f"nothing is kept of {entry.name}")
        if entry.size > COPIED:
            told = f"{entry.name} has {size(entry.size)}, too much for a clipboard"
            raise Refused(f"{told}: {self._key('copy_path')} copies where it lies")
        data = await self._desk.in_thread(itemdiff.text_of, self._desk.view.record.blobs, entry)
        self._app.copy_to_clipboard(paging.shown(data))
        self._desk.tell(
            f"{entry.name}, {size(entry.size)}, sent to the clipboard, if this terminal allows it (OSC 52)."
        )

    def _copy_path(self, entry: Entry) -> None:
        if not entry.blobs:
            raise Refused(f"nothing is kept of {entry.name}")
        path = self._desk.view.record.blobs.folder / entry.blobs[0][1]
        self._app.copy_to_clipboard(str(path))
        self._desk.tell(f"Sent to the clipboard, if this terminal allows it (OSC 52): {path}")

    async def _find(self) -> None:
        rows = self._browser.rows
        question = Question("text", "Which evidence? What holds this text", draft=rows.shelf.text, optional=True)
        answers = await self._desk.ask("evidence", question)
        if answers is not None:
            rows.filter(text=str(answers["text"]))

    # -- comparing -------------------------------------------------------------------------------------------------

    async def _diff(self, entry: Entry) -> None:
        rows = self._browser.rows
        entries = rows.shelf.entries
        other = next((each for each in entries if each.seq == rows.marked and each.seq != entry.seq), None)
        other = other or browsing.before(entries, entry)
        if other is None:
            raise Refused(
                f"nothing before {entry.name} is of the same kind: {self._key('mark')} marks a piece, and "
                f"{self._key('diff')} on another compares them"
            )
        await self._compare(other, entry)

    async def _compare(self, one: Entry, other: Entry, *, quiet: bool = False) -> None:
        """`quiet`: where nothing differs that is told in words alone."""
        # Imported when it is asked for: the first screen must not wait for it.
        from incident_console.tui.diff import DiffScreen

        desk, view = self._desk, self._desk.view
        what = f"{one.name} and {other.name} are being compared"
        found = await desk.long.do(what, lambda going: itemdiff.compare(view.record.blobs, one, other, going))
        if isinstance(self._app.screen, DiffScreen):
            return  # the key was pressed twice
        if quiet and found.same:
            desk.tell(f"{other.name} was captured again. {found.verdict}", "nothing changed", seconds=12)
            return

        async def note() -> None:
            await desk.in_thread(desk.session.note, itemdiff.as_note(found), "inference", view.incident.open_rung)
            desk.tell("The comparison is in the record, as a note: an inference.")

        await self._app.push_screen(DiffScreen(found, lambda: desk.start(note()), self._browser.rows.run))

    async def _again(self, entry: Entry) -> None:
        """The runbook's own command, by the ordinary way: trust, consent and effects as on its rung."""
        desk = self._desk
        desk.must_be_open()
        rung, item = browsing.again(desk.session.runbook, entry)
        if item.is_observation:
            raise Refused(f"{entry.name} is what somebody saw: say on rung {rung.id} what you see now")
        recorded = await desk.climb.again(rung, item)
        if recorded is None:
            return
        while len(self._app.incident.lines) < recorded.seq:  # it comes to the screen by a message of its own
            await asyncio.sleep(0.02)
        if self._app.place == EVIDENCE:
            places.show(self._app)
            self._browser.rows.go_to(recorded.seq)
        if isinstance(recorded.event, EvidenceFailed):
            raise Refused(f"{item.id} was run again, and failed: {recorded.event.reason}")
        shelf = Shelf()
        shelf.take(self._app.incident, writing=True)
        now = next(each for each in shelf.entries if each.seq == recorded.seq)
        if entry.blobs:
            await self._compare(entry, now, quiet=True)
        else:
            desk.tell(f"{item.id} is captured; of the time before nothing is kept that it could be compared with.")

    # -- what is put in the record ---------------------------------------------------------------------------------

    async def _speak(self, entry: Entry, speaks: str) -> None:
        """Ask which class it speaks for or against, and why; what was marked by mistake can be taken back."""
        desk, incident, known = self._desk, self._app.incident, self._app.picture.known
        session = desk.session
        if incident.item(entry.seq) is None and entry.seq not in incident.edits:
            raise Refused(f"{entry.name} is neither evidence nor an edit: it speaks for no class")
        said = incident.classification
        now = said.class_ if said is not None else known.incident_class if known is not None else ""
        classes = tuple(name for name in CLASSES if name != UNDETERMINED)
        back = {f"neither {each.class_}": each.class_ for each in speaking.of_item(incident, entry.seq)}
        labels = {choice: f"take back what was marked of {name}" for choice, name in back.items()}
        answers = await desk.record(
            f"speaks.{entry.seq}.{speaks}",
            Question(
                "class",
                f"Which class does {entry.name} speak {speaks}?",
                "choice",
                (*classes, *back),
                labels={**{name: f"{name:18}  {CLASS_MEANS[name]}" for name in classes}, **labels},
                draft=now if now in classes else classes[0],
            ),
            Question("why", "Why? It stands beside the class in the note, the record and the hand-off"),
            call=lambda answers: session.speak(
                entry.seq,
                "neither" if answers["class"] in back else speaks,
                back.get(str(answers["class"]), str(answers["class"])),
                str(answers["why"]),
            ),
        )
        if answers is not None:
            desk.tell(f"{entry.name} is marked, with the reason; it goes to the class's for and against.")

    async def _file(self, entry: Entry) -> None:
        if not entry.is_item:
            raise Refused(f"{entry.name} belongs to no rung")
        await self._desk.climb.file(entry.seq)
