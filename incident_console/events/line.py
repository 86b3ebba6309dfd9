"""Which event does a line of the journal stand for?

What this console wrote is made an event in one step (msgspec). What does not fit at once is looked at closely: fields
that a newer console added are laid into `extra`, and a value of the wrong type is told by its field's name. Whole
numbers and floats may stand as text, because the journal holds those of 2^53 and more, and NaN, as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, get_args

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from incident_console.errors import InputError
from incident_console.events import course, said, seen
from incident_console.events.base import Event, Extra, Model
from incident_console.events.misfit import told


class UnknownEvent(Event, frozen=True, kw_only=True):
    """A kind that this console does not know (a newer record): shown, never dropped."""

    kind: ClassVar[str] = "?"


KINDS: dict[str, type[Event]] = {model.kind: model for model in (*course.EVENTS, *seen.EVENTS, *said.EVENTS)}


class Recorded(Struct, frozen=True, gc=False):
    """One line of the journal. As light as it can be, because a journal may hold a hundred thousand."""

    seq: int
    at: str
    mono_s: float
    session: str
    by: str
    kind: str
    event: Event
    prev: str
    hash: str


def parse(kind: str, data: dict[str, Any]) -> Event:
    """The event that a journal line's `kind` and `data` stand for. Raises InputError naming the field at fault."""
    return parse_all([kind], [data])[0]


def parse_all(kinds: Sequence[str], contents: Sequence[dict[str, Any]]) -> list[Event]:
    """As `parse`, for many lines at a time; `kinds` and `contents` are equally many."""
    try:
        return [convert(data, KINDS.get(kind, UnknownEvent)) for kind, data in zip(kinds, contents, strict=True)]
    except ValidationError:
        return [_closely(kind, data) for kind, data in zip(kinds, contents, strict=True)]


def _closely(kind: str, data: dict[str, Any]) -> Event:
    model = KINDS.get(kind, UnknownEvent)
    try:
        return convert(_sorted_out(model, data), model, strict=False)
    except ValidationError as fault:
        raise InputError(f"{kind}: {told(fault)}") from None


def _sorted_out(model: type[Model], data: dict[str, Any]) -> dict[str, Any]:
    """`data` with the fields that `model` does not know put together where it keeps them."""
    known = _fields(model)
    fitting = {key: _each(known[key], value) for key, value in data.items() if key in known}
    return {**fitting, "": Extra((key, value) for key, value in data.items() if key not in known)}


def _each(model: type[Model] | None, value: Any) -> Any:
    if model is not None and isinstance(value, dict):
        return _sorted_out(model, value)
    if model is not None and isinstance(value, list | tuple):
        return [_each(model, part) for part in value]
    return value


@cache
def _fields(model: type[Model]) -> dict[str, type[Model] | None]:
    """By name in the journal: the model that stands in that field, or in each part of it, if one does."""
    return {field.encode_name: _model_in(field.type) for field in fields(model) if field.encode_name}


def _model_in(kind: Any) -> type[Model] | None:
    if isinstance(kind, type) and issubclass(kind, Model):
        return kind
    return next((found for part in get_args(kind) if (found := _model_in(part))), None)
