"""Which programs are compared, how is each called, and which keys does it know?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PALETTE = ("<ctrl-p>", "earch for commands", "<esc>")


@dataclass(frozen=True)
class Program:
    """A peer and its keys. `{file}`, `{dir}` and `{files}` stand for what it is to show."""

    name: str
    argv: str
    quit: str = "q"
    many: str = ""
    """For many files; empty: it cannot."""
    view: str = ""
    """For searching; empty: as for following."""
    keys: tuple[tuple[str, str, str], ...] = ()
    """(key, what then is on the screen, key that undoes it), tried in turn during a flood."""
    search: str = ""
    """Keys, by commas; the time counts from the last."""
    regex: str = ""

    def command(self, template: str, **named: str) -> list[str]:
        words = []
        for word in template.split():
            files = named.get("dir") if word == "{files}" else None
            words += sorted(map(str, Path(files).rglob("*.log"))) if files else [word.format(**named)]
        return words


def programs() -> Iterator[Program]:
    python = sys.executable
    ours = f"{python} -m incident_console tail"
    search = "<home>,/,<needle>,<enter>"
    yield Program(
        "incident-console",
        f"{ours} {{file}}",
        many=f"{ours} {{dir}}",
        keys=(PALETTE, ("<pgup>", "paused", "f")),
        search=search,
        regex="<home>,/,<ctrl-r>,<needle>,<enter>",
    )
    yield Program("bare", f"{python} {HERE / 'bare_textual.py'} {{file}}", keys=(PALETTE,))
    yield Program(
        "lnav",
        "lnav {file}",
        quit="q,q",
        many="lnav -r {dir}",
        keys=(("/", "[Ss]earch for|Enter a", "\\x1d"),),
        search="g,<wait:0.5>,/,<wait:0.2>,<needle>,<wait:0.2>,<enter>",
    )
    yield Program(
        "tl",
        "tl {file}",
        quit="<esc>,<ctrl-c>",
        many="tl {files}",
        keys=(("<ctrl-f>", "Case sensitive", "<esc>"),),
        search="<home>,<wait:0.3>,<ctrl-f>,<wait:0.5>,<needle>,<wait:0.5>,<down>",
    )
    yield Program(
        "less", "less --follow-name +F {file}", quit="<ctrl-c>,q", view="less {file}", search="/,<needle>,<enter>"
    )
    yield Program("tail", "tail -n 40 -F {file}", quit="<ctrl-c>", many="tail -n 1 -F {files}")
