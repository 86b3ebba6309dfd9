"""Handing over in lines: what only a person can say is asked, one field at a time; then the bundle is written."""

from __future__ import annotations

import shlex
from pathlib import Path

from incident_console.errors import Refused
from incident_console.plain.asking import ask_text, ask_yes
from incident_console.plain.desk import Desk
from incident_console.plain.words import document
from incident_console.record.handfields import ALL, FIELDS, PROMPTS, Handoff, is_unknown
from incident_console.record.handoff import handoff_md
from incident_console.session import handoff as handing
from incident_console.session.asofnow import AsOfNow, as_of_now
from incident_console.session.secrecy import in_runbook


def handoff(desk: Desk, words: str) -> None:
    """`handoff` asks, and writes once it is told to; `handoff read` reads out what would be written now.

    What was said stays with the desk until it is given, so that whoever leaves is not asked for it anew.
    """
    session, said = desk.session, desk.handing

    def look() -> tuple[AsOfNow, Handoff]:
        now = as_of_now(session)
        return now, handing.drafted(session, said, now)

    now, drafted = desk.talk.wait_for(look, lambda _: "What is so now is being looked up.")
    if words == "read":
        desk.talk.read_out(document(handoff_md(drafted)))
        return
    known = sum(drafted.state(name) == "known" for name in FIELDS)
    silent = tuple(name for name in drafted.silent if name != "to")
    desk.talk.say(f"{known} of {len(FIELDS)} fields are known by the record; handoff read reads them out.")
    to = words or ask_text(desk.talk, f"{PROMPTS['to']}?", help="A person, a team or a review.")
    if not to or is_unknown(to):
        raise Refused("somebody must take it: a person, a team or a review; nothing was recorded")
    desk.talk.say(f"{len(silent)} fields only you can say. unknown is an answer.")
    for number, field in enumerate((each for each in ALL if each.name in silent), 1):
        several = "a line" in field.help.lower()
        prompt = f"{number} of {len(silent)}, {field.prompt}?"
        if text := ask_text(desk.talk, prompt, help=field.help, kind="lines" if several else "text"):
            said[field.name] = text
    out = _free(session.record.path)
    desk.talk.say(handing.drafted(session, {**said, "to": to}, now).untold)
    if not ask_yes(desk.talk, f"It goes to {to}, and {out} is written. Is it given?"):
        raise Refused("nothing was given or written; what you said is kept until you quit, and handoff goes on with it")
    offered = desk.talk.wait_for(
        lambda: handing.offer(session, to, said, out, now), lambda _: "The bundle is being written."
    )
    said.clear()
    desk.saved(f"handed off to {to}, after {offered.events} events")
    desk.talk.say_all(f"Mind: the runbook, {place}" for place in in_runbook(session.trust.loaded, session.redactor))
    _say_offered(desk, offered)


def _say_offered(desk: Desk, offered: handing.Offered) -> None:
    name = shlex.quote(offered.path.name)
    desk.talk.say_whole(f"The bundle: {offered.path}")
    desk.talk.say_whole(f"Head of the chain: {offered.head}")
    desk.talk.say_whole("Tell the receiver the head by another way than the bundle.")
    desk.talk.say_whole(f"The receiver checks it with: incident-console verify {name} --head {offered.head}")
    desk.talk.say_whole(f"The receiver takes it over with: incident-console accept {name} --as NAME")
    if offered.missing:
        desk.talk.say(f"Written as unknown: {', '.join(PROMPTS[name] for name in offered.missing)}.")


def _free(record: Path) -> Path:
    """Where the next bundle of this record goes: beside the folder of records, over no earlier one."""
    name, number = record.parent.parent / f"{record.name}.zip", 1
    while name.exists() or name.is_symlink():
        number += 1
        name = name.with_name(f"{record.name}-{number}.zip")
    return name
