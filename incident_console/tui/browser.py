"""All evidence in one list: a row each, narrowed by surface, rung and text, and what can be done with a piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import Static

from incident_console.record import speaking
from incident_console.record.incident import Incident
from incident_console.session.browsing import ALL, INBOX, NO_RUNG, Entry, Shelf
from incident_console.tui import browserrows
from incident_console.tui.livekeys import key
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.record.seen import Speaks
    from incident_console.session.itemdiff import Looked

MUTED = "$foreground-muted"
WRITE = frozenset({"speak", "file"})
"""Not offered where nothing may be written. Running again is refused in words: its key has another meaning outside."""

OF_A_PIECE = frozenset({"do", "speak", "mark", "file"})


def _key(key: str, action: str, word: str, name: str, told: str, *, show: bool = False, glyph: str = "") -> Binding:
    return Binding(key, action, word, show, key_display=glyph or None, tooltip=told, id=f"evidence.{name}")


def _do(key: str, what: str, word: str, told: str, *, show: bool = False, glyph: str = "") -> Binding:
    return _key(key, f"do('{what}')", word, what, told, show=show, glyph=glyph)


class EvidenceRows(ScrollView, can_focus=True):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"evidence--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        _do("enter", "open", "open", "Open it in the log pane", show=True),
        _do("d", "diff", "diff", "What differs: from the marked piece, or from the one before of the same", show=True),
        _do("r", "again", "run again", "Capture it again, and show what changed", show=True),
        _key("plus", "speak('for')", "for", "for", "It speaks for a class: which, and why", show=True, glyph="+"),
        _key("minus", "speak('against')", "against", "against", "It speaks against a class", show=True, glyph="-"),
        _key("slash", "find", "find", "find", "Show only what holds a text", show=True, glyph="/"),
        _key("S", "surface", "surface", "surface", "Show the next surface only; after the last, all"),
        _key("R", "rung", "rung", "rung", "Show the next rung only, or the inbox; after the last, all"),
        _key("space", "mark", "mark", "mark", "Mark it, to be compared with another", glyph="space"),
        _key("m", "file", "move to a rung", "file", "Lay it to a rung"),
        _do("vertical_line", "page", "pager", "All of it in $PAGER", glyph="|"),
        _do("c", "copy", "copy", "Copy its text to the terminal's clipboard (OSC 52)"),
        _do("C", "copy_path", "copy path", "Copy where it lies, by its sha256"),
        _do("x", "cancel", "cancel", "End the commands that run"),
        _key("down,j", "move(1)", "down", "down", "A piece down"),
        _key("up,k", "move(-1)", "up", "up", "A piece up"),
        _key("pagedown", "page(1)", "page down", "page-down", "A screen down"),
        _key("pageup", "page(-1)", "page up", "page-up", "A screen up"),
        _key("home,g", "to(False)", "first", "first", "The first piece"),
        _key("end,G", "to(True)", "last", "last", "The last piece, and go along with what comes"),
        _key("escape", "clear", "show all", "clear", "Drop the text, then the filters, then the mark"),
    ]

    def __init__(self) -> None:
        super().__init__(id="evidence-rows")
        self.shelf = Shelf()
        self.cursor = 0
        """The row that the cursor is on."""
        self.marked: int | None = None
        """The `seq` of the piece that is to be compared with another."""
        self.looked: dict[int, Looked] = {}
        """By `seq`, what the disk says of it."""
        self._speaks: dict[int, list[Speaks]] = {}
        self._said = 0
        self._rungs: dict[str, int] = {}
        self._run: str | None = None
        self._read_only = False

    # -- what is shown -------------------------------------------------------------------------------------------

    def draw(self, incident: Incident, rungs: tuple[str, ...], run: str | None, *, writing: bool, ours: bool) -> bool:
        """Take in what is new; the cursor stays on its piece. Whether anything is otherwise than before.

        `writing`: somebody writes the record now; `ours`: it is this console.
        """
        under = self.entry
        other = self.shelf.take(incident, writing=writing)
        state = (len(incident.weighed), run, not ours)
        if state != (self._said, self._run, self._read_only):
            self._said, self._run, self._read_only = state
            self._speaks = {}
            for said in speaking.standing(incident):
                self._speaks.setdefault(said.of, []).append(said)
            other = True
        if rungs != tuple(self._rungs):
            self._rungs, other = {id: number for number, id in enumerate(rungs, 1)}, True
        if other:
            self._lay(under)
        return other

    def learned(self, seq: int, looked: Looked) -> None:
        self.looked[seq] = looked
        self.refresh()
        self.post_message(Browser.Moved())

    def _lay(self, under: Entry | None) -> None:
        """The cursor stays on its piece, or goes to the next that is shown; at first it is on the newest."""
        shown = self.shelf.shown
        self.virtual_size = Size(self.size.width, len(shown))
        last = len(shown) - 1
        stays = (n for n, each in enumerate(shown) if under is not None and each.seq >= under.seq)
        self.put_cursor(next(stays, last))

    @property
    def entry(self) -> Entry | None:
        """The piece under the cursor."""
        shown = self.shelf.shown
        return shown[self.cursor] if 0 <= self.cursor < len(shown) else None

    def speaks(self, entry: Entry) -> list[Speaks]:
        return self._speaks.get(entry.seq, [])

    def in_view(self) -> list[Entry]:
        top = self.scroll_offset.y
        return self.shelf.shown[top : top + max(1, self.size.height)]

    @property
    def run(self) -> str | None:
        return self._run

    def render_line(self, y: int) -> Strip:
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        shown = self.shelf.shown
        if row >= len(shown):
            return Strip.blank(width, self.rich_style)
        entry = shown[row]
        content = browserrows.row(
            entry,
            width,
            rungs=self._rungs,
            run=self._run,
            speaks=self.speaks(entry),
            looked=self.looked.get(entry.seq),
            marked=entry.seq == self.marked,
        )
        at_cursor = row == self.cursor and self.has_focus
        style = self.get_visual_style("evidence--cursor") if at_cursor else self.visual_style
        if row == self.cursor and not at_cursor:
            content = content.stylize("bold underline")
        drawn = Content(content.plain) if at_cursor else content
        return Visual.to_strips(self, drawn.truncate(width, pad=True), width, 1, style)[0]

    # -- moving about --------------------------------------------------------------------------------------------

    def put_cursor(self, row: int) -> None:
        self.cursor = max(0, min(row, len(self.shelf.shown) - 1))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()
        self.post_message(Browser.Moved())

    def go_to(self, seq: int) -> None:
        """To this piece, if it is shown."""
        row = next((row for row, each in enumerate(self.shelf.shown) if each.seq == seq), None)
        if row is not None:
            self.put_cursor(row)

    def action_move(self, by: int) -> None:
        self.put_cursor(self.cursor + by)

    def action_page(self, by: int) -> None:
        self.put_cursor(self.cursor + by * max(1, self.size.height - 1))

    def action_to(self, last: bool) -> None:
        self.put_cursor(len(self.shelf.shown) - 1 if last else 0)

    def on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < len(self.shelf.shown):
            again = row == self.cursor
            self.put_cursor(row)
            if again:
                self.action_do("open")

    def on_resize(self) -> None:
        self._lay(self.entry)

    # -- what is done with a piece -------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`."""
        if action == "clear" and not (self.shelf.text or self.shelf.surface or self.shelf.rung or self.marked):
            return "nothing is narrowed or marked"
        if self._read_only and action in WRITE:
            return "nothing is written here"
        if parameters == ("cancel",):
            running = any(entry.state == "running" for entry in self.shelf.entries)
            return "" if running else "no evidence command is running"
        return ""

    def key_word(self, action: str) -> str | None:
        """As `footer.SaysKeys`. Such a key is not given up, since it means something else outside."""
        return "" if self.entry is None and action.partition("(")[0] in OF_A_PIECE else None

    def action_do(self, what: str) -> None:
        self.post_message(Browser.Do(what, self.entry))

    def action_speak(self, speaks: str) -> None:
        self.action_do(speaks)

    def action_file(self) -> None:
        self.action_do("file")

    def action_mark(self) -> None:
        """Mark the piece under the cursor; again: drop the mark."""
        if self.entry is not None:
            self.marked = None if self.marked == self.entry.seq else self.entry.seq
            self.action_move(1)

    # -- what is looked for --------------------------------------------------------------------------------------

    def action_surface(self) -> None:
        offered = self.shelf.surfaces()
        self.filter(surface=_next(offered, self.shelf.surface))

    def action_rung(self) -> None:
        self.filter(rung=_next(self.shelf.rungs(self._rungs), self.shelf.rung))

    def action_find(self) -> None:
        self.post_message(Browser.Do("find", None))

    def action_clear(self) -> None:
        if self.shelf.text:
            self.filter(text="")
        elif self.shelf.surface or self.shelf.rung:
            self.filter(surface=ALL, rung=ALL)
        else:
            self.marked = None
            self.refresh()

    def filter(self, *, surface: str | None = None, rung: str | None = None, text: str | None = None) -> None:
        under = self.entry
        self.shelf.show(surface=surface, rung=rung, text=text)
        self._lay(under)


class Browser(Vertical):
    BORDER_TITLE = "evidence"

    class Moved(Message):
        """The cursor, or what is shown."""

    class Do(Message):
        """Something is to be done with a piece: open, diff, again, for, against, file, page, copy, copy_path; find,
        cancel."""

        def __init__(self, what: str, entry: Entry | None) -> None:
            super().__init__()
            self.what = what
            self.entry = entry

    class Look(Message):
        """These pieces are in view, and the disk was not asked about them yet."""

        def __init__(self, entries: list[Entry]) -> None:
            super().__init__()
            self.entries = entries

    def __init__(self) -> None:
        super().__init__(id="evidence")
        self._incident = Incident()

    def compose(self) -> ComposeResult:
        yield Static(id="evidence-filters", markup=False)
        yield EvidenceRows()
        yield Static(id="evidence-told", markup=False)

    @property
    def rows(self) -> EvidenceRows:
        return self.query_one(EvidenceRows)

    def draw(self, incident: Incident, rungs: tuple[str, ...], run: str | None, *, writing: bool, ours: bool) -> None:
        self._incident = incident
        if self.rows.draw(incident, rungs, run, writing=writing, ours=ours):
            self._tell()

    def on_browser_moved(self, message: Moved) -> None:
        message.stop()
        self._tell()

    def _tell(self) -> None:
        rows, shelf = self.rows, self.rows.shelf
        shown, there = len(shelf.shown), len(shelf.entries)
        surface = shelf.surface or "all surfaces"
        names = {INBOX: "the inbox", NO_RUNG: "no rung", ALL: "all rungs"}
        rung = names.get(shelf.rung, f"rung {safe(shelf.rung, 40)}")
        surfaces, rungs = (key(self.app, f"evidence.{name}") for name in ("surface", "rung"))
        self.query_one("#evidence-filters", Static).update(
            Content.assemble(
                (f"{'◉' if shelf.surface else surfaces} {safe(surface, 40)}", "bold" if shelf.surface else MUTED),
                (f"   {'◉' if shelf.rung else rungs} {rung}", "bold" if shelf.rung else MUTED),
                (f"   / {safe(shelf.text, 30)}" if shelf.text else "", "bold $text-accent"),
                (f"   ▪ #{rows.marked} marked" if rows.marked is not None else "", "$text-accent"),
            )
        )
        pieces = f"{there} piece{'' if there == 1 else 's'}"
        self.border_subtitle = Content(pieces if shown == there else f"{shown} of {pieces}")
        entry = rows.entry
        told = Content() if shown else Content.styled(self._nothing(bool(there)), MUTED)
        if entry is not None:
            texts = [speaking.text(self._incident, said) for said in rows.speaks(entry)]
            looked, wide = rows.looked.get(entry.seq), self.app.size.height >= 30
            told = browserrows.told(entry, run=rows.run, speaks=texts, looked=looked, wide=wide)
        self.query_one("#evidence-told", Static).update(told)
        self.refresh_bindings()
        new = [each for each in rows.in_view() if each.blobs and each.seq not in rows.looked]
        if new:
            self.post_message(self.Look(new))

    def _nothing(self, filtered: bool) -> str:
        """What to do where nothing is shown."""
        if filtered:
            again = key(self.app, "evidence.clear")
            return f"Nothing here is of that kind or holds that text: {again} shows all again."
        captures, pins = key(self.app, "rung.capture"), key(self.app, "app.pin")
        told = f"No evidence yet: {captures} on a rung captures, {pins} pins log lines"
        return f"{told}; failed attempts are kept by themselves."


def _next(offered: list[str], now: str) -> str:
    """The one after it, round about; the first where it is not offered any more."""
    return offered[(offered.index(now) + 1) % len(offered)] if now in offered else offered[0]
