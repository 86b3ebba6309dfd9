"""Is everything here that the console needs? `doctor`, and with --settings every setting there is.

`--json` prints `incident-console/doctor/1`:

    {"schema": "incident-console/doctor/1", "state": "fine|mind|broken",
     "sections": [{"title": "...", "findings": [{"what": "...", "told": "...", "state": "fine", "follows": ""}]}],
     "settings_file": "...", "settings": [{"key": "...", "value": "...", "source": "...", "type": "...",
                                           "allowed": "...", "meaning": "...", "default": "..."}]}

`state` is that of the worst finding. With --settings, `sections` is empty and nothing is looked at.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import textwrap
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console.commands.common import print_json
from incident_console.errors import ConsoleError, Exit

if TYPE_CHECKING:
    from incident_console.session.doctoring.finding import Finding, Section
    from incident_console.settings import Settings
    from incident_console.settings.rows import Row

MARKS = {"fine": "✓", "mind": "!", "broken": "✗"}
NARROWEST, WIDEST = 60, 110
_LABEL = 18


def doctor(arguments: argparse.Namespace) -> int:
    """Exit 0, or 1 when something is broken. Broken settings are a finding here, and end `--settings` with 3."""
    from incident_console import settings
    from incident_console.settings.rows import rows

    said: dict[str, Any] = {"operator": arguments.operator, "records": arguments.records}
    if arguments.settings:
        known = settings.load(os.environ, **said)
        arguments.untaken = known.untaken
        if arguments.json:
            print_json(_json((), known.file, rows(known)))
        else:
            _print_settings(known.file, rows(known))
        return Exit.OK
    fault = ""
    try:
        known = settings.load(os.environ, **said)
    except ConsoleError as wrong:
        fault = "; ".join(str(wrong).splitlines())
        # Everything else can be looked at all the same: as if the file were not there.
        known = settings.load(os.environ, **said, without_file=True)
    sections = _look(known, arguments.workdir.absolute(), fault)
    if arguments.json:
        print_json(_json(sections, known.file, () if fault else rows(known)))
    else:
        _print(sections)
    return Exit.NO if _worst(sections) == "broken" else Exit.OK


def _look(known: Settings, workdir: Path, fault: str) -> tuple[Section, ...]:
    from incident_console.openers import EDITOR, PAGER
    from incident_console.session.doctoring import books, machine, places, programs, terminal
    from incident_console.session.doctoring.finding import Ask, look

    environ = os.environ
    state = known.trust.parent
    asks = [
        Ask("versions", "console", programs.console),
        Ask("versions", "libraries", programs.libraries),
        Ask("programs", "snakemake", partial(programs.snakemake, environ)),
        Ask("programs", "git", partial(programs.program, "git", "--version", "No commit is noted.", environ)),
        Ask("programs", "make", partial(programs.program, "make", "--version", "Make targets cannot run.", environ)),
        Ask("programs", "tmux", partial(programs.program, "tmux", "-V", "A lost line ends the screen.", environ)),
        Ask("programs", "editor", partial(programs.opener, EDITOR, known.editor, known.sources["editor"], environ)),
        Ask("programs", "pager", partial(programs.opener, PAGER, known.pager, known.sources["pager"], environ)),
        Ask("terminal", "terminal", partial(terminal.abilities, environ)),
        Ask("terminal", "clipboard", partial(terminal.clipboard, environ)),
        Ask("terminal", "Esc", partial(terminal.escape, environ)),
        Ask("terminal", "looks", partial(_looks, known)),
        Ask("machine", "file events", machine.watches),
        Ask("machine", "open files", machine.descriptors),
        Ask("machine", "clock", machine.clock),
        Ask("file systems", "workflow", partial(places.kind, "workflow", workdir, kept=False)),
        Ask("file systems", "workflow, room", partial(places.room, "workflow, room", workdir)),
        Ask("file systems", "records", partial(places.kind, "records", known.records, kept=True)),
        Ask("file systems", "records, room", partial(places.room, "records, room", known.records)),
        Ask("file systems", "state", partial(places.kind, "state", state, kept=True)),
        Ask("file systems", "temporary", partial(places.kind, "temporary", Path(tempfile.gettempdir()), kept=False)),
        Ask("file systems", "temporary, room", partial(places.room, "temporary, room", Path(tempfile.gettempdir()))),
        Ask("records", "folder", partial(places.records_folder, known.records)),
        Ask("records", "records", partial(places.records, known.records), late="mind"),
        Ask("runbooks", "runbooks", partial(books.runbooks, known.runbook, workdir, known.trust)),
        Ask("settings", "settings", partial(_settings, known, fault)),
    ]
    return look(asks)


def _looks(known: Settings) -> tuple[Finding, ...]:
    from incident_console.session.doctoring.finding import Finding

    theme = known.theme or "the console's own choice"
    far = bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))
    still = known.motion == "none" or (known.motion == "auto" and far)
    return (Finding("looks", f"theme: {theme}; {'nothing moves by itself' if still else 'motion'} ({known.motion})"),)


def _settings(known: Settings, fault: str) -> tuple[Finding, ...]:
    from incident_console.session.doctoring.finding import Finding
    from incident_console.settings.inforce import DEFAULT
    from incident_console.settings.rows import rows

    if fault:
        return (Finding("settings", fault, "broken", "Nothing that opens a screen or a record begins until then."),)
    there = "" if known.file.exists() else ", which is not there"
    told = [Finding("file", f"{known.file}{there}")]
    told += [Finding(row.known.key, f"{row.value} ({row.source})") for row in rows(known) if row.source != DEFAULT]
    told += [Finding("left out", text, "mind", "It holds its default; the rest holds.") for text in known.untaken]
    if known.keys or known.theme:  # what the screen is made of takes long to import
        from incident_console.commands.common import look as worn
        from incident_console.tui.unfit import unfit

        told += [
            Finding("not taken", text, "mind", "The console leaves it out; the rest holds.") for text in unfit(worn())
        ]
    told.append(Finding("the others", "hold their defaults; `doctor --settings` tells each"))
    return tuple(told)


def _worst(sections: tuple[Section, ...]) -> str:
    states = [one.state for section in sections for one in section.findings]
    return max(states, key=list(MARKS).index, default="fine")


# -- printing ----------------------------------------------------------------------------------------------------


def _print(sections: tuple[Section, ...]) -> None:
    for section in sections:
        print(section.title)
        for one in section.findings:
            _print_row(MARKS[one.state], one.what, one.told)
            if one.follows:
                _print_row(" ", "", f"→ {one.follows}")
        print()
    counts = [sum(one.state == state for section in sections for one in section.findings) for state in MARKS]
    print(f"{counts[0]} fine, {counts[1]} to mind, {counts[2]} broken")


def _print_row(mark: str, label: str, text: str) -> None:
    head = f"  {mark} {_shown(label):<{_LABEL}} "
    lines = textwrap.wrap(
        _shown(text), _width(), initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
    print("\n".join(lines) or head.rstrip())


def _print_settings(file: Path, known: tuple[Row, ...]) -> None:
    print(_shown(f"{file}{'' if file.exists() else '  (not there yet: what it would hold, all by default, is below)'}"))
    for row in known:
        print(f"\n{row.known.key} = {_shown(row.value) or row.known.unsaid or '(nothing)'}")
        for label, text in (
            ("from", row.source),
            ("what", row.known.meaning),
            ("takes", f"{row.known.type}: {row.known.allowed}"),
            ("default", _default(row)),
            ("or", ", ".join(f"${name}" for name in (*row.known.environment, *row.known.shared))),
        ):
            if text:
                head = f"    {label:<8} "
                print(textwrap.fill(_shown(text), _width(), initial_indent=head, subsequent_indent=" " * len(head)))


def _default(row: Row) -> str:
    from incident_console.settings.rows import words

    return row.known.unsaid or words(row.known.default) or "nothing"


def _width() -> int:
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST))


def _shown(text: str) -> str:
    """Whatever stands in the environment or in a path, on one line and without control characters."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _json(sections: tuple[Section, ...], file: Path, known: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "schema": "incident-console/doctor/1",
        "state": _worst(sections),
        "sections": [asdict(section) for section in sections],
        "settings_file": str(file),
        "settings": [
            {
                "key": row.known.key,
                "value": row.value,
                "source": row.source,
                "type": row.known.type,
                "allowed": row.known.allowed,
                "meaning": row.known.meaning,
                "default": _default(row),
            }
            for row in known
        ],
    }
