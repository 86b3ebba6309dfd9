"""What do all commands share? Who asks, where records are, and how facts and talk are printed."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console.errors import Exit, InputError, UsageError

if TYPE_CHECKING:
    from incident_console import settings
    from incident_console.session.opening import Plan, Who


def settings_of(
    arguments: argparse.Namespace, operator: str | None = None, fallback: str | None = None
) -> settings.Settings:
    # `analyze` asks for no settings, and they bring the whole record with them.
    from incident_console import settings

    said = getattr(arguments, "operator", None) or operator
    return settings.load(os.environ, operator=said, records=arguments.records, fallback=fallback)


def who_is(arguments: argparse.Namespace, operator: str | None = None, fallback: str | None = None) -> Who:
    """`fallback`: who it is when neither flag, environment nor settings say."""
    from incident_console.session.opening import Who

    known = settings_of(arguments, operator, fallback)
    return Who(known.operator, known.records, known.trust, known.commands, known.secrets)


def no_redact(arguments: argparse.Namespace, who: Who) -> str:
    """Why nothing is to be redacted; empty where it is. Raises UsageError for a reason that says nothing.

    Of variables that the settings name, and whose values cannot be looked for, it is told.
    """
    from incident_console.session.secrecy import not_sought, reason

    given = reason(arguments.no_redact)
    if told := not_sought(who.secrets):
        say(told)
    return given


def workflow_folder(path: Path) -> Path:
    if not path.is_dir():
        raise InputError(f"there is no folder {path}" if not path.exists() else f"{path} is not a folder")
    return path.resolve()


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def need_terminal(instead: str) -> None:
    if not has_terminal():
        raise UsageError(f"the console needs a terminal; without one use `incident-console {instead}`")


def console(plan: Plan) -> int:
    from incident_console.tui.app import Console

    code = Console(plan).run()
    return Exit.OK if code is None else code


def print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def say(text: str) -> None:
    """Talk. That nobody listens any more is no reason to stop recording."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
