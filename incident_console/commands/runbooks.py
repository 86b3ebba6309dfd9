"""The runbooks: `runbook list`, `show`, `check`, `schema`, `trust`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from incident_console.commands.common import print_json, who_is
from incident_console.errors import Exit


def runbook(arguments: argparse.Namespace) -> int:
    from incident_console.runbook import schema, shelf, show

    match arguments.verb:
        case "list":
            _print_runbooks(arguments)
        case "show":
            loaded = shelf.find(arguments.name)
            if arguments.json:
                print_json(loaded.runbook.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            else:
                print(show.render(loaded))
        case "schema":
            print_json(schema.schema_json())
        case "trust":
            return _trust(arguments)
        case _:
            return _check(arguments)
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
    from datetime import UTC, datetime

    from incident_console.record.clock import stamp
    from incident_console.runbook import shelf

    who = who_is(arguments)
    loaded = shelf.find(arguments.name)
    shelf.trust(loaded.sha256, who.operator, stamp(datetime.now(UTC)), who.trust)
    if arguments.json:
        print_json({"schema": "incident-console/trusted/1", "sha256": loaded.sha256, "by": who.operator})
    else:
        print(f"{loaded.sha256}  trusted by {who.operator}: exactly this content may run its commands")
    return Exit.OK


def _check(arguments: argparse.Namespace) -> int:
    from incident_console.runbook import lint, shelf
    from incident_console.runbook.faults import Fault, RunbookFaults

    faults: list[Fault] = []
    for name in arguments.names:
        try:
            faults += lint.check(shelf.find(name))
        except RunbookFaults as broken:
            faults += broken.faults
    if arguments.json:
        print_json({"schema": "incident-console/faults/1", "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            print(fault)
        if not faults:
            print(f"{', '.join(arguments.names)}: no fault")
    return Exit.NO if faults else Exit.OK
