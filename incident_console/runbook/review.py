"""What would this runbook run here, and what has changed since somebody trusted it? Read before it is trusted.

Text of the runbook stands here with everything that a terminal would act on, or hide, made visible.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from incident_console.runbook.load import Loaded
from incident_console.runbook.trust import Trusted

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem

DIFF_LINES = 5000
"""A runbook of more lines is not compared line by line."""


def review(loaded: Loaded, before: Trusted | None = None, shipped: frozenset[str] = frozenset()) -> str:
    """The page: what it is, the difference to the version `before`, every command with its effects, every file read.

    `shipped` are the ids of the runbooks that ship: one that has such an id and another content says so.
    """
    return "\n".join(_page(loaded, before, shipped)) + "\n"


def _page(loaded: Loaded, before: Trusted | None, shipped: frozenset[str]) -> Iterator[str]:
    runbook = loaded.runbook
    yield plain(f"{runbook.title}  ({runbook.id}, version {runbook.version}, kept by {runbook.owner})")
    yield plain(f"{loaded.name}, sha256 {loaded.sha256}")
    if runbook.id in shipped and not loaded.shipped:
        yield f"! A runbook with the id {runbook.id} ships with the console. This is another one."
    if before is not None:
        yield ""
        yield plain(f"What changed since {before.by} trusted it at {before.at}:")
        yield from _diff(before.text, loaded.text.decode("utf-8", "backslashreplace"))
    items = [(rung.id, item) for rung in runbook.rungs for item in rung.evidence]
    commands = [(rung, item) for rung, item in items if item.run is not None]
    yield ""
    yield "It would run, in the workflow's folder, when it is asked to:" if commands else "It runs no command."
    for rung, item in commands:
        yield plain(f"  $ {_line(item)}")
        where = f" in {item.cwd}" if item.cwd else ""
        shell = ", by /bin/sh" if item.shell else ""
        yield plain(f"      [{item.effects}{shell}, at most {item.timeout} s]{where}  for {rung}: {item.id}")
    read = [(rung, item) for rung, item in items if item.file is not None]
    if read:
        yield "It would read:"
        yield from (plain(f"    {item.file}  for {rung}: {item.id}") for rung, item in read)


def _line(item: EvidenceItem) -> str:
    words = item.run or ()
    return " ".join(words) if item.shell else shlex.join(words)


def _diff(before: str, now: str) -> Iterator[str]:
    old, new = before.splitlines(), now.splitlines()
    if max(len(old), len(new)) > DIFF_LINES:
        yield f"  too much to show: {len(old)} lines then, {len(new)} lines now"
        return
    changes = list(difflib.unified_diff(old, new, "then", "now", lineterm="", n=2))
    yield from ("  " + plain(line) for line in changes or ["only line ends or odd bytes"])


def plain(text: str) -> str:
    """On one line; control, bidirectional and invisible characters as `\\xNN` and `\\uNNNN`."""
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
