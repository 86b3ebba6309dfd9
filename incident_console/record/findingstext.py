"""How are the findings of a record told in Markdown? For a receiver who opens no other file."""

from collections.abc import Iterable, Iterator

from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, EvidenceFailed
from incident_console.record.findings import SHOWN, Claim, EditTold, Exhibit, Failure, Failures, times
from incident_console.record.text import clock_time, code, exit_said, prose
from incident_console.record.timeline import LETTERS, source

IN_SHORT = 3
"""Causes of failures that are told where the whole incident is told in a few lines."""


def each_time(cause: Failure) -> tuple[str, ...]:
    """Whether its jobs failed in the same way each time, in clauses; none where nobody knows."""
    alike = f"each failed attempt ended {_same(cause)}: {_some(cause.alike)}"
    differing = f"the failed attempts ended in different ways: {_some(cause.differing)}"
    return (*((alike,) if cause.alike else ()), *((differing,) if cause.differing else ()))


def _each_in_short(cause: Failure) -> str:
    """The same, to stand behind the job that it is said of, where there is only one."""
    if len(cause.attempts) > 1 or not (cause.alike or cause.differing):
        return "; ".join(each_time(cause))
    return f"each {_same(cause)}" if cause.alike else "and others in a different way"


def _same(cause: Failure) -> str:
    return f"in the same way, with the same last words{' but for numbers' if cause.numbers_differ else ''}"


def in_short(found: Failures) -> tuple[str, ...]:
    """The causes that matter most, one a line of Markdown: what failed, how often, whether each time alike, and why."""
    told = []
    for cause in found.causes[:IN_SHORT]:
        jobs = f" ({prose(_some(cause.attempts, 4))})" if cause.attempts else ""
        each = prose(_each_in_short(cause))
        times = f"{_count(cause.count, 'failed attempt')}{', ' if each else ''}{each}"
        told.append(f"{prose(cause.rule)}{jobs}, {times}: {code(cause.words, 300) or UNKNOWN}")
    if len(found.causes) > IN_SHORT:
        told.append(f"and {len(found.causes) - IN_SHORT} more causes")
    return tuple(told)


def failures_md(found: Failures) -> Iterator[str]:
    yield "## Failures, by cause"
    yield ""
    if not found.causes:
        yield "No failed attempt was kept" + (f" of {code(found.run)} ({prose(found.status)})." if found.run else ".")
        return
    if found.run:
        which = "**An earlier run**, as none was kept of the latest:" if found.earlier else "Of the run"
        yield f"{which} {code(found.run)} ({prose(found.status)})."
        yield ""
        if found.went_on:
            yield f"How it went on: {prose('; '.join(found.went_on))}."
            yield ""
    for cause in found.causes[:SHOWN]:
        jobs = [f"{job} (attempt {', '.join(map(str, numbers))})" for job, numbers in cause.attempts.items()]
        ended = f"exit {cause.exit_code}" if cause.exit_code is not None else "exit code unknown"
        yield f"- **{prose(cause.rule)}**, {_count(len(jobs), 'job')}, {_count(cause.count, 'failed attempt')}, {ended}"
        yield f"    - last error line: {code(cause.words, 300) or UNKNOWN}"
        yield f"    - jobs: {prose(_some(jobs))}"
        yield from (f"    - {prose(told)}" for told in each_time(cause))
        whole = f"NOT every attempt: {prose(_some(cause.lacking))}" if cause.lacking else "every attempt, whole"
        yield f"    - kept: {whole}"
        if cause.sha256:
            yield f"    - read: {code(f'data/evidence/{cause.sha256}')} ({prose(cause.read_of)})"
    if len(found.causes) > SHOWN:
        yield f"- and {len(found.causes) - SHOWN} more (see the record)"


def evidence_md(shown: tuple[Exhibit, ...], said: tuple[Claim, ...]) -> Iterator[str]:
    yield "## Evidence"
    yield ""
    listed = [each for each in shown if not isinstance(each.item.event, AttemptKept)]
    for each in listed[: SHOWN * 2]:
        item, event = each.item, each.item.event
        where = f"({prose(item.surface)}, event {item.seq}){times(each.times)}"
        says = code(each.quote, 200) + (f" … {_count(each.more, 'more line')}" if each.more else "")
        yield f"- **{prose(item.name)}** {where}: {says if each.quote else prose(item.question)}"
        facts = [f"    - {code(f'data/evidence/{event.sha256}')}", clock_time(item.at)]
        if isinstance(event, EvidenceCaptured | EvidenceFailed):
            facts.insert(1, code(source(event)))
        if isinstance(event, EvidenceCaptured) and event.exit_code is not None:
            facts.append(f"**{exit_said(event.exit_code)}**" if event.exit_code else exit_said(event.exit_code))
        if isinstance(event, EvidenceCaptured | EvidenceFailed) and event.stderr_sha256 and event.stderr_size:
            facts.append(f"standard error: {code(f'data/evidence/{event.stderr_sha256}')}")
        yield ", ".join(facts)
    attempts = len(shown) - len(listed)
    if len(listed) > SHOWN * 2:
        yield f"- and {len(listed) - SHOWN * 2} more (see the record)"
    if attempts:
        yield f"- {_count(attempts, 'kept attempt')}: see the failures, and the record"
    if not shown:
        yield "None was kept."
    yield ""
    yield "What the operator read in it (F is a fact, I an inference, D a decision):"
    yield ""
    for claim in said:
        letter = LETTERS.get(claim.nature, "")
        yield f"- {prose(claim.rung)}: {prose(claim.prompt)} → {prose(claim.answer)} ({letter})"
    if not said:
        yield "- nothing was answered yet"


def edits_md(seen: Iterable[EditTold]) -> Iterator[str]:
    yield "## Edits of the workflow during the incident"
    yield ""
    told = False
    for edit in seen:
        told = True
        diff = f", diff {code(f'data/evidence/{edit.diff_sha256}')}" if edit.diff_sha256 else ", no diff was kept"
        quiet = "" if edit.how.startswith("layout") else "; **NOT explained**"
        why = f"; explained: {prose(edit.why)}" if edit.why else quiet
        gate, how = "open" if edit.gate_open else "**closed**", f", {prose(edit.how)}" if edit.how else ""
        yield f"- {code(edit.path)} at {clock_time(edit.at)}, the gate was {gate}{how}{diff}{why}"
    if not told:
        yield "None was seen."


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _some(texts: Iterable[str], limit: int = 12) -> str:
    found = list(texts)
    return "; ".join(found[:limit]) + (f"; and {len(found) - limit} more" if len(found) > limit else "")
