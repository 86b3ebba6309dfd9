"""What happened in the run, read from its log while it is being written?

`Reader.feed` takes bytes cut anywhere and gives the events whose text is complete; one byte at a time gives what one
read gives. Work is proportional to the new bytes; state to the number of jobs.

Shell text, shown logs and tracebacks may imitate any line of the engine. What is believed: a block that follows a
`[timestamp]` line and has the `jobid:` of a job that fits what is known (started, running, of that rule). Inside text
known to be foreign (a `shell:` section, a shown log, the command of an exception) nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from incident_console.snakemake import fields
from incident_console.snakemake.blocks import Block, Raised, error_of, failing_of, started_of
from incident_console.snakemake.logevents import (
    Completed,
    Elapsed,
    Exiting,
    FaultDetail,
    Finished,
    HeaderFact,
    Interrupted,
    JobError,
    JobStats,
    LogEvent,
    NothingToDo,
    Planning,
    Progress,
    Provided,
    Restarting,
    RuleRaised,
    Submitted,
    WaitingForFiles,
    WorkflowFault,
)

LINE_LIMIT = 64 * 1024
"""Bytes of a line that are looked at; the rest of a longer one is only counted."""
_PENDING_LIMIT = 64
_DETAIL_LIMIT = 12
_FIELD_LIMIT = 64

_COLOUR = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")
_HEAD = re.compile(rb"(local)?(rule|checkpoint) ([^\s:]+):$")
_MESSAGE_HEAD = re.compile(rb"Job (\d+): (.*)")
_FINISHED = re.compile(rb"Finished (?:jobid: (\d+) \(Rule: (\S+)\)|job (\d+)\.)$")
_ERROR_HEAD = re.compile(rb"Error in rule ([^\s:]+):$")
_GROUP_HEAD = re.compile(rb"[Gg]roup job (.+) \(jobs in lexicogr\. order\):$")
_GROUP_ERROR = re.compile(rb"(?:    message: )?Error in group (.+?):?$")
_PROGRESS = re.compile(rb"(\d+) of (\d+) steps \([\d.]+%\) done$")
_PROVIDED = re.compile(rb"Provided (cores|[\w ]*nodes): (\d+)")
_RESTART = re.compile(rb"Trying to restart job (\d+)\.$")
_SUBMITTED = re.compile(rb"Submitted (?:DRMAA )?(group )?job (\S+) with external jobid '?(.*?)'?\.$")
_SLURM = re.compile(rb"(?:Group )?[Jj]ob (\S+) has been submitted with SLURM jobid (\S+?)(?: \(log: (.*?)\))?\.?$")
_WAITING = re.compile(rb"Waiting at most (\d+) seconds? for missing files")
_COMPLETE = re.compile(rb"Complete log(?:\(s\))?: (\S.*)$")
_ELAPSED = re.compile(rb"Elapsed time: (?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$")
_LOCATED = re.compile(rb"([A-Z]\w*)(?: in rule ([^\s,]+))? in file (?:.+), line \d+([:.])$")
_BARE = re.compile(rb"([A-Z]\w*(?:Error|Exception|Failure))([:.])$")
_RAISED_LINE = re.compile(rb"(?:[A-Za-z_][\w.]*)(?:Error|Exception|Exit|Interrupt|Warning)?(?:: .*)?$")
_MISSING_OUTPUT = re.compile(rb"Job (?:(\d+) +)?completed successfully, but some output files are missing")
_SHELL_END = (
    b"(command exited with non-zero exit code)",
    b"(one of the commands exited with non-zero exit code; note that snakemake uses bash strict mode!)",
)
_RUNNING, _DONE, _FAILED = range(3)

State = Callable[[bytes, int, int, int], None]


class Reader:
    """Reads one run log. `feed` its bytes in order; `close` when no more will come."""

    def __init__(self) -> None:
        self._out: list[LogEvent] = []
        self._kept = bytearray()
        self._kept_length = 0
        self._line_no = 0
        self._offset = 0
        # Kept as attributes: a state is told by identity, and a bound method is a new object each time.
        self._plain: State = self._text
        self._gathering: State = self._starting
        self._after_stamp: State = self._stamped
        self._on: State = self._plain
        self._base: State = self._plain
        # What is known of the jobs, to tell a real block from an imitation.
        self._state: dict[int, int] = {}
        self._rule: dict[int, str] = {}
        self._rules: dict[str, str] = {}
        self._stats: list[tuple[str, int]] = []
        self._checkpoint = False
        self._last_at = 0.0
        # The timestamp line last seen, and what it stands in.
        self._at = 0.0
        self._stamp_line = 0
        self._stamp_start = 0
        self._stamp_indent = 0
        self._inside = False
        self._suspect = False
        self._stopping = ""
        # A candidate block whose jobid is not known yet.
        self._head: re.Match[bytes] | None = None
        self._head_line = 0
        self._head_start = 0
        self._fields: list[bytes] = []
        self._pad = b"    "
        # Open multi-line things.
        self._block: Block | None = None
        self._fence = b""
        self._raised: list[Raised] = []
        self._raising: Raised | None = None
        self._group: tuple[str, list[int]] | None = None
        self._fault = ("", "", 0, 0)
        self._details = 0
        self._crash = 0
        self._table = self._dispatch()

    @property
    def offset(self) -> int:
        """Bytes fed so far."""
        return self._offset + self._kept_length

    def feed(self, data: bytes) -> list[LogEvent]:
        """Events that `data` completed, in the order of the log. Never raises for any bytes."""
        self._out = []
        head, newline, rest = data.partition(b"\n")
        if not newline:
            self._keep(head)
            return []
        self._keep(head)
        first = bytes(self._kept)
        length = self._kept_length
        self._kept.clear()
        self._kept_length = 0
        self._lines([first], length, b"\r" in first or b"\x1b" in first)
        lines = rest.split(b"\n")
        last = lines.pop()
        if lines:
            self._lines(lines, None, b"\r" in rest or b"\x1b" in rest)
        self._keep(last)
        return self._out

    def pending(self) -> JobError | None:
        """The error block that is still open, as far as it was read; its end may yet move."""
        block = self._block
        return error_of(block, self._raised_for(block)) if block is not None else None

    def close(self) -> list[LogEvent]:
        """Events of what was still open when the log ended, a last line without a line end among them."""
        self._out = []
        if self._kept_length:
            self._out = self.feed(b"\n")
            self._offset -= 1
        if self._on is self._gathering:
            self._begin()
        self._close_block()
        return self._out

    # -- lines ------------------------------------------------------------------------------------------------------

    def _keep(self, piece: bytes) -> None:
        room = LINE_LIMIT - len(self._kept)
        if room > 0:
            self._kept += piece[:room]
        self._kept_length += len(piece)

    def _lines(self, lines: list[bytes], length: int | None, dirty: bool) -> None:
        n = self._line_no
        end = self._offset
        gathering = self._gathering
        index, count = 0, len(lines)
        while index < count:
            if self._on is gathering and length is None and not dirty:
                # The fields of a job's block are half of a log: taken at once, they cost a tenth.
                taken = self._gather(lines, index)
                if taken:
                    n += taken
                    end += sum(map(len, lines[index : index + taken])) + taken
                    index += taken
                    continue
            line = lines[index]
            index += 1
            n += 1
            start = end
            end += (len(line) if length is None else length) + 1
            if dirty or len(line) > LINE_LIMIT:
                line = _clean(line[:LINE_LIMIT])
            self._on(line, n, start, end)
        self._line_no = n
        self._offset = end

    def _gather(self, lines: list[bytes], index: int) -> int:
        """How many of `lines` are fields of the candidate block; as `_starting` does one by one."""
        pad = self._pad
        depth = len(pad)
        stop = min(len(lines), index + _FIELD_LIMIT - len(self._fields))
        at = index
        while at < stop:
            line = lines[at]
            if not line.startswith(pad) or len(line) > LINE_LIMIT:
                break
            at += 1
            if line.startswith(b"resources: ", depth):
                self._fields += lines[index:at]
                self._begin()
                return at - index
        self._fields += lines[index:at]
        return at - index

    # -- plain text between blocks ----------------------------------------------------------------------------------

    def _dispatch(self) -> dict[bytes, State]:
        """Handlers by the first six bytes: most lines are told apart by one look-up."""
        return {
            b"Select": self._calm,
            b"Execut": self._calm,
            b"Shell ": self._shell_command,
            b"Provid": self._provided,
            b"Job st": self._job_stats,
            b"Buildi": self._planning,
            b"SNAKEM": self._header_begins,
            b"host: ": self._host,
            b"Nothin": self._nothing,
            b"Trying": self._restart,
            b"Submit": self._submitted,
            b"Waitin": self._waiting,
            b"Termin": self._interrupted,
            b"Will e": self._interrupted,
            b"Cancel": self._interrupted,
            b"Exitin": self._exiting,
            b"Comple": self._complete,
            b"Elapse": self._elapsed,
            b"RuleEx": self._rule_exception,
            b"Traceb": self._traceback,
            b"Full T": self._traceback,
        } | dict.fromkeys(
            (b"Removi", b"Shutti", b"Using ", b"Rules ", b"Updati", b"DAG of", b"Assumi", b"Touchi"),
            self._ignored,
        )

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
        located = _LOCATED.match(line)
        fault = located or _BARE.match(line)
        if fault is not None:
            name = fields.text(fault[1])
            rule = fields.text(located[2] or b"") if located else ""
            if name == "CalledProcessError":
                self._raise(n, start)
            elif name == "MissingOutputException":
                self._missing(rule, n, start)
            else:
                self._fault = (name, rule, n, start)
                if line.endswith(b"."):
                    self._emit_fault("")
                else:
                    self._on = self._fault_message
            return
        if line.startswith(b"Error: "):
            self._fault = ("Error", "", n, start)
            self._emit_fault(fields.text(line[7:]))
            return
        if (found := _SLURM.match(line)) is not None:
            self._hand_over(found[1], found[2], found[3], n, start)
            return
        if found := _GROUP_HEAD.search(line):
            if line[:1] == b"[" and (at := fields.stamp(line)) is not None:
                self._at = at
                self._group = (fields.text(found[1]), [])
            return
        if b"CalledProcessError: Command '" in line and fields.outcome(line) is None:
            self._on = self._command
            self._raising = None
            return
        if not line.endswith(b"(missing locally)"):
            self._suspect = True

    def _ignored(self, line: bytes, n: int, start: int, end: int) -> None:
        pass

    def _calm(self, line: bytes, n: int, start: int, end: int) -> None:
        self._suspect = False

    def _shell_command(self, line: bytes, n: int, start: int, end: int) -> None:
        self._suspect = True

    def _provided(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state and (found := _PROVIDED.match(line)):
            what = "cores" if found[1] == b"cores" else "nodes"
            self._out.append(Provided(n, start, what, int(found[2])))

    def _planning(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state:
            self._out.append(Planning(n, start))

    def _host(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state:
            self._out.append(HeaderFact(n, start, "host", fields.text(line[6:])))

    def _header_begins(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state and line == b"SNAKEMAKE":
            self._on = self._header

    def _header(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(b"  ") and b": " in line:
            name, _, value = line.strip().partition(b": ")
            self._out.append(HeaderFact(n, start, fields.text(name).lower(), fields.text(value)))
        elif not line.startswith((b"==", b"  ")):
            self._leave(line, n, start, end)

    def _job_stats(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state and line == b"Job stats:":
            self._stats = []
            self._on = self._stats_row

    def _stats_row(self, line: bytes, n: int, start: int, end: int) -> None:
        # 7.0 to 7.14 add the columns "min threads" and "max threads".
        words = line.split()
        if len(words) >= 2 and words[1].isdigit() and len(words[1]) < 12:
            name, count = fields.text(words[0]), int(words[1])
            if name == "total":
                self._out.append(JobStats(n, start, tuple(self._stats), count))
                self._on = self._plain
            elif len(self._stats) < 10_000:
                self._stats.append((name, count))
                self._rules.setdefault(name, name)
        elif words[:1] != [b"job"] and not line.startswith(b"---"):
            self._leave(line, n, start, end)

    def _nothing(self, line: bytes, n: int, start: int, end: int) -> None:
        if not self._state and line.startswith(b"Nothing to be done"):
            self._out.append(NothingToDo(n, start))

    def _restart(self, line: bytes, n: int, start: int, end: int) -> None:
        found = _RESTART.match(line)
        if found and self._state.get(int(found[1])) == _FAILED:
            self._out.append(Restarting(n, start, int(found[1])))

    def _submitted(self, line: bytes, n: int, start: int, end: int) -> None:
        if found := _SUBMITTED.match(line):
            self._hand_over(found[2], found[3], None, n, start)

    def _hand_over(self, job: bytes, external: bytes, log: bytes | None, n: int, start: int) -> None:
        if job.isdigit() and len(job) < 12:
            jobids: tuple[int, ...] = (int(job),)
        else:
            jobids = tuple(self._group[1]) if self._group else ()
        external_id = fields.text(external)
        # 7 keeps the submit command's whole answer: "Submitted batch job 28616".
        external_id = external_id.removeprefix("Submitted batch job ")
        if jobids and all(self._state.get(jobid) == _RUNNING for jobid in jobids):
            self._out.append(Submitted(n, start, jobids, external_id, fields.text(log) if log else None))

    def _waiting(self, line: bytes, n: int, start: int, end: int) -> None:
        if found := _WAITING.match(line):
            self._out.append(WaitingForFiles(n, start, int(found[1])))

    def _interrupted(self, line: bytes, n: int, start: int, end: int) -> None:
        known = (
            b"Terminating processes on user request",
            b"Will exit after finishing",
            b"Cancelling snakemake on user",
        )
        if line.startswith(known):
            at_once = not line.startswith(b"Will")
            self._stopping = "at once" if at_once or self._stopping == "at once" else "gracefully"
            self._out.append(Interrupted(n, start, fields.text(line), at_once))

    def _exiting(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(b"Exiting because a job execution failed"):
            self._out.append(Exiting(n, start))

    def _complete(self, line: bytes, n: int, start: int, end: int) -> None:
        if found := _COMPLETE.match(line):
            self._out.append(Completed(n, start, fields.text(found[1])))

    def _elapsed(self, line: bytes, n: int, start: int, end: int) -> None:
        if found := _ELAPSED.match(line):
            days, hours, minutes, seconds = found.groups()
            whole = (int(days or 0) * 24 + int(hours)) * 3600 + int(minutes) * 60
            self._out.append(Elapsed(n, start, whole + float(seconds)))

    def _leave(self, line: bytes, n: int, start: int, end: int) -> None:
        """End of a multi-line thing: `line` is no part of it."""
        self._on = self._plain
        self._text(line, n, start, end)

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
            self._on = self._gathering
        elif (found := _ERROR_HEAD.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._erring
        elif (found := _GROUP_ERROR.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._group_erring
        elif (found := _MESSAGE_HEAD.match(body)) is not None:
            self._candidate(found, n, start, indent)
            self._on = self._reason
        elif (found := _GROUP_HEAD.match(body)) is not None:
            self._accept()
            self._group = (fields.text(found[1]), [])
        elif body or n > self._stamp_line + 1:
            if not self._stamp(line, n, start, self._inside):
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
        self._last_at = self._at
        self._on = self._plain

    def _finish(self, found: re.Match[bytes], line: bytes, n: int, start: int, end: int) -> None:
        jobid = int((found[1] or found[3])[:12])
        rule = self._name(found[2] or b"")
        state = self._state.get(jobid)
        known = self._rule.get(jobid, "")
        fits = (state is None and not self._inside and not self._suspect) or (
            state in (_RUNNING, _FAILED) and (not rule or not known or rule == known)
        )
        if not fits:
            self._reject(line, n, start, end)
            return
        self._accept()
        self._state[jobid] = _DONE
        if rule:
            self._rule[jobid] = rule
        self._out.append(Finished(n, start, self._at, jobid, rule or known))

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
        name = self._name(head[3])
        group = self._group[0] if self._group and self._stamp_indent else None
        event = started_of(self._head_line, self._head_start, self._at, head, name, self._fields, len(self._pad), group)
        if event is None or not self._plausible(event.jobid, name):
            self._on = self._base
            self._suspect = True
            return
        self._accept()
        self._stopping = ""
        self._state[event.jobid] = _RUNNING
        self._rule[event.jobid] = name
        self._checkpoint = self._checkpoint or event.checkpoint
        if group is not None and self._group is not None:
            self._group[1].append(event.jobid)
        self._out.append(event)

    def _plausible(self, jobid: int, rule: str) -> bool:
        """Whether a job block may be real: a jobid keeps its rule, and foreign text invents rules and old times."""
        known = self._rule.get(jobid, "")
        if known and known != rule:
            return False
        familiar = rule in self._rules
        self._rules.setdefault(rule, rule)
        if familiar or not (self._inside or self._suspect):
            return familiar or not self._inside
        late = self._at < self._last_at - 1
        plausible = not self._inside and not late and (self._checkpoint or not self._stats)
        if not plausible:
            del self._rules[rule]
        return plausible

    def _reason(self, line: bytes, n: int, start: int, end: int) -> None:
        """The line after `Job N: message`: a rule with a `message:` has no block, only perhaps a reason."""
        head = self._head
        assert head is not None
        jobid = int(head[1][:12])
        if self._inside or (self._suspect and self._at < self._last_at - 1) or self._state.get(jobid) == _DONE:
            self._reject(line, n, start, end)
            return
        reason = line[self._stamp_indent :].removeprefix(b"Reason: ") if b"Reason: " in line else b""
        rule = self._rule.get(jobid, "")
        lines = [b"    jobid: %d" % jobid, b"    reason: " + reason]
        group = self._group[0] if self._group and self._stamp_indent else None
        event = started_of(
            self._head_line, self._head_start, self._at, head, rule, lines, 4, group, message=fields.text(head[2])
        )
        assert event is not None
        self._accept()
        self._state[jobid] = _RUNNING
        if group is not None and self._group is not None:
            self._group[1].append(jobid)
        self._out.append(event)
        if not reason:
            self._text(line, n, start, end)

    def _name(self, raw: bytes) -> str:
        """One string object per rule name, however many jobs there are."""
        name = fields.text(raw)
        return self._rules.get(name, name)

    # -- errors of jobs -----------------------------------------------------------------------------------------------

    def _erring(self, line: bytes, n: int, start: int, end: int) -> None:
        head = self._head
        assert head is not None
        pad = self._pad
        if line.startswith(pad + b"jobid: ") and line[len(pad) + 7 :].isdigit():
            jobid = int(line[len(pad) + 7 :][:12])
            rule = self._name(head[1])
            known = self._rule.get(jobid, "")
            state = self._state.get(jobid)
            inside = self._inside or self._suspect
            if (state is None and inside) or (known and known != rule) or state == _DONE:
                self._reject(line, n, start, end)
                return
            self._accept()
            block = Block(rule, jobid, self._at, self._head_line, self._head_start, self._stamp_line, self._stamp_start)
            block.depth = len(pad)
            block.stopping = self._stopping
            block.group = self._group[0] if self._group and self._stamp_indent else None
            for field in self._fields:
                block.field(field)
            self._open(block, n, end)
        elif line.startswith(pad) or (self._fields and len(self._fields) < 20 and line[:1] not in (b"[", b"")):
            self._fields.append(line)
        else:
            self._reject(line, n, start, end)

    def _open(self, block: Block, n: int, end: int) -> None:
        block.touch(n, end)
        raised = self._raised[-1] if self._raised else None
        # Two jobs may fail at once: an exception belongs to the block only where it is the only one, or its command does.
        if len(self._raised) == 1:
            block.raised = raised
        if raised is not None and raised.until + 1 == block.first_line and len(self._raised) == 1:
            block.first_line, block.start = raised.line, raised.offset
        self._block = block
        self._state[block.jobid] = _FAILED
        self._rule[block.jobid] = block.rule
        self._rules.setdefault(block.rule, block.rule)
        self._out.append(failing_of(block))
        self._on = self._error_block

    def _error_block(self, line: bytes, n: int, start: int, end: int) -> None:
        block = self._block
        if block is None:
            self._leave(line, n, start, end)
            return
        if not line:
            return
        if (line[:1] == b"[" or line[:5] == b"    [") and self._stamp(line, n, start, inside=False):
            return
        body = line[block.depth - 4 :] if block.depth > 4 and line.startswith(b"    ") else line
        if line.startswith(b" " * block.depth):
            block.touch(n, end)
            if block.field(line):
                self._on = self._error_shell
        elif body.startswith(b"Logfile "):
            block.touch(n, end)
            if body.endswith(b":"):
                self._on = self._fence_opens
        elif line.startswith(b"Removing output files of failed job "):
            block.touch(n, end)
            self._on = self._removed
        elif (found := _RESTART.match(line)) and int(found[1][:12]) == block.jobid:
            block.touch(n, end)
            block.restarting = True
            self._close_block()
            self._out.append(Restarting(n, start, block.jobid))
            self._on = self._plain
        else:
            self._close_block()
            self._leave(line, n, start, end)

    def _removed(self, line: bytes, n: int, start: int, end: int) -> None:
        """The one line of files that `Removing output files` names."""
        self._on = self._error_block
        if self._block is not None and line and line[:1] != b"[" and not line.startswith(b"Trying to restart"):
            self._block.touch(n, end)
        else:
            self._error_block(line, n, start, end)

    def _error_shell(self, line: bytes, n: int, start: int, end: int) -> None:
        """The failed command: any text at all, up to the engine's closing remark."""
        block = self._block
        if block is None or self._escapes(line, n, start, end):
            return
        block.touch(n, end)
        if line.strip() in _SHELL_END:
            self._on = self._error_block
        elif not block.command:
            block.command = line.strip()[:200]

    def _fence_opens(self, line: bytes, n: int, start: int, end: int) -> None:
        body = line.strip()
        if body and not body.strip(b"=") and self._block is not None:
            self._fence = body
            self._block.touch(n, end)
            self._on = self._shown_log
        else:
            self._on = self._error_block
            self._error_block(line, n, start, end)

    def _shown_log(self, line: bytes, n: int, start: int, end: int) -> None:
        """A failed job's log, shown by `--show-failed-logs`; perhaps the log of another Snakemake."""
        block = self._block
        if block is None or self._escapes(line, n, start, end):
            return
        block.touch(n, end)
        body = line.strip()
        if body == self._fence:
            self._on = self._error_block
        elif body:
            block.shown(body)

    def _escapes(self, line: bytes, n: int, start: int, end: int) -> bool:
        """Whether foreign text stops here without its closing line: lines may be lost, the run's end must not be."""
        if (line[:1] == b"[" or line[:5] == b"    [") and self._stamp(line, n, start, inside=True):
            return True
        found = _COMPLETE.match(line)
        if found and found[1].endswith(b".snakemake.log") and b".snakemake/log/" in found[1]:
            self._close_block()
            self._leave(line, n, start, end)
            return True
        return False

    def _group_erring(self, line: bytes, n: int, start: int, end: int) -> None:
        """`Error in group`: names all members, the ones that succeeded too; 9 gives each its own block after it."""
        head = self._head
        assert head is not None
        if line.startswith(b"    ") and line[:5] != b"    [" and len(self._fields) < 10_000:
            self._fields.append(line)
            return
        members = _members(self._fields)
        wanted = [(rule, jobid, log) for rule, jobid, log in members if self._state.get(jobid) == _RUNNING]
        if not wanted or (self._inside and len(wanted) < len(members)):
            self._reject(line, n, start, end)
            return
        self._accept()
        self._group = (fields.text(head[1]), [jobid for _, jobid, _ in wanted])
        for rule, jobid, log in wanted:
            block = Block(rule, jobid, self._at, self._head_line, self._head_start, self._stamp_line, self._stamp_start)
            block.group = self._group[0]
            block.logs = log
            block.stopping = self._stopping
            self._open(block, n - 1, start)
            self._close_block()
        self._leave(line, n, start, end)

    def _missing(self, rule: str, n: int, start: int) -> None:
        self._fault = ("MissingOutputException", rule, n, start)
        self._on = self._missing_output

    def _missing_output(self, line: bytes, n: int, start: int, end: int) -> None:
        """A MissingOutputException has no `Error in rule` block and its job no `Finished`: it is the block."""
        name, rule, first_line, offset = self._fault
        found = _MISSING_OUTPUT.match(line)
        if found is None:
            self._suspect = True
            self._leave(line, n, start, end)
            return
        running = [jobid for jobid, state in self._state.items() if state == _RUNNING]
        if found[1]:
            jobid = int(found[1][:12])
        else:
            jobid = next((jobid for jobid in running if self._rule.get(jobid) == rule), -1)
        known = self._rule.get(jobid, "")
        if jobid not in running or (known and rule and known != rule):
            self._leave(line, n, start, end)
            return
        block = Block(rule or known, jobid, None, first_line, offset, first_line, offset)
        block.kind = "missing-output"
        block.message = "completed, but output files are missing"
        self._close_block()
        self._suspect = False
        self._open(block, n, end)
        self._on = self._missing_files

    def _missing_files(self, line: bytes, n: int, start: int, end: int) -> None:
        block = self._block
        if block is None or not line or line[:1] == b"[" or line[:6] in self._table or line[:5] == b"    [":
            self._on = self._error_block
            self._error_block(line, n, start, end)
        else:
            block.touch(n, end)
            block.missing(fields.text(line))

    def _raised_for(self, block: Block) -> Raised | None:
        if block.raised is not None:
            return block.raised
        if block.command:
            for raised in self._raised:
                if block.command in raised.command or (raised.command and raised.command in block.command):
                    return raised
        elif block.kind != "missing-output" and self._raised and not block.group:
            return self._raised[0]
        return None

    def _close_block(self) -> None:
        block = self._block
        if block is None:
            return
        self._block = None
        raised = self._raised_for(block)
        if raised is not None and raised in self._raised:
            self._raised.remove(raised)
        self._out.append(error_of(block, raised))

    # -- exceptions ---------------------------------------------------------------------------------------------------

    def _rule_exception(self, line: bytes, n: int, start: int, end: int) -> None:
        if line == b"RuleException:":
            self._raise(n, start)
            self._on = self._raised_class
        else:
            self._unknown(line, n, start, end)

    def _raise(self, n: int, start: int) -> None:
        self._raising = Raised(n, start)
        self._on = self._raised_message

    def _raised_class(self, line: bytes, n: int, start: int, end: int) -> None:
        raising = self._raising
        found = _LOCATED.match(line) or _BARE.match(line)
        if raising is None or found is None:
            self._leave(line, n, start, end)
            return
        raising.until = n
        raising.name = fields.text(found[1])
        if found.re is _LOCATED and found[2]:
            raising.rule = fields.text(found[2])
        self._on = self._raised_message

    def _raised_message(self, line: bytes, n: int, start: int, end: int) -> None:
        raising = self._raising
        if raising is None or line[:1] == b"[" or not line:
            self._leave(line, n, start, end)
            return
        raising.until = n
        if line.startswith(b"Command '"):
            raising.add_command(line[9:])
            self._on = self._command
            if fields.outcome(line) is not None:
                self._command(line, n, start, end)
            return
        raising.message = f"{raising.name}: {fields.text(line[:500])}" if raising.name else fields.text(line[:500])
        if fields.no_space(line):
            raising.kind = "disk-full"
        self._emit_raised()
        self._on = self._plain

    def _command(self, line: bytes, n: int, start: int, end: int) -> None:
        """The failed command inside an exception: any text, up to `' returned non-zero exit status N.`"""
        if self._escapes(line, n, start, end):
            return
        raising = self._raising
        result = fields.outcome(line)
        if raising is not None:
            raising.until = n
            raising.add_command(line)
        if result is None:
            return
        self._on = self._plain
        if raising is not None:
            raising.kind, raising.exit_code, raising.message = result
            self._emit_raised()

    def _emit_raised(self) -> None:
        raising = self._raising
        if raising is not None:
            self._raised.append(raising)
            del self._raised[:-_PENDING_LIMIT]
            self._out.append(
                RuleRaised(raising.line, raising.offset, raising.rule, raising.kind, raising.exit_code, raising.message)
            )

    def _traceback(self, line: bytes, n: int, start: int, end: int) -> None:
        # `Full Traceback` (--verbose) is followed by the same error in plain words; a bare one is a crash of the engine.
        self._crash = n if line == b"Traceback (most recent call last):" and not self._suspect else 0
        if self._crash:
            self._on = self._crashed
        else:
            self._suspect = self._suspect or not line.startswith(b"Full Traceback (most")

    def _crashed(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(b"  "):
            return
        if _RAISED_LINE.match(line):
            name, _, message = line.partition(b": ")
            self._fault = (fields.text(name), "", n, start)
            self._emit_fault(fields.text(message))
        else:
            self._leave(line, n, start, end)

    def _fault_message(self, line: bytes, n: int, start: int, end: int) -> None:
        if not line or self._table.get(line[:6]) is not None or fields.stamp(line) is not None:
            self._emit_fault("")
            self._leave(line, n, start, end)
        elif line.startswith(b"At least one job did not complete successfully"):
            self._out.append(Exiting(n, start))
            self._on = self._plain
        else:
            self._emit_fault(fields.text(line))

    def _emit_fault(self, message: str) -> None:
        name, rule, n, start = self._fault
        kind = _kind_of(name, message)
        self._out.append(WorkflowFault(n, start, kind, name, message[:2000], rule, certain=not self._suspect))
        self._details = 0
        self._on = self._fault_detail

    def _fault_detail(self, line: bytes, n: int, start: int, end: int) -> None:
        if not line:
            return
        engine = line[:6] in self._table or line[:1] == b"[" or _LOCATED.match(line) or _BARE.match(line)
        if engine or self._details >= _DETAIL_LIMIT or _PROGRESS.match(line):
            self._leave(line, n, start, end)
            return
        self._details += 1
        self._out.append(FaultDetail(n, start, self._fault[2], fields.text(line[:2000]).strip()))


def _kind_of(name: str, message: str) -> str:
    """The contracts' kind of a workflow fault."""
    if fields.no_space(message.encode("utf-8", "replace")):
        return "disk-full"
    if message.startswith("Directory cannot be locked"):
        return "locked"
    return fields.KNOWN_FAULTS.get(name, "workflow-error")


def _clean(line: bytes) -> bytes:
    """Without the colours of a captured terminal and without the carriage return of a CRLF."""
    if b"\x1b" in line:
        line = _COLOUR.sub(b"", line)
    return line.rstrip(b"\r")


def _members(lines: list[bytes]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Rule, jobid and logs of each job in a group error's list."""
    found: list[tuple[str, int, tuple[str, ...]]] = []
    rule = ""
    for line in lines:
        body = line.strip()
        if body.startswith(b"rule ") and body.endswith(b":"):
            rule = fields.text(body[5:-1])
        elif body.startswith(b"jobid: ") and body[7:].isdigit() and rule:
            found.append((rule, int(body[7:][:12]), ()))
        elif body.startswith(b"log: ") and found:
            found[-1] = (found[-1][0], found[-1][1], fields.names(body[5:]))
    return found
