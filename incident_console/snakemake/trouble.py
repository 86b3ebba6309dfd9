"""Where does a failed job's error block begin and end, and what does it say?"""

from __future__ import annotations

import re

from incident_console.snakemake import fields
from incident_console.snakemake.blocks import COMMAND_LINE, Block, Raised, error_of, failing_of, members
from incident_console.snakemake.exceptions import Exceptions
from incident_console.snakemake.known import FAILED
from incident_console.snakemake.logevents import Restarting

_RESTART = re.compile(rb"Trying to restart job (\d{1,12})\.$")
_MISSING_OUTPUT = re.compile(rb"Job (?:(\d{1,12}) +)?completed successfully, but some output files are missing")
_COMPLETE = re.compile(rb"Complete log(?:\(s\))?: .*?([^/]+\.snakemake\.log)$")
_SHELL_END = (
    b"(command exited with non-zero exit code)",
    b"(one of the commands exited with non-zero exit code; note that snakemake uses bash strict mode!)",
)
_MESSAGE_LINES = 20
_NAMES_LINE = 10_000
_MEMBER_LINES = 10_000


class Trouble(Exceptions):
    """States from `Error in rule` on."""

    def _erring(self, line: bytes, n: int, start: int, end: int) -> None:
        """After `Error in rule`, until the jobid tells whether to believe it."""
        head = self._head
        assert head is not None
        pad = self._pad
        jobid_text = line[len(pad) + 7 :]
        if line.startswith(pad + b"jobid: ") and jobid_text.isdigit() and len(jobid_text) < 12:
            jobid, rule = int(jobid_text), self._known.name(head[1])
            known = self._known
            may = known.may_fail(jobid, rule, self._at, inside=self._inside, suspect=self._suspect)
            if not may or (self._apart and not known.may_fail_apart(jobid, rule)):
                self._reject(line, n, start, end)
                return
            self._accept()
            block = self._new_block(rule, jobid)
            block.depth = len(pad)
            block.group = self._group[0] if self._group and self._stamp_indent else None
            for field in self._fields:
                block.field(field)
            self._open(block, n, end)
        elif line.startswith(pad) or (self._fields and len(self._fields) < _MESSAGE_LINES and line[:1] not in b"["):
            self._fields.append(line)
        else:
            self._reject(line, n, start, end)

    def _new_block(self, rule: str, jobid: int) -> Block:
        block = Block(rule, jobid, self._at, self._head_line, self._head_start, self._stamp_line, self._stamp_start)
        block.stopping = self._stopping
        return block

    def _open(self, block: Block, n: int, end: int) -> None:
        block.touch(n, end)
        # Two jobs may fail at once: an exception belongs to the block only where it is alone, or its command fits.
        alone = self._raised[0] if len(self._raised) == 1 else None
        near = self._fault_text
        if near is not None and near.until + 1 == block.first_line:
            block.raised = near
        elif alone is not None:
            block.raised = alone
        if block.raised is not None and block.raised.until + 1 == block.first_line:
            block.first_line, block.start = block.raised.line, block.raised.offset
        self._block = block
        self._known.ends(block.jobid, block.rule, FAILED)
        self._out.append(failing_of(block))
        self._on = self._error_block

    def _error_block(self, line: bytes, n: int, start: int, end: int) -> None:
        block = self._block
        if block is None:
            self._leave(line, n, start, end)
            return
        if not line:
            return
        if line.startswith((b"[", b"    [")) and self._stamp(line, n, start, inside=False):
            return
        body = line[4:] if block.depth > 4 and line.startswith(b"    ") else line
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
        elif (found := _RESTART.match(line)) and int(found[1]) == block.jobid:
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
        if self._block is not None and line and line[:6] not in self._table and fields.stamp(line) is None:
            self._block.touch(n, end)
            self._block.came(fields.names(line[:_NAMES_LINE]))
        else:
            self._error_block(line, n, start, end)

    def _error_shell(self, line: bytes, n: int, start: int, end: int) -> None:
        """The failed command: any text at all, up to the engine's closing remark."""
        block = self._block
        if block is None or self._escapes(line, n, start, end):
            return
        block.touch(n, end)
        if line.strip() in _SHELL_END and block.shell_may_end():
            self._on = self._error_block
            return
        block.shell_lines += 1
        block.command = block.command or line.strip()[:COMMAND_LINE]

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
        if line.startswith((b"[", b"    [")) and self._stamp(line, n, start, inside=True):
            return True
        found = _COMPLETE.match(line)
        if found is not None and found[1] == self._own_name:
            self._close_block()
            self._leave(line, n, start, end)
            return True
        return False

    def _group_erring(self, line: bytes, n: int, start: int, end: int) -> None:
        """`Error in group`: names all members, the ones that succeeded too; 9 gives each its own block after it."""
        head = self._head
        assert head is not None
        if line.startswith(b"    ") and line[:5] != b"    [" and len(self._fields) < _MEMBER_LINES:
            self._fields.append(line)
            return
        named = members(self._fields)
        wanted = [member for member in named if self._known.running((member[1],))]
        if not wanted or (self._inside and len(wanted) < len(named)):
            self._reject(line, n, start, end)
            return
        self._accept()
        self._group = (fields.text(head[1]), [jobid for _, jobid, _ in wanted])
        for rule, jobid, log in wanted:
            block = self._new_block(rule, jobid)
            block.group, block.logs = self._group[0], log
            self._open(block, n - 1, start)
            self._close_block()
        self._leave(line, n, start, end)

    def _missing_output(self, line: bytes, n: int, start: int, end: int) -> None:
        """A MissingOutputException has no `Error in rule` block and its job no `Finished`: it is the block."""
        _, rule, first_line, offset = self._fault
        found = _MISSING_OUTPUT.match(line)
        jobid = -1
        if found is not None:
            fitting = (jobid for jobid, known in self._known.rule.items() if known == rule)
            running = (jobid for jobid in fitting if self._known.running((jobid,)))
            jobid = int(found[1]) if found[1] else next(running, -1)
        known = self._known.rule.get(jobid, "")
        if not self._known.running((jobid,)) or (known and rule and known != rule):
            self._suspect = True
            self._leave(line, n, start, end)
            return
        self._close_block()
        self._suspect = False
        block = Block(rule or known, jobid, None, first_line, offset, first_line, offset)
        block.kind, block.message = "missing-output", "completed, but output files are missing"
        block.stopping = self._stopping
        self._open(block, n, end)
        self._on = self._missing_files

    def _missing_files(self, line: bytes, n: int, start: int, end: int) -> None:
        block = self._block
        if block is None or not line or line[:6] in self._table or line.startswith((b"[", b"    [")):
            self._on = self._error_block
            self._error_block(line, n, start, end)
        else:
            block.touch(n, end)
            block.missing(fields.text(line[:1000]))

    def _raised_for(self, block: Block) -> Raised | None:
        """The exception that explains a block: the only one, or the one with its command."""
        if block.raised is not None or block.kind == "missing-output":
            return block.raised
        if block.command:
            fits = (raised for raised in self._raised if raised.is_of(block.command))
            return next(fits, None)
        return self._raised[0] if self._raised and not block.group else None

    def _close_block(self) -> None:
        block = self._block
        if block is None:
            return
        self._block = None
        raised = self._raised_for(block)
        if raised in self._raised:
            self._raised.remove(raised)
        self._out.append(error_of(block, raised))

    def _restart(self, line: bytes, n: int, start: int, end: int) -> None:
        found = _RESTART.match(line)
        if found and self._known.stand.get(int(found[1])) == FAILED:
            self._out.append(Restarting(n, start, int(found[1])))
