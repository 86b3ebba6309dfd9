"""What does this runbook ask, run and stop at? One readable page, as plain text of a width or as Markdown.

A runbook may come from anybody: what a terminal would act on, or hide, is made visible, and in Markdown nothing of it
but the texts that are Markdown by the format (`help`) is read as such.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from typing import Literal

from incident_console.runbook.load import Loaded
from incident_console.runbook.review import plain
from incident_console.runbook.schema import Condition, EvidenceItem, Field, Runbook, Rung

Format = Literal["text", "md"]
WIDTH = 96
NARROWEST, WIDEST = 40, 120
"""Columns between which the page is laid out; longer lines are hard to read, and shorter ones to lay out."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&])")


Caution = Callable[[EvidenceItem], str]
"""What to beware of in a piece of evidence; empty where nothing is known."""


def own_warning(item: EvidenceItem) -> str:
    """What the runbook itself says."""
    return item.warn or ""


def render(loaded: Loaded, width: int = WIDTH, format: Format = "text", caution: Caution = own_warning) -> str:
    """The page for `runbook show`: what it is for, the three questions, and every rung with all that it would run."""
    if format == "md":
        return "\n".join(_markdown(loaded, caution)) + "\n"
    return "\n".join(_Page(min(max(width, NARROWEST), WIDEST), caution).lines(loaded)) + "\n"


def questions(runbook: Runbook) -> tuple[tuple[str, int, Rung], ...]:
    """The three questions, each with the rung that answers it and the rung's number."""
    ids = [rung.id for rung in runbook.rungs]
    asked = (
        ("What do I run first?", runbook.first),
        ("What do I look at second?", runbook.second),
        ("When do I stop and escalate?", runbook.stop),
    )
    return tuple((question, ids.index(id) + 1, runbook.rung(id)) for question, id in asked)


class _Page:
    """Lines of one width."""

    def __init__(self, width: int, caution: Caution) -> None:
        self.width, self.caution = width, caution

    def lines(self, loaded: Loaded) -> Iterator[str]:
        runbook = loaded.runbook
        title = plain(runbook.title)
        yield from self._wrapped("", title)
        yield "=" * min(len(title), self.width)
        yield from self._wrapped("", f"{runbook.id}, version {runbook.version}, kept by {runbook.owner}")
        yield from self._wrapped("", "ships with the console" if loaded.shipped else loaded.name)
        yield f"sha256 {loaded.sha256}" if self.width > 70 else f"sha256 {loaded.sha256[:24]}…"
        yield from self._wrapped("When: ", runbook.when)
        yield ""
        for asked, number, rung in questions(runbook):
            lead = f"{asked:<29} " if self.width >= 80 else f"{asked} "
            yield from self._wrapped(lead, f"{number} {rung.title}: {rung.question}", hang=4)
        for title, globs in (("Watched for edits", runbook.watch), ("Logs", runbook.logs)):
            if globs:
                yield from self._wrapped(f"{title}: ", ", ".join(globs), hang=4)
        for number, rung in enumerate(runbook.rungs, 1):
            yield ""
            yield from self._rung(rung, number)

    def _rung(self, rung: Rung, number: int) -> Iterator[str]:
        yield from self._wrapped("", f"{number}. {rung.title}  [{rung.id}, {rung.role}]")
        yield from self._wrapped("   ", rung.question)
        if rung.help:
            yield from self._wrapped("   ", rung.help)
        for field in rung.ask:
            yield from self._wrapped("   ? ", _field(field))
        for refuse in rung.refuse:
            yield from self._wrapped("   x ", f"{refuse.field} like /{refuse.pattern}/ is refused: {refuse.because}")
        for item in rung.evidence:
            yield from self._wrapped("   * ", f"{item.id} ({item.surface}): {item.question}")
            yield from self._wrapped("     $ " if item.run is not None else "     ", _how(item))
            if item.expect:
                yield from self._wrapped("     expect: ", item.expect, hang=7)
            if beware := self.caution(item):
                yield from self._wrapped("     beware: ", beware, hang=7)
        if rung.needs:
            yield from self._wrapped("   needs ", _needs(rung))
        for branch in rung.next:
            yield from self._wrapped("   -> ", f"{branch.go}, when {_condition(branch.when)}")
        for trigger in rung.escalate:
            told = f"escalate to {trigger.to} when {_condition(trigger.when)}: {trigger.because}"
            yield from self._wrapped("   ! ", told)

    def _wrapped(self, lead: str, text: str, hang: int | None = None) -> Iterator[str]:
        """Paragraphs of `text`, the first line after `lead`, the others under it."""
        indent = " " * (len(lead) if hang is None else hang)
        for number, paragraph in enumerate(line for line in text.splitlines() if line.strip()):
            yield from textwrap.wrap(
                plain(paragraph),
                self.width,
                initial_indent=indent if number else lead,
                subsequent_indent=indent,
                break_on_hyphens=False,
            )


def _markdown(loaded: Loaded, caution: Caution) -> Iterator[str]:
    runbook = loaded.runbook
    yield f"# {_flat(runbook.title)}"
    yield ""
    yield f"{_code(runbook.id)}, version {_flat(runbook.version)}, kept by {_flat(runbook.owner)}."
    yield f"{'Ships with the console' if loaded.shipped else _code(loaded.name)}, sha256 {_code(loaded.sha256)}."
    yield ""
    yield f"**When:** {_flat(runbook.when)}"
    yield ""
    for asked, number, rung in questions(runbook):
        yield f"- **{asked}** {number} {_flat(rung.title)}: {_flat(rung.question)}"
    for title, globs in (("Watched for edits", runbook.watch), ("Logs", runbook.logs)):
        if globs:
            yield f"- **{title}:** {', '.join(_code(glob) for glob in globs)}"
    for number, rung in enumerate(runbook.rungs, 1):
        yield ""
        yield from _markdown_rung(rung, number, caution)


def _markdown_rung(rung: Rung, number: int, caution: Caution) -> Iterator[str]:
    yield f"## {number}. {_flat(rung.title)}"
    yield ""
    yield f"*{_flat(rung.question)}* ({_code(rung.id)}, {rung.role})"
    if rung.help:
        yield ""
        # HTML in it would be run by whoever shows the page.
        yield from (plain(line).replace("<", "&lt;") for line in rung.help.strip().splitlines())
    if rung.ask or rung.evidence or rung.escalate or rung.refuse or rung.next or rung.needs:
        yield ""
    for field in rung.ask:
        yield f"- **Asks:** {_flat(_field(field))}"
    for refuse in rung.refuse:
        yield f"- **Refuses:** {_code(refuse.field)} like {_code(refuse.pattern)}: {_flat(refuse.because)}"
    for item in rung.evidence:
        yield f"- **Evidence:** {_code(item.id)} ({item.surface}): {_flat(item.question)}"
        yield f"  - {_markdown_how(item)}"
        if item.expect:
            yield f"  - expect: {_flat(item.expect)}"
        if beware := caution(item):
            yield f"  - beware: {_flat(beware)}"
    if rung.needs:
        yield f"- **Needs:** {_flat(_needs(rung))}"
    for branch in rung.next:
        yield f"- **Next:** {_code(branch.go)}, when {_flat(_condition(branch.when))}"
    for trigger in rung.escalate:
        yield f"- **Escalate** to {_flat(trigger.to)} when {_flat(_condition(trigger.when))}: {_flat(trigger.because)}"


def _flat(text: str) -> str:
    """Text of the runbook within a line of Markdown: nothing in it is markup."""
    return _MARKS.sub(r"\\\1", plain(" ".join(text.split())))


def _code(text: str) -> str:
    """A code span that whatever stands in it cannot end."""
    shown = plain(" ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _needs(rung: Rung) -> str:
    return ", ".join(need.replace("|", " or ") for need in rung.needs)


def _field(field: Field) -> str:
    told = [f"{field.id} ({field.type}", ", required" if field.required else ""]
    told += [", may be unknown)" if field.unknown else ")", f": {field.prompt}"]
    if field.choices:
        told.append(f" {' | '.join(field.choices)}")
    if field.choices_from:
        told.append(f" (from the run's {field.choices_from})")
    return "".join(told)


def _line(item: EvidenceItem) -> str:
    """The command as it is typed."""
    words = item.run or ()
    return " ".join(words) if item.shell else shlex.join(words)


def _markdown_how(item: EvidenceItem) -> str:
    """The command alone in its code span: it is copied from there."""
    if item.run is not None:
        where = f" in {_code(item.cwd)}" if item.cwd else ""
        return f"{_code(_line(item))} ({item.effects}, at most {item.timeout} s{', a shell line' * item.shell}){where}"
    return f"file {_code(item.file)}{_newest(item.file)}" if item.file is not None else _flat(_how(item))


def _how(item: EvidenceItem) -> str:
    """How the evidence is captured, with what a command does to the scene."""
    if item.run is not None:
        where = f" in {item.cwd}" if item.cwd else ""
        shell = "shell: " if item.shell else ""
        return f"{shell}{_line(item)}  [{item.effects}, at most {item.timeout} s]{where}"
    if item.file is not None:
        return f"file {item.file}{_newest(item.file)}"
    return f"the console picks: {item.pick}" if item.pick else "you look, and write what you see"


def _newest(file: str) -> str:
    return ", the newest that matches" if re.search(r"[*?\[]", file) else ""


def _condition(when: Condition) -> str:
    name = when.field or when.fact
    if when.present is not None:
        return f"{name} is {'answered' if when.present else 'not answered'}"
    for word, value in (("is", when.is_), ("is not", when.not_), ("includes", when.includes)):
        if value is not None:
            return f"{name} {word} {value}"
    return f"{name}"
