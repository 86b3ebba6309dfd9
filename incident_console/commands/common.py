"""What do all commands share? Who asks, where records are, and how facts and talk are printed."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console.commands.frame import frame
from incident_console.errors import Exit, InputError, UsageError
from incident_console.uncollected import uncollected

if TYPE_CHECKING:
    from incident_console import settings
    from incident_console.session.plan import Plan
    from incident_console.session.who import Who
    from incident_console.tui.debuglog import DebugLog
    from incident_console.tui.look import Look


def settings_of(
    arguments: argparse.Namespace, operator: str | None = None, fallback: str | None = None
) -> settings.Settings:
    # `analyze` asks for no settings, and they bring the whole record with them.
    from incident_console import settings

    said = getattr(arguments, "operator", None) or operator
    known = settings.load(os.environ, operator=said, records=arguments.records, fallback=fallback)
    arguments.untaken = known.untaken  # told when the command is done: a screen may be there now
    return known


def who_is(arguments: argparse.Namespace, operator: str | None = None, fallback: str | None = None) -> Who:
    """`fallback`: who it is when neither flag, environment nor settings say."""
    from incident_console.session.who import Who

    known = settings_of(arguments, operator, fallback)
    return Who(known.operator, known.records, known.trust, known.commands, known.secrets, known.is_login)


def no_redact(arguments: argparse.Namespace) -> str:
    """Why nothing is to be redacted; empty where it is. Raises UsageError for a reason that says nothing."""
    from incident_console.session.secrecy import reason

    return reason(arguments.no_redact)


def workflow_folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"there is no folder {path}" if not path.exists() else f"{path} is not a folder")
    return path.resolve()


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def plainly(arguments: argparse.Namespace) -> bool:
    """Whether to talk in lines instead of drawing a screen: by the flag, or by the settings. Raises InputError."""
    from incident_console import settings

    return settings.load(os.environ, plain=arguments.plain).plain


def need_terminal(instead: str, *, plain: bool, check: Callable[[], object] | None = None) -> None:
    """One that can be drawn on; `plain` needs none. Raises UsageError.

    `check` raises what is wrong with what was said, where there is no terminal: with one it would not help either.
    """
    if plain:
        return
    if not has_terminal():
        if check is not None:
            check()
        raise UsageError(
            f"the console needs a terminal; without one use `incident-console {instead}`, or --plain, line by line"
        )
    if os.environ.get("TERM") == "dumb":
        raise UsageError("this terminal cannot be drawn on (TERM=dumb); --plain asks and answers line by line")


def console(told: str, plan: Callable[[], Plan], *, plain: bool, debug: bool = False) -> int:
    """`told` stands on the screen while the plan is made and the console loaded.

    `plain`: in lines, without a screen. `debug`: keep a log of what the screen does. Raises what `plan` raises.
    """
    if plain:
        from incident_console.plain.dialogue import hold

        return hold(plan())
    # Imports make much that stays, and no garbage that is worth a look.
    with frame(told), uncollected():
        ready = plan()
        from incident_console.tui.app import Console

        app = Console(ready, look(), debug_log() if debug else None)
    code = app.run()
    return Exit.OK if code is None else code


def debug_log() -> DebugLog:
    """A new one, in the state folder. Raises InputError where none can be written."""
    import platformdirs

    from incident_console.tui.debuglog import DebugLog

    folder = Path(platformdirs.user_state_dir("incident-console")) / "debug"
    try:
        return DebugLog(folder)
    except OSError as fault:
        raise InputError(f"{folder}: no debug log can be written: {(fault.strerror or str(fault)).lower()}") from None


def look() -> Look:
    """How the screen is to look and behave, by the settings and by what the terminal can do. Raises InputError."""
    from incident_console import settings
    from incident_console.tui.look import Look, terminal

    known = settings.load(os.environ)
    # What every program shares is read where an editor or a pager is opened.
    named = {key for key, source in known.sources.items() if source.startswith("file ")}
    return Look(
        theme=known.theme,
        layout=known.layout,
        motion=known.motion,
        glyphs=known.glyphs,
        keys=known.keys,
        editor=known.editor if "editor" in named else "",
        pager=known.pager if "pager" in named else "",
        toasts=known.notify.toasts,
        bell=known.notify.bell,
        title=known.notify.title,
        terminal=terminal(os.environ),
        untaken=known.untaken,
    )


def print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def say(text: str) -> None:
    """Talk. That nobody listens any more is no reason to stop recording."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
