"""Any event that the types of its fields allow, as hypothesis strategies."""

from types import UnionType
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from msgspec.structs import fields

from incident_console.events import KINDS, Extra, Model, UnknownEvent

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
EXACT = 1 << 53
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - EXACT, EXACT - 1) | TEXTS | st.just(1.5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Of a field of the type `kind`."""
    parts = get_args(kind)
    match get_origin(kind) or kind:
        case origin if origin is Literal:
            return st.sampled_from(parts)
        case origin if origin is UnionType:
            return st.one_of(map(values, parts))
        case origin if origin is tuple and parts[1:] == (...,):
            return st.lists(values(parts[0]), max_size=3).map(tuple)
        case origin if origin is tuple:
            return st.tuples(*map(values, parts))
        case origin if origin is dict:
            return st.dictionaries(values(parts[0]), values(parts[1]), max_size=3)
        case model if isinstance(model, type) and issubclass(model, Model):
            return models(model)
    known = {str: TEXTS, int: st.integers(1 - EXACT, EXACT - 1), float: st.floats(-1e9, 1e9).map(lambda x: round(x, 3))}
    return {**known, bool: st.booleans(), type(None): st.none(), Any: JSON}[kind]


def models(model: type[Model]) -> st.SearchStrategy[Model]:
    """As this console makes it: what has a default may be left out."""
    due = {field.name: values(field.type) for field in fields(model) if field.required}
    rest = {field.name: values(field.type) for field in fields(model) if not field.required and field.name != "extra"}
    return st.fixed_dictionaries(due, optional=rest).map(lambda given: model(**given))


def extras(model: Model) -> st.SearchStrategy[Extra]:
    """Fields that are not among those of `model`."""
    names = TEXTS.filter(lambda name: name not in model.__struct_encode_fields__[1:])
    return st.dictionaries(names, JSON, min_size=1, max_size=3).map(Extra)


EVENTS = st.one_of([models(model) for model in (*KINDS.values(), UnknownEvent)])
