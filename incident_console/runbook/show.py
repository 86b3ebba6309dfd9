"""What does this runbook ask, run and stop at? One readable page of plain text, for review before trusting it."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator

from incident_console.runbook.load import Loaded
from incident_console.runbook.schema import Condition, EvidenceItem, Field, Runbook, Rung

_WIDTH = 96


def render(loaded: Loaded) -> str:
    """The page for `runbook show`: what it is for, the three questions, and every rung with all that it would run."""
    return "\n".join(_page(loaded.runbook, loaded)) + "\n"


def _page(runbook: Runbook, loaded: Loaded) -> Iterator[str]:
    yield runbook.title
    yield "=" * min(len(runbook.title), _WIDTH)
    yield f"{runbook.id}, version {runbook.version}, kept by {runbook.owner}"
    yield f"{'ships with the console' if loaded.shipped else loaded.name}, sha256 {loaded.sha256}"
    yield from _wrapped("When: ", runbook.when)
    yield ""
    numbers = {rung.id: number for number, rung in enumerate(runbook.rungs, 1)}
    for asked, id in (
        ("What do I run first?", runbook.first),
        ("What do I look at second?", runbook.second),
        ("When do I stop and escalate?", runbook.stop),
    ):
        rung = runbook.rung(id)
        yield f"{asked:<29} {numbers[id]} {rung.title}: {rung.question}"
    for title, globs in (("Watched for edits", runbook.watch), ("Logs", runbook.logs)):
        if globs:
            yield from _wrapped(f"{title}: ", ", ".join(globs))
    for rung in runbook.rungs:
        yield ""
        yield from _rung(rung, numbers[rung.id])


def _rung(rung: Rung, number: int) -> Iterator[str]:
    yield f"{number}. {rung.title}  [{rung.id}, {rung.role}]"
    yield from _wrapped("   ", rung.question)
    if rung.help:
        yield from _wrapped("   ", rung.help)
    for field in rung.ask:
        yield from _wrapped("   ? ", _field(field))
    for refuse in rung.refuse:
        yield from _wrapped("   x ", f"{refuse.field} like /{refuse.pattern}/ is refused: {refuse.because}")
    for item in rung.evidence:
        yield from _item(item)
    if rung.needs:
        yield from _wrapped("   needs ", ", ".join(need.replace("|", " or ") for need in rung.needs))
    for branch in rung.next:
        yield from _wrapped("   -> ", f"{branch.go}, when {_condition(branch.when)}")
    for trigger in rung.escalate:
        yield from _wrapped("   ! ", f"escalate to {trigger.to} when {_condition(trigger.when)}: {trigger.because}")


def _field(field: Field) -> str:
    told = [f"{field.id} ({field.type}", ", required" if field.required else ""]
    told += [", may be unknown)" if field.unknown else ")", f": {field.prompt}"]
    if field.choices:
        told.append(f" {' | '.join(field.choices)}")
    if field.choices_from:
        told.append(f" (from the run's {field.choices_from})")
    return "".join(told)


def _item(item: EvidenceItem) -> Iterator[str]:
    if item.run is not None:
        line = " ".join(item.run) if item.shell else shlex.join(item.run)
        how = f"{'shell: ' if item.shell else ''}{line}  [{item.effects}, at most {item.timeout} s]"
        how += f" in {item.cwd}" if item.cwd else ""
    elif item.file is not None:
        how = f"file {item.file}"
    else:
        how = f"the console picks: {item.pick}" if item.pick else "you look, and write what you see"
    yield from _wrapped("   * ", f"{item.id} ({item.surface}): {item.question}")
    yield from _wrapped("     $ " if item.run is not None else "     ", how)
    if item.expect:
        yield from _wrapped("     expect: ", item.expect)
    if item.warn:
        yield from _wrapped("     beware: ", item.warn)


def _condition(when: Condition) -> str:
    name = when.field or when.fact
    if when.present is not None:
        return f"{name} is {'answered' if when.present else 'not answered'}"
    for word, value in (("is", when.is_), ("is not", when.not_), ("includes", when.includes)):
        if value is not None:
            return f"{name} {word} {value}"
    return f"{name}"


def _wrapped(lead: str, text: str) -> Iterator[str]:
    """Paragraphs of `text`, the first line after `lead`, the others under it."""
    indent = " " * len(lead)
    for number, paragraph in enumerate(line for line in text.splitlines() if line.strip()):
        yield from textwrap.wrap(
            paragraph,
            _WIDTH,
            initial_indent=indent if number else lead,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
