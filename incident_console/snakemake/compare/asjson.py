"""A comparison as the JSON that scripts are built on: `incident-console/comparison/1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from incident_console.snakemake.compare.comparison import Comparison
from incident_console.snakemake.compare.meaning import Changed
from incident_console.snakemake.compare.settings import Setting
from incident_console.snakemake.compare.speed import RuleSpeed
from incident_console.snakemake.compare.state import State

SCHEMA = "incident-console/comparison/1"


def as_json(found: Comparison) -> dict[str, Any]:
    """Plain values: durations in seconds, None for what is not known."""
    speed, meaning = found.speed, found.meaning
    return {
        "schema": SCHEMA,
        "before": _side(found.before),
        "after": _side(found.after),
        "speed": {
            "elapsed_s": list(speed.elapsed_s),
            "change": speed.change,
            "said": speed.said,
            "by_rule": [_rule(row) for row in speed.rules],
            "by_cost": {
                **{f"{one.name}_s": list(one.seconds) for one in speed.cost},
                "dominant": list(speed.dominant),
            },
        },
        "meaning": {
            "targets": {"added": list(meaning.targets_added), "removed": list(meaning.targets_removed)},
            "outputs": {
                "added": list(meaning.outputs_added),
                "removed": list(meaning.outputs_removed),
                "changed": [_changed(one) for one in meaning.outputs_changed],
                "same": meaning.outputs_same,
                "unknown": list(meaning.outputs_unknown),
            },
            "published": {
                "changed": [{**_changed(one), "only_times": one.harmless} for one in meaning.published_changed],
                "same": meaning.published_same,
                "not_as_listed": list(meaning.mismatches),
            },
            "inputs_changed": [_changed(one) for one in meaning.inputs_changed],
            "inputs_removed": [
                {"rule": one.rule, "input": one.input, "jobs": one.jobs} for one in meaning.inputs_removed
            ],
            "evidence_lost": list(meaning.evidence_lost),
            "policy_changed": _settings(meaning.policy_changed),
            "config_changed": _settings(meaning.config_changed),
            "rules_changed": [
                {"rule": one.rule, "directive": one.directive or None, "before": one.before, "after": one.after}
                for one in meaning.rules_changed
            ],
            "sources_changed": list(meaning.sources_changed),
            "jobs": {
                "same": meaning.matched,
                "only_before": list(meaning.skipped),
                "only_after": list(meaning.extra),
            },
        },
        "verdict": found.verdict,
        "because": list(found.because),
        "settled_by": list(found.settled_by),
    }


def _side(state: State) -> dict[str, Any]:
    run = state.run
    return {
        "workdir": state.workdir,
        "from": state.from_,
        "taken_at": state.taken_at,
        "run": None
        if run is None
        else {"log": run.log, "status": run.status, "started_at": run.started_at, "elapsed_s": run.elapsed_s},
        "not_seen": list(state.not_seen),
    }


def _rule(row: RuleSpeed) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "jobs": list(row.jobs),
        "wall_s": list(row.wall_s),
        "benchmark_s": list(row.benchmark_s),
        "mean_s": list(row.mean_s),
        "change": row.change,
    }


def _changed(one: Changed) -> dict[str, Any]:
    found: dict[str, Any] = {"path": one.path, "before_sha256": _sha256(one.before), "after_sha256": _sha256(one.after)}
    if any(value is not None and not value.startswith("sha256:") for value in (one.before, one.after)):
        found |= {"before": one.before, "after": one.after}
    return found


def _sha256(value: str | None) -> str | None:
    return value.removeprefix("sha256:") if value is not None and value.startswith("sha256:") else None


def _settings(settings: Iterable[Setting]) -> list[dict[str, Any]]:
    return [{"setting": one.name, "before": _number(one.before), "after": _number(one.after)} for one in settings]


def _number(value: str | None) -> str | int | None:
    """Whole numbers as such: `retries` is 0, not "0"."""
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 16 else value
