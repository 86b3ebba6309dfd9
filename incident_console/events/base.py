"""What have all events of the journal in common?

Each event is a model of the `data` of one journal line; its `kind` is the line's kind. Times are RFC 3339 in UTC with
microseconds and `Z`, durations seconds, sizes bytes, hashes lower-case hex sha256. Paths inside the workdir are
relative to it. A field that a newer console added is kept as it is (`extra`), so an older one can still read the
record.

A model that is made here is not looked into: its types are the type checker's business. `line.parse` looks into what
was read.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from msgspec import Struct, field
from msgspec.structs import replace

UNKNOWN = "unknown"

Nature = Literal["fact", "inference", "decision"]
Surface = Literal[
    "dry-run",
    "summary",
    "change-list",
    "rule-log",
    "run-log",
    "benchmark",
    "provenance",
    "profile",
    "verify-report",
    "discovery",
    "diff",
    "observation",
]
Effects = Literal["read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes"]


class Extra(dict[str, Any]):
    """Fields that this console does not know, by their names in the journal. Not to be changed.

    A type of its own, because no JSON value becomes one: what stands in a journal cannot pass for it.
    """


_NOTHING = Extra()


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Something with fields, as it stands in the journal. Nothing in it refers back to it: `gc=False` is safe."""

    extra: Extra = field(default=_NOTHING, name="")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Of its known fields, in order."""
        return cls.__struct_fields__[1:]

    def data(self) -> dict[str, Any]:
        """The JSON object for the journal; fields that were never set are left out."""
        cls = type(self)
        pairs = zip(cls.__struct_fields__[1:], cls.__struct_encode_fields__[1:], strict=True)
        known = {key: _plain(value) for name, key in pairs if (value := getattr(self, name)) is not None}
        return {**known, **self.extra}

    def with_(self, **changed: Any) -> Self:
        """The same, with other values in the fields named."""
        return replace(self, **changed)


class Event(Model, frozen=True, kw_only=True):
    """The data of one journal line."""

    kind: ClassVar[str]
    occurred_at: str | None = None
    """When the thing itself happened, if that was before it was recorded."""
    corrects: int | None = None
    """The `seq` of the event that this one puts right."""
    redactions: dict[str, int] | None = None
    """How many secrets of each kind were replaced, in its texts and in the blobs that it names."""


def _plain(value: Any) -> Any:
    match value:
        case Model():
            return value.data()
        case list() | tuple():
            return [_plain(part) for part in value]
        case dict():
            return {key: _plain(part) for key, part in value.items()}
    return value
