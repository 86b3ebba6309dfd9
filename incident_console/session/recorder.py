"""The flight recorder: a failed attempt's log, kept before the retry deletes it.

Descriptors are held on the logs of running jobs; when an attempt fails, what its log says, its block of the run log, and
the machine's figures are put in the record at once. What could not be kept is recorded too, with the reason.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from incident_console import events
from incident_console.evidence.facts import disk_free, memory_available
from incident_console.record.clock import stamp
from incident_console.session.core import Session
from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, LogEvent
from incident_console.tail.held import HeldLogs, Kept

BLOCK_LIMIT = 1 << 20
TOO_LATE = "the console was opened after the retry had deleted this log"


@dataclass(slots=True)
class _Attempt:
    number: int
    started: JobStarted
    kept: tuple[Kept, ...] | None = None
    """What was saved of its logs when it was seen to fail."""
    failing: JobFailing | None = None
    recorded: bool = False


class Recorder:
    """One run's recorder. Not thread-safe: the thread that follows the run calls it."""

    def __init__(self, session: Session, run_log: Path) -> None:
        self._session = session
        self._run_log = run_log
        self._run = os.path.relpath(run_log, session.workdir)
        self._held = HeldLogs()
        self._attempts: dict[int, _Attempt] = {}
        self._done = {
            (item.event.jobid, item.event.attempt)
            for item in session.incident.evidence
            if isinstance(item.event, events.AttemptKept) and item.event.run == self._run
        }

    def take_in(self, batch: Sequence[LogEvent]) -> None:
        """Follow these events of the run log, in order. Raises RecordError when an attempt could not be recorded."""
        last_start = {event.jobid: index for index, event in enumerate(batch) if isinstance(event, JobStarted)}
        fresh: set[int] = set()
        for index, event in enumerate(batch):
            match event:
                case JobStarted():
                    self._start(event)
                    fresh.add(event.jobid)
                case JobFailing() | JobError():
                    restarted = last_start.get(event.jobid, -1) > index
                    self._fail(event, unseen=restarted and event.jobid in fresh)
                case Finished():
                    self._let_go(event.jobid)
                case _:
                    pass
        self._held.refresh()

    def look(self, changed: Iterable[Path]) -> None:
        """These files just changed: hold those that may be a job's log, in case the job is only told of later."""
        self._held.sight(changed)
        self._held.refresh()

    def refresh(self) -> None:
        self._held.refresh()

    @property
    def notice(self) -> str | None:
        return self._held.notice

    @property
    def holding(self) -> int:
        """Descriptors held now."""
        return self._held.descriptors

    def close(self) -> None:
        self._held.close()

    def _start(self, event: JobStarted) -> None:
        before = self._attempts.get(event.jobid)
        number = event.attempt or (before.number + 1 if before else 1)
        if before is not None:
            self._record(before, None)
            self._let_go(event.jobid)
        self._attempts[event.jobid] = _Attempt(number, event)
        for log in event.log:
            self._held.hold((event.jobid, log), self._session.workdir / log, event.at)

    def _fail(self, event: JobFailing | JobError, *, unseen: bool) -> None:
        attempt = self._attempts.get(event.jobid)
        if attempt is None or attempt.recorded:
            return
        if attempt.kept is None:
            attempt.kept = tuple(self._save(event.jobid, log, unseen) for log in attempt.started.log)
        if isinstance(event, JobFailing):
            attempt.failing = event
        else:
            self._record(attempt, event)

    def _save(self, jobid: int, log: str, unseen: bool) -> Kept:
        kept = self._held.take((jobid, log), only_deleted=unseen)
        return replace(kept, missing=TOO_LATE) if unseen and kept.data is None else kept

    def _let_go(self, jobid: int) -> None:
        attempt = self._attempts.get(jobid)
        if attempt is None:
            return
        if attempt.failing is not None:
            self._record(attempt, None)
        for log in attempt.started.log:
            with contextlib.suppress(KeyError):
                self._held.release((jobid, log))

    def _record(self, attempt: _Attempt, error: JobError | None) -> None:
        """Put the attempt in the record: with its block, or as much as is known when the block never ended."""
        failed = error or attempt.failing
        jobid = attempt.started.jobid
        if failed is None or attempt.recorded or (jobid, attempt.number) in self._done:
            return
        if failed.kind == "interrupted":
            return
        attempt.recorded = True
        block = self._block(error)
        kept = attempt.kept or ()
        text = _text(kept)
        sha256, size, counts = self._session.keep(text) if text is not None else (None, 0, {})
        block_sha256, block_size, block_counts = self._session.keep(block) if block else (None, 0, {})
        self._session.append(
            events.AttemptKept(
                rule=attempt.started.rule or failed.rule,
                jobid=jobid,
                attempt=attempt.number,
                wildcards=dict(attempt.started.wildcards),
                log=(attempt.started.log or (None,))[0],
                sha256=sha256,
                size=size,
                run_log=self._run,
                run_lines=(error.first_line, error.last_line) if error else None,
                block_sha256=block_sha256,
                block_size=block_size,
                complete=bool(kept) and all(one.complete for one in kept) and bool(block),
                missing=_missing(attempt, kept, block),
                disk_free=disk_free(self._session.workdir),
                memory_available=memory_available(),
                redactions={kind: counts.get(kind, 0) + block_counts.get(kind, 0) for kind in counts | block_counts},
                run=self._run,
                occurred_at=_time(failed.at),
                exit_code=failed.exit_code,
                message=failed.message[:2000],
            )
        )

    def _block(self, error: JobError | None) -> bytes:
        if error is None:
            return b""
        try:
            descriptor = os.open(self._run_log, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return b""
        try:
            return os.pread(descriptor, min(error.end - error.start, BLOCK_LIMIT), error.start)
        except OSError:
            return b""
        finally:
            os.close(descriptor)


def _text(kept: tuple[Kept, ...]) -> bytes | None:
    """The log's text; several logs one after the other, each under its name."""
    with_text = [one for one in kept if one.data is not None]
    if len(kept) < 2:
        return with_text[0].data if with_text else None
    return b"\n".join(b"==> " + os.fsencode(one.path) + b" <==\n" + (one.data or b"") for one in with_text) or None


def _missing(attempt: _Attempt, kept: tuple[Kept, ...], block: bytes) -> str | None:
    told = [one.missing for one in kept if one.missing]
    if not attempt.started.log:
        told.append("the rule has no log of its own")
    if not block:
        told.append("its block of the run log was not found")
    return "; ".join(told) or None


def _time(seconds: float | None) -> str | None:
    return stamp(datetime.fromtimestamp(seconds, UTC)) if seconds is not None else None
