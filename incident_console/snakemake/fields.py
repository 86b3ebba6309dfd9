"""What do the single lines of a run log mean? Pure functions over bytes without a line end."""

from __future__ import annotations

import re
import time

KNOWN_FAULTS = {
    "LockException": "locked",
    "IncompleteFilesException": "incomplete-files",
    "MissingInputException": "missing-input",
    "MissingOutputException": "missing-output",
    "CyclicGraphException": "cyclic-graph",
    "AmbiguousRuleException": "ambiguous-rules",
    "MissingRuleException": "missing-rule",
    "InputFunctionException": "input-function",
    "SyntaxError": "syntax-error",
    "IndentationError": "syntax-error",
    "TabError": "syntax-error",
    "TokenError": "syntax-error",
}
_NO_SPACE = re.compile(rb"No space left on device|Disk quota exceeded|\[Errno 28\]|\[Errno 122\]")
_KILLED_BY_CLUSTER = re.compile(r"OUT_OF_ME|TIMEOUT|CANCELLED|PREEMPTED|NODE_FAIL|DEADLINE")
EXIT = re.compile(
    rb"' (?:returned non-zero exit status (\d+)|died with <Signals\.(\w+): (\d+)>|died with unknown signal (\d+))\.$"
)
_MONTHS = {b"JanFebMarAprMayJunJulAugSepOctNovDec"[3 * i : 3 * i + 3]: i + 1 for i in range(12)}
_STAMP = re.compile(rb"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})\]")
_minutes: dict[bytes, float] = {}


def text(raw: bytes) -> str:
    """Text of a line; bytes that are not UTF-8 become `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace")


def stamp(line: bytes) -> float | None:
    """Seconds since the epoch of `[Sun Nov 22 13:20:35 2026]` at the start of `line`; None where there is none."""
    # One conversion per minute of log: a full one for each stamp would cost more than all the rest of the reading.
    key = line[:18] + line[20:26]
    base = _minutes.get(key)
    second = line[18:20]
    if base is not None and second.isdigit():
        return base + int(second)
    found = _STAMP.match(line)
    if found is None:
        return None
    month, day, hour, minute, second, year = found.groups()
    if month not in _MONTHS:
        return None
    try:
        base = time.mktime((int(year), _MONTHS[month], int(day), int(hour), int(minute), 0, 0, 1, -1))
    except (OverflowError, ValueError):
        return None
    if len(_minutes) > 20_000:
        _minutes.clear()
    _minutes[key] = base
    return base + int(second)


def value(block: bytes, name: str) -> bytes:
    """The value of the first line `name: value` of a job's block, empty where it has none."""
    marker = block[: len(block) - len(block.lstrip(b" "))] + name.encode() + b": "
    at = 0 if block.startswith(marker) else block.find(b"\n" + marker) + 1
    if not at and not block.startswith(marker):
        return b""
    start = at + len(marker)
    return block[start : block.find(b"\n", start)].rstrip()


def number(value: bytes, otherwise: int) -> int:
    return int(value) if value.isdigit() and len(value) < 7 else otherwise


def names(value: bytes) -> tuple[str, ...]:
    """A comma-separated list of paths. A path that itself holds ", " cannot be told from two."""
    whole = text(value).removesuffix(" (check log file(s) for error details)").strip()
    if ", " not in whole:
        return (whole,) if whole else ()
    return tuple(whole.split(", "))


def pairs(value: bytes) -> dict[str, str]:
    """`a=1, b=x, y` -> {"a": "1", "b": "x, y"}: a piece without `=` belongs to the value before it."""
    whole = text(value)
    if ", " not in whole:
        name, equals, content = whole.partition("=")
        return {name: content} if equals else {}
    found: dict[str, str] = {}
    last = ""
    for piece in whole.split(", "):
        name, equals, content = piece.partition("=")
        if equals and (name.isidentifier() or not last):
            found[name] = content
            last = name
        elif last:
            found[last] += ", " + piece
    return found


def outcome(line: bytes) -> tuple[str, int, str] | None:
    """Kind, exit code and sentence of a line that ends a `Command '…'` text; None where it does not end one."""
    found = EXIT.search(line)
    if found is None:
        return None
    status, name, number, unknown = found.groups()
    if status is None:
        signal = int(number or unknown)
        return "killed", 128 + signal, f"died with {text(name) if name else f'signal {signal}'}"
    code = int(status)
    # 137 and 143: the shell says that its command was killed, mostly for want of memory or by a scheduler.
    if code in (137, 143):
        return "killed", code, f"exit status {code} (killed by signal {code - 128})"
    return "nonzero-exit", code, f"exit status {code}"


def no_space(line: bytes) -> bool:
    return _NO_SPACE.search(line) is not None


def killed_by_cluster(message: str) -> bool:
    return _KILLED_BY_CLUSTER.search(message) is not None


_COLOUR = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")


def plain(line: bytes) -> bytes:
    """Without the colours of a captured terminal."""
    return _COLOUR.sub(b"", line)
