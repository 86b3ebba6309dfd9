"""Which of a workflow's many logs is the run?

Every query (`--summary`, `--list-changes`, …) leaves a log too, so the newest is often not the run. A query's log says
no more than that it built the DAG; a run's log has a header, job statistics, a job or an error.
"""

from __future__ import annotations

import heapq
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from incident_console.snakemake import fields
from incident_console.snakemake.liveness import engine_pid, engine_pids, only_asks
from incident_console.snakemake.run import log_time

__all__ = ["FoundLog", "LogKind", "engine_pid", "is_workflow", "runs", "watched_run"]

LogKind = Literal["run", "query", "empty"]

LIMIT = 500
"""Logs that are looked at; a folder may hold many thousands."""
_PART = 64 * 1024
_QUERY_SIZE = 64
_LIVE = 20
_NAME = re.compile(r".*\.snakemake\.log\Z")
_HEADER = re.compile(rb"^SNAKEMAKE\r?\n=====", re.MULTILINE)
_RUN = re.compile(
    rb"^Job stats:|^Provided (?:cores|[\w ]*nodes):|^\s*\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}\]"
    rb"|^Nothing to be done|^\d+ of \d+ steps|^Execute \d+ jobs",
    re.MULTILINE,
)
_FAULT = re.compile(rb"^(?:[A-Z]\w*(?:Error|Exception)(?: in .*)?[:.]|Error: |Traceback )", re.MULTILINE)
_SNAKEFILES = ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile")


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A file under `.snakemake/log/`. `started` is the time in its name, in seconds since the epoch."""

    path: Path
    kind: LogKind
    size: int
    mtime: float
    started: float | None = None
    pid: int | None = None
    """The process that writes it, where `watched_run` looked for one."""


@dataclass(frozen=True, slots=True)
class _Seen:
    log: FoundLog
    jobs: bool
    header: bool


def is_workflow(workdir: Path) -> bool:
    """Whether there is a Snakemake workflow, or what a run of one left, in `workdir`."""
    try:
        return (workdir / ".snakemake" / "log").is_dir() or any((workdir / name).is_file() for name in _SNAKEFILES)
    except OSError:
        return False


def runs(workdir: Path, limit: int = LIMIT) -> tuple[FoundLog, ...]:
    """The newest logs of `workdir`, newest first, with what each is. Unreadable ones are `empty`."""
    return tuple(_settled(_look(workdir, limit)))


def queries(workdir: Path, limit: int = LIMIT) -> frozenset[Path]:
    """The logs that queries left, as far as that can be told: what the console itself asks leaves such logs, too."""
    return frozenset(log.path for log in _settled(_look(workdir, limit)) if log.kind != "run")


def watched_run(workdir: Path) -> FoundLog | None:
    """The log to watch: the newest run, but rather one that a live process writes; None where there was no run."""
    seen = list(_look(workdir, LIMIT))
    best: FoundLog | None = None
    for log in _settled(iter(seen)):
        if log.kind == "run":
            best = log
            break
    # While a run is being planned its log reads like a query's; the process that writes it tells them apart.
    newest = [one.log for one in seen[:_LIVE]]
    pids = engine_pids(log.path for log in newest)
    for log in newest:
        pid = pids.get(log.path)
        if pid is not None and (log.kind == "run" or not only_asks(pid)):
            return FoundLog(log.path, "run", log.size, log.mtime, log.started, pid)
    return best


def _settled(seen: Iterator[_Seen]) -> Iterator[FoundLog]:
    """A failed query is told from a failed run by what stands beside it.

    From 9.22 on a run has a header; so an error without one, in a folder where jobs ran with one, was a query's.
    """
    logs = list(seen)
    with_header = any(one.header and one.jobs for one in logs)
    for one in logs:
        log = one.log
        if log.kind == "run" and with_header and not one.header and not one.jobs:
            log = FoundLog(log.path, "query", log.size, log.mtime, log.started)
        yield log


def _look(workdir: Path, limit: int) -> Iterator[_Seen]:
    folder = workdir / ".snakemake" / "log"
    try:
        with os.scandir(folder) as entries:
            names = heapq.nlargest(limit, (entry.name for entry in entries if _NAME.match(entry.name)))
    except OSError:
        return
    for name in names:
        path = folder / name
        try:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                continue
        except OSError:
            continue
        yield _seen(path, facts)


def _seen(path: Path, facts: os.stat_result) -> _Seen:
    kind: LogKind = "query"
    jobs = header = False
    if facts.st_size == 0:
        kind = "empty"
    elif facts.st_size > _QUERY_SIZE:
        try:
            part = _ends(path, facts.st_size)
        except OSError:
            part = b""
            kind = "empty"
        header = _HEADER.search(part) is not None
        jobs = _RUN.search(part) is not None
        # No query says more than fits into the parts that were read.
        if header or jobs or _FAULT.search(part) or facts.st_size > 2 * _PART:
            kind = "run"
    log = FoundLog(path, kind, facts.st_size, facts.st_mtime, log_time(path.name))
    return _Seen(log, jobs, header)


def _ends(path: Path, size: int) -> bytes:
    """The beginning of a log and its end, without colours."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        head = os.pread(descriptor, _PART, 0)
        tail = os.pread(descriptor, _PART, max(_PART, size - _PART)) if size > _PART else b""
    finally:
        os.close(descriptor)
    part = head + b"\n" + tail
    return fields.plain(part) if b"\x1b" in part else part
