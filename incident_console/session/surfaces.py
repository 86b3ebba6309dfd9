"""Which surface answers a rung's question with the least, and honestly? And which question is each one weak at?

The runbook says what may be looked at, and on most rungs in which order. Where the narrowest evidence is sought, what
the run shows says which of it comes first, and what only looks comes before what writes, runs the workflow or deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from incident_console.session.suggest import UNDETERMINED

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem, Rung
    from incident_console.session.picture import Picture

WEAK: Mapping[str, str] = MappingProxyType(
    {
        "dry-run": "how long it will take",
        "summary": "why a tool failed",
        "change-list": "whether the rerun was expensive",
        "rule-log": "whether the whole run was efficient",
        "run-log": "which step is slow (volume is not cost)",
        "benchmark": "why there is more to do",
        "provenance": "the text of a failing command",
        "profile": "what the workflow means",
        "verify-report": "why it was slow",
        "discovery": "whether the tools work",
    }
)
"""By surface: the question that it answers badly."""

BY_CLASS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "workflow-semantics": ("discovery", "diff", "change-list", "rule-log"),
        "operating-context": ("profile", "provenance", "rule-log"),
        "storage-visibility": ("rule-log", "run-log", "profile"),
        "tool-behavior": ("rule-log", "benchmark"),
        "publish-boundary": ("verify-report", "provenance"),
    }
)
BY_COST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "planning": ("discovery", "dry-run"),
        "scheduler": ("benchmark", "profile"),
        "storage": ("run-log", "profile"),
        "tool": ("benchmark", "rule-log"),
    }
)
EFFECTS = ("read-only", "engine-bookkeeping", "writes", "runs-workflow", "deletes")


def smallest_first(rung: Rung, picture: Picture) -> tuple[Rung, str]:
    """The rung with its evidence in the order in which to look at it, and why the first comes first.

    The reason is empty where nothing that the run shows speaks for one before the others.
    """
    if rung.role != "evidence":
        return rung, ""
    best, because = _best(picture)

    def rank(item: EvidenceItem) -> tuple[int, int]:
        effect = EFFECTS.index(item.effects) if item.run else 0
        return max(0, effect - 1), best.index(item.surface) if item.surface in best else len(best)

    ordered = tuple(sorted(rung.evidence, key=rank))
    if not ordered or ordered[0].surface not in best:
        because = ""
    return (rung if ordered == rung.evidence else rung.model_copy(update={"evidence": ordered})), because


def _best(picture: Picture) -> tuple[tuple[str, ...], str]:
    run, known = picture.run, picture.known
    failing = next((group.rule for group in run.failures if group.rule and group.still_failing), "") if run else ""
    if failing:
        return ("rule-log", "run-log", "benchmark"), f"{failing} failed for good, and its log says most with least"
    if known is not None and known.incident_class != UNDETERMINED:
        return BY_CLASS[known.incident_class], f"the run's own files point to {known.incident_class}"
    if run is not None and run.failures:
        return ("rule-log", "run-log", "benchmark"), "an attempt failed, and its log says most with least"
    if known is not None and known.cost.dominant != UNDETERMINED:
        return BY_COST[known.cost.dominant], f"{known.cost.dominant} takes most of the time"
    return (), ""
