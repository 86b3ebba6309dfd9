"""What failed, why as far as its own log says, and which evidence does a receiver open first?

A failed run leaves many attempts with few causes, and an operator captures the same thing again and again: here
attempts are put together by what they said last, and captures of the same thing are one line.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from incident_console.events import UNKNOWN, AttemptKept, EvidenceCaptured, LogPinned
from incident_console.record.incident import Incident
from incident_console.record.seen import Item, how_changed

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
_TIMES = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?|\d{4}-\d\d-\d\d|\battempt \d+")
"""What differs from attempt to attempt by itself."""
READ = ("scope", "plan", "state", "evidence")
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
    read_of: str = ""
    """Which attempt that is of."""
    alike: tuple[str, ...] = ()
    """The jobs among them that failed more than once, and each time with these words; all that they said was kept."""
    differing: tuple[str, ...] = ()
    """The jobs among them that failed with other last words, too."""
    numbers_differ: bool = False
    """Whether the words of a job that is `alike` are the same only but for numbers."""

    @property
    def count(self) -> int:
        """Of the attempts."""
        return sum(map(len, self.attempts.values()))


@dataclass(frozen=True, slots=True)
class Failures:
    """Those of the latest run that left any."""

    run: str | None = None
    status: str = UNKNOWN
    earlier: bool = False
    """A later run was seen, of which no failed attempt was kept."""
    causes: tuple[Failure, ...] = ()
    went_on: tuple[str, ...] = ()
    """In sentences, by cause: which jobs failed for good, and which recovered, as the run was seen last."""


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
    groups: dict[_Way, list[tuple[AttemptKept, str]]] = {}
    ways: dict[tuple[str, str], list[_Way | None]] = {}
    for number, event in enumerate(mine):
        data = read_blob(event.sha256) if read_blob and event.sha256 and number < READ_LIMIT else None
        words = _words(event, data)
        way = (event.rule, event.exit_code, _alike(words, event.wildcards))
        groups.setdefault(way, []).append((event, words))
        ways.setdefault((event.rule, _job(event)), []).append(way if data and words else None)
    causes = [_failure(members, lacking, ways) for members in groups.values()]
    causes.sort(key=lambda cause: -cause.count)
    return Failures(run, status, run != latest, tuple(causes), seen.event.failures if seen else ())


_Way = tuple[str, int | None, str]
"""How an attempt ended: its rule, its exit code, and the shape of its last words."""


def _failure(
    members: list[tuple[AttemptKept, str]],
    lacking: Mapping[tuple[str, str], tuple[str, ...]],
    ways: Mapping[tuple[str, str], list[_Way | None]],
) -> Failure:
    """`ways`: by rule and job, how each of its attempts ended; None where it left no words of its own."""
    attempts: dict[str, tuple[int, ...]] = {}
    for event, _ in members:
        job = _job(event)
        attempts[job] = (*attempts.get(job, ()), event.attempt)
    first = members[0][0]
    missing = [text for job in attempts for text in lacking.get((first.rule, job), ())]
    kept = [event for event, _ in members if event.sha256 or event.block_sha256]
    alike, differing = [], []
    for job, numbers in attempts.items():
        found = ways[first.rule, job]
        if len(set(found) - {None}) > 1:
            differing.append(job)
        elif len(found) == max(numbers) > 1 and None not in found:
            alike.append(f"{job} ({len(numbers)} attempts)")
    said = {(_job(event), _TIMES.sub("", words)) for event, words in members}
    return Failure(
        first.rule,
        first.exit_code,
        members[-1][1],
        attempts,
        tuple(missing),
        (kept[-1].sha256 or kept[-1].block_sha256) if kept else None,
        f"{_job(kept[-1])}, attempt {kept[-1].attempt}" if kept else "",
        alike=tuple(alike),
        differing=tuple(differing),
        numbers_differ=len(said) > len(attempts),
    )


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


def _words(event: AttemptKept, data: bytes | None) -> str:
    """`data`: its kept log, where that could be read."""
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
        Claim(state.title, state.prompt(name), answer.text, answer.nature)
        for state in incident.rungs.values()
        if state.role in READ
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
