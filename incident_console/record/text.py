"""How does text from outside stand in a document without becoming part of it?

Whatever a log, a file name or a person said may hold escape sequences, markup or endless lines. Control characters
are made visible, and each form of Markdown (prose, code span, fenced block, table cell) has its own escape.
"""

import re
import shlex
from collections.abc import Iterable
from datetime import datetime

from incident_console.record.clock import moment

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_MARKS = re.compile(r"[\\`*\[\]<|~$]|&(?=[\w#])|(?<![^\W_])_|_(?![^\W_])")
_START = re.compile(r"(?=[-+=>#])|(?<=\d)(?=[.)])")


def visible(text: str) -> str:
    """`text` with control, bidirectional and invisible characters shown; tabs and line feeds stay."""
    return _CONTROL.sub(_shown, text.replace("\r\n", "\n"))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str, limit: int = 2000) -> str:
    """`visible` on one line, with `↵` for a line's end, and cut at `limit` characters with `…`."""
    line = " ↵ ".join(part.strip() for part in visible(text[: limit * 2]).strip().split("\n"))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def prose(text: str, limit: int = 2000) -> str:
    """One line of Markdown that shows `text` and does nothing else, also in a list item or a table cell."""
    escaped = _MARKS.sub(_entity, one_line(text, limit))
    if re.match(r"[-+=>#]|\d+[.)]", escaped):  # at its start it would begin a list, a heading or a quotation
        return _START.sub(r"\\", escaped, count=1)
    return escaped


def _entity(found: re.Match[str]) -> str:
    return {"<": "&lt;", "&": "&amp;"}.get(found[0], "\\" + found[0])


def code(text: str, limit: int = 2000) -> str:
    """A code span; a pipe in it is escaped as tables want it."""
    line = one_line(text, limit)
    if not line:
        return ""
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" or (line[0] == line[-1] == " ") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(markdown: str) -> str:
    """Markdown made by `prose` or `code`, for a table: a pipe that a code span holds would end the cell."""
    return re.sub(r"(\\*)\|", lambda found: found[1] + "\\" * (len(found[1]) % 2 == 0) + "|", markdown)


def fence(text: str) -> str:
    """A fenced block that `text` cannot end."""
    shown = visible(text)
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}text\n{shown}\n{ticks}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def excerpt(data: bytes, lines: int = 12, width: int = 300) -> str:
    """The first lines of a blob, decoded with `\\xNN` for what is no UTF-8, long lines cut; says how much is left."""
    head = data[: lines * width * 4].decode("utf-8", "backslashreplace")
    found = head.replace("\r\n", "\n").split("\n")
    shown = [line if len(line) <= width else line[: width - 1] + "…" for line in found[:lines]]
    while shown and not shown[-1].strip():
        shown.pop()
    more = data.count(b"\n") + (not data.endswith(b"\n")) - lines
    return "\n".join([*shown, f"… {more} more line{'s' if more > 1 else ''}"] if more > 0 else shown)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    heads = list(head)
    body = [f"| {' | '.join(cell(each) for each in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *body])


def because(reason: str) -> str:
    """`reason` after one `because`, also where somebody wrote the word himself."""
    return reason if reason.strip().lower().startswith("because") else f"because {reason}"


def exit_said(exit_code: int | None) -> str:
    """`exit 0`, or `exit 128: it failed`, so that nobody takes what a failed command printed for an answer."""
    if exit_code is None:
        return ""
    return f"exit {exit_code}: it failed" if exit_code else "exit 0"


def span(lines: tuple[int, int]) -> str:
    """`line 6` or `lines 6-9`."""
    return f"line {lines[0]}" if lines[0] == lines[1] else f"lines {lines[0]}-{lines[1]}"


def command(argv: Iterable[str]) -> str:
    """An argument list as one would type it."""
    return shlex.join(argv)


def clock_time(at: str | None) -> str:
    """`2026-11-22 14:02:07Z`, or what stands there when it is no time."""
    found = moment(at)
    return f"{found:%Y-%m-%d %H:%M:%S}Z" if found else (at or "unknown")


def elapsed(since: datetime | None, at: datetime | None) -> str:
    """`+17m05s` since opening, `+2h03m` and `+3d04h` when it takes longer; nothing when a time is missing.

    Of both times the whole seconds count, as they are shown, so that it is what one gets who subtracts them.
    """
    if since is None or at is None:
        return ""
    seconds = int((at.replace(microsecond=0) - since.replace(microsecond=0)).total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    if seconds < 3600:
        return f"{sign}{seconds // 60}m{seconds % 60:02}s"
    if seconds < 86400:
        return f"{sign}{seconds // 3600}h{seconds % 3600 // 60:02}m"
    return f"{sign}{seconds // 86400}d{seconds % 86400 // 3600:02}h"


def size(count: int) -> str:
    """Bytes for a person: `812 B`, `3.4 KiB`."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
