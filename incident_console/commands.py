"""What each command does: settings in, rooms called, facts printed. No logic of its own."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console import settings
from incident_console.errors import Exit, InputError, UsageError

if TYPE_CHECKING:
    from incident_console.session.opening import Plan, Who


def demo(arguments: argparse.Namespace) -> int:
    from incident_console.demo import start as demos

    who = _who(arguments)
    _say("laying out a workflow, with one good run behind it …")
    laid_out = demos.prepare(arguments.dir, short=arguments.short)
    started = demos.start(laid_out)
    _say(f"a real run has begun in {started.workdir}: pid {started.pid}; closing the console does not end it")
    if not arguments.headless:
        from incident_console.session.opening import Plan

        return _console(Plan(who, started.workdir, "slow-or-flaky-run"))
    from incident_console.runbook.answers import load_answers

    answers = load_answers(demos.ANSWERS)
    return _collect(who, started.workdir, "slow-or-flaky-run", answers, wait_for_end=True)


def open_(arguments: argparse.Namespace) -> int:
    from incident_console.session.opening import Plan

    who = _who(arguments)
    workdir = arguments.workdir
    if not workdir.is_dir():
        raise InputError(f"there is no folder {workdir}")
    named = arguments.runbook or settings.load(os.environ).runbook
    plan = Plan(who, workdir.resolve(), named, log=arguments.run, globs=tuple(arguments.log))
    return _console(plan)


def resume(arguments: argparse.Namespace) -> int:
    from incident_console.record.store import Record, all_records, find
    from incident_console.session.opening import Plan

    who = _who(arguments)
    if arguments.id:
        folder = find(who.records, arguments.id)
    else:
        waiting = [path for path in all_records(who.records) if Record(path).incident().closed is None]
        if not waiting:
            raise InputError(f"no incident is open in {who.records}; `incident-console open` begins one")
        if len(waiting) > 1:
            _say("several incidents are open; name one:")
            for path in waiting:
                print(path.name)
            return Exit.USAGE
        folder = waiting[0]
    return _console(Plan(who, Path(Record(folder).incident().workdir), resume=folder))


def collect(arguments: argparse.Namespace) -> int:
    from incident_console.runbook.answers import load_answers

    answers = load_answers(arguments.answers) if arguments.answers else None
    who = _who(arguments, answers.operator if answers else None)
    return _collect(
        who,
        arguments.workdir,
        arguments.runbook,
        answers,
        context=arguments.context,
        allow=tuple(arguments.allow),
        as_json=arguments.json,
    )


def _collect(
    who: Who,
    workdir: Path,
    runbook: str,
    answers: Any,
    *,
    context: str = "local",
    allow: tuple[str, ...] = (),
    wait_for_end: bool = False,
    as_json: bool = False,
) -> int:
    import signal
    import threading

    from incident_console.runbook import shelf
    from incident_console.runbook.answers import check_answers
    from incident_console.runbook.faults import RunbookFaults
    from incident_console.session.collect import collect as climb
    from incident_console.session.opening import open_incident

    loaded = shelf.find(runbook, workdir)
    faults = check_answers(answers, loaded.runbook) if answers is not None else ()
    if faults:
        raise RunbookFaults(faults)
    if not loaded.shipped and shelf.trusted_by(loaded.sha256, who.trust) is None:
        raise InputError(
            f"{runbook} did not ship with the console and is not trusted: `incident-console runbook trust {runbook}`"
        )
    cancel = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: cancel.set())
    session = open_incident(who, workdir, loaded, title="", context=context)
    try:
        code = climb(session, answers, allow=allow, say=_say, wait_for_end=wait_for_end, cancel=cancel)
    except KeyboardInterrupt:
        cancel.set()
        code = Exit.INTERRUPTED
    finally:
        session.close()
    if as_json:
        _print_json({"schema": "incident-console/collected/1", "record": str(session.record.path), "exit": int(code)})
    else:
        print(session.record.path)
    return code


def list_(arguments: argparse.Namespace) -> int:
    from incident_console.errors import ConsoleError
    from incident_console.record.store import Record, all_records

    rows = []
    for folder in all_records(_records(arguments)):
        try:
            incident = Record(folder).incident()
        except ConsoleError as fault:
            _say(f"{folder.name}: {fault}")
            continue
        named = incident.classification.class_ if incident.classification else "-"
        rows.append((folder.name, incident.state, named, Path(incident.workdir).name or "-", incident.title or "-"))
    if arguments.json:
        keys = ("id", "state", "class", "workflow", "title")
        _print_json(
            {"schema": "incident-console/list/1", "incidents": [dict(zip(keys, row, strict=True)) for row in rows]}
        )
        return Exit.OK
    from incident_console.record.text import one_line

    for row in rows:
        print("  ".join(one_line(part) for part in row))
    return Exit.OK


def record(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from incident_console.record import render
    from incident_console.record.store import Record, find

    found = Record(find(_records(arguments), arguments.id))
    incident = found.incident()
    if arguments.format == "json":
        text = json.dumps(render.record_json(incident), indent=2, ensure_ascii=False) + "\n"
    elif arguments.format == "html":
        text = render.record_html(incident, found.blobs.peek)
    elif arguments.format == "brief":
        text = render.brief(incident, datetime.now(UTC))
    else:
        text = render.record_md(incident, found.blobs.peek)
    _rewrite_documents(found, incident)
    if arguments.out:
        from incident_console.record.files import write_atomically

        write_atomically(arguments.out, text.encode("utf-8", "backslashreplace"))
        _say(f"written to {arguments.out}")
    else:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    return Exit.OK


def _rewrite_documents(found: Any, incident: Any) -> None:
    """A read-only store must not keep anybody from reading."""
    from incident_console.errors import RecordError
    from incident_console.session.documents import write_documents

    try:
        write_documents(found, incident)
    except RecordError as fault:
        _say(f"note.md and record.md were not rewritten: {fault}")


def verify(arguments: argparse.Namespace) -> int:
    from incident_console.record.verify import verify as check

    verdict = check(arguments.path, head=arguments.head)
    if arguments.json:
        _print_json({"schema": "incident-console/verify/1", **asdict(verdict)})
    else:
        print(f"{'ok' if verdict.ok else 'NOT OK'}  {verdict.events} events, {verdict.items} evidence items")
        print(f"head {verdict.head}")
        for note in verdict.notes:
            print(f"note: {note}")
        if verdict.fault:
            print(f"broken: {verdict.fault}")
    return Exit.OK if verdict.ok else Exit.NO


def handoff(arguments: argparse.Namespace) -> int:
    from incident_console.record.store import find
    from incident_console.session.handoff import offer
    from incident_console.session.opening import resume_incident

    fields = {}
    for given in arguments.set:
        name, equals, text = given.partition("=")
        if not equals:
            raise UsageError(f"--set {given}: say it as FIELD=TEXT")
        fields[name.strip()] = text
    who = _who(arguments)
    session = resume_incident(who, find(who.records, arguments.id))
    try:
        offered = offer(session, arguments.to, fields, arguments.out)
    finally:
        session.close()
    if arguments.json:
        _print_json(
            {
                "schema": "incident-console/handoff/1",
                "bundle": str(offered.path),
                "head": offered.head,
                "missing": list(offered.missing),
            }
        )
        return Exit.OK
    print(offered.path)
    print(f"head {offered.head}")
    for name in offered.missing:
        print(f"unknown: {name}")
    _say("tell the receiver the head by another way than the bundle; `verify --head` checks it")
    return Exit.OK


def accept(arguments: argparse.Namespace) -> int:
    from incident_console.session.handoff import accept as take
    from incident_console.session.opening import Plan, Who

    known = settings.load(os.environ, operator=arguments.who, records=arguments.records)
    who = Who(known.operator, known.records, known.trust)
    folder = take(arguments.bundle, who, arguments.readback)
    print(folder)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Exit.OK
    from incident_console.record.store import Record

    return _console(Plan(who, Path(Record(folder).incident().workdir), resume=folder))


def gate(arguments: argparse.Namespace) -> int:
    from incident_console.session.opening import open_on, resume_incident

    who = _who(arguments)
    waiting = open_on(arguments.workdir, who.records)
    if arguments.explain is not None and waiting:
        session = resume_incident(who, waiting[0][0])
        try:
            session.explain_edits(arguments.explain)
        finally:
            session.close()
        waiting = open_on(arguments.workdir, who.records)
    closed = [(folder, incident) for folder, incident in waiting if incident.gate_missing]
    if arguments.json:
        _print_json(
            {
                "schema": "incident-console/gate/1",
                "open": not closed,
                "incidents": [
                    {"id": folder.name, "missing": list(incident.gate_missing)} for folder, incident in waiting
                ],
            }
        )
    else:
        for folder, incident in closed:
            print(f"closed: {folder.name} does not name {', '.join(incident.gate_missing)} yet")
        if not closed:
            print("open" if waiting else "open: no incident is open on this workflow")
    return Exit.NO if closed else Exit.OK


def runbook(arguments: argparse.Namespace) -> int:
    from incident_console.runbook import schema, shelf, show

    if arguments.verb == "list":
        found = [shelf.find(path.stem) for path in shelf.shipped()]
        if arguments.json:
            _print_json(
                {
                    "schema": "incident-console/runbooks/1",
                    "runbooks": [
                        {
                            "id": each.runbook.id,
                            "version": each.runbook.version,
                            "title": each.runbook.title,
                            "when": each.runbook.when,
                        }
                        for each in found
                    ],
                }
            )
        else:
            for loaded in found:
                print(f"{loaded.runbook.id:30} {loaded.runbook.title}")
    elif arguments.verb == "show":
        print(show.render(shelf.find(arguments.name)))
    elif arguments.verb == "schema":
        _print_json(schema.schema_json())
    elif arguments.verb == "trust":
        return _trust(arguments)
    else:
        return _check(arguments)
    return Exit.OK


def _trust(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from incident_console.record.clock import stamp
    from incident_console.runbook import shelf

    who = _who(arguments)
    loaded = shelf.find(arguments.name)
    shelf.trust(loaded.sha256, who.operator, stamp(datetime.now(UTC)), who.trust)
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
        _print_json({"schema": "incident-console/faults/1", "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            print(fault)
        if not faults:
            print(f"{', '.join(arguments.names)}: no fault")
    return Exit.NO if faults else Exit.OK


def _console(plan: Plan) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal; without one use `incident-console collect`")
    from incident_console.tui.app import Console

    code = Console(plan).run()
    return Exit.OK if code is None else code


def _who(arguments: argparse.Namespace, operator: str | None = None) -> Who:
    from incident_console.session.opening import Who

    known = settings.load(os.environ, operator=arguments.operator or operator, records=arguments.records)
    return Who(known.operator, known.records, known.trust)


def _records(arguments: argparse.Namespace) -> Path:
    return settings.load(os.environ, records=arguments.records).records


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
