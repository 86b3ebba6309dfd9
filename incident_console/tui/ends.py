"""How the console ends, stops and goes on; and what is told of a fault of its own.

Whatever happens, the terminal is left as it was found, and the last words say where the record is.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.worker import WorkerFailed

from incident_console.errors import ConsoleError, Exit
from incident_console.evidence.redactor import Redactor
from incident_console.session import beats, crash
from incident_console.session.core import Session
from incident_console.tui import endings, news, threads
from incident_console.tui.debuglog import DebugLog

if TYPE_CHECKING:
    from incident_console.tui.app import Console

LATE_S = 0.25
"""A screen that answers later than that is noticed, so `--debug` tells it."""
SHORT_S = 2.0
"""A stop that no failed attempt can have been lost in: a retry takes longer to begin."""


class Ends:
    def __init__(self, app: Console, debug: DebugLog | None) -> None:
        self._app = app
        self._debug = debug
        self._failed: dict[str, Path | None] = {}
        """By the thread that failed, its report."""
        self._undo: list[Callable[[], None]] = []

    def begin(self) -> None:
        """From now on; call it in the screen's loop."""
        app, loop = self._app, asyncio.get_running_loop()
        self._undo.append(endings.on_signals(self._told_to_end, self._at_once))
        if app._driver is not None and app._driver.can_suspend:
            self._undo.append(endings.on_stops(app, app._driver, self._went_on))
        here = contextvars.copy_context()

        def failed(error: BaseException, name: str) -> None:
            told = self._part_failed(error, name)
            # Not waited for: the thread may hold a lock that the loop wants next.
            with contextlib.suppress(RuntimeError):  # the screen has gone already; the last words tell it
                loop.call_soon_threadsafe(self._tell_failed, told, context=here)

        self._undo.append(threads.watched(failed, lambda: loop.call_soon_threadsafe(self._told_to_end)))
        loop.set_exception_handler(self._loop_failed)
        if self._debug is not None:
            self.tell(f"began on a screen of {app.size.width} x {app.size.height}")
            app.run_worker(self._watch_lateness(), group="debug")

    def end(self) -> None:
        while self._undo:
            self._undo.pop()()

    def tell(self, what: str) -> None:
        """Put it in the debug log, if there is one. Kinds and figures only, never text from outside."""
        if self._debug is not None:
            self._debug.tell(what)

    # -- leaving -------------------------------------------------------------------------------------------------

    def _told_to_end(self) -> None:
        self.tell("told to end")
        self._app.leave()

    def _at_once(self) -> None:
        """It was told twice: what still waits for a disk or a command is not waited for."""
        session = self._app.session
        saved = news.parting(session) if session is not None else "Nothing was recorded."
        self._app._go(Exit.INTERRUPTED, f"Left at once; what was still being written may not be there.\n{saved}")

    def last_words(self, parting: str) -> str:
        """What is said on leaving, with what went wrong meanwhile."""
        told = [parting] if parting else []
        for name, path in self._failed.items():
            told.append(f"A fault of its own befell a part of the console ({name}); {crash.where(path)}")
        if self._debug is not None:
            self._debug.close()
            cut = f", until it could not be written: {self._debug.trouble}" if self._debug.trouble else ""
            told.append(f"The debug log is {self._debug.path}{cut}")
        return "\n".join(told)

    # -- stopping ------------------------------------------------------------------------------------------------

    def _went_on(self, seconds: float) -> None:
        app, now = self._app, datetime.now(UTC)
        since = datetime.fromtimestamp(now.timestamp() - seconds, UTC)
        self.tell(f"lay still for {seconds:.1f} s")
        run, session = app.picture.run, app.session
        if run is None or run.status != "running" or seconds < SHORT_S:
            return
        what = f"The console lay still from {since:%H:%M:%S}Z to {now:%H:%M:%S}Z"
        what += ", stopped with ctrl+z: logs of attempts that failed and were retried meanwhile may be lost."
        app.desk.tell(what, "not watched meanwhile", "warning", 15)
        if isinstance(session, Session) and session.incident.closed is None:
            app.desk.start(self._note(session, what))

    async def _note(self, session: Session, what: str) -> None:
        await self._app.desk.in_thread(session.note, what)

    # -- faults --------------------------------------------------------------------------------------------------

    def crashed(self, error: Exception) -> tuple[Exit, str]:
        """The screen cannot go on: with which exit code it ends, and the last words."""
        session = self._app.session
        self._app.desk.climb.cancel()
        path = self._report(error, "the screen")
        saved = news.parting(session) if session is not None else "Nothing was recorded."
        not_saved = self._app.desk.unsaved.at_the_end(session)
        return Exit.RECORD if not_saved else Exit.NO, crash.told(_own(error), path, not_saved or saved)

    def _loop_failed(self, loop: asyncio.AbstractEventLoop, told: Mapping[str, Any]) -> None:
        error = told.get("exception")
        if isinstance(error, Exception):
            self._tell_failed(self._part_failed(error, "the screen's loop"))

    def _part_failed(self, error: BaseException, name: str) -> str:
        path = self._failed[name] = self._report(error, name)
        return beats.told(error, name, crash.where(path))

    def _tell_failed(self, told: str) -> None:
        self._app.desk.tell(told, "a part failed", "error", 30)

    def _report(self, error: BaseException, where: str) -> Path | None:
        error = _own(error)
        if self._debug is not None and not isinstance(error, ConsoleError):
            self._debug.fault(error, where)
        session, store = self._app.session, self._app.plan.who.records
        folders = (session.record.path,) if isinstance(session, Session) else ()
        clean = session.redactor.data if session is not None else Redactor().data
        return crash.write(error, (*folders, store, store.parent), datetime.now(UTC), clean)

    async def _watch_lateness(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(LATE_S)
            if (late := loop.time() - began - LATE_S) > LATE_S:
                self.tell(f"the screen was {late:.2f} s late")


def _own(error: BaseException) -> BaseException:
    """What failed in a worker, which Textual tells as an error of its own."""
    while isinstance(error, WorkerFailed):
        error = error.error
    return error
