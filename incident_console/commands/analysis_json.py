"""The JSON of `analyze`: schema incident-console/analysis/1."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incident_console.snakemake.analysis import Analysis
    from incident_console.snakemake.causes import Cause, Failure, Source
    from incident_console.snakemake.flakiness import Flaky
    from incident_console.snakemake.rulerows import RuleRow, Spread
    from incident_console.snakemake.suspects import Suspect

SCHEMA = "incident-console/analysis/1"


def as_document(analysis: Analysis) -> dict[str, Any]:
    from incident_console.snakemake.jobs import rfc3339

    run, cost = analysis.run, analysis.cost
    return {
        "schema": SCHEMA,
        "workdir": _path(analysis.workdir),
        "engine": "snakemake",
        "run": {
            "log": run.log,
            "status": run.status,
            "started_at": rfc3339(analysis.started),
            "ended_at": rfc3339(analysis.ended),
            "elapsed_s": analysis.elapsed_s,
            "version": run.version,
            "host": run.host,
            "cores": run.cores,
            "command": run.command,
            "pid": run.pid,
            "jobs": {
                "planned": run.planned,
                "finished": run.finished,
                "failed": run.failed,
                "running": run.running,
                "retried": run.retried,
            },
        },
        "rules": [_rule(row) for row in analysis.rules],
        "failures": [_failure(one) for one in analysis.failures],
        "causes": [_cause(one) for one in analysis.causes],
        "flaky": [_flaky(one) for one in analysis.flaky],
        "cost": {
            "planning_s": cost.planning_s,
            "scheduler_s": cost.scheduler_s,
            "storage_s": cost.storage_s,
            "tool_s": cost.tool_s,
            "elapsed_s": cost.elapsed_s,
            "dominant": cost.dominant,
            "confidence": cost.confidence,
            "basis": list(cost.basis),
            "missing": list(cost.missing),
        },
        "suspects": [_suspect(one) for one in analysis.suspects],
        "class": analysis.incident_class,
        "earlier_runs": analysis.earlier_runs,
        "notices": list(analysis.notices),
    }


def _path(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _spread(spread: Spread) -> dict[str, float]:
    return {"sum": spread.sum, "median": spread.median, "max": spread.max}


def _rule(row: RuleRow) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "planned": row.planned,
        "finished": row.finished,
        "failed": row.failed,
        "running": row.running,
        "retried": row.retried,
        "wall_s": _spread(row.wall_s),
        "benchmark_s": _spread(row.benchmark_s),
    }


def _failure(one: Failure) -> dict[str, Any]:
    from incident_console.snakemake.jobs import rfc3339

    return {
        "rule": one.rule,
        "jobid": one.jobid,
        "wildcards": dict(one.wildcards),
        "attempt": one.attempt,
        "at": rfc3339(one.at),
        "kind": one.kind,
        "exit_code": one.exit_code,
        "logs": list(one.logs),
        "external_id": one.external_id,
        "message": one.message,
        "group": one.group,
        "lasting": one.lasting,
        "source": _source(one.source),
    }


def _cause(one: Cause) -> dict[str, Any]:
    return {
        "group": one.group,
        "rule": one.rule,
        "kind": one.kind,
        "exit_code": one.exit_code,
        "message": one.message,
        "count": one.count,
        "lasting": one.lasting,
        "samples": list(one.samples),
        "source": _source(one.source),
    }


def _flaky(one: Flaky) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "jobid": one.jobid,
        "wildcards": dict(one.wildcards),
        "attempts": one.attempts,
        "outcome": one.outcome,
        "runs_failed": one.runs_failed,
        "runs_seen": one.runs_seen,
        "nature": one.nature,
    }


def _suspect(one: Suspect) -> dict[str, Any]:
    return {
        "class": one.incident_class,
        "score": one.score,
        "because": [{"text": clue.text, "source": _source(clue.source)} for clue in one.because],
        "against": [{"text": clue.text, "source": _source(clue.source)} for clue in one.against],
        "settled_by": one.settled_by,
        "rules": list(one.rules),
    }


def _source(source: Source) -> dict[str, Any]:
    return {"path": source.path, "line": source.line}
