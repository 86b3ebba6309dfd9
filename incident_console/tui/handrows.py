"""How does a hand-off read on its screen? A row a field, each with a glyph and, where it is known, where from."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets.option_list import Option

from incident_console.counting import counted
from incident_console.record.handfields import (
    ACTIONS,
    ALL,
    FIELDS,
    HEAD,
    KNOWN_NOT,
    PERSONAL,
    PROMPTS,
    Field,
    Handoff,
    State,
)
from incident_console.tui.rows import text_row
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.session.handoff import Offered

MARKS: dict[State, tuple[str, str]] = {
    "known": ("✓", "$text-success"),
    "said": ("✎", "$text-accent"),
    "unknown": ("?", "$text-warning"),
    "silent": ("…", "$text-warning"),
}
LEGEND = "✓ known  ✎ said  ? said: unknown  … nobody said"
MUTED = "$foreground-muted"
SHOWN = 240
SMALL = 75
"""Columns of a page on a terminal of 80."""


def head(handoff: Handoff, writes: str, width: int, lines: int) -> Content:
    """How much is left that no console can find out, in so many lines of so many columns.

    `writes`: the key that writes the bundle.
    """
    silent = [PROMPTS[each] for each in handoff.silent]
    if not silent:
        return Content.assemble("all that only you can say is said; ", (f"{writes} writes the bundle", "bold"))
    count = f"{len(silent)} of {len(PERSONAL)} that only you can say still silent"
    forms = (f": {', '.join(silent[:most])}{_more(len(silent) - most)}" for most in range(len(silent), 0, -1))
    names = next((form for form in forms if len(textwrap.wrap(count + form, width)) <= lines), "")
    return Content.assemble((count, "$text-warning bold"), (names, "$text-warning"))


def _more(count: int) -> str:
    return f" … and {count} more" if count else ""


def unsaid(handoff: Handoff, after: str = "") -> str:
    """The next field, after `after` and then from the top, that nobody has said and only a person can; else empty.

    Who takes it is none of them: that is asked when it is given.
    """
    here = FIELDS.index(after) if after in FIELDS else -1
    return next((name for name in handoff.silent if FIELDS.index(name) > here), next(iter(handoff.silent), ""))


def rows(handoff: Handoff) -> Iterator[Option]:
    """The fields by section, and between them what the record itself gives."""
    section = ""
    for field in ALL:
        if field.section != section:
            yield from (_own(*each) for each in _given(handoff, section))
            section = field.section
            yield text_row(f"-{section}", section, "bold $text-accent", still=True)
        yield Option(_row(handoff, field), id=field.name)
    yield _own("integrity", "Integrity", f"head {handoff.head[:12]} after {handoff.events} events, before this offer")


def _given(handoff: Handoff, section: str) -> Iterator[tuple[str, str, str]]:
    """Id, name and text of what is no field, at the end of its section."""
    if section == HEAD:
        if handoff.mind:
            yield "mind", "Mind", "; ".join(handoff.mind)
        causes = [
            f"{cause.rule} {', '.join(list(cause.attempts)[:3])}: {cause.words or 'no last words'}"
            for cause in handoff.failures.causes[:3]
        ]
        more = f"; {len(handoff.failures.causes)} causes in all" if len(handoff.failures.causes) > 3 else ""
        yield "failures", "Failures, by cause", ("; ".join(causes) or "no failed attempt was kept") + more
        yield (
            "evidence",
            "Evidence",
            f"{counted(len(handoff.exhibits), 'piece')}, {counted(len(handoff.claims), 'reading')} of it",
        )
    elif section == ACTIONS:
        tried = "; ".join(f"{action.text} → {action.result}" for action in handoff.actions[-3:])
        yield "tried", "Actions tried, with results", tried or "none is recorded"
    elif section == KNOWN_NOT:
        first = "; ".join(gap.rstrip(".") for gap in handoff.gaps[:2])
        yield "gaps", "Not looked at", f"{counted(len(handoff.gaps), 'thing')}: {first}" if first else "–"


def _own(id: str, name: str, text: str) -> Option:
    glyph = ("⚠ ", "$text-warning") if id == "mind" else ("✓ ", "$text-success")
    return Option(Content.assemble(glyph, (f"{name}  ", "bold"), safe(text, SHOWN)), id=f"={id}")


def _row(handoff: Handoff, field: Field) -> Content:
    state = handoff.state(field.name)
    glyph, style = MARKS[state]
    words = {"unknown": "unknown, as was said", "silent": "nobody said" if field.person else "not known"}
    text = words.get(state) or safe(handoff.text(field.name), SHOWN)
    source = handoff.sources.get(field.name, "") if state == "known" else ""
    if source.rpartition(" ")[2] in text:  # the text says itself of when it is
        source = ""
    return Content.assemble(
        (f"{glyph} ", style),
        (f"{field.prompt}  ", "bold"),
        (text, "" if state in ("known", "said") else style),
        (f"  ({safe(source, 80)})" if source else "", MUTED),
    )


def told_of(offered: Offered, id: str) -> str:
    """The page that stays until it was read: where the bundle is, its head, and what nobody said.

    `id`: the incident's, after which the bundle's one folder is named. A command that is longer than a line of a small
    screen goes on as a shell takes it, so that no word of it is broken.
    """
    verify, accept = _commands(offered)
    lines = [
        "The bundle:",
        f"  {offered.path}",
        f"The chain's head after {offered.events} events; tell it to the receiver by another way than the bundle:",
        f"  {offered.head}",
        "The receiver, where the file lies, checks it and takes it over with:",
        _folded(verify),
        _folded(accept),
        "Without this program, after `unzip`:",
        _folded((f"cd {id} &&", "sha256sum -c manifest-sha256.txt &&", "less data/HANDOFF.md")),
    ]
    if offered.missing:
        names = ", ".join(PROMPTS[name] for name in offered.missing)
        lines += ["Written as unknown:", f"  {names}"]
    return "\n".join(lines)


def for_receiver(offered: Offered) -> str:
    """What the receiver is told beside the bundle, to be pasted into a chat: a command is a line."""
    verify, accept = (" ".join(parts) for parts in _commands(offered))
    return (
        f"The bundle: {offered.path}\nThe head of its chain: {offered.head}\n"
        f"To check it, where the file lies:\n  {verify}\nThen to take it over:\n  {accept}\n"
    )


def _commands(offered: Offered) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """To check it and to take it over, each in the parts that a line of it may end after."""
    name = shlex.quote(offered.path.name)
    return (
        ("incident-console verify", name, f"--head {offered.head}"),
        ("incident-console accept", name, "--as NAME", "--readback 'what I took over'"),
    )


def _folded(parts: tuple[str, ...]) -> str:
    """The command on as few lines as it takes, of which all but the last end as the shell wants it."""
    lines = [f"  {parts[0]}"]
    for number, part in enumerate(parts[1:], 2):
        end = "" if number == len(parts) else " \\"
        if len(lines[-1]) + 1 + len(part) + len(end) <= SMALL:
            lines[-1] += f" {part}"
        else:
            lines[-1] += " \\"
            lines.append(f"    {part}")
    return "\n".join(lines)
