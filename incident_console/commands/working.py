"""Begin an incident, go on with one, or climb without a terminal: `demo`, `open`, `resume`, `collect`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.commands.common import (
    console,
    has_terminal,
    need_terminal,
    no_redact,
    plainly,
    print_json,
    say,
    settings_of,
    who_is,
    workflow_folder,
)
from incident_console.commands.records import print_list, row, told
from incident_console.errors import Exit, InputError, UsageError

if TYPE_CHECKING:
    from incident_console.record.summaries import Summary
    from incident_console.runbook.answers import Answers
    from incident_console.session.plan import Plan
    from incident_console.session.who import Who


def demo(arguments: argparse.Namespace) -> int:
    from incident_console.demo import start as demos
    from incident_console.demo.stories import BY_NAME
    from incident_console.runbook.answers import load_answers
    from incident_console.session.launch import runs_folder

    if not arguments.headless:
        check = partial(demos.refuse_used, arguments.dir) if arguments.dir is not None else None
        need_terminal("demo --headless", plain=plainly(arguments), check=check)
    story = BY_NAME[arguments.story]
    answers = load_answers(story.answers) if arguments.headless else None
    who = who_is(arguments, answers.operator if answers else None)
    say(f"{story.name}: {story.title}")
    say("laying out its workflow, with one good run behind it …")
    laid_out = demos.prepare(arguments.dir, short=arguments.short, story=story)
    started = demos.start(laid_out, runs_folder(who.records))
    say(f"a real run has begun in {started.workdir}: pid {started.pid}; closing the console does not end it")
    say(f"what was reported: {story.reported}")
    say(f"look first at {story.first}")
    if arguments.headless:
        return _collect(
            *(who, started.workdir, "slow-or-flaky-run", answers),
            reported=story.reported,
            wait_for_end=True,
            as_json=arguments.json,
        )

    def plan() -> Plan:
        from incident_console.session.plan import Plan

        return Plan(who, started.workdir, "slow-or-flaky-run", reported=story.reported, reported_by="the demo")

    return console(f"opening {started.workdir} …", plan, plain=plainly(arguments), debug=arguments.debug)


def open_(arguments: argparse.Namespace) -> int:
    plain, asked = plainly(arguments), arguments.workdir
    if not os.path.lexists(asked):
        raise InputError(f"there is no folder and no bundle {asked}")
    if asked.is_file():
        instead = f"verify {asked}`; once it is accepted, `incident-console record ID"
        need_terminal(instead, plain=plain, check=lambda: _reviewed(asked))
        return console(f"checking {asked} …", lambda: _to_review(arguments), plain=plain, debug=arguments.debug)
    workdir = workflow_folder(asked)
    need_terminal("collect", plain=plain, check=lambda: _found(arguments, workdir))
    return console(f"opening {workdir} …", lambda: _to_open(arguments, workdir), plain=plain, debug=arguments.debug)


def _reviewed(bundle: Path) -> None:
    """Raises InputError where it is no bundle that could be reviewed."""
    from incident_console.session.reviewing import review_bundle

    review_bundle(bundle).close()


def _found(arguments: argparse.Namespace, workdir: Path) -> None:
    """Raises what opening would, of the runbook too."""
    from incident_console.runbook import shelf

    plan = _to_open(arguments, workdir)
    if plan.runbook:
        shelf.find(plan.runbook, workdir)


def _to_review(arguments: argparse.Namespace) -> Plan:
    from incident_console.session.plan import Plan

    return Plan(who_is(arguments), Path(), bundle=arguments.workdir.absolute())


def _to_open(arguments: argparse.Namespace, workdir: Path) -> Plan:
    from incident_console.session.plan import Plan
    from incident_console.session.sources import words

    log = arguments.run
    if log is not None:
        log = log.absolute() if log.is_file() else workdir / log
        if not log.is_file():
            raise InputError(f"there is no run log {arguments.run}, neither here nor in {workdir}")
    plan = Plan(
        who_is(arguments),
        workdir,
        arguments.runbook or settings_of(arguments).runbook,
        log=log,
        globs=tuple(arguments.log),
        command=tuple(arguments.run_command),
        sources=tuple(words(line, workdir) for line in arguments.source),
        no_redact=no_redact(arguments),
        said=arguments.runbook,
    )
    plan.check()
    return plan


AS_A_SHELL_HAS_IT = "\x1b[?7h\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m"
"""A console that was killed outright left the terminal without line wrap and cursor, and with the mouse. DEC modes."""


def resume(arguments: argparse.Namespace) -> int:
    from incident_console.record.folders import find
    from incident_console.record.summaries import summaries

    who = who_is(arguments)
    if arguments.id:
        folder = find(who.records, arguments.id)
    else:
        waiting = [one for one in told(summaries(who.records)) if not one.closed]
        if not waiting:
            raise InputError(f"no incident is open in {who.records}; `incident-console open` begins one")
        if len(waiting) > 1:
            if not has_terminal():
                print_list(waiting, as_json=arguments.json)
                say("several incidents are open; name one: `incident-console resume ID`")
                return Exit.USAGE
            folder = _chosen(waiting, who.records)
        else:
            folder = waiting[0].path
    plain = plainly(arguments)
    said = workflow_folder(arguments.workdir) if arguments.workdir is not None else None
    need_terminal("collect", plain=plain)
    moved = said or _moved(who.records, folder)
    return console(
        f"resuming {folder.name} …", lambda: _to_resume(arguments, folder, moved), plain=plain, debug=arguments.debug
    )


def _moved(records: Path, folder: Path) -> Path | None:
    """Where the workflow is now, if its folder is gone and somebody knows; None opens the record without it."""
    from incident_console.record.summaries import summaries

    known = next((one.workdir for one in summaries(records).found if one.path == folder), "")
    if not known or Path(known).is_dir():
        return None
    say(f"the workflow's folder {known} is not here")
    if not has_terminal():
        say(f"if it is elsewhere: `incident-console resume {folder.name} --workdir DIR`")
        return None
    try:
        said = input("where is it now? (Enter: nowhere here; the record is opened without it) ").strip()
    except EOFError:
        return None
    return workflow_folder(Path(said).expanduser()) if said else None


def _to_resume(arguments: argparse.Namespace, folder: Path, moved: Path | None) -> Plan:
    from incident_console.record.store import Record
    from incident_console.session.plan import Plan

    reason, incident = no_redact(arguments), Record(folder).incident()
    # Who took an incident over goes on under the name that stands in the record, unless another one is said.
    who = who_is(arguments, fallback=incident.accepted[-1].event.as_ if incident.accepted else None)
    return Plan(who, moved or Path(incident.workdir), resume=folder, no_redact=reason, moved=moved)


def _chosen(waiting: Sequence[Summary], records: Path) -> Path:
    """Asked for by number, those of this folder first and then the newest; the beginning of an id will do, too.

    Asked again until there is such a one. Raises UsageError at the end of the input.
    """
    from incident_console.evidence.names import shown
    from incident_console.record.folders import find
    from incident_console.record.text import one_line

    here = shown(Path().resolve())
    if sys.stdout.isatty():
        print(AS_A_SHELL_HAS_IT, end="")
    latest_first = waiting[::-1]
    listed = sorted(latest_first, key=lambda one: one.workdir != here)
    for number, one in enumerate(listed, 1):
        mine = "  (this folder)" if one.workdir == here else ""
        print(f"{number}  " + "  ".join(one_line(part) for part in row(one).values()) + mine)
    while True:
        said = _ask("several are not closed; type a number, or an id's beginning (Enter: 1): ") or "1"
        if said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= len(listed):
            return listed[int(said[:9]) - 1].path
        try:
            return find(records, said)
        except InputError as fault:
            say(str(fault))


def _ask(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        raise UsageError("no incident was named") from None


def collect(arguments: argparse.Namespace) -> int:
    from incident_console.runbook.answers import load_answers

    answers = load_answers(arguments.answers) if arguments.answers else None
    who = who_is(arguments, answers.operator if answers else None)
    return _collect(
        who,
        workflow_folder(arguments.workdir),
        arguments.runbook,
        answers,
        context=arguments.context,
        allow=tuple(arguments.allow),
        reason=no_redact(arguments),
        as_json=arguments.json,
    )


def _collect(
    who: Who,
    workdir: Path,
    runbook: str,
    answers: Answers | None,
    *,
    context: str = "local",
    allow: tuple[str, ...] = (),
    reason: str = "",
    reported: str = "",
    wait_for_end: bool = False,
    as_json: bool = False,
) -> int:
    """`reason`: why nothing is to be redacted; `reported`: what the demo says that was reported."""
    from incident_console.runbook import shelf
    from incident_console.runbook.answers import check_answers
    from incident_console.runbook.faults import RunbookFaults
    from incident_console.session.collect import collect as climb
    from incident_console.session.exposure import exposed
    from incident_console.session.opening import open_incident
    from incident_console.session.parting import collected
    from incident_console.session.reported import report
    from incident_console.session.secrecy import not_sought
    from incident_console.session.trusting import RunbookTrust

    loaded = shelf.find(runbook, workdir)
    faults = check_answers(answers, loaded.runbook) if answers is not None else ()
    if faults:
        raise RunbookFaults(faults)
    trust = RunbookTrust(loaded, who.operator, who.trust)
    if trust.why() is None:
        raise InputError(f"{runbook}: {trust.refusal}; read it, then `incident-console runbook trust {runbook}`")
    with _stoppable() as cancel:
        session = open_incident(who, workdir, loaded, title="", context=context, no_redact=reason)
        if unsought := not_sought(who.secrets):
            say(unsought)
        if told := exposed(session.record):
            say(told)
        for note in session.incident.notes.values():
            say(note.text)  # what the console itself had to say of secrets
        try:
            if reported:
                session.append(report(reported, "the demo"))
            code = climb(session, answers, allow=allow, say=say, wait_for_end=wait_for_end, cancel=cancel)
        finally:
            session.close()
    if code == Exit.INTERRUPTED:
        say("interrupted; what was recorded is kept")
    held = [{"to": each.to, "because": each.because} for each in session.escalations()]
    for each in held:
        say(f"⚑ escalate to {each['to']}: {each['because']}")
    say(collected(session))
    if as_json:
        collected_json = {"record": str(session.record.path), "exit": int(code), "escalate": held}
        print_json({"schema": "incident-console/collected/1", **collected_json})
    else:
        print(session.record.path)
    return code


@contextlib.contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """The first ctrl-c, TERM or HUP asks to stop, so that the record ends in order; a second one ends it at once."""
    cancel = threading.Event()

    def ask(number: int, frame: object) -> None:
        restore()  # first: a second signal while the event is being set would wait for its lock for ever
        cancel.set()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # What the caller has ignored, `nohup` for instance, stays ignored.
    before = {number: signal.getsignal(number) for number in wanted if signal.getsignal(number) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, ask)
    try:
        yield cancel
    finally:
        restore()
