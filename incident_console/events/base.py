"""What have all events of the journal in common?

Each event is a model of the `data` of one journal line; its `kind` is the line's kind. Times are RFC 3339 in UTC with
microseconds and `Z`, durations seconds, sizes bytes, hashes lower-case hex sha256. Paths inside the workdir are
relative to it. A field that a newer console added is kept as it is (`extra="allow"`), so an older one can still read
the record.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

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


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class Event(Model):
    """The data of one journal line."""

    kind: ClassVar[str]
    occurred_at: str | None = None
    """When the thing itself happened, if that was before it was recorded."""
    corrects: int | None = None
    """The `seq` of the event that this one puts right."""
    redactions: dict[str, int] | None = None
    """How many secrets of each kind were replaced, in its texts and in the blobs that it names."""

    def data(self) -> dict[str, Any]:
        """The JSON object for the journal; fields that were never set are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
