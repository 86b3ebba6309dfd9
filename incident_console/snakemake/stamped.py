"""What follows a timestamp: a job's block, an end, an error, or text that imitates one?"""

from __future__ import annotations

import re

from incident_console.snakemake import fields
from incident_console.snakemake.blocks import started_of
from incident_console.snakemake.known import DONE
from incident_console.snakemake.logevents import Finished, JobStarted
from incident_console.snakemake.trouble import Trouble

FIELD_LIMIT = 64
"""Lines of a job's block."""
_LOOSE_LIMIT = 64
_APART = 200
"""Lines between a timestamp and its block, where another thread wrote between them."""

HEAD = re.compile(rb"(local)?(rule|checkpoint) ([^\s:]+):$")
_MESSAGE_HEAD = re.compile(rb"Job (\d{1,12}): (.*)")
_FINISHED = re.compile(rb"Finished (?:jobid: (\d{1,12}) \(Rule: (\S+)\)|job (\d{1,12})\.)$")
_ERROR_HEAD = re.compile(rb"Error in rule ([^\s:]+):$")
GROUP_HEAD = re.compile(rb"[Gg]roup job (.+) \(jobs in lexicogr\. order\):$")
_GROUP_ERROR = re.compile(rb"(?:    message: )?Error in group (.+?):?$")


class Stamped(Trouble):
    """States from a timestamp on."""

    def _stamp(self, line: bytes, n: int, start: int, inside: bool) -> bool:
        """Whether `line` is a timestamp alone; what follows is then looked at as a possible block."""
        indent = 4 if line[:1] == b" " else 0
        if len(line) != 26 + indent or line[-1:] != b"]" or (at := fields.stamp(line[indent:])) is None:
            return False
        if self._on is not self._after_stamp:
            self._base = self._on
            self._inside = inside
        self._at, self._apart = at, False
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
        elif (found := HEAD.match(body)) is not None:
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
        elif (found := GROUP_HEAD.match(body)) is not None and not self._inside:
            self._accept()
            self._group = (fields.text(found[1]), [])
        elif body or n > self._stamp_line + 1:
            if not indent and not self._inside and self._own_words():
                self._loose = [*self._loose[1 - _LOOSE_LIMIT :], (self._at, self._stamp_line)]
            if not self._stamp(line, n, start, self._inside):
                self._reject(line, n, start, end)

    def _own_words(self) -> bool:
        """Whether what is read is the engine's own: nothing foreign came before it, or a command's whole exception."""
        return not self._suspect or bool(self._raised)

    def _unstamped(self, line: bytes, n: int, start: int, end: int) -> bool:
        """Whether `line` is the head of a block whose timestamp stands apart from it.

        Jobs of 7 and 8 end in threads, and a timestamp is written by itself: of two that end at once one's lines may
        stand between the other's. A timestamp is good for one block, of a job that is running.
        """
        error = _ERROR_HEAD.match(line)
        finished = _FINISHED.match(line) if error is None else None
        if (error is None and finished is None) or not self._own_words():
            return False
        self._loose = [one for one in self._loose if n - one[1] <= _APART and not self._known.is_old(one[0])]
        if not self._loose or (finished is not None and not self._known.running((int(finished[1] or finished[3]),))):
            return False
        self._at, _ = self._loose.pop(0)
        self._base, self._inside, self._apart = self._plain, False, True
        self._stamp_line, self._stamp_start, self._stamp_indent = n, start, 0
        if finished is not None:
            self._finish(finished, line, n, start, end)
        elif error is not None:
            self._candidate(error, n, start, 0)
            self._on = self._erring
        return True

    def _candidate(self, head: re.Match[bytes], n: int, start: int, indent: int) -> None:
        self._head, self._head_line, self._head_start = head, n, start
        self._fields = []
        self._pad = b" " * (indent + 4)

    def _reject(self, line: bytes, n: int, start: int, end: int) -> None:
        """An imitation: back to what it stands in, with the line that gave it away."""
        self._on = self._base
        if self._base is self._plain and line[:6] not in self._table:
            self._suspect = True
        self._on(line, n, start, end)

    def _accept(self) -> None:
        self._close_block()
        self._suspect = False
        self._known.last_at = self._at
        self._on = self._plain

    def _finish(self, found: re.Match[bytes], line: bytes, n: int, start: int, end: int) -> None:
        jobid, rule = int(found[1] or found[3]), self._known.name(found[2] or b"")
        if not self._known.may_finish(jobid, rule, self._at, inside=self._inside, suspect=self._suspect):
            self._reject(line, n, start, end)
            return
        self._accept()
        self._ended(n, start, self._at, jobid, rule)

    def _ended(self, n: int, start: int, at: float, jobid: int, rule: str) -> None:
        self._known.ends(jobid, rule, DONE)
        self._out.append(Finished(n, start, at, jobid, rule or self._known.rule.get(jobid, "")))

    def _starting(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(self._pad) and len(self._fields) < FIELD_LIMIT:
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
        old = self._known.is_old(self._at)
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
