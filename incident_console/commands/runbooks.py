"""The runbooks: `runbook list`, `show`, `schema`, `trust`; what their authors call is in `linting`."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING

from incident_console.commands.common import has_terminal, print_json, say, who_is
from incident_console.errors import Exit, UsageError

if TYPE_CHECKING:
    from incident_console.runbook.trust import Trusted


def runbook(arguments: argparse.Namespace) -> int:
    from incident_console.commands import linting
    from incident_console.runbook import shelf, show, skeleton

    match arguments.verb:
        case "list":
            _print_runbooks(arguments)
        case "show":
            from incident_console.session import cautions

            loaded = shelf.find(arguments.name)
            if arguments.json:
                print_json(loaded.runbook.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            else:
                width = shutil.get_terminal_size((show.WIDTH, 24)).columns if sys.stdout.isatty() else show.WIDTH
                print(show.render(loaded, width, arguments.format, cautions.of_item), end="")
        case "schema":
            of_rehearsal = arguments.what == "rehearsal"
            file = skeleton.REHEARSAL_SCHEMA_FILE if of_rehearsal else skeleton.SCHEMA_FILE
            print(skeleton.schema_text(file), end="")
        case "trust":
            return _trust(arguments)
        case "new":
            return linting.new(arguments)
        case "test":
            return linting.test(arguments)
        case _:
            return linting.check(arguments)
    return Exit.OK


def _print_runbooks(arguments: argparse.Namespace) -> None:
    from incident_console.runbook import shelf

    found = [shelf.find(path.stem).runbook for path in shelf.shipped()]
    if arguments.json:
        told = [{name: getattr(each, name) for name in ("id", "version", "title", "when")} for each in found]
        print_json({"schema": "incident-console/runbooks/1", "runbooks": told})
    else:
        for each in found:
            print(f"{each.id:30} {each.title}")


def _trust(arguments: argparse.Namespace) -> int:
    """Shown, asked for on a terminal, given. Where nobody can be asked `--yes` is the answer; raises UsageError."""
    from datetime import UTC, datetime

    from incident_console.record.clock import stamp
    from incident_console.runbook import shelf, trust
    from incident_console.runbook.review import plain
    from incident_console.session.trusting import reviewed, secrets_told

    who, now = who_is(arguments), stamp(datetime.now(UTC))
    if arguments.list:
        return _print_trusted(trust.in_force(who.trust), as_json=arguments.json)
    if arguments.withdraw is not None:
        withdrawn = trust.withdraw(arguments.withdraw, who.operator, now, who.trust)
        return _print_trusted(withdrawn, as_json=arguments.json, key="withdrawn")
    loaded = shelf.find(arguments.name)
    known = "the console, with which it ships" if loaded.shipped else trust.trusted_by(loaded.sha256, who.trust)
    if known is None:
        say(reviewed(loaded, who.trust).rstrip("\n"))
        for told in secrets_told(loaded):  # last, where it is read before the question
            say(f"mind: {told}")
        if not arguments.yes:
            if arguments.json or not has_terminal():
                raise UsageError("nothing was trusted: there is nobody to ask here; once it is read, --yes trusts it")
            if not _agreed():
                say("nothing was trusted")
                return Exit.NO
        trust.give(loaded, who.operator, now, who.trust)
    by = known or who.operator
    if arguments.json:
        print_json({"schema": "incident-console/trusted/1", "sha256": loaded.sha256, "by": by})
    else:
        print(f"{loaded.sha256}  trusted by {plain(by)}: exactly this content may run its commands")
    return Exit.OK


def _agreed() -> bool:
    say("May exactly this content run its commands? Type yes: ")
    try:
        return input().strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _print_trusted(found: tuple[Trusted, ...], *, as_json: bool, key: str = "trusted") -> int:
    from incident_console.runbook.review import plain

    if as_json:
        told = [{name: getattr(each, name) for name in ("sha256", "by", "at", "id", "path")} for each in found]
        print_json({"schema": "incident-console/trusted-runbooks/1", key: told})
        return Exit.OK
    for each in found:
        parts = (each.sha256[:12], each.by, each.at, each.id or "-", each.path or "-")
        print("  ".join(plain(part) for part in parts) + ("  withdrawn" if key == "withdrawn" else ""))
    if not found:
        say("nobody has trusted a runbook here; those that ship need no trust")
    return Exit.OK
