"""The log part alone: `incident-console tail FILE|DIR|GLOB|-...`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import Exit, UsageError

if TYPE_CHECKING:
    from incident_console.tail.spool import Spool

STDIN = "-"


def tail(arguments: argparse.Namespace) -> int:
    if arguments.poll is not None and not 0.01 <= arguments.poll <= 3600:
        raise UsageError(f"--poll takes seconds between 0.01 and 3600, and {arguments.poll:g} is not")
    words = [word for word in arguments.what if word != STDIN]
    if not sys.stdout.isatty():
        told = "tail shows logs on a terminal, and stdout is none; `tail -F FILE` prints what is written"
        raise UsageError(_missing(words) + told)
    spool = _piped_in() if STDIN in arguments.what else None
    if spool is None and not os.isatty(0):
        told = "the keys must come from a terminal, and standard input is none; to show what it holds, add -"
        raise UsageError(_missing(words) + told)
    # Hundreds of thousands of objects are made while the modules load, and none is garbage: looking for some among them
    # takes a tenth of the time until the first line is seen. The app turns it on again when that is done.
    gc.disable()
    try:
        return _show(words, spool, arguments.poll, debug=arguments.debug)
    finally:
        gc.enable()
        if spool is not None:
            spool.close()


def _show(words: list[str], spool: Spool | None, poll_s: float | None, *, debug: bool) -> int:
    from incident_console.commands.common import debug_log, look, say
    from incident_console.tui.log.app import TailApp, Wanted
    from incident_console.tui.look import Look, terminal

    names = file = None
    if words:
        from incident_console.tail.places.named import Names

        names = Names(words, Path.cwd())
        file = names.one_file if spool is None else None
    wanted = Wanted(file, None if file is not None else names, spool, poll_s)
    app = TailApp(wanted, Look(terminal=terminal(os.environ)), look)
    log = debug_log() if debug else None
    app.run()
    if log is not None:
        if app.fault is not None:
            log.fault(app.fault, "the screen")
        log.close()
        say(f"The debug log is {log.path}")
    if app.fault is not None:
        raise app.fault
    return Exit.OK


def _missing(words: list[str]) -> str:
    """What is not there, of the words that name one thing each: on a terminal it would be waited for."""
    from incident_console.globs import is_wild
    from incident_console.record.text import one_line

    missing = [word for word in words if not os.path.lexists(word) and not is_wild(word)]
    return f"there is no {one_line(', '.join(missing))}; besides, " if missing else ""


def _piped_in() -> Spool:
    from platformdirs import user_cache_path

    from incident_console.commands.terminal import keys_from_terminal
    from incident_console.tail.spool import Spool

    spool = Spool(keys_from_terminal(), user_cache_path("incident-console") / "piped-in", "standard input")
    spool.start()
    return spool
