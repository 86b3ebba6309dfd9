"""What one row of a rung says: a piece of evidence, an answer, an escalation trigger, and what completes the rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from incident_console.events import AttemptKept, EvidenceCaptured, EvidenceFailed
from incident_console.runbook.ladder import Held, Need, in_brief
from incident_console.session import cautions
from incident_console.tui.words import clock, safe, size, span

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.record.seen import Answer, Item
    from incident_console.runbook.schema import EvidenceItem, Field, Rung
    from incident_console.tui.livekeys import Key

MUTED = "$foreground-muted"
Part = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Busy:
    """A command that is running now. Seconds, bytes."""

    item: str
    seconds: float
    output: int


def latest(incident: Incident, rung: Rung) -> dict[str, Item]:
    """By evidence id, what was captured for this rung last."""
    return {
        item.event.item: item
        for item in incident.evidence
        if item.rung == rung.id and isinstance(item.event, EvidenceCaptured | EvidenceFailed)
    }


def evidence(
    item: EvidenceItem,
    got: Item | None,
    busy: Busy | None,
    run: str | None,
    needed: str = "",
    reading: str = "",
    first: str = "",
    trusted: bool = True,
    *,
    key: Key,
) -> Content:
    """What is asked for, how it is got, and what came of it.

    `run` is watched now; `needed` says that the rung needs it, alone or as one of several; `reading` is what the
    captured output says, in a line; `first` is why this is to be looked at before the others; `trusted`: the runbook's
    commands may run.
    """
    effects = (f"  [{item.effects}]", MUTED) if item.run else ""
    parts: list[Part] = [
        (f"{_glyph(got)} {item.id}  ", "bold"),
        safe(_how(item), 120),
        effects,
        "\n    ",
        _untrusted(key("rung.trust"))
        if item.run and got is None and not trusted
        else _state(item, got, busy, run, needed, key("rung.cancel")),
    ]
    if first and got is None:
        parts.append((f"\n    ▸ first: {safe(first)}", "$text-accent"))
    if taken := _taken(item, got):
        parts.append((f"\n    {safe(taken, 160)}", MUTED))
    if reading:
        parts.append(f"\n    {safe(reading, 200)}")
    if item.expect:
        parts.append((f"\n    expected: {safe(item.expect.strip())}", MUTED))
    if caution := cautions.of_item(item):
        parts.append((f"\n    ! {safe(caution.strip())}", "$text-warning"))
    return Content.assemble(*parts)


def _taken(item: EvidenceItem, got: Item | None) -> str:
    """Which of the files that a glob names, or of those that could be picked, was captured."""
    captured = got.event if got is not None else None
    path = captured.path if isinstance(captured, EvidenceCaptured) else None
    if not path or path == item.file:
        return ""
    return f"the newest that matches: {path}" if item.file else f"picked: {path}"


def _how(item: EvidenceItem) -> str:
    if item.run:
        return " ".join(item.run)
    return f"file {item.file}" if item.file else f"pick {item.pick}" if item.pick else "say what you see"


def _untrusted(shows: str) -> tuple[str, str]:
    return f"⚠ not trusted: {shows} shows what it would run", "$text-warning"


def _glyph(got: Item | None) -> str:
    """Whether it is there; a tick alone would say that the command went well, too."""
    if got is None or not got.kept:
        return "○"
    return "!" if isinstance(got.event, EvidenceCaptured) and got.event.exit_code else "✓"


def _state(
    item: EvidenceItem, got: Item | None, busy: Busy | None, run: str | None, needed: str, cancels: str
) -> tuple[str, str]:
    if busy is not None:
        return f"⟳ running {span(busy.seconds)}, {size(busy.output)} so far  {cancels} cancels", "$text-accent bold"
    if got is None:
        return f"○ not captured ({needed or 'optional'}): {safe(item.question)}", MUTED
    if isinstance(got.event, EvidenceFailed):
        return f"✗ {safe(got.event.reason, 160)}", "$text-error"
    assert isinstance(got.event, EvidenceCaptured)
    failed = bool(got.event.exit_code)
    exit_code = f"  rc {got.event.exit_code}" if got.event.exit_code is not None else ""
    cut = "  cut" if got.event.truncated else ""
    older = "  of an earlier run" if run and got.event.run and got.event.run != run else ""
    total = size(got.event.size + got.event.stderr_size)
    told = f"{_glyph(got)} captured {clock(got.at)}{exit_code}  {total}{cut}{older}"
    return told, "$text-warning" if failed else "$text-success"


def filed(item: Item) -> Content:
    """One line for a piece of evidence that the rung did not ask for by name, or that waits in the inbox."""
    glyph = "↻" if isinstance(item.event, AttemptKept) else "◂"
    told = size(item.event.size) if item.kept else "not kept"
    return Content.assemble((f"{glyph} {safe(item.name, 100)}", "bold"), (f"  {told}  {clock(item.at)}", MUTED))


def field(asked: Field, answer: Answer | None, draft: str, enter: str) -> Content:
    """A question with its answer, or with what stands in the field when it is opened."""
    if answer is not None:
        told: Part = (safe(answer.text, 300) or "(empty)", "$text-success" if answer.known else "$text-warning")
    elif draft:
        told = (f"✎ draft: {safe(', '.join(draft.splitlines()) if asked.type == 'many' else draft, 200)}", MUTED)
    else:
        told = (f"— {enter} answers" + ("" if asked.required else " (may stay empty)"), MUTED)
    glyph = "✓" if answer is not None else "?" if asked.required else "·"
    return Content.assemble((f"{glyph} {safe(asked.prompt)}", "bold"), "\n    ", told)


def trigger(held: Held) -> Content:
    return Content.assemble(
        (f"⚑ escalate to {safe(held.to)}", "$text-warning bold"), (f"\n    {safe(held.because)}", MUTED)
    )


def complete(missing: tuple[Need, ...], done: bool, key: Key) -> Content:
    if done:
        return Content.styled(
            f"✓ this rung is completed; {key('rung.enter')} completes it again after changes", "$text-success"
        )
    if not missing:
        return Content.styled("▸ complete this rung", "$text-accent bold")
    return Content.assemble(
        ("… to complete this rung: ", MUTED),
        (safe(in_brief(missing), 300), "$text-warning"),
        (f"\n    or {key('rung.waive')} waives it, with a reason", MUTED),
    )


def lacking(missing: tuple[Need, ...], key: Key) -> str:
    """What completes the rung, the keys first: the foot of the screen has room for one line."""
    if not missing:
        return f"{key('rung.enter')} on the last row completes the rung"
    kinds = {need.kind: key("rung.capture" if need.kind == "evidence" else "rung.enter") for need in missing}
    return f"{' and '.join(kinds.values())}: {in_brief(missing, 1)}"


def needed_first(missing: tuple[Need, ...], key: Key) -> str:
    """The same in sentences, for who would complete the rung."""
    kinds = {need.kind for need in missing}
    keys = [f"{key('rung.capture')} captures"] if "evidence" in kinds else []
    keys += [f"{key('rung.enter')} on a question answers it"] if "field" in kinds else []
    return f"Needed first: {in_brief(missing)}. {', '.join(keys)}; {key('rung.waive')} leaves the rung out."


def needed_yet(missing: tuple[Need, ...]) -> Mapping[str, str]:
    """By id, that it is needed still, or that something else would do as well: what, the last row says."""
    told: dict[str, str] = {}
    for need in missing:
        one = "needed" if len(need.ids) == 1 else "needed, this one or another"
        told |= {id: one for id in need.ids if told.get(id) != "needed"}
    return told
