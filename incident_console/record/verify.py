"""Is this record what was written? Chain, blobs, frozen runbook and, for a bundle, the bag's manifests.

What a crash leaves (a torn last line, a temp file, a blob that no event names, an empty journal) is a note; anything
that was altered, removed or added is a fault, and the first one is told in words.
"""

import hashlib
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import InputError, UsageError
from incident_console.events import (
    AttemptKept,
    EvidenceCaptured,
    EvidenceFailed,
    LogPinned,
    other_schema,
)
from incident_console.record import bag
from incident_console.record.blobs import is_name
from incident_console.record.chain import START, Reading, read
from incident_console.record.custody import frozen_runbook, named
from incident_console.record.files import read_plain
from incident_console.record.store import RUNBOOK_LIMIT, Record

HEAD_DIGITS = 12
_HEAD = re.compile(f"[0-9a-f]{{{HEAD_DIGITS},64}}")


@dataclass(frozen=True, slots=True)
class Verdict:
    ok: bool
    head: str
    """The hash of the last good event; 64 zeros when there is none."""
    events: int
    items: int
    """Pieces of evidence."""
    fault: str | None
    """The first broken place, as a sentence."""
    notes: tuple[str, ...] = ()
    went_on_after: int | None = None
    """The event that the given head belongs to, when all is well but the chain goes on after it; `fault` says so."""


def verify(path: Path, head: str | None = None) -> Verdict:
    """Check a bundle (zip or unpacked), a record folder or a journal; with `head`, also that the chain ends there.

    `head` is a hash or its beginning, of 12 digits at least; whoever can make a chain that begins like another's needs
    16 tries for each digit more. Raises InputError when `path` is none of these, UsageError for a head that is none.
    """
    if head is not None and not _HEAD.fullmatch(head := head.strip().lower()):
        raise UsageError(
            f"{head!r:.80} is no head: give the 64 hex digits of its hash, or the first {HEAD_DIGITS} or more"
        )
    if path.is_dir():
        if (path / "bagit.txt").is_file():
            try:
                return verify_bag(bag.opened(path), head)
            except bag.BrokenBagError as broken:
                return Verdict(False, START, 0, 0, str(broken))
        if (path / "journal.jsonl").exists():
            return verify_record(Record(path), head)
        raise InputError(f"{path} is not a record: it holds neither journal.jsonl nor bagit.txt.")
    if not path.is_file():
        raise InputError(f"There is nothing to verify at {path}: it takes a bundle, a record folder or a journal.")
    start = _start(path)
    if start.startswith(b"PK") or path.suffix == ".zip":
        with tempfile.TemporaryDirectory(prefix="incident-console-") as folder:
            try:
                found = bag.read(path, Path(folder))
            except bag.BrokenBagError as broken:
                return Verdict(False, START, 0, 0, str(broken))
            return verify_bag(found, head)
    if path.name.endswith(".jsonl") or start.startswith(b"{"):
        return _journal(path, head)
    raise InputError(f"{path} is not a record: neither a bundle (zip) nor a journal (JSON lines).")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as fault:
        raise InputError(f"{path} could not be read: {fault.strerror}.") from None


def verify_record(record: Record, head: str | None = None) -> Verdict:
    """A record folder, or the payload of a bag. Raises InputError when there is no journal."""
    reading = record.read()
    faults = _faults(record, reading)
    notes = (*_chain_notes(reading), *_left_over(record, reading), *reachable(record), *_part_of_head(head))
    return _verdict(reading, next(faults, None), notes, head)


def _journal(path: Path, head: str | None) -> Verdict:
    reading = read(path)
    fault = next(_chain_faults(path, reading), None)
    alone = "only the chain was checked: the blobs that it names were not"
    return _verdict(reading, fault, (*_chain_notes(reading), alone, *_part_of_head(head)), head)


def verify_bag(found: bag.Bag, head: str | None = None) -> Verdict:
    """A bag as a folder: its manifests, then the record that it holds."""
    broken = None
    try:
        broken = next(bag.faults(found), None)
        verdict = verify_record(Record(found.data), head)
    except InputError as unread:
        return Verdict(False, START, 0, 0, broken or str(unread))
    stated = found.info.get("Incident-Chain-Head")
    if not (broken or verdict.fault) and stated and stated != verdict.head:
        broken = f"bag-info.txt says that the chain ends at {stated}, but it ends at {verdict.head}."
    fault = broken or verdict.fault
    went_on = None if broken else verdict.went_on_after
    return Verdict(fault is None, verdict.head, verdict.events, verdict.items, fault, verdict.notes, went_on)


def _verdict(reading: Reading, fault: str | None, notes: tuple[str, ...], head: str | None) -> Verdict:
    """`head`: where the chain was said to end; looked at last, when nothing else is wrong."""
    went_on = None
    if fault is None and head is not None and not reading.head.startswith(head):
        went_on = next((line.seq for line in reading.lines if line.hash.startswith(head)), None)
        fault = _elsewhere(reading, went_on)
    kinds = (EvidenceCaptured, EvidenceFailed, LogPinned, AttemptKept)
    items = sum(isinstance(line.event, kinds) for line in reading.lines)
    return Verdict(fault is None, reading.head, len(reading.lines), items, fault, notes, went_on)


def _elsewhere(reading: Reading, at: int | None) -> str:
    """Why the head that was given is not the chain's."""
    if at is None:
        return f"The chain ends at {reading.head}, not at the head that was given, which is in no event of it."
    told = "everything up to it is as it was told" if at > 1 else "it is as it was told"
    beyond = len(reading.lines) - at
    went_on = f"the record went on after it with {beyond} event{'' if beyond == 1 else 's'}"
    return f"The head that was given is event {at} of this chain: {told}, and {went_on}."


def _faults(record: Record, reading: Reading) -> Iterator[str]:
    yield from _chain_faults(record.journal, reading)
    checked: set[tuple[str, int | None]] = set()
    for each in named(reading.lines):
        if (each.sha256, each.size) in checked:
            continue
        checked.add((each.sha256, each.size))
        if not is_name(each.sha256):
            yield f"Event {each.seq} names a blob in {each.field} that is no sha256."
        elif wrong := record.blobs.check(each.sha256, each.size):
            yield f"The blob evidence/{each.sha256}, which event {each.seq} names, {wrong}."
    yield from _runbook(record, reading)


def _runbook(record: Record, reading: Reading) -> Iterator[str]:
    frozen = frozen_runbook(reading.lines)
    if frozen is None:
        return
    try:
        found = hashlib.sha256(read_plain(record.runbook, RUNBOOK_LIMIT)).hexdigest()
    except InputError as fault:
        yield f"The frozen runbook is not here: {fault}"
        return
    if found != frozen.sha256:
        yield "The frozen runbook.yaml was altered: its sha256 is not the one that the journal froze."


def _chain_faults(path: Path, reading: Reading) -> Iterator[str]:
    if reading.fault:
        yield f"{path.name}, {reading.fault}."


def _chain_notes(reading: Reading) -> Iterator[str]:
    if not reading.lines and not reading.fault:
        yield "the journal is empty: nothing was recorded"
    elif reading.lines and reading.lines[0].kind != "incident.opened":
        yield "the journal does not begin with incident.opened"
    if reading.lines and (told := other_schema(reading.lines[0].event)):
        yield told
    if reading.torn:
        yield f"the last line is torn ({len(reading.torn)} bytes): it was never acknowledged"
    yield from reading.notes


def _part_of_head(head: str | None) -> Iterator[str]:
    if head is not None and len(head) < 64:
        yield f"of the head only the first {len(head)} digits were compared"


def reachable(record: Record, *, inside: bool = False) -> Iterator[str]:
    """Who else could change the record without leaving a trace outside it; each a sentence without its end.

    `inside`: the folder that the records lie in is left out.
    """
    for path in (*(() if inside else (record.path.parent,)), record.path, record.blobs.folder, record.journal):
        try:
            facts = path.lstat()
        except OSError:
            continue
        if facts.st_mode & 0o022 and not (stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX):
            yield f"others may write to {path} (mode {stat.S_IMODE(facts.st_mode):o})"
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink > 1:
            yield f"{path.name} has another name besides (a hard link): what is written there is written here"


def _left_over(record: Record, reading: Reading) -> Iterator[str]:
    wanted = {each.sha256 for each in named(reading.lines)}
    for name in record.blobs.names():
        if name not in wanted:
            yield f"evidence/{name} is named by no event" if is_name(name) else f"evidence/{name} is not a blob"
    for path in sorted(record.path.glob(".tmp-*")):
        yield f"{path.name} was left by a crash"
    for path in sorted(record.path.glob("journal.torn-*.bin")):
        yield f"{path.name} holds what was set aside when the journal was repaired"
