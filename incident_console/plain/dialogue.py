"""The dialogue from its beginning to its end: which incident, the facts, then one command after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from incident_console.errors import ConsoleError, Exit, HeldError, RecordError, Refused, UsageError
from incident_console.plain.asking import Question, ask
from incident_console.plain.commands import facts, find
from incident_console.plain.desk import HELD, Desk
from incident_console.plain.rungs import next_words
from incident_console.plain.talk import Ended, Left, Talk
from incident_console.session import crash, emergency
from incident_console.session.beats import watched
from incident_console.session.core import Session
from incident_console.session.exposure import exposed
from incident_console.session.parting import not_saved, parting
from incident_console.session.plan import Plan
from incident_console.session.secrecy import not_sought
from incident_console.session.view import View

NEW = "begin a new incident"
NARROWEST, WIDTH = 20, 80


def hold(plan: Plan) -> int:
    """Hold the dialogue on standard input and output. Returns the exit code; raises ConsoleError while opening."""
    talk = Talk(sys.stdout, width=width(os.environ))
    with talk.held():
        try:
            view = _open(talk, plan)
        except (Left, Ended):
            view = None
        if view is None:
            talk.say("Nothing was opened, and nothing was changed.")
            return Exit.OK
        desk = Desk(talk, plan, view)
        with watched(desk.news):
            told = ""
            try:
                desk.start()
                _greet(desk)
                _hold(desk)
            except (Left, Ended):
                pass
            except Exception as fault:
                if isinstance(fault, ConsoleError):
                    raise
                told = _report(desk, fault)
            finally:
                code = _leave(desk)
            if told:
                for line in told.split("\n"):
                    talk.say_whole(line)
                return code or Exit.NO
        return code


def _report(desk: Desk, fault: Exception) -> str:
    """The sentence for a fault of the console's own, once its traceback is in a file."""
    view, store = desk.view, desk.plan.who.records
    folders = (view.record.path, store, store.parent) if isinstance(view, Session) else (store, store.parent)
    path = crash.write(fault, folders, datetime.now(UTC), view.redactor.data)
    return crash.told(fault, path, f"Every entry that was told as saved is in {view.record.path}")


def width(environ: Mapping[str, str]) -> int:
    """Columns of a line: $COLUMNS, else 80."""
    said = environ.get("COLUMNS", "")
    return max(NARROWEST, int(said)) if said.isdecimal() and len(said) < 6 else WIDTH


def _open(talk: Talk, plan: Plan) -> View | None:
    """The incident that is begun, taken up again or read; None: the question which one was left."""
    found = plan.candidates()
    resume: Path | None = None
    if found:
        prompt, told = plan.offered(found)
        names = {one.id: told[str(one.path)] for one in found}
        chosen = _chosen(talk, Question(prompt, "choice", (*names, NEW), labels=names))
        if not chosen:
            return None
        resume = next((one.path for one in found if one.id == chosen), None)
    if resume is None and plan.resume is None and plan.bundle is None and talk.is_over:
        raise UsageError(
            "nothing can be said here, as standard input has ended, so no incident was begun; "
            "`incident-console collect` climbs the ladder by itself"
        )
    return talk.wait_for(lambda: plan.begin(resume), lambda _: "The incident is being opened.")


def _chosen(talk: Talk, question: Question) -> str:
    """Asked again while a person says what is no choice; a script's next line is not meant for this question."""
    while True:
        try:
            return str(ask(talk, question) or "")
        except Refused as fault:
            if not talk.is_terminal:
                raise
            talk.say(f"Not taken: {fault}. ? says what may be answered.")


def _greet(desk: Desk) -> None:
    """What it is, then the facts: the important first."""
    talk, view = desk.talk, desk.view
    if not isinstance(view, Session):
        talk.say(f"Incident {view.id}.")
        talk.say(f"{desk.because[:1].upper()}{desk.because[1:]}.")
    elif view.incident.rungs and any(state.entered_at for state in view.incident.rungs.values()):
        talk.say(f"Incident {view.id} goes on where it was left.")
    else:
        talk.say(f"Incident {view.id} is open. Everything you say is saved at once.")
    if told := not_sought(desk.plan.who.secrets):
        talk.say(f"Mind: {told}.")
    if told := exposed(view.record):
        talk.say(f"Mind: {told}.")
    if isinstance(view, Session) and (told := desk.plan.set_aside(view)):
        talk.say(f"Mind: {told}")
    desk.wait_for_facts()
    facts(desk, "")
    if isinstance(view, Session):
        desk.left_over = emergency.left_over(view, os.environ)
        if desk.left_over is not None:
            talk.say(f"Mind: entries of an earlier sitting are in {desk.left_over.folder}: rescue takes them in.")


def _hold(desk: Desk) -> None:
    while True:
        desk.talk.tell_news()
        desk.talk.say(next_words(desk.view))
        try:
            line = desk.talk.hear().strip()
            if line and not _do(desk, line):
                return
        except Left:
            desk.talk.say("Left. quit leaves the console.")
        except HeldError:
            desk.talk.say(HELD)
        except RecordError as fault:
            desk.talk.say(f"NOT SAVED: {fault}")
        except ConsoleError as fault:
            desk.talk.say(f"Not done: {fault}")


def _do(desk: Desk, line: str) -> bool:
    """Whether to go on."""
    word, _, rest = line.partition(" ")
    if line.isdigit():
        word, rest = "go", line
    command = find(word)
    if command.call is None:
        return False
    command.call(desk, rest.strip())
    return True


def _leave(desk: Desk) -> int:
    """Write the documents, let go of the pen, and say how to come back."""
    view = desk.view
    failed: ConsoleError | None = None
    for let_go in (desk.live.close, None, view.close):
        try:
            if let_go is not None:
                let_go()
            elif told := not_saved(view, "rescue", "--plain"):
                failed = RecordError(told)
        except ConsoleError as fault:
            failed = failed or fault
    desk.talk.tell_news()
    if failed is None:
        for line in parting(view, "--plain").split("\n"):
            desk.talk.say_whole(line)
        return Exit.OK
    for line in str(failed).split("\n"):
        desk.talk.say_whole(line)
    desk.talk.say_whole(f"Every entry that was told as saved is in {view.record.path}")
    return failed.exit_code
