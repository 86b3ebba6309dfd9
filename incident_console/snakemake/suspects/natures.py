"""Of what nature is a failed attempt, by its kind, its exit code and the line that matters?

The first row that fits is taken: a full disk also ends with a traceback, and a missing command with an exit code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from incident_console.snakemake.causes import Failure


@dataclass(frozen=True, slots=True)
class Nature:
    """A row fits when its kinds, exit codes or pattern do."""

    name: str
    kinds: frozenset[str] = frozenset()
    exit_codes: frozenset[int] = frozenset()
    pattern: re.Pattern[str] | None = None

    def fits(self, failure: Failure) -> bool:
        if failure.kind in self.kinds or failure.exit_code in self.exit_codes:
            return True
        return self.pattern is not None and self.pattern.search(failure.message) is not None


def _words(text: str) -> re.Pattern[str]:
    return re.compile(text)


NATURES: tuple[Nature, ...] = (
    Nature(
        "interrupted",
        kinds=frozenset({"interrupted"}),
        exit_codes=frozenset({130}),
        pattern=_words(r"on user request|died with SIGINT|KeyboardInterrupt"),
    ),
    Nature("missing-output", kinds=frozenset({"missing-output"})),
    Nature(
        "disk-full",
        kinds=frozenset({"disk-full"}),
        pattern=_words(r"No space left on device|[Dd]isk quota exceeded|Errno 28\b|Errno 122\b|[Dd]isk is full"),
    ),
    Nature(
        "lost-tool",
        exit_codes=frozenset({127}),
        pattern=_words(r"command not found|^\S*sh: .{0,200}: not found$|[Cc]ould not find executable"),
    ),
    Nature(
        "storage-error",
        pattern=_words(
            r"[Ss]tale (?:NFS )?file handle|Input/output error|Transport endpoint is not connected|Remote I/O error"
            r"|Errno (?:5|107|116|121)\b|Read-only file system"
        ),
    ),
    Nature(
        "lost-library",
        pattern=_words(
            r"No module named|there is no package called|error while loading shared libraries"
            r"|GLIBC\w*_[\d.]+. not found|Library not loaded|Can't locate \S+ in @INC|ModuleNotFoundError"
            r"|UnsupportedClassVersionError"
        ),
    ),
    Nature(
        "ended-by-scheduler",
        exit_codes=frozenset({143, 140, 152}),
        pattern=_words(
            r"DUE TO TIME LIMIT|\bTIMEOUT\b|\bCANCELLED\b|\bPREEMPTED\b|\bNODE_FAIL\b|\bDEADLINE\b|died with SIGTERM"
            r"|died with SIGXCPU|wall(?:time|clock) limit"
        ),
    ),
    Nature(
        "out-of-memory",
        exit_codes=frozenset({137}),
        pattern=_words(
            r"[Oo]ut of memory|OUT_OF_ME|oom[-_ ]?kill|Cannot allocate memory|std::bad_alloc|MemoryError"
            r"|OutOfMemoryError|cannot allocate vector|died with SIGKILL|^(?:.*: line \d+: +\d+ )?Killed\b"
        ),
    ),
    Nature(
        "crashed",
        exit_codes=frozenset({132, 134, 135, 136, 139}),
        pattern=_words(
            r"died with SIG(?:SEGV|ABRT|BUS|FPE|ILL|TRAP)|[Ss]egmentation fault|core dumped|Illegal instruction"
        ),
    ),
    Nature(
        "not-permitted",
        exit_codes=frozenset({126}),
        pattern=_words(
            r"[Pp]ermission denied|Operation not permitted|PermissionError|cannot execute|Exec format error"
        ),
    ),
    Nature(
        "network",
        pattern=_words(
            r"[Cc]onnection (?:refused|reset|timed out)|[Nn]ame or service not known|[Nn]ame resolution"
            r"|[Cc]ould not resolve host|[Nn]etwork is unreachable|No route to host|50[234] (?:Bad|Service|Gateway)"
            r"|[Rr]ead timed out|SSL(?:Error|: )"
        ),
    ),
    Nature(
        "environment",
        pattern=_words(
            r"CreateCondaEnvironmentException|CondaError|(?:apptainer|singularity).{0,40}(?:FATAL|failed|error)"
            r"|FATAL: +(?:While|Unable|container)|[Uu]nable to locate a modulefile"
        ),
    ),
    Nature(
        "checksum",
        pattern=_words(
            r"(?:sha\d*|md5|[Cc]hecksum|[Dd]igest|[Hh]ash)\w*\b.{0,80}(?:mismatch|differ|not match|changed|FAILED)"
            r"|(?:mismatch|not match).{0,80}(?:sha\d*|md5|[Cc]hecksum|[Dd]igest|[Hh]ash)"
            r"|: FAILED$|computed checksum"
        ),
    ),
    Nature(
        "absent-file", pattern=_words(r"No such file or directory|FileNotFoundError|[Ff]ile .{1,200} does not exist")
    ),
    Nature("killed", kinds=frozenset({"killed"})),
    Nature("tool", kinds=frozenset({"nonzero-exit"})),
)


def nature_of(failure: Failure) -> str:
    """The name of the first row of NATURES that fits; the kind itself where none does."""
    return next((nature.name for nature in NATURES if nature.fits(failure)), failure.kind)
