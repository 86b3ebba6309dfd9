"""What is each record of a folder, in one line, without reading a thousand journals?

A summary is what the fold of a journal says. It is kept in the file `.summaries.json` beside the records and believed
only while the journal is, by inode, size, mtime and ctime, the file that was read for it; a journal that changed in
the last seconds is read again each time, because its next change may fall on the same tick of the file's clock. The
console that wrote a journal knows what it says, and leaves its summary when it lets go of it. The file may be deleted
at any time. What is true of the bytes on the disk is for `verify` to say.
"""

import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from incident_console import __version__
from incident_console.errors import InputError, RecordError
from incident_console.record import files
from incident_console.record.clock import Clock, SystemClock
from incident_console.record.folders import all_records

if TYPE_CHECKING:
    from incident_console.record.known import Known

NAME = ".summaries.json"
SCHEMA = f"incident-console/summaries/2 by {__version__}"
SETTLED_S = 2.0
"""The coarsest clock of a file system that is met."""
LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Summary:
    """One record that can be read."""

    path: Path
    state: str
    """See `Incident.state`."""
    closed: bool
    broken: bool
    """The journal is altered or damaged from some place on; this is what stands before it."""
    class_: str | None
    workdir: str
    title: str
    head: str
    """The chain's head, as far as it could be read."""
    events: int
    opened_at: str
    gate_missing: tuple[str, ...]
    """What the note must still name before the workflow is edited."""

    @property
    def id(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Summaries:
    found: tuple[Summary, ...]
    """Oldest first."""
    unread: tuple[str, ...]
    """A sentence for each record that cannot be read."""


Stamp = tuple[int, int, int, int]


def summaries(records: Path, clock: Clock | None = None, *, keep: bool = True) -> Summaries:
    """Every record in `records`; `keep`: what was read is kept for the next time.

    Raises InputError when that folder cannot be read.
    """
    now_ns = (clock or SystemClock()).now().timestamp() * 1e9
    kept = _load(records)
    known: dict[str, tuple[Stamp, Summary]] = {}
    found: list[Summary] = []
    unread: list[str] = []
    for folder in all_records(records):
        # taken before the journal is read: what is written while it is read makes the summary an old one
        stamp = _stamp(folder / "journal.jsonl")
        before = kept.get(folder.name)
        if before is not None and before[0] == stamp:
            known[folder.name] = before
            found.append(before[1])
            continue
        try:
            summary = _read(folder)
        except InputError as fault:
            unread.append(f"{folder.name}: {fault}")
            continue
        found.append(summary)
        if stamp is not None and max(stamp[2:]) < now_ns - SETTLED_S * 1e9:
            known[folder.name] = stamp, summary
    if keep and known != kept:
        _save(records, known)
    return Summaries(tuple(found), tuple(unread))


def leave(folder: Path, incident: "Known", facts: os.stat_result) -> None:
    """Keep the summary of a record whose writer lets go of it. `facts` are those of its journal, see `Journal.settled`.

    Where that cannot be written nothing is kept, and the next to ask reads the journal.
    """
    records = folder.parent
    stamp = (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    _save(records, {**_load(records), folder.name: (stamp, _summary(folder, incident))})


def _stamp(journal: Path) -> Stamp | None:
    try:
        facts = journal.lstat()
    except OSError:
        return None
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns) if stat.S_ISREG(facts.st_mode) else None


def _read(folder: Path) -> Summary:
    from incident_console.record.store import Record  # only when it is needed: it takes longer than a thousand stamps

    incident = Record(folder).incident()
    if not incident.lines:
        raise InputError(incident.fault or "its journal is empty")
    return _summary(folder, incident)


def _summary(folder: Path, incident: "Known") -> Summary:
    return Summary(
        folder,
        state=incident.state,
        closed=incident.closed is not None,
        broken=incident.fault is not None,
        class_=incident.classification.class_ if incident.classification else None,
        workdir=incident.workdir,
        title=incident.title,
        head=incident.head,
        events=len(incident.lines),
        opened_at=incident.opened_at or "",
        gate_missing=incident.gate_missing,
    )


def _load(records: Path) -> dict[str, tuple[Stamp, Summary]]:
    """What was kept; nothing when the file is not there, is of another version, or makes no sense."""
    try:
        file = orjson.loads(files.read_plain(records / NAME, LIMIT))
        if file["schema"] != SCHEMA:
            return {}
        return {
            name: ((ino, size, mtime, ctime), Summary(records / name, **_checked(told)))
            for name, (ino, size, mtime, ctime, told) in file["records"].items()
        }
    except (InputError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    texts = all(type(told[name]) is str for name in ("state", "workdir", "title", "head", "opened_at"))
    missing = told["gate_missing"]
    texts = texts and type(missing) is list and all(type(name) is str for name in missing)
    if (
        not texts
        or type(told["closed"]) is not bool
        or type(told["broken"]) is not bool
        or type(told["events"]) is not int
    ):
        raise ValueError
    if told["class_"] is not None and type(told["class_"]) is not str:
        raise ValueError
    return {**told, "gate_missing": tuple(missing)}


def _save(records: Path, known: dict[str, tuple[Stamp, Summary]]) -> None:
    told = {name: (*stamp, _told(summary)) for name, (stamp, summary) in known.items()}
    with suppress(RecordError):  # a folder that may only be read is read without
        files.write_atomically(records / NAME, orjson.dumps({"schema": SCHEMA, "records": told}))


def _told(summary: Summary) -> dict[str, Any]:
    return {name: value for name, value in asdict(summary).items() if name != "path"}
