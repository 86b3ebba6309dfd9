"""Which settings are there? One row each: the key in `config.toml`, what it means, what it takes, what holds unsaid."""

from __future__ import annotations

from typing import Any, NamedTuple

from incident_console.session.ways import PLACEHOLDERS
from incident_console.settings import checks

NOTICES = ("run-failed", "run-ended", "retry", "edit", "disk")
"""What somebody can be told of while looking elsewhere."""


class Known(NamedTuple):
    key: str
    """With a dot where it stands in a table: `notify.bell` is `bell` under `[notify]`."""
    type: str
    default: Any
    """As `check` gives it; None where `unsaid` tells what holds."""
    meaning: str
    allowed: str
    check: checks.Check
    unsaid: str = ""
    """What holds when nobody says, in words; empty: the default speaks for itself."""
    environment: tuple[str, ...] = ()
    """Variables that set it, too, and go before the file."""
    shared: tuple[str, ...] = ()
    """Variables that every program shares: they count where the file says nothing."""
    grave: bool = False
    """Whether a fault ends the command: who would be recorded, where, and what would stand there unredacted."""


_KINDS = f"true, false, or a list of {', '.join(NOTICES)}"
_notices = checks.some_of(*NOTICES)

KNOWN: tuple[Known, ...] = (
    Known(
        "operator",
        "text",
        None,
        "Who works at the console; stands beside everything that is recorded.",
        "any name",
        checks.text,
        unsaid="the login name",
        environment=("INCIDENT_CONSOLE_OPERATOR",),
        grave=True,
    ),
    Known(
        "records",
        "folder",
        None,
        "Where the records of incidents are kept; outside of any workflow.",
        "a path; ~ is the home folder",
        checks.text,
        unsaid="`records` in the platform's state folder",
        environment=("INCIDENT_CONSOLE_RECORDS",),
        grave=True,
    ),
    Known(
        "runbook",
        "text",
        None,
        "The runbook that `open` takes when none is named.",
        "an id that `runbook list` shows, or a path",
        checks.text,
        unsaid="slow-or-flaky-run for a Snakemake workflow, else flaky-command",
    ),
    Known(
        "secrets",
        "list of names",
        (),
        "Environment variables whose values are secrets: they are redacted wherever they turn up, except in the paths "
        "of files, by which evidence is found again.",
        'names of environment variables, such as ["DB_PASSWORD"]',
        checks.variables,
        grave=True,
    ),
    Known(
        "theme",
        "text",
        None,
        "The colours.",
        "a theme's name, as the palette (ctrl+p) lists them",
        checks.text,
        unsaid="the console's own choice for the terminal",
        environment=("TEXTUAL_THEME",),
    ),
    Known(
        "layout",
        "choice",
        "auto",
        "Panes side by side (wide) or one above the other (narrow).",
        checks.either(("auto", "wide", "narrow")),
        checks.one_of("auto", "wide", "narrow"),
    ),
    Known(
        "motion",
        "choice",
        "auto",
        "Whether anything moves by itself (scrolling, cursors that blink); auto: not over ssh.",
        checks.either(("auto", "full", "none")),
        checks.one_of("auto", "full", "none"),
    ),
    Known(
        "glyphs",
        "choice",
        "auto",
        "Marks, borders and bars in Unicode or in ASCII; auto: as the locale and the terminal's kind say.",
        checks.either(("auto", "unicode", "ascii")),
        checks.one_of("auto", "unicode", "ascii"),
    ),
    Known(
        "plain",
        "yes-no",
        False,
        "Questions and answers, line by line, instead of a screen: for screen readers and dumb terminals.",
        "true or false",
        checks.yes_no,
    ),
    Known(
        "editor",
        "command",
        None,
        "What long texts are edited with; goes before $VISUAL and $EDITOR, which every program shares.",
        "a command as one types it; it must wait until the file is closed",
        checks.words,
        unsaid="$VISUAL, else $EDITOR, else vi or nano",
        shared=("VISUAL", "EDITOR"),
    ),
    Known(
        "pager",
        "command",
        None,
        "What long texts are read with; goes before $PAGER, which every program shares.",
        "a command as one types it",
        checks.words,
        unsaid="$PAGER, else less or more",
        shared=("PAGER",),
    ),
    Known(
        "keys",
        "table",
        {},
        "Other keys for what the console does, by the ids that `Keys and their ids` in the palette lists.",
        'ID = "key,key"',
        checks.keymap,
    ),
    Known(
        "notify.toasts",
        "yes-no or list",
        NOTICES,
        "What is told in a corner of the screen, for as long as it is grave; `Messages` in the palette keeps them.",
        _KINDS,
        _notices,
    ),
    Known(
        "notify.bell",
        "yes-no or list",
        ("run-failed", "run-ended", "disk"),
        "What rings the terminal's bell, at most once in 2 s: what somebody who looks away is waiting for.",
        _KINDS,
        _notices,
    ),
    Known(
        "notify.title",
        "yes-no or list",
        NOTICES,
        "What the terminal's title tells beside the run and the folder; false leaves the title alone.",
        _KINDS,
        _notices,
    ),
    Known(
        "commands",
        "table of tables",
        (),
        "Ways out: commands that the palette offers, shown before they run, with your own environment.",
        "[commands.NAME] with run (a list of words, no shell), title, timeout (seconds, 60); in the words "
        + " ".join(f"{{{name}}}" for name in PLACEHOLDERS),
        checks.ways,
    ),
)
