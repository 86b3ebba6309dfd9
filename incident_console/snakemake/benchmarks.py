"""What did one job cost? Reads the benchmark files that Snakemake writes.

Tab-separated `s h:m:s max_rss max_vms max_uss max_pss io_in io_out mean_load cpu_time` with a row per repeat, more
columns with `--benchmark-extended`, or one JSON object a line in `.jsonl`. Missing values are `NA` or `-`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from incident_console.errors import InputError
from incident_console.snakemake.run import Run

SIZE_LIMIT = 4 << 20
_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One repeat. Seconds, MiB, percent, as Snakemake gives them; None where it could not measure."""

    s: float | None
    max_rss_mib: float | None
    io_in_mib: float | None
    io_out_mib: float | None
    mean_load_percent: float | None
    cpu_s: float | None
    columns: Mapping[str, str]
    """All columns as they stand."""


def read_benchmark(path: Path) -> tuple[Benchmark, ...]:
    """The rows of a benchmark file; rows that make no sense are left out. Raises InputError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT)
    except OSError as fault:
        raise InputError(f"The benchmark {path} cannot be read: {fault.strerror}.") from None
    text = data.decode("utf-8", "backslashreplace")
    if text.lstrip().startswith("{"):
        rows = _objects(text)
    else:
        lines = text.splitlines()
        names = lines[0].split("\t") if lines else []
        rows = [dict(zip(names, line.split("\t"), strict=False)) for line in lines[1 : _ROWS + 1] if line.strip()]
    return tuple(
        _row(row) for row in rows if _number(row.get("s")) is not None or _number(row.get("cpu_time")) is not None
    )


def latest_benchmark(run: Run, workdir: Path) -> Path | None:
    """The benchmark file of the job that finished last, of those that left one."""
    ended = [(job.attempts[-1].ended or 0.0, job.benchmark) for job in run.jobs if job.benchmark and job.attempts]
    for _, name in sorted(ended, reverse=True):
        path = workdir / name
        if path.is_file():
            return path
    return None


def _objects(text: str) -> list[dict[str, str]]:
    rows = []
    for line in text.splitlines()[:_ROWS]:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(found, dict):
            rows.append({str(name): str(value) for name, value in found.items()})
    return rows


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e15 else None


def _row(row: Mapping[str, str]) -> Benchmark:
    return Benchmark(
        s=_number(row.get("s")),
        max_rss_mib=_number(row.get("max_rss")),
        io_in_mib=_number(row.get("io_in")),
        io_out_mib=_number(row.get("io_out")),
        mean_load_percent=_number(row.get("mean_load")),
        cpu_s=_number(row.get("cpu_time")),
        columns=dict(row),
    )
