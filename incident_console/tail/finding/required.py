"""Which text must stand in a line, so that a regular expression can match there at all?

Looking for that text is ten times faster than matching. Only what is certain is used; where nothing is, the answer is
None and the expression is tried everywhere.
"""

import importlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

LEAST = 2
"""Bytes of a text that is worth looking for first."""
MOST = 8
"""Texts, any of which may be the one."""

_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def required(expression: re.Pattern[bytes]) -> tuple[bytes, ...] | None:
    """Texts of which every match holds at least one (in either case, if the expression ignores it)."""
    if expression.flags & re.LOCALE:
        return None
    try:
        parser = importlib.import_module("re._parser")
        texts = _of(parser.parse(expression.pattern, expression.flags))
    except (ImportError, AttributeError, re.error, RecursionError):
        return None  # The parser is private to Python's library, and may look different one day.
    return texts if texts and min(map(len, texts)) >= LEAST else None


def _of(items: Iterable[tuple[Any, Any]]) -> tuple[bytes, ...] | None:
    choices: list[tuple[bytes, ...] | None] = []
    run = bytearray()
    for operation, argument in _flat(items):
        name = operation.name
        if name == "LITERAL" and argument < 256:
            run.append(argument)
            continue
        if run:
            choices.append((bytes(run),))
            run.clear()
        choices.append(_inside(name, argument))
    if run:
        choices.append((bytes(run),))
    return max(
        (texts for texts in choices if texts), key=lambda texts: (min(map(len, texts)), -len(texts)), default=None
    )


def _flat(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """What a group holds stands in its place; not if it has flags of its own: another case may count there."""
    for operation, argument in items:
        if operation.name == "SUBPATTERN" and not argument[1] and not argument[2]:
            yield from _flat(argument[3])
        else:
            yield operation, argument


def _inside(name: str, argument: Any) -> tuple[bytes, ...] | None:
    if name in _REPEATS:
        least, _, inside = argument
        return _of(inside) if least else None
    if name == "ATOMIC_GROUP":
        return _of(argument)
    if name == "BRANCH":
        every = [_of(branch) for branch in argument[1]]
        texts = tuple(dict.fromkeys(text for branch in every if branch for text in branch))
        return texts if all(every) and len(texts) <= MOST else None
    return None
