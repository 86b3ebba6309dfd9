"""Does a line of a log say that something failed?

By its level, or by words that tools use for a failure; nothing is interpreted beyond that. What comes first in the
line decides: `INFO retrying after ERROR` is no error, `ERROR no INFO field` is one. `ERROR_RATE=0` is a name, no level.
"""

import re

CANDIDATES = (
    *(b"error", b"fatal", b"traceback", b"exception", b"exit", b"critical", b"severe", b"panic", b"emerg", b"alert"),
    *(b"segmentation", b"core dumped", b"killed", b"no space left", b"command not found", b"permission denied"),
    *(b"out of memory", b"failed"),
)
"""In lower case: a line without any of these is never an error, so a search can skip to the next of them."""

LOOK_AT = 4 * 1024
_LEVEL = re.compile(
    rb"(?<![\w./-])(?:(?P<calm>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING)"
    rb"|(?P<bad>ERROR|ERR|FATAL|CRITICAL|CRIT|SEVERE|ALERT|EMERG|PANIC))(?![\w/-]|\.\w)"
    rb"|\blevel=\"?(?:(?P<calm2>trace|debug|info|warn|warning)|(?P<bad2>error|fatal|critical|panic))\b"
    rb"|\[(?:(?P<calm3>trace|debug|info|warn|warning)|(?P<bad3>error|fatal|critical))\]"
)
_WORDS = re.compile(
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


def is_error(line: bytes) -> bool:
    """True when the line states a failure. Looks at its first 4 KiB; costs about a microsecond."""
    line = line[:LOOK_AT]
    lowered = line.lower()
    if not any(word in lowered for word in CANDIDATES):
        return False
    words = _WORDS.search(line)
    level = _LEVEL.search(line)
    if level and (not words or level.start() <= words.start()):
        return bool(level["bad"] or level["bad2"] or level["bad3"])
    return words is not None
