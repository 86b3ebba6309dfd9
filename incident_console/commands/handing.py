"""Hand an incident over, or take one: `handoff`, `accept`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.commands.common import console, has_terminal, plainly, print_json, say, who_is, workflow_folder
from incident_console.errors import Exit, InputError, UsageError

if TYPE_CHECKING:
    from incident_console.session.core import Session
    from incident_console.session.plan import Plan
    from incident_console.session.recheck import Reach

TEXT_LIMIT = 1 << 20
SHOWN = 60
"""Lines of the hand-off that are printed before the read-back is asked for."""


def handoff(arguments: argparse.Namespace) -> int:
    """Write the bundle; with `--template` only print what stands in the fields, to be edited and given back."""
    from incident_console.record.folders import find
    from incident_console.record.handfields import PROMPTS
    from incident_console.session.handoff import offer
    from incident_console.session.opening import resume_incident
    from incident_console.session.secrecy import in_runbook

    fields = _set(arguments.set)
    if arguments.to is not None:
        fields["to"] = arguments.to
    who = who_is(arguments)
    folder = find(who.records, arguments.id)
    if arguments.template:
        sys.stdout.write(_template(folder, fields))
        return Exit.OK
    if arguments.out is None:
        raise UsageError("-o FILE.zip is needed: where the bundle goes")
    text = _read(arguments.fields) if arguments.fields else None
    if text is None and not fields.get("to", "").strip():
        raise UsageError("--to needs the name of who takes it over")
    session = resume_incident(who, folder)
    try:
        if text is not None:
            fields = _from_text(session, text, arguments.fields) | fields
        if not fields.get("to", "").strip():
            raise UsageError("--to needs the name of who takes it over, or [to] in the file does")
        for place in in_runbook(session.trust.loaded, session.redactor):
            say(f"mind: the runbook, {place}")
        offered = offer(session, fields.pop("to"), fields, arguments.out)
        for text in offered.guessed:
            say(f"mind: {text}")
    finally:
        session.close()
    if arguments.json:
        told = {"bundle": str(offered.path), "head": offered.head, "events": offered.events, "missing": offered.missing}
        print_json({"schema": "incident-console/handoff/1", **told})
        return Exit.OK
    print(offered.path)
    print(f"head {offered.head}")
    for name in offered.missing:
        print(f"unknown: {name}  ({PROMPTS[name]})")
    say("tell the receiver the head by another way than the bundle; `verify --head` checks it")
    return Exit.OK


def _set(given: list[str]) -> dict[str, str]:
    fields = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals:
            raise UsageError(f"--set {each}: say it as FIELD=TEXT")
        fields[name.strip()] = text
    return fields


def _template(folder: Path, fields: dict[str, str]) -> str:
    """Nothing is recorded by it, so nobody's pen is in the way."""
    from incident_console.record.handtext import template
    from incident_console.session.asofnow import as_of_now
    from incident_console.session.handoff import drafted
    from incident_console.session.reviewing import review_record

    review = review_record(folder)
    try:
        return template(drafted(review, fields, as_of_now(review)))
    finally:
        review.close()


def _from_text(session: Session, text: str, name: str) -> dict[str, str]:
    """What the text says anew. Raises InputError with every fault and its line."""
    from incident_console.record.handtext import changes, parse
    from incident_console.session.asofnow import as_of_now
    from incident_console.session.handoff import drafted

    parsed = parse(text)
    if parsed.faults:
        raise InputError("\n".join(f"{name}:{fault.line}: {fault.because}" for fault in parsed.faults))
    return changes(parsed, drafted(session, {}, as_of_now(session)))


def _read(name: str) -> str:
    """A file, or `-` for what is piped in."""
    from incident_console.record.files import read_plain

    data = sys.stdin.buffer.read(TEXT_LIMIT) if name == "-" else read_plain(Path(name), TEXT_LIMIT)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8") from None


def accept(arguments: argparse.Namespace) -> int:
    """On a terminal the hand-off is shown, the read-back asked for, and the console opened where the sender stopped."""
    from incident_console.session.handoff import accept as take
    from incident_console.session.handoff import doubts

    who = who_is(arguments, arguments.who)
    workdir = workflow_folder(arguments.workdir) if arguments.workdir is not None else None
    if doubted := doubts(arguments.bundle, who):
        for text in doubted:
            say(text)
        if has_terminal() and not _yes("Take it over nevertheless? [y/N] "):
            raise UsageError("nothing was accepted")
    readback = arguments.readback
    if readback is None:
        sent = _sent(arguments.bundle)
        if not has_terminal():
            raise UsageError("without a terminal the read-back is said with the command: --readback TEXT")
        _show(arguments.bundle, sent)
        readback = _read_back()
    accepted = take(arguments.bundle, who, readback, workdir=workdir)
    if accepted.told:
        say(accepted.told)
    if accepted.why_not:
        say(accepted.why_not)
    reached = _reach(accepted.record)
    if arguments.json:
        told = {"record": str(accepted.record), "new": accepted.recorded, "workflow_here": reached.here}
        stood = {"store": accepted.how, "told": accepted.told}
        print_json({"schema": "incident-console/accepted/1", **told, **stood})
    else:
        print(accepted.record)
    say(reached.told)
    if arguments.json or not (has_terminal() or arguments.plain):
        return Exit.OK

    def plan() -> Plan:
        from incident_console.record.store import Record
        from incident_console.session.plan import Plan

        return Plan(who, Path(Record(accepted.record).incident().workdir), resume=accepted.record)

    return console(f"opening {accepted.record.name} …", plan, plain=plainly(arguments))


def _yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _sent(bundle: Path) -> str:
    """The hand-off as it was sent, once the bundle is verified. Raises InputError."""
    from incident_console.session.reviewing import review_bundle

    review = review_bundle(bundle)
    try:
        return review.handoff
    finally:
        review.close()


def _show(bundle: Path, sent: str) -> None:
    """The beginning of the hand-off."""
    from incident_console.record.text import visible

    lines = sent.splitlines()
    for line in lines[:SHOWN]:
        say(visible(line))
    if len(lines) > SHOWN:
        say(f"… {len(lines) - SHOWN} lines more: `incident-console open {bundle}` shows all of it, and accepts nothing")


def _read_back() -> str:
    say("")
    say("Read it back in your own words: what is wrong, what is next, what must not be touched?")
    say("As many lines as you like; an empty line ends it, and ctrl-c accepts nothing.")
    said: list[str] = []
    while True:
        try:
            line = input("> ").rstrip()
        except EOFError:
            line = ""
            if not any(said):
                raise UsageError("nothing was read back, so nothing was accepted") from None
        if line:
            said.append(line)
        elif any(map(str.strip, said)):
            return "\n".join(said)
        else:
            said = []
            say("Something must be said: it stands in the record, with your name and the time.")


def _reach(record: Path) -> Reach:
    from incident_console.session.recheck import reach
    from incident_console.session.reviewing import review_record

    review = review_record(record)
    try:
        return reach(review)
    finally:
        review.close()
