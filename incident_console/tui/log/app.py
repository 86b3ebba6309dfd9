"""`incident-console tail`: the log part alone on the screen, for one file or for several as one stream.

What stands between the command and the first lines on the screen is kept small: the footer, the help and the watching
of files come when the lines are there.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from incident_console.tail.logfile import LogFile
from incident_console.tail.source import Source
from incident_console.tui.log.view import LogView
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.tail.following.follow import Follower, Paths
    from incident_console.tail.places.named import Names
    from incident_console.tail.spool import Spool
    from incident_console.tui.log.list import FileList
    from incident_console.tui.log.stream import Stream

PACKED = (".gz", ".bz2", ".xz")
"""As in `tail.rotated`, which also knows the names of rotated logs: a millisecond that nobody should wait for."""
SAY_EACH_S = 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown."""

    file: Path | None = None
    """One file alone."""
    names: Names | None = None
    """Or all that these name, as a stream."""
    spool: Spool | None = None
    """What is piped in: alone, or with the stream."""
    poll_s: float | None = None
    """Look at the files this often (seconds) and do without file events; None: with events."""


def _key(keys: str, action: str, word: str, name: str, told: str, *, show: str = "", first: bool = False) -> Binding:
    return Binding(keys, action, word, bool(show), show or None, first, told, id=f"app.{name}")


class OneOfSeveral(LogView):
    """A file that was chosen from the list: Escape goes back to the stream when there is nothing left to clear."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "clear" and self._anchor is None and self._hits is None and not self.filter:
            return False
        return super().check_action(action, parameters)


class TailApp(App[None]):
    """What ended it that must not have is in `fault` when `run()` has returned."""

    TITLE = "incident-console tail"
    CSS = """
    #log-list { height: 25%; min-height: 5; max-height: 14; }
    LogView { height: 1fr; }
    .pane:focus { border: round $accent; }
    """
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("backspace,escape", "stream", "stream", "stream", "Back to the stream of all files", show="⌫"),
        _key("tab", "app.focus_next", "pane", "next", "Go to the next pane", show="tab"),
        _key("shift+tab", "app.focus_previous", "pane before", "previous", "Go back a pane"),
        _key("question_mark,f1", "help", "help", "help", "Every key that works now", show="?"),
        _key("ctrl+p", "command_palette", "palette", "palette", "The palette: every action", first=True),
        _key("q,ctrl+q", "quit", "quit", "quit", "Leave; files are only read, never changed", show="q"),
    ]

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._wanted = wanted
        self.fault: BaseException | None = None
        self._alone: LogView | None = None
        """The file that was chosen from the list."""
        self._list: FileList | None = None
        self._signals_as_before: Callable[[], None] = lambda: None
        self._stream: Stream | None = None

    def compose(self) -> ComposeResult:
        if self._wanted.names is None:
            yield LogView(id="log-view")
            return
        from incident_console.tail.places.glance import glance
        from incident_console.tui.log.list import FileList
        from incident_console.tui.log.stream import Stream

        spool = self._wanted.spool
        titles = {spool.path: spool.title} if spool is not None else {}
        self._stream = Stream(self._wanted.names, titles, self._changed, self._told)
        self._list = FileList(
            self._stream.files,
            lambda path: glance(path).errors,
            "looking for files …",
            id="log-list",
            classes="pane",
        )
        yield self._list
        yield LogView(id="stream", classes="pane")

    def on_mount(self) -> None:
        view = self.query_one(LogView)
        if self._stream is not None:
            pass  # It is shown when its files are found.
        elif self._wanted.spool is not None:
            view.open(LogFile(self._wanted.spool.path), self._wanted.spool.title)
        elif self._wanted.file is not None:
            view.open(_source(self._wanted.file), str(self._wanted.file))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """The first lines are on the screen; now whatever they must not wait for."""
        # What was made until now lives as long as the app: it need not be gone through whenever garbage is looked for.
        gc.freeze()
        gc.enable()
        self.query_one(LogView).focus()
        self._follow()
        from incident_console.tui import endings

        self._signals_as_before = endings.on_signals(self.exit)
        self.call_after_refresh(self._mount_footer)

    def on_unmount(self) -> None:
        self._signals_as_before()

    async def _mount_footer(self) -> None:
        from textual.widgets import Footer

        if self.screen.is_attached:  # Who is quick has left already.
            await self.mount(Footer(compact=True, show_command_palette=False))
            self.refresh_bindings()

    # -- following -----------------------------------------------------------------------------------------------

    @work(group="follow")
    async def _follow(self) -> None:
        from incident_console.tail.following.follow import POLL_S, Follower

        poll_s = self._wanted.poll_s
        with Follower(poll_s=poll_s or POLL_S, events=poll_s is None) as follower:
            self._say_notices(follower)
            if self._stream is not None:
                await self._stream.run(follower, self._opened)
                return
            path = self._wanted.spool.path if self._wanted.spool is not None else self._wanted.file
            follower.follow([path] if path is not None else [])
            async for changed in follower.changes():
                self._changed(changed)

    @work(group="notices")
    async def _say_notices(self, follower: Follower) -> None:
        """What the reader must know of how files are looked at; each sentence once."""
        said: set[str] = set()
        while True:
            await asyncio.sleep(SAY_EACH_S)
            spool = self._wanted.spool
            for notice in (follower.notice, spool.notice if spool is not None else None):
                if notice is not None and notice not in said:
                    said.add(notice)
                    self.notify(safe(notice), markup=False, timeout=10)

    def _opened(self) -> None:
        if self._stream is not None:
            self.query_one("#stream", LogView).open(self._stream.merged, "all files, by time")

    def _changed(self, paths: Paths) -> None:
        for view in self.query(LogView):
            view.changed(paths)

    def _told(self, notice: str | None) -> None:
        if self._list is None:
            return
        if notice is None:
            self._list.stale()
        else:
            self._list.say(notice)

    # -- one of several ------------------------------------------------------------------------------------------

    async def on_file_list_open(self, message: FileList.Open) -> None:
        await self._open_alone(message.file.path, message.file.label)

    async def on_log_view_open_origin(self, message: LogView.OpenOrigin) -> None:
        view = await self._open_alone(message.path, self._stream.files.label(message.path) if self._stream else "")
        view.go_to(message.place)

    async def _open_alone(self, path: Path, label: str) -> LogView:
        stream = self.query_one("#stream", LogView)
        if self._alone is None:
            self._alone = OneOfSeveral(id="log-view", classes="pane")
            await self.mount(self._alone, after=stream)
        stream.display = False
        self._alone.open(_source(path), label)
        self._alone.focus()
        self.refresh_bindings()
        return self._alone

    async def action_stream(self) -> None:
        alone, self._alone = self._alone, None
        if alone is not None:
            await alone.remove()
        stream = self.query_one("#stream", LogView)
        stream.display = True
        stream.focus()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "stream":
            return self._alone is not None
        if action == "pin":
            return False  # Lines are pinned as evidence of an incident, and here is none.
        return self._stream is not None or not action.endswith(("focus_next", "focus_previous"))

    def _handle_exception(self, error: Exception) -> None:
        """A handler or a worker raised: leave in order, so that whoever started the app can say it in a sentence.

        This is where Textual would print a traceback; it has no public name for it.
        """
        if self.fault is None:
            self.fault = error.error if isinstance(error, WorkerFailed) else error
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    # -- help ----------------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        from incident_console.tui.log.help import TailHelp

        self.push_screen(TailHelp(self.screen.active_bindings.values()))

    def action_help_quit(self) -> None:
        """ctrl+c: who presses it wants to leave, or to copy; neither is done by mistake."""
        self.notify("q leaves (ctrl+q while you type).")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Whatever has a key has a line in the palette."""
        yield from super().get_system_commands(screen)
        for node, binding, enabled, tooltip in screen.active_bindings.values():
            if enabled and binding.id and tooltip:
                yield SystemCommand(
                    f"{binding.description} ({self.get_key_display(binding)})",
                    tooltip,
                    lambda action=binding.action, node=node: self.run_worker(self.run_action(action, node)),
                )


def _source(path: Path) -> Source:
    if path.suffix in PACKED:
        from incident_console.tail.gz import GzFile

        return GzFile(path)
    return LogFile(path)
