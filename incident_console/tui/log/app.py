"""`incident-console tail`: the log part alone on the screen, for one file or for several as one stream.

What stands between the command and the first lines on the screen is kept small: the footer, the help and the watching
of files come when the lines are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import WorkerFailed

from incident_console.errors import InputError
from incident_console.tail.logfile import LogFile
from incident_console.tail.source import Source
from incident_console.tui import livekeys
from incident_console.tui.log.view import LogView
from incident_console.tui.look import Dressed, Look
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.tail.following.follow import Follower, Paths
    from incident_console.tail.places.named import Names
    from incident_console.tail.spool import Spool
    from incident_console.tui.log.list import FileList
    from incident_console.tui.log.stream import Stream

SCREENS = tuple(f"{__package__}.{name}" for name in ("help", "list", "bar"))
PACKED = (".gz", ".bz2", ".xz")
"""As in `tail.rotated`, which also knows the names of rotated logs: a millisecond that nobody should wait for."""
OF_SEVERAL = frozenset({"stream", "zoom", "unzoom", "resize", "focus_next", "focus_previous"})
"""Actions that mean nothing where one log is all there is."""
SAY_EACH_S = 2.0
ROWS, LEAST_ROWS = 2, 5
"""How far a key moves the border between the panes, and what each keeps."""


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


class TailApp(Dressed[None]):
    """What ended it that must not have is in `fault` when `run()` has returned."""

    TITLE = "incident-console tail"
    CSS = """
    #log-list { height: 25%; min-height: 5; max-height: 14; }
    LogView { height: 1fr; }
    .pane { border-title-color: $foreground-muted; border-subtitle-color: $foreground-muted; }
    .pane:focus { border: round $accent; border-title-color: $text-accent; border-subtitle-color: $text-accent; }
    .-zoomed .pane { border: double $accent; }
    .-zoomed.-at-list LogView, .-zoomed.-at-log #log-list { display: none; }
    .-zoomed #log-list { height: 1fr; max-height: 100%; }
    """
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("backspace,escape", "stream", "stream", "stream", "Back to the stream of all files", show="⌫"),
        _key("z", "zoom", "all panes", "zoom", "This pane over the other; again: both of them", show="z"),
        _key("escape", "unzoom", "all panes", "all", "Both panes again"),
        _key("right_curly_bracket", "resize(1)", "taller", "grow", "This pane taller"),
        _key("left_curly_bracket", "resize(-1)", "lower", "shrink", "This pane lower"),
        _key("tab", "app.focus_next", "pane", "next", "Go to the next pane", show="tab"),
        _key("shift+tab", "app.focus_previous", "pane before", "previous", "Go back a pane"),
        _key("ctrl+z", "suspend_process", "shell", "suspend", "Back to the shell; its fg comes back here"),
        _key("ctrl+l", "redraw", "redraw", "redraw", "Draw the screen anew", first=True),
        _key("question_mark,f1", "help", "Help", "help", "Every key that works now", show="?"),
        _key("ctrl+p", "command_palette", "palette", "palette", "The palette: every action", first=True),
        _key("q,ctrl+q", "quit", "quit", "quit", "Leave; files are only read, never changed", show="q"),
    ]

    def __init__(self, wanted: Wanted, look: Look | None = None, wished: Callable[[], Look] | None = None) -> None:
        """`look`: what fits the terminal; `wished`: reads the settings, once the first lines are on the screen."""
        super().__init__()
        self.wear(look or Look())
        self._wanted, self._wished = wanted, wished
        self.fault: BaseException | None = None
        self._alone: LogView | None = None
        """The file that was chosen from the list."""
        self._list: FileList | None = None
        self._as_before = contextlib.ExitStack()
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
        from incident_console.tui import endings, threads

        self._as_before.callback(endings.on_signals(self.exit, self.exit))
        self._as_before.callback(threads.watched(self._thread_failed, self._lost))
        if self._driver is not None and self._driver.can_suspend:
            self._as_before.callback(endings.on_stops(self, self._driver, lambda seconds: None))
        self._take_wishes()
        self.call_after_refresh(self._mount_footer)

    def _take_wishes(self) -> None:
        if self._wished is None:
            return
        try:
            told = self.wear(self._wished())
            self.take_keys(SCREENS)  # What stands there for other screens is no fault here.
        except InputError as fault:
            told = (f"the settings are left aside: {fault}",)
        for sentence in told:
            self.notify(safe(sentence), title="settings", severity="warning", markup=False, timeout=15)

    def on_unmount(self) -> None:
        self._as_before.close()

    async def _mount_footer(self) -> None:
        from incident_console.tui.footer import KeyLine

        if self.screen.is_attached:  # Who is quick has left already.
            await self.mount(KeyLine())
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
                await self.may_draw()
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
            self._alone = LogView(id="log-view", classes="pane")
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

    # -- one pane over the other, or more of it ------------------------------------------------------------------

    @property
    def _is_zoomed(self) -> bool:
        return self.screen_stack[0].has_class("-zoomed")

    def key_word(self, action: str) -> str | None:
        """For the foot of the screen, as `footer.SaysKeys`: the way back is what matters."""
        return "" if action == "zoom" and not self._is_zoomed else None

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane that one stands in is the one that is seen; the line below the list is part of it."""
        base = self.screen_stack[0]
        if event.widget.screen is base:
            in_list = event.widget in (self._list, *base.query("FilterLine"))
            base.set_class(in_list, "-at-list")
            base.set_class(not in_list, "-at-log")

    def action_focus_next(self) -> None:
        if not self._is_zoomed or self._list is None or len(self.screen_stack) > 1:
            self.screen.focus_next()
            return
        target = (self._alone or self.query_one("#stream")) if self._list.has_focus else self._list
        self.screen.set_class(target is self._list, "-at-list")
        self.screen.set_class(target is not self._list, "-at-log")
        target.focus()

    def action_focus_previous(self) -> None:
        """There are two panes: back is the same as on."""
        if self._is_zoomed and len(self.screen_stack) == 1:
            self.action_focus_next()
        else:
            self.screen.focus_previous()

    def action_zoom(self) -> None:
        self.screen_stack[0].toggle_class("-zoomed")
        self.refresh_bindings()

    def action_unzoom(self) -> None:
        self.action_zoom()

    def action_resize(self, by: int) -> None:
        """Make the pane with the focus taller, or lower."""
        if (listed := self._list) is not None:
            rows = listed.outer_size.height + by * ROWS * (1 if listed.has_focus else -1)
            most = self.screen_stack[0].size.height - LEAST_ROWS
            listed.styles.max_height = "100%"
            listed.styles.height = f"{max(LEAST_ROWS, min(rows, most)) * 100 / self.size.height:.2f}%"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("zoom", "unzoom", "resize") and len(self.screen_stack) > 1:
            return False
        return not self.why_not(action, parameters)

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        """As `deadkeys.SaysWhyNot`."""
        if action == "pin":
            return "a line is pinned to an incident, and here is none"
        if self._list is None and action in OF_SEVERAL:
            return f"there is this one log; {livekeys.key(self, 'app.quit')} leaves"
        match action:
            case "stream" if self._alone is None:
                return f"this is the stream of all files; {livekeys.key(self, 'app.quit')} leaves"
            case "resize" if self._is_zoomed:
                return "one pane has all of the screen already"
            case "unzoom" if not self._is_zoomed:
                return "both panes are in view already"
        return ""

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._refuse("")
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that does nothing here says why."""
        from incident_console.tui.deadkeys import because

        if told := because(self, event.key):
            self._refuse(told)

    def _refuse(self, told: str) -> None:
        """At the foot of the page in front; empty: no more of it."""
        if self.screen_stack and (lines := self.screen.query("KeyLine")):
            from incident_console.tui.footer import KeyLine

            for line in lines.results(KeyLine):
                line.refuse(told)

    def action_suspend_process(self) -> None:
        from incident_console.tui import endings

        endings.stop_job()

    def _lost(self) -> None:
        """The terminal takes nothing more."""
        with contextlib.suppress(RuntimeError):
            self.call_from_thread(self.exit)

    def _thread_failed(self, error: BaseException, name: str) -> None:
        """Called in the thread that failed: nothing more comes from it, and whoever started the app says why."""
        self.fault = self.fault or error
        self._lost()

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
        self.notify(f"{livekeys.key(self, 'app.quit')} leaves.")

    def action_command_palette(self) -> None:
        """Whatever has a key has a line in the palette."""
        from incident_console.tui import offers

        if not offers.is_open(self):
            self.push_screen(offers.screen(offers.Bindings))


def _source(path: Path) -> Source:
    if path.suffix in PACKED:
        from incident_console.tail.gz import GzFile

        return GzFile(path)
    return LogFile(path)
