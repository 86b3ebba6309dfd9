"""How do the blocks of a run log become events? A job's block, an error's block, an exception's text."""

from __future__ import annotations

import re

from incident_console.snakemake import fields
from incident_console.snakemake.logevents import JobError, JobFailing, JobStarted

_COMMAND_LIMIT = 400
_MESSAGE_LIMIT = 500
COMMAND_LINE = 200


CAME = "; there when it was given up, and removed: "
"""Stands in the message of missing outputs before those that came too late by a moment."""


class Raised:
    """A `RuleException:` text being read, or waiting for the error block that it explains."""

    __slots__ = (
        "command",
        "exit_code",
        "first",
        "kind",
        "length",
        "line",
        "message",
        "name",
        "offset",
        "rule",
        "until",
    )

    def __init__(self, line: int, offset: int) -> None:
        self.line, self.offset, self.until = line, offset, line
        self.name = self.rule = self.message = ""
        self.kind = "nonzero-exit"
        self.exit_code: int | None = None
        self.command = self.first = b""
        self.length = 0
        """Lines of the command; `first` is the first that is not blank."""

    def add_command(self, line: bytes) -> None:
        """Take a line of the command: what it begins with finds the block that shows the same command."""
        self.length += 1
        if len(self.command) < _COMMAND_LIMIT:
            plain = line.strip().removeprefix(b"set -euo pipefail;").strip()
            self.command = (self.command + plain)[:_COMMAND_LIMIT]
            self.first = self.first or plain[:COMMAND_LINE]

    def is_of(self, command: bytes) -> bool:
        """Whether this is about the job that ran `command`, of which both may be only the beginning."""
        return command in self.command or (bool(self.command) and self.command in command)


class Block:
    """An error block being read; its range grows line by line."""

    __slots__ = (
        "at",
        "command",
        "depth",
        "end",
        "exit_code",
        "external_id",
        "first_line",
        "group",
        "jobid",
        "kind",
        "last_line",
        "last_shown",
        "line",
        "logs",
        "message",
        "offset",
        "raised",
        "restarting",
        "rule",
        "shell_lines",
        "start",
        "stopping",
    )

    def __init__(
        self, rule: str, jobid: int, at: float | None, line: int, offset: int, first_line: int, start: int
    ) -> None:
        self.rule, self.jobid, self.at = rule, jobid, at
        self.line, self.offset = line, offset
        self.first_line, self.start = first_line, start
        self.last_line, self.end = line, offset
        self.kind, self.message = "nonzero-exit", ""
        self.exit_code: int | None = None
        self.external_id: str | None = None
        self.group: str | None = None
        self.logs: tuple[str, ...] = ()
        self.command = b""
        self.last_shown = ""
        self.shell_lines = 0
        self.depth = 4
        self.raised: Raised | None = None
        self.restarting = False
        self.stopping = ""
        """Whether somebody had asked the engine to stop: `at once`, `gracefully`, or not at all."""

    def touch(self, line: int, end: int) -> None:
        self.last_line, self.end = line, end

    def field(self, line: bytes) -> bool:
        """Take one indented line; True where the `shell:` section begins, whose text may be anything."""
        name, _, value = line[self.depth :].partition(b":")
        if name == b"shell":
            return True
        value = value.strip()
        if name == b"log":
            self.logs = fields.names(value)
        elif name in (b"external_jobid", b"cluster_jobid"):
            self.external_id = fields.text(value).removeprefix("Submitted batch job ")
        elif name == b"message" and value != b"None":
            self.message = fields.text(value[:_MESSAGE_LIMIT])
            if fields.killed_by_cluster(self.message):
                self.kind = "killed"
        if fields.no_space(value):
            self.kind = "disk-full"
        return False

    def shell_may_end(self) -> bool:
        """Whether the `shell:` section may be over: the exception showed the same command, so its length is known."""
        raised = self.raised
        if raised is None or not self.command or not raised.first.startswith(self.command):
            return True
        return self.shell_lines >= raised.length

    def shown(self, body: bytes) -> None:
        """Take one line of a shown log: the last one usually says what was wrong."""
        self.last_shown = fields.text(body[:_MESSAGE_LIMIT])
        if fields.no_space(body):
            self.kind = "disk-full"

    def came(self, names: tuple[str, ...]) -> None:
        """Take what the engine removed when it gave the job up: outputs that were missing were there by then."""
        if self.kind == "missing-output":
            named = self.message.partition("missing: ")[2].split(", ")
            came = [name for name in names if name in named or named == [""]]
            if came and len(self.message) < _MESSAGE_LIMIT:
                self.message += f"{CAME}{', '.join(came)}"

    def missing(self, name: str) -> None:
        """Take the name of a missing output, as `PATH (missing locally, …)`."""
        if len(self.message) < _MESSAGE_LIMIT:
            self.message += (": " if self.message.endswith("missing") else ", ") + name.split(" (missing")[0].strip()


def started_of(
    where: tuple[int, int, float],
    head: re.Match[bytes],
    rule: str,
    lines: list[bytes],
    depth: int,
    group: str | None,
    message: str | None = None,
) -> JobStarted | None:
    """The event of a job's block, or None where it has no jobid and so is none. `where`: line, offset, time."""
    numbers = (line[depth + 7 :] for line in lines if line.startswith(b"jobid: ", depth))
    number = next(numbers, b"")
    if not number.isdigit() or len(number) > 12:
        return None
    local = checkpoint = False
    if message is None:
        local, checkpoint = head[1] is not None, head[2] == b"checkpoint"
    block = b"\n".join((*lines, b""))
    return JobStarted(*where, int(number), rule, local, checkpoint, group, message, block)


def members(lines: list[bytes]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Rule, jobid and logs of each job in a group error's list."""
    found: list[tuple[str, int, tuple[str, ...]]] = []
    rule = ""
    for line in lines:
        name, _, value = line.strip().partition(b": ")
        if name.startswith(b"rule ") and name.endswith(b":"):
            rule = fields.text(name[5:-1])
        elif name == b"jobid" and value.isdigit() and len(value) < 12 and rule:
            found.append((rule, int(value), ()))
        elif name == b"log" and found:
            found[-1] = (found[-1][0], found[-1][1], fields.names(value))
    return found


def _cause(block: Block, raised: Raised | None) -> tuple[str, int | None, str]:
    """Kind, exit code and sentence of a failure, from the block and the exception that goes with it."""
    kind, exit_code, said = block.kind, block.exit_code, block.message
    if raised is not None:
        kind = raised.kind if kind == "nonzero-exit" else kind
        exit_code = raised.exit_code
        said = said or raised.message
    # Ctrl-C reaches the tools too, and they then seem to have failed; asked to end gracefully, only killed ones do.
    if kind in ("nonzero-exit", "killed") and (
        exit_code == 130 or block.stopping == "at once" or (block.stopping and kind == "killed")
    ):
        kind = "interrupted"
    if not said:
        said = "non-zero exit" if block.group is None else f"group {block.group} failed; not every member need have"
    if block.last_shown:
        said = f"{said}: {block.last_shown}"
    return kind, exit_code, said


def failing_of(block: Block) -> JobFailing:
    kind, exit_code, message = _cause(block, block.raised)
    return JobFailing(
        block.line,
        block.offset,
        block.at,
        block.jobid,
        block.rule,
        kind,
        exit_code,
        message,
        block.logs,
        block.group,
        block.first_line,
    )


def error_of(block: Block, raised: Raised | None) -> JobError:
    kind, exit_code, message = _cause(block, raised)
    return JobError(
        block.line,
        block.offset,
        block.at,
        block.jobid,
        block.rule,
        kind,
        exit_code,
        message,
        block.logs,
        block.external_id,
        block.group,
        block.first_line,
        block.last_line,
        block.start,
        block.end,
        block.restarting,
        raised.line if raised is not None else None,
    )
