"""What may be said? Every command with its short form, what it takes and what it does; help is made from this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import Refused
from incident_console.plain import climb, gather, handover, logs, say
from incident_console.plain.asking import HELP, Question, ask
from incident_console.plain.desk import Desk
from incident_console.plain.facts import facts as facts_told
from incident_console.plain.facts import run_told
from incident_console.plain.rungs import inbox as inbox_told
from incident_console.plain.rungs import ladder
from incident_console.plain.words import document, listed
from incident_console.session.reviewing import BundleReview


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    short: str
    """Empty where it has none."""
    takes: str
    told: str
    call: Callable[[Desk, str], None] | None
    """Gets what was said after the name. None: the dialogue ends."""

    @property
    def usage(self) -> str:
        return f"{self.name} {self.takes}".strip()


def facts(desk: Desk, words: str) -> None:
    view = desk.view
    desk.talk.say_all(facts_told(desk.picture, view.incident, str(view.workdir), view.clock.now()))


def run(desk: Desk, words: str) -> None:
    desk.talk.say_all(run_told(desk.picture))


def rungs(desk: Desk, words: str) -> None:
    desk.talk.say_all(ladder(desk.view))


def inbox(desk: Desk, words: str) -> None:
    desk.talk.say_all(inbox_told(desk.view))


def sent(desk: Desk, words: str) -> None:
    """The hand-off of a bundle that is read."""
    if not isinstance(desk.view, BundleReview):
        raise Refused("this is no bundle; handoff read reads out what would be handed over")
    desk.talk.read_out(document(desk.view.handoff))


def watch(desk: Desk, words: str) -> None:
    runs = desk.live.runs()
    if not runs:
        raise Refused("no run of Snakemake has left a log here yet")
    labels = {path.name: told for path, told in runs}
    chosen = ask(desk.talk, Question("Which run is watched?", "choice", tuple(labels), labels=labels))
    if chosen is not None:
        path: Path = next(path for path, _ in runs if path.name == chosen)
        desk.live.watch(path)
        desk.talk.say(f"{chosen} is watched; facts tells of it in a moment.")


def help(desk: Desk, words: str) -> None:
    """All commands, a line each; or one."""
    if words:
        desk.talk.say(_help(find(words.split()[0])))
        return
    desk.talk.say("Say a command, by its name, its short form, or the beginning of its name.")
    desk.talk.say_all(map(_help, COMMANDS))
    desk.talk.say("ctrl+c leaves a question, and cancels evidence that is running. Everything is saved at once.")


def _help(command: Command) -> str:
    short = f", or {command.short}" if command.short else ""
    return f"{command.usage}{short}: {command.told}"


COMMANDS: tuple[Command, ...] = (
    Command("help", "h", "[COMMAND]", "what may be said.", help),
    Command("facts", "f", "", "the run's state, failures by cause, retries, cost, the drafted symptom.", facts),
    Command("run", "r", "", "the run in full: jobs by rule, causes, cost, suspects.", run),
    Command("rungs", "l", "", "the ladder: every rung with its state, and the edit gate.", rungs),
    Command("go", "g", "NUMBER", "open a rung and read it out; its number alone does, too.", climb.go),
    Command("answer", "a", "[NUMBER [TEXT]]", "answer the open rung's questions, or one of them.", climb.answer),
    Command("capture", "c", "[NUMBER or NAME]", "capture the open rung's next evidence, or that.", gather.capture_),
    Command("complete", "d", "", "complete the open rung, and go to the next.", climb.complete),
    Command("waive", "w", "[REASON]", "leave the open rung out, with a reason.", climb.waive),
    Command("class", "k", "", "the suspects, then the questions that classify.", climb.classify),
    Command("log", "o", "[NAME] [N lines, or errors]", "name the logs, or read the end of one.", logs.log),
    Command("pin", "p", "FILE:LINE or FILE:FIRST-LAST", "keep lines of a log as evidence.", logs.pin),
    Command("show", "s", "EVENT", "read out a piece of evidence.", gather.show),
    Command("inbox", "i", "", "what was captured or kept and lies on no rung.", inbox),
    Command("file", "", "EVENT RUNG", "lay a piece of evidence to a rung.", gather.file),
    Command("note", "n", "[TEXT]", "a note; without text, several lines.", say.note),
    Command("action", "x", "[TEXT]", "record that something was done, and why.", say.act),
    Command("result", "", "[TEXT]", "what came of an action.", say.result),
    Command("explain", "y", "[TEXT]", "why the workflow was edited before the gate was open.", say.explain),
    Command("escalate", "e", "[REASON]", "move it to a review or to somebody.", say.escalate),
    Command("answered", "", "[TEXT]", "an answer came to an escalation.", say.answered),
    Command("describe", "", "", "severity, impact and deadline.", say.describe),
    Command("brief", "b", "", "twelve lines to paste into a chat.", say.brief_),
    Command("record", "", "", "the record as it stands.", say.record),
    Command("timeline", "t", "[COUNT]", "the last events, each with its number.", say.timeline),
    Command("handoff", "", "[WHO, or read]", "ask what only you can say, and write the bundle.", handover.handoff),
    Command("sent", "", "", "of a bundle: the hand-off as it was sent.", sent),
    Command("head", "", "", "the hash that everything recorded leads to.", say.head),
    Command("watch", "", "", "choose among this workflow's runs.", watch),
    Command("trust", "", "", "read out what the runbook would run, and trust it or not.", climb.trust),
    Command("rescue", "", "", "copy elsewhere what is not saved, or take in such a copy.", say.rescue),
    Command("close", "", "[OUTCOME]", "end the incident.", say.close),
    Command("quit", "q", "", "leave; everything is saved already.", None),
)


def find(word: str) -> Command:
    """By name, short form, or a beginning that only one has. Raises Refused."""
    said = "help" if word == HELP else word.casefold()
    if found := [each for each in COMMANDS if said in (each.name, each.short)]:
        return found[0]
    begun = [each for each in COMMANDS if said and each.name.startswith(said)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise Refused(f"{word!r} may be {listed(each.name for each in begun)}; say more of it")
    raise Refused(f"{word!r} is no command; help names them all")


def names() -> Iterator[str]:
    return (each.name for each in COMMANDS)
