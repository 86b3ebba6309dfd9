"""Which line of a failed job's log matters?

The last line that says what was wrong; where none does, the last line that says anything. The reason of a crash mostly
stands at the end of a traceback, so the later of two wins, but a missing command or a full disk wins over what follows
from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MESSAGE_LIMIT = 400

_ROOT = re.compile(
    r"command not found|No space left on device|Disk quota exceeded|Stale file handle|[Oo]ut of memory|oom-kill"
    r"|OUT_OF_MEMORY|Cannot allocate memory|bad_alloc|^\s*Killed\s*$|\bKilled\b.{0,40}$|No module named"
    r"|there is no package called|error while loading shared libraries|Segmentation fault|core dumped"
    r"|DUE TO TIME LIMIT|Input/output error|Transport endpoint|cannot execute"
)
_SAYS = re.compile(
    r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Failure)(?::|$)|\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b"
    r"|(?:^|[\s:\]])(?:error|fatal|panic|fatal error|failed)\s*:|^(?:Error|Fatal|Abort|FAILED|error|fatal)\b"
    r"|Permission denied|No such file or directory|Connection refused|timed out|mismatch|does not match"
    r"|not found$|checksum|Execution halted",
)
_HINTS = re.compile(
    r"\b(?:fail(?:ed|ing|s|ure)?|crash\w*|abort\w*|cannot|could not|can't|couldn't|unable to|invalid|unexpected|illegal"
    r"|corrupt\w*|truncated|malformed|refus\w+|denied)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(r"^[\s=\-*#~^_.]*$|^Execution halted$|^\s*File \".*\", line \d+|^\s+at \S+\(.*\)$")
_CALM = re.compile(r"^\W*(?:\S+\s+){0,3}\W*(?:INFO|DEBUG|TRACE|NOTICE)\b|\b0 (?:errors|failed)\b", re.IGNORECASE)


def line_that_matters(lines: Sequence[str]) -> int | None:
    """Its index; None where nothing but noise stands there."""
    says = root = hints = last = None
    for index, line in enumerate(lines):
        if _NOISE.match(line):
            continue
        last = index
        if _CALM.search(line):
            continue
        if _ROOT.search(line):
            root = index
        if _SAYS.search(line):
            says = index
        elif _HINTS.search(line):
            hints = index
    return next((one for one in (root, says, hints, last) if one is not None), None)


def says_why(line: str) -> bool:
    """Whether the line tells of an error, and is not only the last that was written before one."""
    if _NOISE.match(line) or _CALM.search(line):
        return False
    return any(pattern.search(line) for pattern in (_ROOT, _SAYS, _HINTS))


def clipped(line: str) -> str:
    """The line in one piece for a message."""
    return shortened(" ".join(line.split()), MESSAGE_LIMIT)


def shortened(text: str, width: int) -> str:
    """At most so many characters; where it was longer, it says so."""
    return text if len(text) <= width else text[: width - 1] + "…"
