"""What happened in the run, read from its log while it is being written?

`Reader.feed` takes bytes cut anywhere and gives the events whose text is complete; one byte at a time gives what one
read gives. Work is proportional to the new bytes; state to the number of jobs.

Shell text, shown logs and tracebacks may imitate any line of the engine. What is believed: a block that follows a
`[timestamp]` line and has the `jobid:` of a job that fits what is known (started, running, of that rule). Inside text
known to be foreign (a `shell:` section, a shown log, the command of an exception) nothing else is.
"""

from __future__ import annotations

import re

from incident_console.snakemake import fields, oneline
from incident_console.snakemake.blocks import error_of
from incident_console.snakemake.known import DONE
from incident_console.snakemake.logevents import (
    Finished,
    HeaderFact,
    JobError,
    JobStarted,
    JobStats,
    LogEvent,
    Progress,
    Submitted,
)
from incident_console.snakemake.stamped import FIELD_LIMIT, GROUP_HEAD, HEAD, Stamped

LINE_LIMIT = 64 * 1024
"""Bytes of a line that are looked at; the rest of a longer one is only counted."""
_STATS_LIMIT = 10_000
_HEADS_LIMIT = 10_000

_PROGRESS = re.compile(rb"(\d{1,12}) of (\d{1,12}) steps \([\d.]+%\) done$")

_TYPED = re.compile(rb"(?:\^[A-Z\\])+")
"""Ctrl-C as a captured terminal shows it, before the engine's answer."""

_CALM = re.compile(rb"(?:(Select jobs to execute\.\.\.\n|Execute \d{1,12} jobs\.\.\.\n)|\n){1,99}\[")
_FINISHED = re.compile(
    rb"Finished (?:jobid: (\d{1,12}) \(Rule: (\S{1,4096})\)|job (\d{1,12})\.)\n"
    rb"(?:(\d{1,12}) of (\d{1,12}) steps \([\d.]+%\) done\n)?"
)
_UNIT_STARTS = frozenset(b"[SE\n")
_BRACKET = ord("[")
_new = tuple.__new__
"""A named tuple's own `__new__` is a Python function around this one."""
_STAMP_SIZE = len("[Sun Nov 22 13:20:35 2026]\n")


class Reader(Stamped):
    """Reads one run log. `feed` its bytes in order; `close` when no more will come.

    `name` is the log's file name, by which its own `Complete log` is told from another's.
    """

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._kept = bytearray()
        self._kept_length = 0
        self._line_no = 0
        self._offset = 0
        self._stats: list[tuple[str, int]] = []
        self._last_stamp = b""
        self._last_when = 0.0
        self._heads: dict[bytes, tuple[bool, bool, str]] = {}
        self._between = b"\n["
        self._between_lines, self._is_calm = 1, False
        # Most lines are told apart by one look-up of their first six bytes.
        self._table = {
            **dict.fromkeys(oneline.SILENT, self._silent),
            **dict.fromkeys(oneline.BEFORE_JOBS, self._one_line),
            **dict.fromkeys(oneline.ANYTIME, self._one_line),
            **dict.fromkeys((b"Select", b"Execut"), self._calm),
            **dict.fromkeys((b"Termin", b"Will e", b"Cancel"), self._stop),
            **dict.fromkeys((b"Traceb", b"Full T"), self._traceback),
            b"Shell ": self._shell_command,
            b"Job st": self._job_stats,
            b"SNAKEM": self._header_begins,
            b"Trying": self._restart,
            b"Submit": self._submitted,
            b"RuleEx": self._rule_exception,
        }

    @property
    def offset(self) -> int:
        """Bytes fed so far."""
        return self._offset + self._kept_length

    def feed(self, data: bytes) -> list[LogEvent]:
        """Events that `data` completed, in the order of the log. Never raises for any bytes."""
        self._out = []
        at = 0
        if self._kept_length:
            at = data.find(b"\n") + 1
            self._keep(data[: at - 1] if at else data)
            if not at:
                return []
            line, length = bytes(self._kept), self._kept_length
            self._kept.clear()
            self._kept_length = 0
            self._line(line, length)
        self._keep(data[self._lines(data, at) :])
        return self._out

    def pending(self) -> JobError | None:
        """The error block that is still open, as far as it was read; its end may yet move."""
        block = self._block
        return error_of(block, self._raised_for(block)) if block is not None else None

    def close(self) -> list[LogEvent]:
        """Events of what was still open when the log ended, a last line without a line end among them."""
        found = self.feed(b"\n") if self._kept_length else []
        self._out = found
        if self._on == self._starting:
            self._begin()
        self._close_block()
        return self._out

    # -- bytes to lines ----------------------------------------------------------------------------------------------

    def _keep(self, piece: bytes) -> None:
        room = LINE_LIMIT - len(self._kept)
        if room > 0:
            self._kept += piece[:room]
        self._kept_length += len(piece)

    def _line(self, line: bytes, length: int) -> None:
        start = self._offset
        self._line_no += 1
        self._offset = start + length + 1
        line = line[:LINE_LIMIT]
        if b"\x1b" in line:
            line = fields.plain(line)
        self._on(line.rstrip(b"\r"), self._line_no, start, self._offset)

    def _lines(self, data: bytes, at: int) -> int:
        """Read the whole lines of `data` from `at` on; the place where the rest begins."""
        size = len(data)
        # Captured from a terminal, each line has to be cleaned first.
        bare = b"\x1b" not in data and b"\r" not in data
        while at < size:
            if bare and self._on is self._plain and data[at] in _UNIT_STARTS:
                taken = self._unit(data, at)
                if taken:
                    at = taken
                    continue
            until = data.find(b"\n", at)
            if until < 0:
                break
            self._line(data[at : min(until, at + LINE_LIMIT)], until - at)
            at = until + 1
        return at

    # -- the two blocks that nearly all of a log is made of, taken at once, exactly as line by line --------------------
    # A million lines have a hundred thousand of them: each call here costs as much as reading hundreds of lines.

    def _unit(self, data: bytes, at: int) -> int:
        """Read a whole job block or `Finished`; the place after it, or 0 where only line by line will do."""
        begin, line, suspect = at, self._line_no + 2, self._suspect
        if data[at] != _BRACKET:
            # What stands between two blocks is nearly always the same.
            if not data.startswith(self._between, at):
                found = _CALM.match(data, at)
                if found is None:
                    return 0
                self._between, self._is_calm = found[0], found[1] is not None
                self._between_lines = self._between.count(b"\n")
            begin += len(self._between) - 1
            line += self._between_lines
            suspect = suspect and not self._is_calm
        body = begin + _STAMP_SIZE
        stamped = data[begin:body]
        if stamped != self._last_stamp:
            when = fields.stamp(stamped) if stamped[-2:] == b"]\n" else None
            if when is None:
                return 0
            self._last_stamp, self._last_when = stamped, when
        offset = self._offset + body - at
        finished = _FINISHED.match(data, body)
        if finished is None:
            end = self._start_unit(data, body, line, offset, suspect)
        else:
            end = self._end_unit(finished, line, offset, suspect)
        if end:
            self._known.last_at = self._last_when
            self._offset += end - at
        return end

    def _start_unit(self, data: bytes, body: int, line: int, offset: int, suspect: bool) -> int:
        first = data.find(b"\n", body, body + LINE_LIMIT)
        head = data[body:first] if first > 0 else b""
        kind = self._heads.get(head) or self._head_kind(head)
        if kind is None:
            return 0
        last = data.find(b"\n    resources: ", first, first + LINE_LIMIT)
        end = data.find(b"\n", last + 1) + 1
        if last < 0 or not end or end - body > LINE_LIMIT:
            return 0
        number_at = data.find(b"\n    jobid: ", first, last) + 12
        number = data[number_at : data.find(b"\n", number_at)]
        block = data[first + 1 : end]
        lines = block.count(b"\n")
        # Each line of it has to be one of the block's own.
        if lines > FIELD_LIMIT or data.count(b"\n    ", first, end) != lines or number_at < 12:
            return 0
        if not number.isdigit() or len(number) > 12:
            return 0
        jobid, (local, checkpoint, rule) = int(number), kind
        when, known = self._last_when, self._known
        if not known.may_start(jobid, rule, when, inside=False, suspect=suspect):
            return 0
        known.starts(jobid, rule, checkpoint=checkpoint)
        self._stopping = ""
        self._out.append(_new(JobStarted, (line, offset, when, jobid, rule, local, checkpoint, None, None, block)))
        # The command that `-p` prints may go on with any text.
        shell = data.find(b"\n", end) if data.startswith(b"Shell command: ", end) else -1
        self._suspect = shell >= 0
        self._line_no = line + lines + (shell >= 0)
        return shell + 1 if shell >= 0 else end

    def _head_kind(self, head: bytes) -> tuple[bool, bool, str] | None:
        """Whether a block's head says `local`, whether it is a checkpoint's, and the rule."""
        found = HEAD.match(head)
        if found is None:
            return None
        kind = found[1] is not None, found[2] == b"checkpoint", self._known.name(found[3])
        if len(self._heads) < _HEADS_LIMIT:
            self._heads[head] = kind
        return kind

    def _end_unit(self, found: re.Match[bytes], line: int, offset: int, suspect: bool) -> int:
        number, name, old_number, done, total = found.groups()
        jobid, known = int(number or old_number), self._known
        rule = known.name(name or b"")
        if not known.may_finish(jobid, rule, self._last_when, inside=False, suspect=suspect):
            return 0
        known.ends(jobid, rule, DONE)
        out = self._out
        out.append(_new(Finished, (line, offset, self._last_when, jobid, rule or known.rule.get(jobid, ""))))
        begin, end = found.span()
        if done is not None:
            out.append(_new(Progress, (line + 1, offset + found.start(4) - begin, int(done), int(total))))
            line += 1
        self._line_no = line
        self._suspect = False
        return end

    # -- plain text between blocks ----------------------------------------------------------------------------------

    def _text(self, line: bytes, n: int, start: int, end: int) -> None:
        if not line:
            return
        handler = self._table.get(line[:6])
        if handler is not None:
            handler(line, n, start, end)
            return
        first = line[0]
        if (first == 91 or line[:5] == b"    [") and self._stamp(line, n, start, inside=False):
            return
        if 48 <= first <= 57 and not self._suspect and (found := _PROGRESS.match(line)):
            self._out.append(Progress(n, start, int(found[1]), int(found[2])))
            return
        self._unknown(line, n, start, end)

    def _unknown(self, line: bytes, n: int, start: int, end: int) -> None:
        if self._loose and self._unstamped(line, n, start, end):
            return
        raising = self._raising
        if raising is not None and n == raising.until + 1:
            raising.until = n
        if line[:1].isupper() and self._exception(line, n, start, end):
            return
        if line.startswith((b"Job ", b"Group ")) and b"SLURM" in line:
            self._submitted(line, n, start, end)
        elif line[:1] == b"[" and (found := GROUP_HEAD.search(line)) and fields.stamp(line) is not None:
            self._group = (fields.text(found[1]), [])
        elif b"CalledProcessError: Command '" in line and fields.outcome(line) is None:
            self._raising = None
            self._on = self._command
        elif line.startswith(b"^") and (typed := _TYPED.match(line)) is not None:
            self._text(line[typed.end() :], n, start, end)
        elif not line.endswith(b"(missing locally)"):
            self._suspect = True

    def _silent(self, line: bytes, n: int, start: int, end: int) -> None:
        pass

    def _calm(self, line: bytes, n: int, start: int, end: int) -> None:
        self._suspect = False

    def _shell_command(self, line: bytes, n: int, start: int, end: int) -> None:
        self._suspect = True

    def _one_line(self, line: bytes, n: int, start: int, end: int) -> None:
        make = oneline.ANYTIME.get(line[:6])
        if make is None and not self._known:
            make = oneline.BEFORE_JOBS[line[:6]]
        event = make(line, n, start, self._suspect) if make is not None else None
        if event is not None:
            self._out.append(event)

    def _stop(self, line: bytes, n: int, start: int, end: int) -> None:
        event = oneline.stop(line, n, start, self._suspect)
        if event is not None:
            self._stopping = "at once" if event.at_once or self._stopping == "at once" else "gracefully"
            self._out.append(event)

    def _submitted(self, line: bytes, n: int, start: int, end: int) -> None:
        found = oneline.handed_over(line)
        if found is None:
            return
        job, external_id, log = found
        jobids = tuple(self._group[1]) if self._group else ()
        if job.isdigit() and len(job) < 12:
            jobids = (int(job),)
        if self._known.running(jobids):
            self._out.append(Submitted(n, start, jobids, external_id, log))

    def _header_begins(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._known and line == b"SNAKEMAKE":
            self._on = self._header

    def _header(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(b"  ") and b": " in line:
            name, _, value = line.strip().partition(b": ")
            self._out.append(HeaderFact(n, start, fields.text(name).lower(), fields.text(value)))
        elif not line.startswith((b"==", b"  ")):
            self._leave(line, n, start, end)

    def _job_stats(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._known and line == b"Job stats:":
            self._stats = []
            self._on = self._stats_row

    def _stats_row(self, line: bytes, n: int, start: int, end: int) -> None:
        # 7.0 to 7.14 add the columns "min threads" and "max threads".
        words = line.split()
        if len(words) >= 2 and words[1].isdigit() and len(words[1]) < 12:
            name, count = fields.text(words[0]), int(words[1])
            if name == "total":
                self._out.append(JobStats(n, start, tuple(self._stats), count))
                self._known.has_stats = True
                self._on = self._plain
            elif len(self._stats) < _STATS_LIMIT:
                self._stats.append((name, count))
                self._known.rules.add(name)
        elif words[:1] != [b"job"] and not line.startswith(b"---"):
            self._leave(line, n, start, end)
