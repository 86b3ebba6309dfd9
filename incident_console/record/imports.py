"""How does a bundle become a record here? Verified first, then put in place by one rename, or carried forward.

A record that is here already grows by what the bundle adds when the bundle's chain extends its own; two chains that
part ways are never merged.
"""

import errno
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from incident_console.errors import InputError, RecordError
from incident_console.events import HandoffAccepted, Recorded
from incident_console.record import bag, files
from incident_console.record.chain import JOURNAL_LIMIT, Reading
from incident_console.record.custody import maybe_named, named
from incident_console.record.journal import set_aside
from incident_console.record.pen import Pen
from incident_console.record.staging import work_folder
from incident_console.record.store import Record
from incident_console.record.text import one_line
from incident_console.record.verify import Verdict, verify_bag

How = Literal["new", "carried forward", "identical", "behind"]
_TORN = "journal.torn-*.bin"


@dataclass(frozen=True, slots=True)
class Imported:
    path: Path
    """The record's folder in this store."""
    how: How
    """`identical` and `behind`: the record here had all of it already, and was not changed."""
    verdict: Verdict
    """Of the bundle."""
    told: str
    """What was here before, and how the bundle stands to it; empty for a record that is new here."""


def import_bag(source: Path, records: Path, head: str | None = None) -> Imported:
    """Take the bundle `source` into the store; with `head`, only if its chain ends there. All of it or nothing.

    Call it in one's `staging.turn`. Raises InputError for a bundle that is broken, hostile or forks from the record
    that is here (with the point where they part), RecordError when it cannot be written or another console is writing
    the record here.
    """
    if not source.is_file():
        raise InputError(f"There is no bundle at {source}.")
    try:
        with work_folder(records) as work:
            found = bag.read(source, work, durable=True)
            verdict = verify_bag(found, head)
            if not verdict.ok:
                raise InputError(f"{source.name} was not taken in: {verdict.fault}")
            if not found.id.startswith("INC-") or not verdict.events:
                raise InputError(f"{source.name} was not taken in: {found.id} does not hold an incident.")
            target = records / found.id
            if target.is_symlink():
                raise InputError(f"{target} is a symbolic link: records are kept in real folders only.")
            if target.exists():
                how, told = _carry(found, Record(target))
                return Imported(target, how, verdict, told)
            _place(found, target, work / "record")
            return Imported(target, "new", verdict, "")
    except OSError as fault:
        raise RecordError(f"{source.name} could not be taken into {records}: {files.why(fault)}.") from None


def _place(found: bag.Bag, target: Path, staged: Path) -> None:
    record, sent = Record(staged), Record(found.data)
    record.make()
    _move_blobs(sent, record, sent.read(), ExitStack())
    sent.journal.rename(record.journal)
    if sent.runbook.exists():
        sent.runbook.rename(record.runbook)
    files.sync_folder(staged)
    try:
        staged.rename(target)
    except OSError as fault:
        if fault.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise RecordError(
            f"{found.id} was put here by another process just now, and nothing by this one: run accept again, which "
            "then says what is here."
        ) from None
    files.sync_folder(target.parent)


def _carry(found: bag.Bag, here: Record) -> tuple[How, str]:
    """How it went, and what is to be told. Whatever fails on the way, what had been added is taken out again."""
    pen = Pen(here.path)
    try:
        sent, ours, theirs = Record(found.data), here.read(), Record(found.data).read()
        if ours.fault:
            raise InputError(f"The record {here.id} that is here is broken ({ours.fault}): nothing was changed.")
        _refuse_fork(here.id, ours, theirs)
        if len(theirs.lines) == len(ours.lines):
            return "identical", f"{here.id} is here already, and holds exactly what the bundle holds"
        if len(theirs.lines) < len(ours.lines):
            return "behind", _went_on(here.id, theirs.lines[-1], ours.lines[len(theirs.lines) :])
        with ExitStack() as undo:
            if not here.blobs.folder.exists():
                undo.callback(_remove_folder, here.blobs.folder)
            here.make()
            _move_blobs(sent, here, theirs, undo)
            if ours.torn:
                undo.callback(_remove_new, here.path, set(here.path.glob(_TORN)))
                set_aside(here.path, ours.torn)
            if not here.runbook.exists() and sent.runbook.exists():
                sent.runbook.rename(here.runbook)
                undo.callback(_remove, here.runbook)
            try:
                # last, and by a rename: until then the record is the shorter one, whole
                files.write_atomically(here.journal, files.read_plain(sent.journal, JOURNAL_LIMIT)[: theirs.size])
            except RecordError:
                if here.read().head == theirs.head:  # it is in place, and only not surely on disk: it needs its blobs
                    undo.pop_all()
                raise
            undo.pop_all()
        added = _count(len(theirs.lines) - len(ours.lines))
        return "carried forward", f"{here.id} was here already: the bundle carried it forward by {added}"
    finally:
        pen.release()


def _went_on(id: str, end: Recorded, beyond: Sequence[Recorded]) -> str:
    last = beyond[-1]
    taken = [line for line in beyond if isinstance(line.event, HandoffAccepted)]
    accepted = f"{one_line(taken[-1].by, 80)} accepted it at {one_line(taken[-1].at, 40)}" if taken else ""
    if len(taken) == len(beyond):
        return f"{id} is here already: {accepted}; nothing else has happened in it since"
    told = (
        f"{id} is here already, and the bundle is older than it: the bundle ends at event {end.seq} "
        f"({one_line(end.at, 40)}), and the record here went on by {_count(len(beyond))}, the last one "
        f"{one_line(last.kind, 80)} by {one_line(last.by, 80)} at {one_line(last.at, 40)}"
    )
    return f"{told}; {accepted}" if accepted else told


def _count(number: int) -> str:
    return f"{number} event{'' if number == 1 else 's'}"


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _remove_new(folder: Path, before: set[Path]) -> None:
    for path in set(folder.glob(_TORN)) - before:
        _remove(path)


def _remove_folder(path: Path) -> None:
    with suppress(OSError):
        path.rmdir()


def _refuse_fork(id: str, ours: Reading, theirs: Reading) -> None:
    for here, there in zip(ours.lines, theirs.lines, strict=False):
        if here.hash != there.hash:
            raise InputError(
                f"The bundle and the record {id} that is here part ways at event {here.seq}: here {_told(here)}, in "
                f"the bundle {_told(there)}. Nothing was changed; accept it into another store (--records) to see both."
            )


def _told(line: Recorded) -> str:
    return f"{one_line(line.kind, 80)} by {one_line(line.by, 80)} at {one_line(line.at, 40)} (hash {line.hash})"


def _move_blobs(sent: Record, to: Record, reading: Reading, undo: ExitStack) -> None:
    for sha256 in {each.sha256 for each in named(reading.lines)} | set(maybe_named(reading.lines)):
        # One that is here and sound stays; one that was damaged here is put right by what was sent and checked.
        if sent.blobs.holds(sha256) and to.blobs.check(sha256) is not None:
            target = to.blobs.folder / sha256
            if not os.path.lexists(target):
                undo.callback(_remove, target)
            (sent.blobs.folder / sha256).rename(target)
    files.sync_folder(to.blobs.folder)
