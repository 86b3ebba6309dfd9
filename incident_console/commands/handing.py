"""Hand an incident over, or take one: `handoff`, `accept`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from incident_console import settings
from incident_console.commands.common import console, has_terminal, print_json, say, who_is
from incident_console.errors import Exit, UsageError


def handoff(arguments: argparse.Namespace) -> int:
    from incident_console.record.store import find
    from incident_console.session.handoff import offer
    from incident_console.session.opening import resume_incident

    if not arguments.to.strip():
        raise UsageError("--to needs the name of who takes it over")
    fields = {}
    for given in arguments.set:
        name, equals, text = given.partition("=")
        if not equals:
            raise UsageError(f"--set {given}: say it as FIELD=TEXT")
        fields[name.strip()] = text
    who = who_is(arguments)
    session = resume_incident(who, find(who.records, arguments.id))
    try:
        offered = offer(session, arguments.to, fields, arguments.out)
    finally:
        session.close()
    if arguments.json:
        told = {"bundle": str(offered.path), "head": offered.head, "missing": offered.missing}
        print_json({"schema": "incident-console/handoff/1", **told})
        return Exit.OK
    print(offered.path)
    print(f"head {offered.head}")
    for name in offered.missing:
        print(f"unknown: {name}")
    say("tell the receiver the head by another way than the bundle; `verify --head` checks it")
    return Exit.OK


def accept(arguments: argparse.Namespace) -> int:
    from incident_console.session.handoff import accept as take
    from incident_console.session.opening import Plan, Who

    known = settings.load(os.environ, operator=arguments.who, records=arguments.records)
    who = Who(known.operator, known.records, known.trust)
    accepted = take(arguments.bundle, who, arguments.readback)
    if not accepted.recorded:
        say(f"{who.operator} has accepted this hand-off already; nothing was added to the record")
    if arguments.json:
        print_json({"schema": "incident-console/accepted/1", "record": str(accepted.record), "new": accepted.recorded})
    else:
        print(accepted.record)
    if arguments.json or not has_terminal():
        return Exit.OK
    from incident_console.record.store import Record

    return console(Plan(who, Path(Record(accepted.record).incident().workdir), resume=accepted.record))
