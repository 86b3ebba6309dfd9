"""What failed, why as far as its own log says, and which evidence does a receiver open first?

A failed run leaves many attempts with few causes, and an operator captures the same thing again and again: here
attempts are put together by what they said last, and captures of the same thing are one line.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, EvidenceFailed, LogPinned
from incident_console.record.incident import Incident
from incident_console.record.seen import Item, how_changed
from incident_console.record.text import clock_time, code, exit_said, prose
from incident_console.record.timeline import LETTERS, source

ReadBlob = Callable[[str], bytes | None]

READ_LIMIT = 400
"""Logs that are read to group attempts; what comes after is grouped by what the run log said."""
SHOWN = 20
_TAIL = 64 << 10
_LINE = 2000
"""Characters of a line that are searched: a log may be one line."""
_TELLS = re.compile(
    r"error|exception|fatal|fail|abort|killed|denied|refused|cannot|could not|no such|no space|not found|timed? ?out"
    r"|segmentation|out of memory"
)
"""Of a line in small letters: to search without minding the case takes many times as long."""
_ASKED = ("scope", "plan", "state", "evidence")
"""The roles of the rungs on which the operator says what the evidence showed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Attempts of one rule that ended with the same exit code and the same last words."""

    rule: str
    exit_code: int | None
    words: str
    """The last line of the kept log that tells of an error, else its last line; empty where nothing was kept."""
    attempts: Mapping[str, tuple[int, ...]]
    """By job (its wildcards), the numbers of the attempts."""
    lacking: tuple[str, ...]
    """What of these jobs' attempts was not kept whole, in sentences."""
    sha256: str | None
    """A log to read: the last that was kept."""


@dataclass(frozen=True, slots=True)
class Failures:
    """Those of the latest run that left any."""

    run: str | None = None
    status: str = UNKNOWN
    earlier: bool = False
    """A later run was seen, of which no failed attempt was kept."""
    causes: tuple[Failure, ...] = ()


NONE = Failures()


@dataclass(frozen=True, slots=True)
class Exhibit:
    """The latest of the captures of one thing."""

    item: Item
    times: int
    quote: str = ""
    """The first line of what was pinned."""
    more: int = 0
    """How many lines of it come after."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the operator answered on a rung that reads evidence."""

    rung: str
    prompt: str
    answer: str
    nature: str


def failures(incident: Incident, read_blob: ReadBlob | None) -> Failures:
    """Kept attempts by cause, the most frequent first. Without `read_blob` the run log's message tells the cause."""
    kept = [item.event for item in incident.evidence if isinstance(item.event, AttemptKept)]
    latest = incident.run.event.log if incident.run else None
    runs = [event.run for event in kept]
    run = latest if latest in runs or not runs else runs[-1]
    seen = incident.runs.get(run) if run else None
    status = seen.event.status if seen else UNKNOWN
    mine = [event for event in kept if event.run == run]
    lacking = _lacking(mine)
    groups: dict[tuple[str, int | None, str], list[tuple[AttemptKept, str]]] = {}
    for number, event in enumerate(mine):
        words = _words(event, read_blob if number < READ_LIMIT else None)
        groups.setdefault((event.rule, event.exit_code, _alike(words, event.wildcards)), []).append((event, words))
    causes = [_failure(members, lacking) for members in groups.values()]
    causes.sort(key=lambda cause: -sum(map(len, cause.attempts.values())))
    return Failures(run, status, run != latest, tuple(causes))


def _failure(members: list[tuple[AttemptKept, str]], lacking: Mapping[tuple[str, str], tuple[str, ...]]) -> Failure:
    attempts: dict[str, tuple[int, ...]] = {}
    for event, _ in members:
        job = _job(event)
        attempts[job] = (*attempts.get(job, ()), event.attempt)
    first = members[0][0]
    missing = [text for job in attempts for text in lacking.get((first.rule, job), ())]
    logs = [event.sha256 or event.block_sha256 for event, _ in members if event.sha256 or event.block_sha256]
    return Failure(first.rule, first.exit_code, members[-1][1], attempts, tuple(missing), logs[-1] if logs else None)


def _lacking(kept: Iterable[AttemptKept]) -> dict[tuple[str, str], tuple[str, ...]]:
    """By rule and job, what was not kept; an attempt between the first and the last that is not there counts."""
    jobs: dict[tuple[str, str], dict[int, AttemptKept]] = {}
    for event in kept:
        jobs.setdefault((event.rule, _job(event)), {})[event.attempt] = event
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for (rule, job), attempts in jobs.items():
        texts = [
            f"attempt {number} of {job}: {event.missing or 'what is missing is unknown'}"
            for number, event in attempts.items()
            if not event.complete
        ]
        gone = max(attempts) - len(attempts)
        texts += [f"{gone} earlier attempt{'s' if gone > 1 else ''} of {job} not kept"] if gone > 0 else []
        found[rule, job] = tuple(texts)
    return found


def _job(event: AttemptKept) -> str:
    return ", ".join(f"{key}={value}" for key, value in event.wildcards.items()) or "the only job"


def _words(event: AttemptKept, read_blob: ReadBlob | None) -> str:
    data = read_blob(event.sha256) if read_blob and event.sha256 else None
    text = data[-_TAIL:].decode("utf-8", "backslashreplace") if data else event.message
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = (line for line in reversed(lines) if _TELLS.search(line[:_LINE].lower()))
    return next(telling, lines[-1] if lines else "")[:300]


def _alike(words: str, wildcards: Mapping[str, str]) -> str:
    """`words` without what differs from job to job: its wildcards' values and numbers."""
    for name, value in sorted(wildcards.items(), key=lambda pair: -len(pair[1])):
        if value:
            words = re.sub(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", f"{{{name}}}", words)
    return re.sub(r"\d+", "#", words)


def exhibits(incident: Incident, read_blob: ReadBlob | None = None) -> tuple[Exhibit, ...]:
    """What is kept: pins and the logs of rules and runs first, kept attempts last; of repeated captures the latest.

    With `read_blob`, pins are quoted.
    """
    found: dict[tuple[object, ...], Exhibit] = {}
    for item in incident.evidence:
        if item.kept:
            key = _key(item)
            before = found.pop(key, None)
            found[key] = Exhibit(item, (before.times if before else 0) + 1)
            if isinstance(item.event, LogPinned) and read_blob and len(found) <= READ_LIMIT:
                quote, more = _quoted(read_blob(item.event.sha256))
                found[key] = replace(found[key], quote=quote, more=more)
    return tuple(sorted(found.values(), key=lambda each: (_order(each.item), each.item.seq)))


def _quoted(data: bytes | None) -> tuple[str, int]:
    """The first line that says something, and how many come after it."""
    text = (data or b"")[:_TAIL].decode("utf-8", "backslashreplace").strip()
    first, _, rest = text.partition("\n")
    return first.strip()[:_LINE], len(rest.splitlines())


def _key(item: Item) -> tuple[object, ...]:
    match item.event:
        case EvidenceCaptured() as event:
            seen = None if event.argv or event.path else event.sha256  # an observation said anew is another one
            return (event.item, event.argv, event.path, seen)
        case LogPinned() as event:
            return (event.path, event.bytes, event.sha256)
    return (item.seq,)


def _order(item: Item) -> int:
    if isinstance(item.event, AttemptKept):
        return 2
    return 0 if isinstance(item.event, LogPinned) or item.surface in ("rule-log", "run-log") else 1


def claims(incident: Incident) -> tuple[Claim, ...]:
    """In the order of the ladder; an answer that says nothing stands among what was not looked at."""
    return tuple(
        Claim(state.title, state.outline.prompts.get(name, name) if state.outline else name, answer.text, answer.nature)
        for state in incident.rungs.values()
        if state.role in _ASKED
        for name, answer in state.answers.items()
        if answer.known
    )


@dataclass(frozen=True, slots=True)
class EditTold:
    """An edit of a watched file, as a receiver needs it."""

    path: str
    at: str
    gate_open: bool
    diff_sha256: str | None
    how: str
    """What kind of edit it was; empty for one of what the file says."""
    why: str
    """Empty when nobody explained it."""


def edits(incident: Incident) -> tuple[EditTold, ...]:
    return tuple(
        EditTold(
            edit.event.path,
            edit.event.occurred_at or edit.at,
            edit.event.gate_open,
            edit.event.diff_sha256,
            how_changed(edit.event),
            "; ".join(each.event.text for each in edit.explanations),
        )
        for edit in incident.edits.values()
    )


def times(count: int) -> str:
    return f" (captured {count} times)" if count > 1 else ""


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
    for cause in found.causes[:SHOWN]:
        count = sum(map(len, cause.attempts.values()))
        jobs = [f"{job} (attempt {', '.join(map(str, numbers))})" for job, numbers in cause.attempts.items()]
        ended = f"exit {cause.exit_code}" if cause.exit_code is not None else "exit code unknown"
        yield f"- **{prose(cause.rule)}**, {_count(len(jobs), 'job')}, {_count(count, 'failed attempt')}, {ended}"
        yield f"    - last error line: {code(cause.words, 300) or UNKNOWN}"
        yield f"    - jobs: {prose(_some(jobs))}"
        whole = f"NOT every attempt: {prose(_some(cause.lacking))}" if cause.lacking else "every attempt, whole"
        yield f"    - kept: {whole}"
        if cause.sha256:
            yield f"    - read: {code(f'data/evidence/{cause.sha256}')}"
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
