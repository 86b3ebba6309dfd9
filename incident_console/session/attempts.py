"""What is known of one attempt of a job, and what does the record say of it when it failed?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from incident_console import events
from incident_console.record.clock import stamp
from incident_console.session.core import Session
from incident_console.snakemake.logevents import JobError, JobFailing, JobStarted
from incident_console.tail.keeping.held import Kept

BLOCK_LIMIT = 1 << 20
MESSAGE_LIMIT = 64 * 1024


@dataclass(slots=True)
class Attempt:
    number: int
    started: JobStarted
    logs: tuple[str, ...]
    """As the run log names them, relative to the workdir."""
    look: int = 0
    """The number of the look at the run log that told of its start."""
    failed: JobFailing | JobError | None = None
    """How the run log tells its failure: the JobError once the block is whole."""
    kept: dict[str, Kept] = field(default_factory=dict)
    """By log, what was saved when it was seen to fail."""
    doubt: str | None = None
    """What to say if it turns out that the logs, when they were read, were the retry's already; None: they were not."""
    seen: bool = True
    """It failed while the run was followed; of what failed before that, a text that is deleted is its own."""
    doubted_at: float = 0.0
    gone_at: float | None = None
    """When what was read of it was first seen to be deleted."""
    disk_free: int | None = None
    memory_available: int | None = None
    settled: bool = False
    """Nothing more is to be learned from the run log: it went well, or what failed is owed to the record."""

    @property
    def size(self) -> int:
        return sum(len(one.data or b"") for one in self.kept.values())

    @property
    def read(self) -> dict[str, Kept]:
        """Of `kept`, what has text."""
        return {log: one for log, one in self.kept.items() if one.data is not None}

    @property
    def in_doubt(self) -> dict[str, Kept]:
        """Of `read`, what may be the retry's."""
        if self.doubt is None:
            return {}
        return {log: one for log, one in self.read.items() if self.seen or not one.deleted}

    def let_go(self, logs: Iterable[str], missing: str) -> None:
        """Give up the text of these logs, and say why."""
        for log in logs:
            self.kept[log] = replace(self.kept[log], data=None, complete=False, missing=missing)


def stands(kept: Kept, path: Path) -> bool:
    """Whether the file that was read is the one at its path now."""
    try:
        return kept.inode == path.stat().st_ino
    except (OSError, ValueError):
        return False


def record(session: Session, attempt: Attempt, run_log: Path, run: str) -> None:
    """Put a failed attempt in the record. Raises RecordError."""
    started, failed = attempt.started, attempt.failed
    assert failed is not None
    error = failed if isinstance(failed, JobError) else None
    block = _block(run_log, error) if error else b""
    text = _text(attempt)
    sha256, size, counts = session.keep(text) if text is not None else (None, 0, {})
    block_sha256, block_size, block_counts = session.keep(block) if block else (None, 0, {})
    session.append(
        events.AttemptKept(
            rule=started.rule or failed.rule,
            jobid=started.jobid,
            attempt=attempt.number,
            wildcards=dict(started.wildcards),
            log=next(iter(attempt.logs), None),
            sha256=sha256,
            size=size,
            run_log=run,
            run_lines=(error.first_line, error.last_line) if error else None,
            block_sha256=block_sha256,
            block_size=block_size,
            complete=bool(attempt.kept) and all(one.complete for one in attempt.kept.values()) and bool(block),
            missing=_missing(attempt, block),
            disk_free=attempt.disk_free,
            memory_available=attempt.memory_available,
            redactions={kind: counts.get(kind, 0) + block_counts.get(kind, 0) for kind in counts | block_counts},
            run=run,
            occurred_at=stamp(datetime.fromtimestamp(failed.at, UTC)) if failed.at is not None else None,
            exit_code=failed.exit_code,
            message=session.redactor.text(failed.message[:MESSAGE_LIMIT])[:2000],  # half a secret would not be known
        )
    )


def _block(run_log: Path, error: JobError) -> bytes:
    """The error's lines in the run log; empty where they cannot be read."""
    try:
        descriptor = os.open(run_log, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.pread(descriptor, min(error.end - error.start, BLOCK_LIMIT), error.start)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _text(attempt: Attempt) -> bytes | None:
    """The log's text; several logs one after the other, each under its name."""
    texts = {log: one.data for log, one in attempt.kept.items() if one.data is not None}
    if len(attempt.logs) == 1:
        return texts.get(attempt.logs[0])
    return (
        b"\n".join(b"==> " + log.encode("utf-8", "replace") + b" <==\n" + text for log, text in texts.items()) or None
    )


def _missing(attempt: Attempt, block: bytes) -> str | None:
    several = len(attempt.logs) > 1
    told = [f"{log}: {one.missing}" if several else one.missing for log, one in attempt.kept.items() if one.missing]
    if not attempt.logs:
        told.append("the rule has no log of its own")
    if not block:
        told.append("its block of the run log was not found")
    return "; ".join(told) or None
