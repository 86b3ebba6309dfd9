"""Where on the ladder does the incident stand, and what is next? Pure rules: a runbook and a standing in, answers out.

Any rung may be entered at any time; completing one has conditions; none is skipped in silence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from incident_console.events import UNKNOWN
from incident_console.runbook import pattern

if TYPE_CHECKING:
    from incident_console.runbook.schema import Condition, Field, Runbook, Rung

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """What has happened on the ladder so far, by rung id."""

    entered: tuple[str, ...] = ()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Rung id to field id to value, the last word said."""
    captured: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Rung id to the ids of the evidence items captured or filed there."""
    completed: frozenset[str] = frozenset()
    waived: Mapping[str, str] = field(default_factory=dict)
    """Rung id to the reason."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the console knows of the incident, by the names in `schema.FACTS`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not taken, and what to write instead."""

    field: str
    because: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a rung still lacks. `ids` are alternatives, of which `id` is the first."""

    kind: Literal["field", "evidence"]
    id: str
    text: str
    ids: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """The alternatives as a person knows them: a question by its words, evidence by its name."""


@dataclass(frozen=True, slots=True)
class Held:
    """An escalation trigger that holds."""

    rung: str
    to: str
    because: str
    when: Condition | None = field(default=None, compare=False)
    """What held; of two conditions that lead to the same place for the same reason, the first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A rung as the ladder shows it; `number` counts from 1."""

    number: int
    id: str
    title: str
    state: Literal["open", "done", "waived", "entered", "untouched"]


def refusals(runbook: Runbook, rung_id: str, fields: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Why these answers are not taken; empty when they are. Fields not given are not missed here (see `missing`)."""
    rung = runbook.rung(rung_id)
    return tuple(_refusals(rung, fields))


def waiver_refusal(runbook: Runbook, rung_id: str, reason: str) -> str | None:
    """Why the rung cannot be waived so, or None when it can: a waiver needs a reason that says something."""
    rung = runbook.rung(rung_id)
    if reason.strip().casefold() in ("", UNKNOWN, "-", "n/a", "none"):
        return f"{rung.title}: a rung is left out with a reason; write why it cannot or need not be climbed"
    return None


def missing(runbook: Runbook, rung_id: str, standing: Standing) -> tuple[Need, ...]:
    """What the rung still needs before it can be completed; nothing needed means it can be completed at once."""
    rung = runbook.rung(rung_id)
    given = standing.answers.get(rung_id, _NOTHING)
    captured = standing.captured.get(rung_id, frozenset())
    wanted: list[tuple[str, ...]] = [(field.id,) for field in rung.ask if field.required]
    wanted += [tuple(id.strip() for id in need.split("|")) for need in rung.needs]
    met = {id for id, value in given.items() if not _is_empty(value)} | captured
    return tuple(_need(rung, ids) for ids in dict.fromkeys(wanted) if met.isdisjoint(ids))


def next_rung(runbook: Runbook, rung_id: str, standing: Standing) -> str | None:
    """The rung to go to from this one: the first branch that holds, else the next one in order that is still to do.

    After the last rung the earlier ones that were passed over come up; None when every other rung is done or waived.
    """
    here = runbook.rung(rung_id)
    ids = [rung.id for rung in runbook.rungs]
    at = ids.index(rung_id)
    branches = [branch.go for branch in here.next if _holds(runbook, here, branch.when, standing)]
    for id in (*branches, *ids[at + 1 :], *ids[:at]):
        if id != rung_id and id not in standing.completed and id not in standing.waived:
            return id
    return None


def escalations(runbook: Runbook, standing: Standing) -> tuple[Held, ...]:
    """The escalation triggers that hold now, in the order of the runbook, each once."""
    touched = {*standing.entered, *standing.completed}
    held = [
        Held(rung.id, trigger.to, trigger.because, trigger.when)
        for rung in runbook.rungs
        for trigger in rung.escalate
        # Before its rung was entered, an answer that is not there yet says nothing.
        if (trigger.when.present is not False or rung.id in touched) and _holds(runbook, rung, trigger.when, standing)
    ]
    return tuple(dict.fromkeys(held))


def marks(runbook: Runbook, standing: Standing, open_rung: str | None) -> tuple[Mark, ...]:
    """The whole ladder with the state of each rung."""
    return tuple(
        Mark(number, rung.id, rung.title, _state(rung.id, standing, open_rung))
        for number, rung in enumerate(runbook.rungs, 1)
    )


def _state(
    id: str, standing: Standing, open_rung: str | None
) -> Literal["open", "done", "waived", "entered", "untouched"]:
    if id == open_rung:
        return "open"
    if id in standing.completed:
        return "done"
    if id in standing.waived:
        return "waived"
    return "entered" if id in standing.entered else "untouched"


def _refusals(rung: Rung, fields: Mapping[str, Any]) -> Iterator[Refusal]:
    for id, value in fields.items():
        field = rung.field(id)
        if field is None:
            known = ", ".join(field.id for field in rung.ask) or "none"
            yield Refusal(id, f"The rung {rung.id} has no field {id}; its fields: {known}.")
        elif because := _wrong(field, value):
            yield Refusal(id, because)
        else:
            text = _text(value)
            for refuse in rung.refuse:
                if refuse.field == id and pattern.found(refuse.pattern, text):
                    yield Refusal(id, refuse.because)
                    break


def _wrong(field: Field, value: Any) -> str | None:
    """Why the value does not answer the field, or None."""
    if _is_empty(value):
        return "This must be answered." if field.required else None
    if isinstance(value, str) and value.strip().casefold() == UNKNOWN:
        if field.unknown or UNKNOWN in field.choices:
            return None
        return "`unknown` is no answer here: say what is known."
    if wrong := _wrong_type(field, value):
        return wrong
    if field.choices:
        chosen = value if isinstance(value, (list, tuple)) else (value,)
        for choice in chosen:
            if _text(choice) not in field.choices:
                return f"{_text(choice)!r} is none of: {', '.join(field.choices)}."
    return None


def _wrong_type(field: Field, value: Any) -> str | None:
    several = isinstance(value, (list, tuple))
    if several and field.type not in ("many", "lines"):
        return "One answer is expected, not a list."
    if not all(isinstance(part, (str, int, float)) for part in (value if several else (value,))):
        return "Text, a number, or yes or no is expected."
    text = _text(value).strip()
    if field.type == "number" and not is_number(value):
        return f"{text!r} is not a number."
    if field.type == "yes-no" and text.casefold() not in ("yes", "no"):
        return f"{text!r} is neither yes nor no."
    if field.type == "time" and not _is_time(text):
        return f"{text!r} is not a time; write 14:05 or 2026-01-31T14:05:00Z."
    return None


def is_number(value: Any) -> bool:
    """Whether a field of the type number takes the value."""
    if isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _is_time(text: str) -> bool:
    for candidate in (text, f"2000-01-01T{text}"):
        try:
            datetime.fromisoformat(candidate)
        except ValueError:
            continue
        return True
    return False


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (list, tuple)):
        return all(_is_empty(part) for part in value)
    return value is None


def _need(rung: Rung, ids: tuple[str, ...]) -> Need:
    told = " or ".join(_ask_for(rung, id) for id in ids)
    # `Compared with what: which run, which day?` is known by what stands before the colon.
    labels = tuple(f"“{asked.prompt.partition(': ')[0]}”" if (asked := rung.field(id)) else id for id in ids)
    return Need("evidence" if rung.item(ids[0]) else "field", ids[0], told, ids, labels)


def in_brief(missing: Iterable[Need], most: int = 2) -> str:
    """What is to be done first, for a person: `capture dry-run; answer “Which targets?” and 2 more questions`."""
    wanted: dict[str, list[str]] = {}
    for need in missing:
        wanted.setdefault("capture" if need.kind == "evidence" else "answer", []).append(" or ".join(need.labels))
    return "; ".join(f"{verb} {_some(labels, most)}" for verb, labels in wanted.items())


def _some(labels: list[str], most: int) -> str:
    more = len(labels) - most
    return f"{', '.join(labels[:most])} and {more} more" if more > 0 else ", ".join(labels)


def _ask_for(rung: Rung, id: str) -> str:
    if (item := rung.item(id)) is not None:
        return f"capture {id} ({item.question})"
    asked = rung.field(id)
    return f"answer {id} ({asked.prompt})" if asked is not None else id


def _holds(runbook: Runbook, rung: Rung, when: Condition, standing: Standing) -> bool:
    return matches(when, _asked(runbook, rung, when, standing))


def matches(when: Condition, value: Any) -> bool:
    """Whether the condition holds where `value` is what it asks for; None and empty text are absent."""
    absent = _is_empty(value)
    if when.present is not None:
        return when.present is not absent
    if absent:
        return False
    parts = value if isinstance(value, (list, tuple)) else (value,)
    if when.is_ is not None:
        return len(parts) == 1 and _same(parts[0], when.is_)
    if when.not_ is not None:
        return not any(_same(part, when.not_) for part in parts)
    if isinstance(value, str):
        return _text(when.includes).casefold() in value.casefold()
    return any(_same(part, when.includes) for part in parts)


def _asked(runbook: Runbook, rung: Rung, when: Condition, standing: Standing) -> Any:
    """The value a condition asks for: a fact, or an answer of its own rung, or of the first rung that has one."""
    name = when.field or when.fact or ""
    if when.fact is not None and not _is_empty(standing.facts.get(name)):
        return standing.facts[name]
    rungs: Iterable[Rung] = (rung, *runbook.rungs)
    for holder in rungs:
        value = standing.answers.get(holder.id, _NOTHING).get(name)
        if not _is_empty(value):
            return value
    return None


def _same(one: Any, other: Any) -> bool:
    return _text(one).strip().casefold() == _text(other).strip().casefold()


def _text(value: Any) -> str:
    """A value as an operator writes it: yes and no for the truth values, 3 for 3.0, a list as lines."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "\n".join(_text(part) for part in value)
    return str(value)
