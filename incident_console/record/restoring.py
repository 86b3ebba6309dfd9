"""The record's folder was deleted while a console was writing it: what of it comes back, and what is gone?

The open file still holds the journal though it has no name any more; where a network file system lost it, or it was
overwritten first, the events in memory are written out again, if every one of them gives its own hash. Evidence that
was on disk is gone: it is told. A journal that was only moved, or whose disk was pulled out, is left alone: a second
one would be a fork.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from incident_console.counting import counted
from incident_console.errors import DiskError
from incident_console.events import Recorded
from incident_console.record import files
from incident_console.record.chain import clean, line_hash, read_bytes
from incident_console.record.custody import named
from incident_console.record.journal import Journal
from incident_console.record.store import Record

TOLD = "The record's folder was deleted while this console was writing it."


def restore(
    record: Record, journal: Journal, lines: tuple[Recorded, ...], runbook: bytes, known: Iterable[bytes] = ()
) -> str | None:
    """Put back what can be; what to record of it, or None where nothing was deleted. Raises DiskError.

    `lines` is what is recorded, `runbook` the text that was frozen, `known` evidence that may be among what is named.
    The journal finds its file by itself afterwards.
    """
    if os.path.lexists(journal.path) or not was_deleted(journal, journal.path):
        return None
    data = _text(journal, lines)
    files.private_folder(record.blobs.folder)
    record.freeze_runbook(runbook)
    wanted = {each.sha256 for each in named(lines)}
    for each in known:
        if hashlib.sha256(each).hexdigest() in wanted:
            record.blobs.put(each)
    files.write_atomically(journal.path, data, new=True)  # last: what is there then is a record
    gone = sum(not record.blobs.holds(sha256) for sha256 in wanted)
    lost = f"{gone} of its {len(wanted)} blobs are gone: verify names them" if gone else "no evidence is gone"
    return f"{TOLD} Its journal ({counted(len(lines), 'event')}) and its runbook were written anew; {lost}."


def was_deleted(journal: Journal, path: Path) -> bool:
    """Whether a journal that is not at `path` any more was deleted, and neither moved nor taken away with its disk."""
    try:
        facts = journal.facts()
    except OSError as fault:
        return fault.errno == errno.ESTALE
    try:
        if path.parent.is_symlink():
            return False  # whatever it leads to, the record was not there
        there = next(folder for folder in path.parents if folder.is_dir())
        return facts.st_nlink == 0 and there.stat().st_dev == facts.st_dev
    except OSError:
        return False  # the disk does not even answer for its folders


def _text(journal: Journal, lines: tuple[Recorded, ...]) -> bytes:
    with suppress(OSError):
        data = b"".join(journal.contents())
        found = read_bytes(data)
        if found.head == journal.head and not found.torn and not found.fault:
            return data
    return b"".join(_again(lines, journal.path))  # `shred` overwrites a file before it deletes it


def _again(lines: Iterable[Recorded], path: Path) -> Iterator[bytes]:
    for recorded in lines:
        line = {
            "seq": recorded.seq,
            "at": recorded.at,
            "mono_s": recorded.mono_s,
            "session": recorded.session,
            "by": recorded.by,
            "kind": recorded.kind,
            "data": clean(recorded.event.data()),
            "prev": recorded.prev,
        }
        if line_hash(line) != recorded.hash:
            raise DiskError(
                f"Not recorded: {path} was deleted, and event {recorded.seq} cannot be written again as it was. "
                "An emergency copy holds what waits in memory."
            )
        line["hash"] = recorded.hash
        yield json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
