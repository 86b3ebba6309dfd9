"""How is a field of a rung asked, and how does what was answered stand in the record?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from incident_console.events import UNKNOWN
from incident_console.runbook import ladder
from incident_console.session import suggest
from incident_console.tui.ask import Answer, Check, Kind, Question

if TYPE_CHECKING:
    from incident_console.runbook.schema import Field, Rung
    from incident_console.tui.desk import Desk


def question(desk: Desk, rung: Rung, field: Field, drafted: str) -> Question:
    """`drafted` stands in the field where nothing was answered yet."""
    state, picture = desk.app.incident.rungs.get(rung.id), desk.app.picture
    given = state.answers.get(field.id) if state is not None else None
    offered = suggest.choices(field, picture)
    kind: Kind = "lines" if field.type == "lines" else "text"
    if offered:
        kind = "many" if field.type == "many" else "choice"
    if given is not None:
        several = kind == "many" and isinstance(given.value, list)
        drafted = "\n".join(str(part) for part in given.value) if several else given.text
    return Question(
        field.id,
        field.prompt,
        kind,
        offered,
        field.help or ("`unknown` is an answer here" if field.unknown else ""),
        drafted,
        optional=not field.required,
        labels=suggest.labels(field, picture),
        own=bool(field.choices_from) and not field.choices,
        check=_check(desk, rung, field) if not offered else None,
        spot=desk.log_time if field.type == "time" else None,
        offered=(lambda: _offered(desk, field)) if field.choices_from else None,
    )


def _offered(desk: Desk, field: Field) -> tuple[tuple[str, ...], Mapping[str, str]]:
    picture = desk.app.picture
    return suggest.choices(field, picture), suggest.labels(field, picture)


def _check(desk: Desk, rung: Rung, field: Field) -> Check:
    """What would be refused when it is taken is told while it is typed; of a time, what is understood."""
    runbook, time = desk.session.runbook, desk.time() if field.type == "time" else None

    def check(text: str, /) -> tuple[str, bool]:
        if time is not None and text.strip().casefold() != UNKNOWN:
            return time.told(text)
        refused = ladder.refusals(runbook, rung.id, {field.id: text})
        return (refused[0].because, False) if refused else ("", True)

    return check


def value(desk: Desk, field: Field, answer: Answer) -> Any:
    """An answer as the record keeps it: `many` is a list, unless it is `unknown`.

    A time is written out, since `10 min ago` means nothing an hour later. Raises Refused for what is no time.
    """
    if field.type == "time" and str(answer).strip().casefold() not in ("", UNKNOWN):
        return desk.time().settled(str(answer))
    parts = list(answer) if isinstance(answer, tuple) else None
    if parts is None and field.type == "many":
        parts = [part.strip() for part in str(answer).replace("\n", ",").split(",") if part.strip()]
    if parts is None:
        return answer
    return parts[0] if parts == [UNKNOWN] else parts
