"""Which event does a line of the journal stand for?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from pydantic import ConfigDict, ValidationError

from incident_console.errors import InputError
from incident_console.events import course, said, seen
from incident_console.events.base import Event


class UnknownEvent(Event):
    """A kind that this console does not know (a newer record): shown, never dropped."""

    kind: ClassVar[str] = "?"
    model_config = ConfigDict(frozen=True, extra="allow")


KINDS = {model.kind: model for model in (*course.EVENTS, *seen.EVENTS, *said.EVENTS)}


class Recorded(NamedTuple):
    """One line of the journal. A tuple, because a journal may hold a hundred thousand."""

    seq: int
    at: str
    mono_s: float
    session: str
    by: str
    kind: str
    event: Event
    prev: str
    hash: str


_VALIDATED = {kind: model.__pydantic_validator__.validate_python for kind, model in KINDS.items()}
"""What `model_validate` calls in the end; a long journal is read noticeably sooner without the way there."""
_UNKNOWN = UnknownEvent.__pydantic_validator__.validate_python


def parse(kind: str, data: dict[str, Any]) -> Event:
    """The event that a journal line's `kind` and `data` stand for. Raises InputError naming the field at fault."""
    return parse_all([kind], [data])[0]


def parse_all(kinds: Iterable[str], contents: Iterable[dict[str, Any]]) -> list[Event]:
    """As `parse`, for many lines at a time; `kinds` and `contents` are equally many."""
    kind = ""
    try:
        return [_VALIDATED.get(kind := each, _UNKNOWN)(data) for each, data in zip(kinds, contents, strict=True)]
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "data"
        raise InputError(f"{kind}: {place}: {first['msg']}") from None
