"""Which level does a line of a log state: error, warning, info or debug?

By its level word, or by words that tools use for a failure or a warning; nothing is interpreted beyond that. What comes
first in the line decides: `INFO retrying after ERROR` is no error, `ERROR no INFO field` is one. `ERROR_RATE=0` is a
name, no level.
"""

import re
from enum import IntEnum

LOOK_AT = 4 * 1024
"""Bytes of a line that are looked at."""
REACH = 64 * 1024
"""Bytes behind a line of a level in which lines without one belong to it."""


class Level(IntEnum):
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


ERROR_KEYS = (
    *(b"rror", b"ERR", b"atal", b"FATAL", b"ritical", b"CRIT", b"SEVERE", b"ALERT", b"EMERG", b"anic", b"PANIC"),
    *(b"xception", b"Interrupt:", b"Traceback (most recent call last)", b"exit", b"egmentation fault", b"core dumped"),
    *(b"ut of memory", b"oom-kill", b"o space left on device", b"command not found", b"ermission denied", b"Killed"),
)
"""A line without any of these is never an error, so a search can skip to the next of them."""
WARNING_KEYS = (b"WARN", b"arn")
"""The same for warnings, beyond those."""

_WORDS = {
    **dict.fromkeys((b"TRACE", b"DEBUG", b"trace", b"debug"), Level.DEBUG),
    **dict.fromkeys((b"INFO", b"NOTICE", b"info", b"notice"), Level.INFO),
    **dict.fromkeys((b"WARN", b"WARNING", b"warn", b"warning"), Level.WARNING),
    **dict.fromkeys((b"ERROR", b"ERR", b"FATAL", b"CRITICAL", b"CRIT"), Level.ERROR),
    **dict.fromkeys((b"SEVERE", b"ALERT", b"EMERG", b"PANIC"), Level.ERROR),
    **dict.fromkeys((b"error", b"fatal", b"critical", b"panic"), Level.ERROR),
}
_PART_OF_A_NAME = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")
# Each begins with plain letters: `re` skips to those, which is many times faster than looking behind at every byte.
_UPPER = re.compile(
    rb"[TDINWEFCSAP](?:RACE|EBUG|NFO|OTICE|ARN(?:ING)?|RR(?:OR)?|ATAL|RIT(?:ICAL)?|EVERE|LERT|MERG|ANIC)(?![\w/-]|\.\w)"
)
_LOWER = rb"(trace|debug|info|notice|warn|warning|error|fatal|critical|panic)"
_KEYED = re.compile(rb"level(?:=\"?|\": ?\")" + _LOWER + rb"(?![\w-])")
_BRACKETED = re.compile(rb"\[" + _LOWER + rb"\]")
_HINT = re.compile(b"|".join(map(re.escape, ERROR_KEYS)))
_FAILURE = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|(?<![\w./-])(?:\w+\.)*\w{0,64}(?:Error|Exception|Interrupt):(?:\s|$)"
    rb"|^\s*(?:\w+\.)*\w{1,64}(?:Error|Exception)\s*$"
    rb"|(?:^|[\]:]\s|^\[[^]]*\]\s)(?:fatal |internal )?(?:error|fatal|panic|exception)(?::| in | at )"
    rb"|^(?:Error|Fatal|Exception)\b(?! rate)"
    rb"|\b(?:exit(?:ed)?(?: with)?(?: (?:code|status|value))|exit_code|exitcode)[ =:]+-?[1-9]\d*\b"
    rb"|non-?zero exit"
    rb"|[Ss]egmentation fault|core dumped|\b[Oo]ut of memory\b|\boom-kill|[Nn]o space left on device"
    rb"|: command not found|[Pp]ermission denied|(?:^|[:\s])Killed(?:\s|$)"
)
_CAUTION = re.compile(rb"(?<![\w./-])(?:(?:\w+\.)*\w{0,64}Warning|warning):(?:\s|$)|^Warning\b")

_COLOURS = re.compile(rb"\x1b\[[0-9;:]{0,64}m")
"""A level in colour stands behind the `m` of its colour, which is no part of a name."""


def level_of(line: bytes) -> Level | None:
    """The level of one line by itself; None where it has none. Some two microseconds."""
    return stated(line)[0]


def stated(line: bytes) -> tuple[Level | None, bool]:
    """The level of one line, and whether a level word says so (else: words of a failure or a warning do)."""
    line = line[:LOOK_AT]
    if b"\x1b" in line:
        line = _COLOURS.sub(b"", line)
    level, first = _level_word(line)
    words = None
    # Words of a failure count when they begin before the level word.
    head = line[: first + 40] if level else line
    if _HINT.search(head) and (found := _FAILURE.search(line)) and found.start() < first:
        words, first = Level.ERROR, found.start()
    if b"arning" in head and (found := _CAUTION.search(line)) and found.start() < first:
        words = Level.WARNING
    return (words, False) if words else (level, level is not None)


def _level_word(line: bytes) -> tuple[Level | None, int]:
    """The first one and where it stands."""
    level, first = None, len(line) + 1
    for found in _UPPER.finditer(line):
        at = found.start()
        if found[0] in _WORDS and (not at or line[at - 1] not in _PART_OF_A_NAME):
            level, first = _WORDS[found[0]], at
            break
    for lower in (_KEYED, _BRACKETED):
        if (other := lower.search(line)) and other.start() < first:
            level, first = _WORDS[other[1]], other.start()
    return level, first


_ENTRY = re.compile(rb"\[?(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d)")
"""How a line begins that has a time of its own, and so is no part of the one before."""


class Levels:
    """The level of every line of a text, read in order: a line without one belongs to a line before it.

    Behind a line with a level word that is every line up to the next level word, `REACH` bytes at most, so that a
    traceback under an ERROR line stays with it. Behind a line that only words make an error (`Traceback …`) it is the
    indented lines. A line with a time of its own, and what belongs to nothing, counts as info.
    """

    def __init__(self) -> None:
        self._carried = self._under = Level.INFO
        self._left = 0

    def of(self, line: bytes) -> Level:
        own, by_level_word = stated(line)
        if own is not None:
            self._under = own
            if by_level_word or self._left <= 0:
                self._left = REACH
                self._carried = own if by_level_word else Level.INFO
            return own
        self._left -= len(line) + 1
        if self._left <= 0 or _ENTRY.match(line):
            self._left = 0
            self._carried = self._under = Level.INFO
        elif line[:1] not in (b" ", b"\t"):
            self._under = self._carried
        return self._under

    def may_go_on(self, least: Level) -> bool:
        """The next line may have that level without saying so."""
        return self._left > 0 and max(self._carried, self._under) >= least
