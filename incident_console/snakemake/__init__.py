"""What is going on in a Snakemake run, from its own files alone: no plugin, no Snakemake installed, nothing written.

The room is an engine's side of a small interface; another engine would be another folder with the same names.

Find the run
    `is_workflow(workdir)` whether this engine is at home here; `watched_run(workdir)` the log to watch; `runs(workdir)`
    all logs, newest first; `engine_pid(log)` the process that writes one.
Read events
    `RunWatcher(workdir, log).poll_events()` gives a frozen `Run` and the new `LogEvent`s; below it `Reader` (bytes to
    events) and `RunFold` (events to a `Run`) are pure.
Explain
    `headline(run)`, `draft_symptom(run)`, `choices(run, kind)`, `failing_log(run, workdir)`, `rule_logs(run)`,
    `WARNINGS[surface]`, `latest_benchmark(run, workdir)`, `find_provenance(workdir)`.
    What the engine itself was asked: `dryrun.read_dry_run`, `summary.read_summary`, `changes.read_changes` (bytes to
    what is planned, stale or changed, and why).
    All together: `analysis.Analyst(workdir, log).look()` gives a frozen `Analysis` with costs, causes and suspects.
"""

from incident_console.snakemake.benchmarks import Benchmark, latest_benchmark, read_benchmark
from incident_console.snakemake.facts import (
    WARNINGS,
    RuleLog,
    choices,
    draft_symptom,
    failing_log,
    headline,
    rule_logs,
)
from incident_console.snakemake.find import FoundLog, engine_pid, is_workflow, runs, watched_run
from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.jobs import Attempt, Job
from incident_console.snakemake.logevents import LogEvent
from incident_console.snakemake.provenance import Provenance, find_provenance, read_provenance
from incident_console.snakemake.reader import Reader
from incident_console.snakemake.run import Run, RunFold, RunStatus
from incident_console.snakemake.watcher import RunWatcher

__all__ = [
    "WARNINGS",
    "Attempt",
    "Benchmark",
    "FailureGroup",
    "FoundLog",
    "Job",
    "LogEvent",
    "Provenance",
    "Reader",
    "RuleLog",
    "Run",
    "RunFold",
    "RunStatus",
    "RunWatcher",
    "choices",
    "draft_symptom",
    "engine_pid",
    "failing_log",
    "find_provenance",
    "headline",
    "is_workflow",
    "latest_benchmark",
    "read_benchmark",
    "read_provenance",
    "rule_logs",
    "runs",
    "watched_run",
]
