"""Where do the values of variables stand that the settings name, in whatever form they were written down?

A value is sought as it is, quoted for a URL, escaped for JSON, a shell or HTML, and in base64 wherever it may begin in
what was encoded. Plain searches only: time grows linearly with the text, times the number of forms.
"""

from __future__ import annotations

import base64
import html
import json
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from incident_console.evidence.secret import Secret

SHORTEST = 6
"""Bytes of a value that is sought: a shorter one stands in too many words."""
_COMMON = frozenset(
    b"default password passwd secret changeme localhost postgres example production development testing "
    b"enabled disabled unknown".split()
)


@dataclass(frozen=True, slots=True)
class Named:
    """A variable whose value is a secret."""

    name: str
    value: bytes = field(repr=False)
    forms: tuple[bytes, ...] = field(repr=False)
    """The longest first."""

    @property
    def kind(self) -> str:
        return f"env {self.name}"


def named(names: Collection[str], environ: Mapping[str, str]) -> tuple[tuple[Named, ...], tuple[str, ...]]:
    """The variables that are sought, and the names of those that are not: not set, too short, or a common word."""
    found, left_out = [], []
    for name in dict.fromkeys(names):
        value = environ.get(name, "").strip().encode("utf-8", "surrogateescape")
        if len(value) < SHORTEST or value.lower() in _COMMON or len(set(value)) < 3:
            left_out.append(name)
        else:
            found.append(Named(name, value, _forms(value)))
    return tuple(found), tuple(left_out)


def secrets(data: bytes, sought: Collection[Named]) -> Iterator[Secret]:
    for each in sought:
        for form in each.forms:
            place = data.find(form)
            while place >= 0:
                yield Secret(place, place + len(form), each.kind)
                place = data.find(form, place + len(form))


def _forms(value: bytes) -> tuple[bytes, ...]:
    quoted = {quote(value, safe=""), quote(value), quote_plus(value)}
    forms = {value, *(text.encode() for text in quoted), *(_lower_hex(text).encode() for text in quoted)}
    text = value.decode("utf-8", "surrogateescape")
    if text.isprintable() or "\n" in text or "\t" in text:
        for ascii_only in (True, False):
            escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
            forms |= {_bytes(escaped), _bytes(escaped.replace("/", "\\/"))}
        forms |= {_bytes(html.escape(text)), _bytes(repr(text)[1:-1])}
        forms |= {_bytes(shlex.quote(text)[1:-1])} if "'" in text else set()
    forms |= set(_base64(value))
    return tuple(sorted((form for form in forms if len(form) >= SHORTEST), key=lambda form: (-len(form), form)))


def _base64(value: bytes) -> Iterator[bytes]:
    """What is the same in the base64 of every text that holds the value, by where in three bytes it begins."""
    yield base64.b64encode(value)
    for before in range(3):
        digits = base64.b64encode(b"\0" * before + value)
        # The first digit or two mix with what stands before, the last ones with what follows.
        whole = (before + len(value)) * 8 // 6
        inner = digits[(before * 8 + 5) // 6 : whole]
        if len(inner) > SHORTEST:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def _lower_hex(text: str) -> str:
    parts = text.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
