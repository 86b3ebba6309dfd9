"""Why does something that was read not fit the types it should have? What msgspec says of it, in a person's words."""

from __future__ import annotations

import re

from msgspec import ValidationError

_MISSING = re.compile(r"Object missing required field `([^`]*)`")
_OTHER = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_BOUND = re.compile(r"Expected `([^`]*)` (.*)")
_NAMES = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}


def told(fault: ValidationError) -> str:
    """`field: why`, with nothing of the value itself, which came from outside."""
    text = str(fault)
    what, _, where = text.rpartition(" - at ") if " - at " in text else (text, "", "")
    place = where.rpartition("$")[2].strip("`.").replace("[...]", "").replace("[", ".").replace("]", "")
    if missing := _MISSING.fullmatch(what):
        return f"{f'{place}.{missing[1]}'.removeprefix('.')}: it is missing"
    if other := _OTHER.fullmatch(what):
        why = f"it should be {_noun(other[1])}, and is {_noun(other[2])}"
    elif bound := _BOUND.fullmatch(what):
        why = f"it should be {_noun(bound[1])} {bound[2].replace(', got ', ', and has ')}"
    elif what.endswith("out of range"):
        why = "its number is out of range"
    else:
        why = "it is none of the words that may stand there"
    return f"{place or 'data'}: {why}"


def _noun(types: str) -> str:
    return " or ".join(_NAMES.get(name, name) for name in types.split(" | "))
