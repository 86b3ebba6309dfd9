"""Evidence in lines: captured with consent where it does more than look, told by what it says, read out, filed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from incident_console.errors import Refused
from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed, Recorded
from incident_console.evidence.command import Progress
from incident_console.plain import rungs
from incident_console.plain.asking import ask_text, ask_yes
from incident_console.plain.climb import named
from incident_console.plain.desk import Desk
from incident_console.plain.words import said
from incident_console.record.seen import ItemEvent
from incident_console.record.text import size
from incident_console.runbook.schema import EvidenceItem, Rung
from incident_console.session import capture
from incident_console.session.surfaces import smallest_first

SHOWN = 8
"""Lines of a captured output that are said at once; show reads all of it."""


def capture_(desk: Desk, words: str) -> None:
    """Evidence of the open rung by number or id; else the next that is not captured."""
    desk.must_be_open()
    rung, _ = smallest_first(desk.open_rung(), desk.picture)
    item = _item(rung, words) if words else _next_item(desk, rung)
    if item.is_observation:
        _observe(desk, rung, item)
    elif (allow := _consent(desk, item)) is not None:
        recorded = _gather(desk, rung, item, allow)
        _say_captured(desk, recorded)
        if (other := _other_form(desk, item, recorded)) is not None:
            _say_captured(desk, _gather(desk, rung, other, allow))
    desk.talk.say(rungs.to_complete(desk.view, rung))


def _item(rung: Rung, words: str) -> EvidenceItem:
    if words.isdigit() and 1 <= int(words) <= len(rung.evidence):
        return rung.evidence[int(words) - 1]
    found = [item for item in rung.evidence if item.id == words]
    found = found or [item for item in rung.evidence if item.id.startswith(words)]
    if len(found) != 1:
        known = ", ".join(f"{number} {item.id}" for number, item in enumerate(rung.evidence, 1)) or "none"
        raise Refused(f"{words!r} is no evidence of {rung.title}; its evidence: {known}")
    return found[0]


def _next_item(desk: Desk, rung: Rung) -> EvidenceItem:
    got = rungs.latest(desk.view.incident, rung)
    for item in rung.evidence:
        if item.id not in got or isinstance(got[item.id].event, EvidenceFailed):
            return item
    because = "all its evidence is captured; capture NUMBER captures one again" if got else "it asks for no evidence"
    raise Refused(f"{rung.title}: {because}")


def _observe(desk: Desk, rung: Rung, item: EvidenceItem) -> None:
    text = ask_text(desk.talk, item.question, kind="lines")
    if not text:
        raise Refused("nothing was said, and nothing recorded")
    recorded = capture.capture(desk.session, rung, item, text=text)
    desk.saved(f"{item.id} is captured, event {recorded.seq}")


def _consent(desk: Desk, item: EvidenceItem) -> tuple[str, ...] | None:
    """The effects that are allowed; None: the operator said no. What only looks is not asked about."""
    if not item.run:
        return ()
    if desk.session.trusted() is None:
        raise Refused(f"{desk.session.trust.refusal}; trust reads out what it would run, and asks")
    ahead = desk.talk.wait_for(lambda: capture.foresee(desk.session, item), lambda _: "Looking at what it would do.")
    asked = [] if item.effects in capture.TOLD_NOT_ASKED else [capture.effect(item.effects)]
    asked += [f"by its makefile it {ahead.told}"] if ahead.told else []
    if not asked:
        return ()
    if not ask_yes(desk.talk, f"{' '.join(item.run)}: it {'; '.join(asked)}. Run it?"):
        desk.talk.say("It was not run, and nothing was recorded.")
        return None
    return (item.effects, *ahead.effects)


def _gather(desk: Desk, rung: Rung, item: EvidenceItem, allow: tuple[str, ...]) -> Recorded:
    """Run the command, or read the file; what it has printed so far is told every few seconds."""
    cancel = threading.Event()
    printed = 0

    def progress(now: Progress) -> None:
        nonlocal printed
        printed = now.stdout_bytes + now.stderr_bytes

    if item.run:
        desk.talk.say(f"Running: {' '.join(item.run)}")
    return desk.talk.wait_for(
        lambda: capture.capture(desk.session, rung, item, allow=allow, cancel=cancel, progress=progress),
        lambda passed: f"Still running, {passed:.0f} s, {size(printed)} so far; ctrl+c cancels it.",
        cancel.set,
    )


def _other_form(desk: Desk, item: EvidenceItem, recorded: Recorded) -> EvidenceItem | None:
    """The same question in the form that a live run does not stand in the way of, if the operator wants it."""
    event = recorded.event
    reading = desk.readings.of(event, desk.picture.run) if isinstance(event, EvidenceCaptured) else None
    if reading is None or not reading.offer:
        return None
    told = f"It could not answer: {reading.failed} While a run goes on, this does: {' '.join(reading.offer)}. Run it?"
    return item.model_copy(update={"run": reading.offer}) if ask_yes(desk.talk, told) else None


def _say_captured(desk: Desk, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, EvidenceFailed):
        desk.saved(f"{event.item} could not be captured: {event.reason}; event {recorded.seq}")
        return
    assert isinstance(event, EvidenceCaptured)
    code = "" if event.exit_code is None else f", exit {event.exit_code}"
    desk.saved(f"{event.item} is captured{code}, {size(event.size + event.stderr_size)}, event {recorded.seq}")
    desk.talk.say_all(_reading(desk, event))
    lines = list(text_of(desk, event))
    desk.talk.read_out(lines[:SHOWN])
    if len(lines) > SHOWN:
        desk.talk.say(f"{len(lines) - SHOWN} lines more: show {recorded.seq} reads all of it.")


def _reading(desk: Desk, event: ItemEvent) -> Iterator[str]:
    """What the console reads in it, and what must be known beside it."""
    reading = desk.readings.of(event, desk.picture.run)
    if reading is not None:
        yield f"It says: {reading.line}"
        if reading.discovery is not None and reading.discovery.sentence:
            yield f"Samples: {reading.discovery.sentence}"
        yield from (f"Mind: {lie}" for lie in reading.lies)


def text_of(desk: Desk, event: ItemEvent) -> Iterator[str]:
    """The kept text, each line made safe."""
    get = desk.view.record.blobs.get
    if event.sha256:
        yield from _lines(get(event.sha256))
    if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.stderr_sha256 and event.stderr_size:
        yield "On standard error:"
        yield from _lines(get(event.stderr_sha256))
    if isinstance(event, AttemptKept) and event.block_sha256:
        yield "Its block of the run log:"
        yield from _lines(get(event.block_sha256))


def _lines(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "surrogateescape").removesuffix("\n")
    return (said(line) for line in text.split("\n")) if text else iter(())


def show(desk: Desk, words: str) -> None:
    """Read out a piece of evidence: by its event's number, or the latest of that name."""
    evidence = tuple(desk.view.incident.evidence)
    if not words:
        raise Refused("say which: show and the number of its event; rungs and inbox name them")
    found = [item for item in evidence if words in (str(item.seq), item.name)]
    if not found:
        raise Refused(f"there is no evidence {words}; timeline has every event with its number")
    item = found[-1]
    desk.talk.say(f"Event {item.seq}: {item.name}, {item.surface}. {item.question}")
    if isinstance(item.event, EvidenceFailed):
        desk.talk.say(f"It could not be captured: {item.event.reason}")
    desk.talk.say_all(_reading(desk, item.event))
    desk.talk.read_out(text_of(desk, item.event))
    desk.talk.say(f"End of event {item.seq}.")


def file(desk: Desk, words: str) -> None:
    """Lay an inbox item to a rung: `file 12 3`."""
    seq, _, to = words.partition(" ")
    if not seq.isdigit() or not to.strip():
        raise Refused("say which event and which rung, such as: file 12 3")
    rung = named(desk, to.strip())
    desk.must_be_open().file(int(seq), rung.id)
    desk.saved(f"event {seq} lies on rung {rung.title}")
