"""What did a run leave that must not be trusted, and what did it take away? From its log and `.snakemake` alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from incident_console.snakemake import fields
from incident_console.snakemake.metadata import incomplete_outputs
from incident_console.snakemake.run import Run, troubled
from incident_console.snakemake.textfile import read_bytes, regular

JOBS = 200
"""Failed jobs whose outputs are looked for."""
_BLOCK = 64 << 10
_END = 4 << 20
_TEMPORARY = re.compile(rb"^Removing temporary output (.{1,4096})\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Leavings:
    """Paths as the log gives them. `failed` and `incomplete` are there still; `temporary` were deleted."""

    failed: tuple[tuple[str, str], ...] = ()
    """Outputs of jobs that failed for good, each with the job's rule and sample."""
    incomplete: tuple[str, ...] = ()
    """Marked by the engine as begun and not ended; of a run that goes on, some are only being made."""
    temporary: tuple[str, ...] = ()
    """Declared `temp()`: the engine deletes them as soon as they were used."""


def leavings(workdir: Path, run: Run) -> Leavings:
    """Bounded in jobs and bytes; never raises for what the files hold."""
    log = workdir / run.log
    failed: dict[str, str] = {}
    for job in [job for job in troubled(run) if job.state == "failed"][:JOBS]:
        for attempt in job.attempts[-1:]:
            for path in _outputs(log, attempt.start, attempt.end):
                if _is_there(workdir, path):
                    failed[path] = f"{job.rule} {job.sample}".strip()
    temporary = dict.fromkeys(fields.text(found[1]) for found in _TEMPORARY.finditer(_end_of(log)))
    return Leavings(
        tuple(failed.items()),
        tuple(path for path in incomplete_outputs(workdir) if _is_there(workdir, path) and path not in failed),
        tuple(temporary),
    )


def _outputs(log: Path, start: int | None, end: int | None) -> tuple[str, ...]:
    """Those that an error block names."""
    if start is None:
        return ()
    block = read_bytes(log, min(_BLOCK, (end or start + _BLOCK) - start), start) or b""
    found = re.search(rb"^ +output: (.+)$", block, re.MULTILINE)
    return fields.names(found[1]) if found else ()


def _end_of(log: Path) -> bytes:
    facts = regular(log)
    return (read_bytes(log, _END, max(0, facts.st_size - _END)) or b"") if facts else b""


def _is_there(workdir: Path, path: str) -> bool:
    try:
        return (workdir / path).exists()
    except (OSError, ValueError):
        return False
