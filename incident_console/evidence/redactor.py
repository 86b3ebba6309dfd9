"""What one sitting at the console redacts with: a key, the values that the settings name, and the walk over an event.

Everything that goes into a record passes through one of these, before it is hashed. Equal secrets get equal marks
within a record; without the key, which is in no record and no bundle, a mark tells nothing of its secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from incident_console.events import Event, Extra, Model
from incident_console.evidence import pem
from incident_console.evidence.assignments import is_harmless, kind_of_option
from incident_console.evidence.named import Named
from incident_console.evidence.names import shown
from incident_console.evidence.redact import Redacted, is_marked, mark, redact, redact_argv

AnEvent = TypeVar("AnEvent", bound=Event)

_AS_THEY_ARE = re.compile(
    r"schema_?|kind|id|of|item|rung|run|launch|log|run_log|path|cwd|workdir|changed|head|version|status|nature|surface"
    r"|effects|context|set_aside|console|commits?|host|user|tmux|role|redactions|.*sha256|.*_at"
)
"""Fields that name something: ids, hashes, times, and the paths by which evidence is found again."""


@dataclass(frozen=True, slots=True)
class Redactor:
    key: bytes | None = field(default=None, repr=False)
    """Of the fingerprints in the marks."""
    named: tuple[Named, ...] = ()
    off: bool = False
    """The operator asked for nothing to be redacted, and the record says so."""

    def data(self, data: bytes) -> Redacted:
        return Redacted(data) if self.off else redact(data, self.key, self.named)

    def part(self, before: bytes, data: bytes, after: bytes) -> Redacted:
        """Lines redacted with what surrounds them in view: one out of a key's block tells nothing by itself."""
        if self.off:
            return Redacted(data)
        at = len(before), len(before) + len(data)
        keys = [each for each in pem.secrets(before + data + after) if each.start < at[1] and each.end > at[0]]
        pieces, counts, done = [], Counter[str](), 0
        for key in keys:
            start, end = max(key.start - at[0], done), min(key.end - at[0], len(data))
            clean = self.data(data[done:start])
            pieces += [clean.data, mark(data[start:end], key.kind, self.key)]
            counts.update(clean.counts)
            counts[key.kind] += 1
            done = end
        clean = self.data(data[done:])
        counts.update(clean.counts)
        return Redacted(b"".join([*pieces, clean.data]), dict(counts))

    def text(self, text: str) -> str:
        """The text as it may stand in a record: secrets replaced, a byte that is not UTF-8 as `\\xNN`."""
        return self._text(text, Counter())

    def argv(self, argv: Sequence[str]) -> tuple[str, ...]:
        """The words of a command as they may stand in a record."""
        return tuple(map(shown, argv)) if self.off else redact_argv(argv, self.key, self.named)[0]

    def event(self, event: AnEvent) -> AnEvent:
        """The event with the secrets in its texts replaced, and counted in `redactions` beside those of its blobs."""
        if self.off:
            return event
        counts = Counter[str]()
        changed = self._model(event, counts)
        if counts:
            counts.update(event.redactions or {})
            changed["redactions"] = dict(counts)
        return event.with_(**changed) if changed else event

    def _model(self, model: Model, counts: Counter[str]) -> dict[str, Any]:
        """The fields of a model that come out otherwise."""
        changed = self._fields({name: getattr(model, name) for name in model.names()}, counts)
        if extra := self._fields(model.extra, counts):
            changed["extra"] = Extra({**model.extra, **extra})
        return changed

    def _fields(self, fields: Mapping[str, Any], counts: Counter[str]) -> dict[str, Any]:
        changed = {}
        for name, value in fields.items():
            if value is None or isinstance(value, int | float) or _AS_THEY_ARE.fullmatch(name):
                continue
            clean = self._argv(value, counts) if name == "argv" else self._value(value, counts)
            if clean != value:
                changed[name] = clean
        return changed

    def _value(self, value: Any, counts: Counter[str], name: str = "") -> Any:
        match value:
            case str():
                return self._told(value, name, counts)
            case Model():
                changed = self._model(value, counts)
                return value.with_(**changed) if changed else value
            case list() | tuple():
                return type(value)(self._value(part, counts, name) for part in value)
            case dict():
                return {key: self._value(part, counts, str(key)) for key, part in value.items()}
        return value

    def _told(self, text: str, name: str, counts: Counter[str]) -> str:
        """A text under a name: what is answered to a field called `password` is one, whatever it looks like."""
        clean = self._text(text, counts)
        kind = (
            kind_of_option(f"--{name}".encode("utf-8", "replace"))
            if name and clean == text and not is_marked(text)
            else None
        )
        if kind is None or is_harmless(text.encode("utf-8", "replace"), kind):
            return clean
        counts[kind] += 1
        return mark(text.encode("utf-8", "replace"), kind, self.key).decode()

    def _argv(self, argv: tuple[str, ...], counts: Counter[str]) -> tuple[str, ...]:
        words, found = redact_argv(argv, self.key, self.named)
        counts.update(found)
        return words

    def _text(self, text: str, counts: Counter[str]) -> str:
        text = shown(text)
        if self.off:
            return text
        clean = redact(text.encode(), self.key, self.named)
        counts.update(clean.counts)
        return clean.data.decode("utf-8", "backslashreplace") if clean.counts else text
