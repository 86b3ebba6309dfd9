"""What can be seen without asking, in lines: state, failures by cause, retries, what runs, cost, a drafted symptom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from incident_console.counting import counted
from incident_console.events import UNKNOWN
from incident_console.plain.words import clock, listed
from incident_console.record.due import due_shown
from incident_console.record.incident import Incident
from incident_console.session.core import unexplained
from incident_console.session.eta import Remaining
from incident_console.session.picture import Picture
from incident_console.session.reported import reported
from incident_console.session.suggest import strength
from incident_console.session.understanding import Understanding
from incident_console.snakemake.cost import CLASSES, Cost, seconds
from incident_console.snakemake.facts import no_failure, went_on
from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.run import Run

FAILURES = 10
AT_WORK = 8
UNSTEADY = 3
SAMPLES = 6
NO_RUN = "No Snakemake run is seen here; its logs are followed all the same."


def facts(picture: Picture, incident: Incident, workdir: str, now: datetime) -> Iterator[str]:
    """The most urgent first."""
    yield from _waiting(picture, incident, now)
    yield from (f"{text[:1].upper()}{text[1:]}" for text in reported(incident))
    run = picture.run
    if run is None:
        yield (
            (f"State: {picture.headline}." if picture.headline else NO_RUN)
            if picture.looked
            else ("A run is still being looked for; say facts again in a moment.")
        )
    else:
        yield f"State: {picture.headline}."
        yield from failures(run, picture)
        yield from _at_work(run)
        if picture.known is not None:
            yield from _steadiness(picture.known)
            yield cost(picture.known.cost)
            if picture.known.remaining is not None:
                yield ending(picture.known.remaining)
        yield f"Run log: {run.log}"
    yield from picture.news
    yield f"Folder: {workdir}"
    yield from (f"Mind: {notice}" for notice in picture.notices)
    if picture.symptom:
        yield f"Symptom, as drafted from this: {picture.symptom}"


def _waiting(picture: Picture, incident: Incident, now: datetime) -> Iterator[str]:
    """What stays to be dealt with."""
    if waiting := len(unexplained(incident)):
        times = "once" if waiting == 1 else f"{waiting} times"
        yield f"The workflow was edited {times} before the gate was open: explain says why."
    if incident.closed is None:
        for raised in incident.waiting:
            due = "" if raised.event.due == UNKNOWN else f", due {due_shown(raised.event.due, now)}"
            yield f"Escalation {raised.number} to {raised.event.to}{due} has no answer yet: answered tells it."
    if picture.other_run:
        yield f"Another run began, {picture.other_run.rpartition('/')[2]}: watch chooses it."


def failures(run: Run, picture: Picture) -> Iterator[str]:
    if not run.failures:
        yield f"{no_failure(run).capitalize()}."
        return
    yield f"{counted(len(run.failures), 'cause')} of failure."
    for number, group in enumerate(run.failures[:FAILURES], 1):
        clue = picture.clues[number - 1] if number <= len(picture.clues) else ""
        yield f"Failure {number}: {_failure(group, run)}"
        if clue or group.message:
            yield f"Failure {number} said: {clue or group.message}"
        if group.logs:
            yield f"Failure {number} log: {group.logs[0]}"
    if (more := len(run.failures) - FAILURES) > 0:
        yield f"And {counted(more, 'more cause', 'more causes')}."


def _failure(group: FailureGroup, run: Run) -> str:
    times = "once" if group.count == 1 else f"{group.count} times"
    samples = f", for {listed(group.samples, SAMPLES)}" if group.samples else ""
    codes = f", exit {', '.join(map(str, group.exit_codes))}" if group.exit_codes else f", {group.kind}"
    return f"{group.rule or 'the run'} failed {times}{samples}{codes}; {went_on(group, run)}."


def _at_work(run: Run) -> Iterator[str]:
    if run.retried:
        yield f"Retries: {counted(run.retried, 'job')} tried more than once."
    jobs = [job for job in run.jobs if job.state == "running"]
    for job in jobs[:AT_WORK]:
        attempt = job.attempts[-1] if job.attempts else None
        since = f", attempt {attempt.number} since {clock(attempt.started_at)}" if attempt else ""
        yield f"Running: {' '.join((job.rule, *job.wildcards.values()))}{since}."
    if len(jobs) > AT_WORK:
        yield f"Running: and {counted(len(jobs) - AT_WORK, 'more job', 'more jobs')}."


def _steadiness(known: Understanding) -> Iterator[str]:
    for one in known.unsteady[:UNSTEADY]:
        yield f"{'Fails each time' if one.steady else 'Flaky'}: {one.text}."
    if (more := len(known.unsteady) - UNSTEADY) > 0:
        yield f"Tried more than once: and {counted(more, 'more rule')}."


def cost(found: Cost) -> str:
    shares = ", ".join(f"{name} {seconds(found.seconds(name))}" for name in CLASSES if found.seconds(name))
    if found.dominant == "undetermined":
        why = f" ({found.missing[-1]})" if found.missing else ""
        return f"Cost: no class dominates{why}; {shares or 'nothing measured'}."
    return f"Cost: {found.dominant} dominates, confidence {found.confidence}; {shares}."


def ending(left: Remaining | str) -> str:
    if isinstance(left, str):
        return f"End: unknown, {left}."
    low, high = (f"{datetime.fromtimestamp(left.now + s, UTC):%H:%M:%SZ}" for s in (left.low_s, left.high_s))
    return f"End: between {low} and {high}; {left.basis}."


def run_told(picture: Picture) -> Iterator[str]:
    """The run in full: jobs by rule, causes, cost with what it is based on, suspects."""
    run, known = picture.run, picture.known
    if run is None:
        yield f"State: {picture.headline}." if picture.headline else "No Snakemake run is seen here."
        return
    yield f"State: {picture.headline}."
    yield f"Run log: {run.log}"
    yield f"Began: {clock(run.started_at)}" + (f"; pid {run.pid}." if run.pid else ".")
    yield from failures(run, picture)
    yield from _at_work(run)
    if known is None:
        yield "Its files are still being weighed; say run again in a moment."
        return
    for row in known.rules:
        parts = [f"{row.finished} of {row.planned} done"]
        parts += [f"{n} {word}" for n, word in ((row.running, "running"), (row.failed, "failed")) if n]
        parts += [f"{row.retried} tried again"] if row.retried else []
        yield f"Rule {row.rule or 'of the message'}: {', '.join(parts)}."
    if known.more_rules:
        yield f"And {counted(known.more_rules, 'more rule')}."
    yield from _steadiness(known)
    yield cost(known.cost)
    yield from (f"Cost, because: {text}" for text in known.cost.basis)
    if known.remaining is not None:
        yield ending(known.remaining)
    yield from suspects(known)


def suspects(known: Understanding) -> Iterator[str]:
    """Which class is suspected, and by what."""
    for one in known.suspects:
        yield f"Suspect: {one.incident_class}, {strength(one.score)}."
        yield from (f"  for it: {clue.text} ({clue.source.path}:{clue.source.line})" for clue in one.because)
        yield from (f"  against it: {clue.text} ({clue.source.path}:{clue.source.line})" for clue in one.against)
        yield f"  settled by: {one.settled_by}"
    if not known.suspects:
        yield "Suspect: none; the run's own files carry no class."
