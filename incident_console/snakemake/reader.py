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
from incident_console.snakemake.blocks import error_of, started_of
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
from incident_console.snakemake.trouble import Trouble

LINE_LIMIT = 64 * 1024
"""Bytes of a line that are looked at; the rest of a longer one is only counted."""
_FIELD_LIMIT = 64
_STATS_LIMIT = 10_000

_HEAD = re.compile(rb"(local)?(rule|checkpoint) ([^\s:]+):$")
_MESSAGE_HEAD = re.compile(rb"Job (\d{1,12}): (.*)")
_FINISHED = re.compile(rb"Finished (?:jobid: (\d{1,12}) \(Rule: (\S+)\)|job (\d{1,12})\.)$")
_ERROR_HEAD = re.compile(rb"Error in rule ([^\s:]+):$")
_GROUP_HEAD = re.compile(rb"[Gg]roup job (.+) \(jobs in lexicogr\. order\):$")
_GROUP_ERROR = re.compile(rb"(?:    message: )?Error in group (.+?):?$")
_PROGRESS = re.compile(rb"(\d{1,12}) of (\d{1,12}) steps \([\d.]+%\) done$")

_UNIT = re.compile(
    rb"(?:(Select jobs to execute\.\.\.\n|Execute \d+ jobs\.\.\.\n)|\n)*"
    rb"(\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\])\n"
    rb"(?:((local)?(rule|checkpoint) ([^\s:]+):\n)"
    rb"((?:    input: [^\n]*\n)?(?:    output: [^\n]*\n)?(?:    log: ([^\n]*)\n)?    jobid: (\d{1,12})\n"
    rb"(?:    benchmark: ([^\n]*)\n)?(?:    reason: [^\n]*\n)?(?:    wildcards: ([^\n]*)\n)?"
    rb"(?:    priority: [^\n]*\n)?(?:    threads: [^\n]*\n)?    resources: [^\n]*\n)(Shell command: [^\n]*\n)?"
    rb"|(Finished (?:jobid: (\d{1,12}) \(Rule: (\S+)\)|job (\d{1,12})\.)\n)"
    rb"(?:(\d{1,12}) of (\d{1,12}) steps \([\d.]+%\) done\n)?)"
)
"""The two blocks that nearly all of a log is made of, taken at once; whatever differs goes line by line."""
_UNIT_STARTS = frozenset(b"[SE\n")


class Reader(Trouble):
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
        while at < size:
            if self._on is self._plain and data[at] in _UNIT_STARTS:
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

    def _unit(self, data: bytes, at: int) -> int:
        """Read a whole job block or `Finished` at once, exactly as line by line; 0 where that is not possible."""
        found = _UNIT.match(data, at)
        if found is None or found.end() - at > LINE_LIMIT:
            return 0
        parts = found.groups()
        calm, stamped, head, local, kind, name, block, log, number, benchmark, wildcards, shell = parts[:12]
        if stamped != self._last_stamp:
            when = fields.stamp(stamped)
            if when is None:
                return 0
            self._last_stamp, self._last_when = stamped, when
        when = self._last_when
        suspect = self._suspect and calm is None
        known = self._known
        base = self._offset - at
        if head is not None:
            jobid, rule = int(number), known.name(name)
            if not known.may_start(jobid, rule, when, inside=False, suspect=suspect):
                return 0
            start = found.start(3)
            event = JobStarted(
                self._line_no + data.count(b"\n", at, start) + 1,
                base + start,
                when,
                jobid,
                rule,
                fields.pairs(wildcards) if wildcards is not None else fields.NO_PAIRS,
                fields.names(log) if log is not None else (),
                fields.text(benchmark) if benchmark is not None else None,
                local is not None,
                kind == b"checkpoint",
                None,
                None,
                block,
            )
            self._started(event)
        else:
            _, number, name, old_number, done, total = parts[12:]
            jobid, rule = int(number or old_number), known.name(name or b"")
            if not known.may_finish(jobid, rule, inside=False, suspect=suspect):
                return 0
            start = found.start(13)
            line = self._line_no + data.count(b"\n", at, start) + 1
            self._ended(line, base + start, when, jobid, rule)
            if done is not None:
                self._out.append(Progress(line + 1, base + found.start(17), int(done), int(total)))
        self._suspect = shell is not None
        known.last_at = when
        end = found.end()
        self._line_no += data.count(b"\n", at, end)
        self._offset = base + end
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
        raising = self._raising
        if raising is not None and n == raising.until + 1:
            raising.until = n
        if self._exception(line, n, start, end):
            return
        if line.startswith((b"Job ", b"Group ")) and b"SLURM" in line:
            self._submitted(line, n, start, end)
        elif line[:1] == b"[" and (found := _GROUP_HEAD.search(line)) and fields.stamp(line) is not None:
            self._group = (fields.text(found[1]), [])
        elif b"CalledProcessError: Command '" in line and fields.outcome(line) is None:
            self._raising = None
            self._on = self._command
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

    # -- after a timestamp ------------------------------------------------------------------------------------------

    def _stamp(self, line: bytes, n: int, start: int, inside: bool) -> bool:
        """Whether `line` is a timestamp alone; what follows is then looked at as a possible block."""
        indent = 4 if line[:1] == b" " else 0
        if len(line) != 26 + indent or line[-1:] != b"]" or (at := fields.stamp(line[indent:])) is None:
            return False
        if self._on is not self._after_stamp:
            self._base = self._on
            self._inside = inside
        self._at = at
        self._stamp_line, self._stamp_start, self._stamp_indent = n, start, indent
        self._on = self._after_stamp
        return True

    def _stamped(self, line: bytes, n: int, start: int, end: int) -> None:
        indent = self._stamp_indent
        body = line[indent:]
        if indent and line[:indent].strip():
            self._reject(line, n, start, end)
        elif (found := _FINISHED.match(body)) is not None:
            self._finish(found, line, n, start, end)
        elif (found := _HEAD.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._starting
        elif (found := _ERROR_HEAD.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._erring
        elif (found := _GROUP_ERROR.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._group_erring
        elif (found := _MESSAGE_HEAD.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._reason
        elif (found := _GROUP_HEAD.match(body)) is not None and not self._inside:
            self._accept()
            self._group = (fields.text(found[1]), [])
        elif (body or n > self._stamp_line + 1) and not self._stamp(line, n, start, self._inside):
            self._reject(line, n, start, end)

    def _candidate(self, head: re.Match[bytes], n: int, start: int, indent: int) -> None:
        self._head, self._head_line, self._head_start = head, n, start
        self._fields = []
        self._pad = b" " * (indent + 4)

    def _reject(self, line: bytes, n: int, start: int, end: int) -> None:
        """An imitation: back to what it stands in, with the line that gave it away."""
        self._on = self._base
        if self._base is self._plain:
            self._suspect = True
        self._on(line, n, start, end)

    def _accept(self) -> None:
        self._close_block()
        self._suspect = False
        self._known.last_at = self._at
        self._on = self._plain

    def _finish(self, found: re.Match[bytes], line: bytes, n: int, start: int, end: int) -> None:
        jobid, rule = int(found[1] or found[3]), self._known.name(found[2] or b"")
        if not self._known.may_finish(jobid, rule, inside=self._inside, suspect=self._suspect):
            self._reject(line, n, start, end)
            return
        self._accept()
        self._ended(n, start, self._at, jobid, rule)

    def _ended(self, n: int, start: int, at: float, jobid: int, rule: str) -> None:
        self._known.ends(jobid, rule, DONE)
        self._out.append(Finished(n, start, at, jobid, rule or self._known.rule.get(jobid, "")))

    def _starting(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(self._pad) and len(self._fields) < _FIELD_LIMIT:
            self._fields.append(line)
            # `resources:` is the last field: a job must not wait for the next message to be seen.
            if line.startswith(b"resources: ", len(self._pad)):
                self._begin()
        else:
            self._begin()
            self._on(line, n, start, end)

    def _begin(self) -> None:
        """Believe the candidate job block, or not."""
        head = self._head
        assert head is not None
        group = self._group[0] if self._group and self._stamp_indent else None
        rule = self._known.name(head[3])
        where = (self._head_line, self._head_start, self._at)
        event = started_of(where, head, rule, self._fields, len(self._pad), group)
        if event is None or not self._known.may_start(
            event.jobid, rule, self._at, inside=self._inside, suspect=self._suspect
        ):
            self._on = self._base
            self._suspect = True
            return
        self._accept()
        self._started(event)

    def _started(self, event: JobStarted) -> None:
        self._stopping = ""
        self._known.starts(event.jobid, event.rule, checkpoint=event.checkpoint)
        if event.group is not None and self._group is not None:
            self._group[1].append(event.jobid)
        self._out.append(event)

    def _reason(self, line: bytes, n: int, start: int, end: int) -> None:
        """The line after `Job N: message`: a rule with a `message:` has no block, only perhaps a reason."""
        head = self._head
        assert head is not None
        jobid = int(head[1])
        old = self._at < self._known.last_at - 1
        if self._inside or (self._suspect and old) or self._known.stand.get(jobid) == DONE:
            self._reject(line, n, start, end)
            return
        reason = line[self._stamp_indent :] if line[self._stamp_indent :].startswith(b"Reason: ") else b""
        lines = [b"    jobid: " + head[1], b"    reason: " + reason[8:]]
        group = self._group[0] if self._group and self._stamp_indent else None
        where = (self._head_line, self._head_start, self._at)
        rule = self._known.rule.get(jobid, "")
        event = started_of(where, head, rule, lines, 4, group, message=fields.text(head[2]))
        assert event is not None
        self._accept()
        self._started(event)
        if not reason:
            self._text(line, n, start, end)
