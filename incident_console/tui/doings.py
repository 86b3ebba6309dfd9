"""What can be done here? The doings that the palette offers, beside rungs, logs, evidence and incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from incident_console.tui.ladder import EVIDENCE, FACTS, INBOX, RUN, SINCE, TIMELINE

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk


def doings(desk: Desk) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Title, help, what to do."""
    app = desk.app
    for title, told, work in (
        ("Note", "Write a note into the record", desk.say.note),
        ("Pin lines", "Keep the selected log lines as evidence", desk.climb.pin),
        ("Severity, impact, deadline", "How bad it is, for whom, and by when", desk.say.describe),
        ("Record an action", "What was done, why, and what to expect", desk.say.act),
        ("Tell an action's result", "What came of it", desk.say.result),
        ("Explain an edit", "Why the workflow was edited before the gate was open", desk.say.explain),
        ("Escalate", "Where the evidence points, where it points away from, which review", desk.say.escalate),
        ("Brief", "Twelve lines to paste into a chat", desk.say.brief),
        ("Read the record", "The record as it stands", desk.say.show_record),
        ("Hand off", "What a receiver needs, and the bundle for them", desk.say.handoff),
        ("Head of the chain", "The hash to keep elsewhere, that shows nothing was altered", desk.say.head),
        ("Failed against passed", "The open or marked job's logs side by side, and what else ran", desk.contrast),
        ("Watch another run", "Choose among this workflow's runs", desk.switch_run),
        ("Messages", "Everything that was told in the corner, the newest first", desk.say.messages),
        ("Keys and their ids", "What the settings can name under [keys]", desk.say.key_ids),
        ("An escalation was answered", "Who answered what, and what follows", desk.say.escalation_answer),
        ("Close the incident", "Outcome, cause, proof, and the check", desk.say.close_incident),
    ):
        yield title, told, lambda work=work: desk.start(work())  # type: ignore[misc]
    yield from desk.waysout.commands()
    for title, told, work in (
        ("Save an emergency copy elsewhere", "Of what is held in memory and not saved", desk.unsaved.copy),
        ("What is not saved", "Every entry that is held in memory", desk.unsaved.show),
        ("Take in an emergency copy", "Entries that an earlier sitting could not save", desk.unsaved.take_in_from),
    ):
        yield title, told, lambda work=work: desk.start(work())  # type: ignore[misc]
    if desk.review is not None:
        told = "Take the pen, or accept the bundle, and write here"
        yield "Take it over", told, lambda: desk.start(desk.taking.take())
    if app.incident.accepted:
        told = "What changed since the hand-off; the same evidence captured again"
        yield "Since the hand-off: check again", told, lambda: app.go(SINCE)
    told = "All of it in one list: open, compare, page, weigh, capture again"
    yield "Evidence", told, lambda: app.go(EVIDENCE)
    yield "Timeline", "Everything that happened, event by event", lambda: app.go(TIMELINE)
    yield "Go to facts", "What is seen without asking", lambda: app.go(FACTS)
    yield "Run: jobs by rule", "States, failures by cause, cost, when it ends", lambda: app.go(RUN)
    yield "Go to inbox", "What was captured and not yet filed", lambda: app.go(INBOX)
