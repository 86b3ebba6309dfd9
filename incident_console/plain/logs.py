"""What do the logs say? Their names, the last lines of one, its errors, and lines of one pinned as evidence."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from incident_console.counting import counted
from incident_console.errors import InputError, Refused
from incident_console.events import LogPinned
from incident_console.plain.desk import Desk
from incident_console.plain.words import said
from incident_console.record.text import size
from incident_console.session import capture
from incident_console.session.logs import LogEntry
from incident_console.tail.finding.errors_in import is_error

LISTED = 30
LINES = 10
ERRORS = 20
END_BYTES = 4 << 20
"""Of a log's end that is read for its last lines and its errors."""
PIN_LINES = 500
PIN_BYTES = 1 << 20
_STEP = 1 << 20
_PLACE = re.compile(r"(?P<file>.+):(?P<first>\d{1,12})(?:-(?P<last>\d{1,12}))?\Z", re.DOTALL)
_ASKED = re.compile(r"(?P<name>.*?)\s*(?:\b(?P<errors>errors?)|\b(?P<count>\d{1,6})\s+lines?)?\Z", re.DOTALL)


def log(desk: Desk, words: str) -> None:
    """`log` names them; `log NAME`, `log NAME 50 lines`, `log NAME errors` read one. NAME: number, label or path."""
    asked = _ASKED.match(words.strip())
    name = asked["name"] if asked is not None else words
    if not name:
        _name_all(desk)
        return
    entry = _entry(desk, name)
    if entry.path is None:
        if entry.kept is not None:
            raise Refused(f"that log is gone, and was kept: show {entry.kept} reads it")
        raise Refused(entry.told or "there is nothing to read")
    text = _end(entry.path)
    shown = _relative(desk, entry.path)
    if asked is not None and asked["errors"]:
        numbered = [(n, line) for n, line in text.numbered() if is_error(line)]
        desk.talk.say(f"{shown}: {counted(len(numbered), 'line')} that state a failure{text.told}.")
        numbered = numbered[-ERRORS:]
    else:
        count = int(asked["count"]) if asked is not None and asked["count"] else LINES
        numbered = text.numbered()[-count:] if count else []
        desk.talk.say(f"{shown}: the last {counted(len(numbered), 'line')} of {text.lines}.")
    desk.talk.read_out(f"{number}: {said(_text(line))}" for number, line in numbered)
    if numbered:
        desk.talk.say(f"pin {shown}:{numbered[-1][0]} keeps a line as evidence.")


def _name_all(desk: Desk) -> None:
    logs = desk.picture.logs
    if not logs:
        desk.talk.say("No log is seen here.")
    for number, entry in enumerate(logs[:LISTED], 1):
        tried = f", {counted(len(entry.attempts), 'attempt')}" if len(entry.attempts) > 1 else ""
        much = f", {size(entry.size)}" if entry.size is not None else ""
        told = f", {entry.told}" if entry.told and entry.path is None and entry.kept is None else ""
        kept = f", show {entry.kept} reads it" if entry.kept is not None else ""
        desk.talk.say(f"Log {number}: {entry.label}, {entry.state}{tried}{much}{told}{kept}.")
    if len(logs) > LISTED:
        desk.talk.say(f"And {counted(len(logs) - LISTED, 'more log')}, which may be named.")


def _entry(desk: Desk, name: str) -> LogEntry:
    """By number, label or path, or a part that only one has; else any file of the workflow's folder."""
    logs, word = desk.picture.logs, name.casefold()
    if word.isdigit() and 1 <= int(word) <= len(logs):
        return logs[int(word) - 1]
    path = desk.view.workdir / name
    exact = [each for each in logs if each.path == path or each.label.casefold() == word]
    found = exact or [each for each in logs if word in each.label.casefold() or word in str(each.path).casefold()]
    if len(found) == 1 or exact:
        return found[0]
    if not found and path.is_file():
        return LogEntry(str(path), name, "other", path)
    what = "is no log that is seen here" if not found else f"may be any of {len(found)} logs"
    raise Refused(f"{name!r} {what}; log alone names them with their numbers")


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a file, from the beginning of a line on."""

    first: int
    """The number of its first line, from 1."""
    data: bytes

    def numbered(self) -> list[tuple[int, bytes]]:
        lines = self.data.removesuffix(b"\n").split(b"\n") if self.data else []
        return list(enumerate(lines, self.first))

    @property
    def lines(self) -> int:
        """Of the whole file."""
        return self.first - 1 + len(self.numbered())

    @property
    def told(self) -> str:
        return "" if self.first == 1 else f", from line {self.first} on"


def _end(path: Path) -> _End:
    """Raises InputError for what cannot be read, or is not a regular file."""
    descriptor, facts = _open(path)
    try:
        start = max(0, facts.st_size - END_BYTES)
        before = sum(os.pread(descriptor, min(_STEP, start - at), at).count(b"\n") for at in range(0, start, _STEP))
        data = os.pread(descriptor, END_BYTES, start)
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {(fault.strerror or str(fault)).lower()}") from None
    finally:
        os.close(descriptor)
    if start:
        _, _, data = data.partition(b"\n")
        before += 1
    return _End(before + 1, data)


def _open(path: Path) -> tuple[int, os.stat_result]:
    """Never waits for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as fault:
        because = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise InputError(f"{path} cannot be read: {(because or 'it is no file').lower()}") from None
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is not a regular file")
    return descriptor, facts


def pin(desk: Desk, words: str) -> None:
    """`pin FILE:LINE` or `pin FILE:FIRST-LAST`: keep lines for the open rung, or for the inbox."""
    asked = _PLACE.match(words.strip())
    if asked is None:
        raise Refused("say which lines, such as: pin logs/align.log:12-20")
    session = desk.must_be_open()
    first, last = int(asked["first"]), int(asked["last"] or asked["first"])
    if not 1 <= first <= last or last - first >= PIN_LINES:
        raise Refused(f"lines count from 1, the first before the last, and at most {PIN_LINES} at once")
    entry = _entry(desk, asked["file"])
    if entry.path is None:
        raise Refused(entry.told or "that log is gone; the attempt that was kept is evidence already")
    pinned = _pinned(desk, entry.path, first, last)
    rung = session.incident.open_rung
    recorded = capture.pin(session, pinned, rung)
    assert isinstance(recorded.event, LogPinned)
    where = f"line {first}" if first == last else f"lines {first} to {last}"
    to = f"rung {session.runbook.rung(rung).title}" if rung is not None else "the inbox"
    desk.saved(f"{where} of {recorded.event.path} pinned to {to}, event {recorded.seq}")
    desk.talk.read_out(said(_text(line)) for line in pinned.data.removesuffix(b"\n").split(b"\n"))


def _pinned(desk: Desk, path: Path, first: int, last: int) -> capture.Pinned:
    descriptor, facts = _open(path)
    try:
        begin = _offset(descriptor, facts.st_size, first)
        data = os.pread(descriptor, PIN_BYTES, begin) if begin is not None else b""
    except OSError as fault:
        raise InputError(f"{path} cannot be read: {(fault.strerror or str(fault)).lower()}") from None
    finally:
        os.close(descriptor)
    lines = data.split(b"\n", last - first + 1)[: last - first + 1]
    if begin is None or not data or len(lines) < last - first + 1 or (not lines[-1] and data.count(b"\n") < len(lines)):
        raise Refused(f"{_relative(desk, path)} has no line {last}, or the lines are too long to be kept")
    chosen = b"\n".join(lines) + b"\n"
    chosen = data[: len(chosen)]
    run = desk.picture.run
    surface = "run-log" if run is not None and path == desk.view.workdir / run.log else "rule-log"
    span = (begin, begin + len(chosen))
    return capture.Pinned(path, facts.st_ino, (first, last), span, chosen, surface)  # type: ignore[arg-type]


def _offset(descriptor: int, end: int, line: int) -> int | None:
    """Where a line begins, in bytes; None where the file has fewer lines."""
    missing, at = line - 1, 0
    while missing:
        data = os.pread(descriptor, min(_STEP, end - at), at) if at < end else b""
        if not data:
            return None
        found = data.count(b"\n")
        if found >= missing:
            place = -1
            for _ in range(missing):
                place = data.index(b"\n", place + 1)
            return at + place + 1
        missing -= found
        at += len(data)
    return 0 if line == 1 else at


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _relative(desk: Desk, path: Path) -> str:
    return str(path.relative_to(desk.view.workdir)) if path.is_relative_to(desk.view.workdir) else str(path)
