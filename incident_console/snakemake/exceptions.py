"""What do the exceptions in a run log say: of a job's command, or of the workflow itself?"""

from __future__ import annotations

import re
from abc import abstractmethod

from incident_console.snakemake import fields
from incident_console.snakemake.blocks import Raised
from incident_console.snakemake.context import Context
from incident_console.snakemake.logevents import Exiting, FaultDetail, RuleRaised, WorkflowFault

_PENDING_LIMIT = 64
_DETAIL_LIMIT = 12
_LOCATED = re.compile(rb"([A-Z]\w*)(?: in rule ([^\s,]+))? in file (?:.+), line \d+([:.])$")
_BARE = re.compile(rb"([A-Z]\w*(?:Error|Exception|Failure))([:.])$")
_LAST_OF_TRACEBACK = re.compile(rb"[A-Za-z_][\w.]*(?:: .*)?$")


class Exceptions(Context):
    """States from the first line of an exception on."""

    def _exception(self, line: bytes, n: int, start: int, end: int) -> bool:
        """Whether `line` begins an exception; then the state is another."""
        located = _LOCATED.match(line)
        head = located or _BARE.match(line)
        if head is None:
            if not line.startswith(b"Error: "):
                return False
            self._fault = ("Error", "", n, start)
            self._emit_fault(fields.text(line[7:]), n)
            return True
        name = fields.text(head[1])
        rule = fields.text(located[2] or b"") if located else ""
        if name == "CalledProcessError":
            self._raising = Raised(n, start)
            self._on = self._raised_message
            return True
        self._fault = (name, rule, n, start)
        if name == "MissingOutputException":
            self._on = self._missing_output
        elif line.endswith(b"."):
            self._emit_fault("", n)
        else:
            self._on = self._fault_message
        return True

    @abstractmethod
    def _missing_output(self, line: bytes, n: int, start: int, end: int) -> None: ...

    @abstractmethod
    def _escapes(self, line: bytes, n: int, start: int, end: int) -> bool: ...

    # -- of a command ------------------------------------------------------------------------------------------------

    def _rule_exception(self, line: bytes, n: int, start: int, end: int) -> None:
        if line == b"RuleException:":
            self._raising = Raised(n, start)
            self._on = self._raised_class
        elif not self._exception(line, n, start, end):
            self._suspect = True

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
        elif line.startswith(b"Command '"):
            self._on = self._command
            self._command(line[9:], n, start, end)
        else:
            raising.until = n
            said = fields.text(line[:500])
            raising.message = f"{raising.name}: {said}" if raising.name else said
            if fields.no_space(line):
                raising.kind = "disk-full"
            self._emit_raised(raising)
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
        if result is not None:
            self._on = self._plain
            if raising is not None:
                raising.kind, raising.exit_code, raising.message = result
                self._emit_raised(raising)

    def _emit_raised(self, raising: Raised) -> None:
        self._raised.append(raising)
        del self._raised[:-_PENDING_LIMIT]
        self._out.append(
            RuleRaised(raising.line, raising.offset, raising.rule, raising.kind, raising.exit_code, raising.message)
        )

    # -- of the workflow ---------------------------------------------------------------------------------------------

    def _traceback(self, line: bytes, n: int, start: int, end: int) -> None:
        # `Full Traceback` (--verbose) is followed by the same error in plain words; a bare one is the engine's crash.
        if line == b"Traceback (most recent call last):" and not self._suspect:
            self._on = self._crashed
        elif not line.startswith(b"Full Traceback (most"):
            self._suspect = True

    def _crashed(self, line: bytes, n: int, start: int, end: int) -> None:
        if line.startswith(b"  "):
            return
        if _LAST_OF_TRACEBACK.match(line):
            name, _, message = line.partition(b": ")
            self._fault = (fields.text(name), "", n, start)
            self._emit_fault(fields.text(message), n)
        else:
            self._leave(line, n, start, end)

    def _fault_message(self, line: bytes, n: int, start: int, end: int) -> None:
        engine = line[:6] in self._table and not (line.startswith(b"Rules ") and line.endswith(b"."))
        if not line or engine or fields.stamp(line) is not None:
            self._emit_fault("", n - 1)
            self._leave(line, n, start, end)
        elif line.startswith(b"At least one job did not complete successfully"):
            self._out.append(Exiting(n, start))
            self._on = self._plain
        else:
            self._emit_fault(fields.text(line), n)

    def _emit_fault(self, message: str, until: int) -> None:
        name, rule, n, start = self._fault
        kind = _kind_of(name, message)
        # Before the first job there is no command whose text could imitate it.
        certain = not self._suspect or not self._known
        self._out.append(WorkflowFault(n, start, kind, name, message[:2000], rule, certain=certain))
        # A job's error block that follows directly makes it the job's.
        text = self._fault_text = Raised(n, start)
        text.kind, text.message, text.until = kind, f"{name}: {message[:500]}", until
        self._details = 0
        self._on = self._fault_detail

    def _fault_detail(self, line: bytes, n: int, start: int, end: int) -> None:
        if not line:
            return
        engine = line[:6] in self._table or line[:1] == b"[" or _LOCATED.match(line) or _BARE.match(line)
        if engine or self._details >= _DETAIL_LIMIT or line.endswith(b"%) done"):
            self._leave(line, n, start, end)
            return
        self._details += 1
        if self._fault_text is not None:
            self._fault_text.until = n
        self._out.append(FaultDetail(n, start, self._fault[2], fields.text(line[:2000]).strip()))


def _kind_of(name: str, message: str) -> str:
    """The contracts' kind of a workflow fault."""
    if fields.no_space(message.encode("utf-8", "replace")):
        return "disk-full"
    if message.startswith("Directory cannot be locked"):
        return "locked"
    return fields.KNOWN_FAULTS.get(name, "workflow-error")
