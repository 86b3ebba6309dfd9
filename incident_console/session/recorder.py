"""The flight recorder: a failed attempt's log, kept before the retry deletes it.

Descriptors are held on the logs of running jobs. When an attempt fails, what its log says, its block of the run log
and the machine's figures are put in the record at once. What could not be kept is recorded too, with the reason.

The engine tells of a retry a few milliseconds before it deletes the log. So once the retry was told of, what stands at
the path is in doubt: it was the failed attempt's when it is deleted soon, and the retry's when it stays.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from incident_console import events
from incident_console.errors import HeldError, RecordError
from incident_console.evidence.facts import disk_free, memory_available
from incident_console.session.attempts import Attempt, record, stands
from incident_console.session.core import Session
from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, LogEvent
from incident_console.tail.keeping.far import RunningLogs
from incident_console.tail.keeping.held import Kept

OWED_LIMIT = 64 << 20
"""Bytes of logs that wait in memory while the record cannot be written."""
WRITING_S = 0.01
"""Spent on recording between two looks at the run: each attempt costs several fsyncs, and a retry deletes logs soon."""
REFRESH_S = 0.25
"""Between two looks at every held path; what changes between them is told by events."""
TOLD_SINCE = 1 << 20
DOUBT_S = 1.0
LONG_AGO_S = 2.0
"""The log's times are whole seconds; the retry of what failed before that has deleted the log already."""
TOO_LATE = "the console was opened after the retry had deleted this log"
DOUBTFUL = "the log could not be opened before the retry wrote its own"
LET_GO = "the record could not be written for so long that the text had to be let go"


class Recorder:
    """One run's recorder. The thread that follows the run calls it; `look` may be called from any.

    `clock` gives seconds that only grow.
    """

    def __init__(
        self, session: Session, run_log: Path, run: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`run` is what the record calls the run whose log is `run_log`."""
        self._session = session
        self._run_log = run_log
        self._run = run
        self._clock = clock
        self._held = RunningLogs(clock=clock)
        self._attempts: dict[int, Attempt] = {}
        self._doubted: dict[int, Attempt] = {}
        """By job, the attempt whose logs may be the retry's."""
        self._retrys: dict[tuple[int, str], tuple[Kept, bool]] = {}
        """By job and log, what was read for the attempt before and is, or (False) may be, this one's."""
        self._owed: deque[Attempt] = deque()
        self._owed_size = 0
        self._read_at = float("-inf")
        """When the look began whose events were taken in last: what happened before it was told."""
        self._read_before = float("-inf")
        """When the look before that one began."""
        self._read_to = self._look = 0
        self._refreshed_at = float("-inf")
        self._caught_up = False
        """Whether what is told now happens now, and not before the console was opened."""
        self._last_start = 0
        self._lock = threading.Lock()
        self._closed = False
        self._done = {
            (item.event.jobid, item.event.attempt)
            for item in tuple(session.incident.evidence)
            if isinstance(item.event, events.AttemptKept) and item.event.run == run
        }

    def take_in(self, batch: Sequence[LogEvent], read_at: float | None = None, read_to: int | None = None) -> None:
        """Follow these events of the run log, in order: first every log is saved, then the record is written.

        `read_at` is when the look began that found them, on the recorder's clock, and `read_to` how many bytes of the
        run log it read; None: just now, and all of it. Raises RecordError when an attempt could not be recorded; it is
        tried again with the next batch or `pay`.
        """
        self._look += 1
        self._read_before, self._read_at = self._read_at, self._clock() if read_at is None else read_at
        self._read_to = self._size() if read_to is None else read_to
        ahead = Counter(event.jobid for event in batch if isinstance(event, JobStarted))
        for event in batch:
            match event:
                case JobStarted():
                    ahead[event.jobid] -= 1
                    self._start(event)
                case JobFailing() | JobError():
                    self._fail(event, ahead[event.jobid])
                case Finished():
                    self._settle_doubt(event.jobid)
                    self._end(event.jobid)
                    for log in self._attempts[event.jobid].logs if event.jobid in self._attempts else ():
                        self._retrys.pop((event.jobid, log), None)
                case _:
                    pass
        if self._clock() - self._refreshed_at >= REFRESH_S:
            self._held.refresh()
            self._refreshed_at = self._clock()
        self._caught_up = True
        self._pay()

    def pay(self, read_at: float | None = None) -> bool:
        """Settle what was in doubt and record what is owed, a part of it at a time; False when more is left.

        `read_at` as in `take_in`, for a look that found nothing. Raises RecordError; then it is owed still.
        """
        self._look += 1
        self._read_before, self._read_at = self._read_at, self._clock() if read_at is None else read_at
        return self._pay()

    def _pay(self) -> bool:
        for jobid, attempt in tuple(self._doubted.items()):
            now = self._clock()
            if self._standing(attempt):
                attempt.gone_at = None
            elif attempt.gone_at is None:
                attempt.gone_at = now
            # A log that is gone was the attempt's, unless its retry has failed, too, and the run log tells of it.
            gone = attempt.gone_at is not None and self._read_at >= attempt.gone_at
            if gone or (now - attempt.doubted_at >= DOUBT_S and attempt.gone_at is None):
                self._settle_doubt(jobid)
        return self._write()

    def _write(self) -> bool:
        until = time.monotonic() + WRITING_S
        while self._owed:
            with suppress(HeldError):  # the session has its text now, and tells of it
                record(self._session, self._owed[0], self._run_log, self._run)
            attempt = self._owed.popleft()
            self._owed_size -= attempt.size
            attempt.kept = {}  # the attempt is known for as long as the run is followed, its text is in the record
            if time.monotonic() >= until:
                break
        return not self._owed

    def look(self, changed: Iterable[Path]) -> None:
        """These files just changed: hold those that may be a job's log, in case the job is only told of later."""
        with self._lock:
            if not self._closed:
                self._held.sight(changed)

    @property
    def in_doubt(self) -> bool:
        """Whether `pay` should be called again within milliseconds."""
        return bool(self._doubted)

    @property
    def notice(self) -> str | None:
        return self._held.notice

    @property
    def holding(self) -> int:
        """Descriptors held now."""
        return self._held.descriptors

    def close(self) -> None:
        """Record what failed and whose block never ended, and let go of every log. Raises RecordError."""
        try:
            for jobid in tuple(self._attempts):
                self._settle_doubt(jobid)
                self._end(jobid)
                self._settle_doubt(jobid)  # what only now has ended may be in doubt, too
            while not self.pay():
                pass
        finally:
            with self._lock:
                self._closed = True
                self._held.close()

    # -- following the run log -----------------------------------------------------------------------------------

    def _start(self, event: JobStarted) -> None:
        if event.line <= self._last_start:
            self._begin_anew()
        self._last_start = event.line
        self._end(event.jobid)
        before = self._attempts.get(event.jobid)
        number = max(event.attempt or 1, before.number + 1 if before else 1)
        logs = tuple(dict.fromkeys(log for log in event.log if "\0" not in log))
        self._attempts[event.jobid] = Attempt(number, event, logs, self._look)
        for log in logs:
            self._held.hold((event.jobid, log), self._session.workdir / log, event.at)

    def _begin_anew(self) -> None:
        """The run log was replaced and is told from its first line again."""
        for jobid in tuple(self._attempts):
            self._settle_doubt(jobid)
            self._end(jobid)
        self._attempts.clear()
        self._retrys.clear()
        self._caught_up = False

    def _fail(self, event: JobFailing | JobError, ahead: int) -> None:
        """`ahead`: how many times the job was started again since, as far as the run log has been read."""
        attempt = self._attempts.get(event.jobid)
        if attempt is None or attempt.settled:
            return
        retried = ahead > 0
        if attempt.failed is None:
            # Of two attempts that failed since the last look, which one left the file cannot be told.
            self._give_up_doubt(event.jobid, certain=not retried)
            sure = all(self._is_first(attempt, log, ahead) for log in attempt.logs)
            attempt.kept = {log: self._save(event, log, ahead, sure=sure) for log in attempt.logs}
            attempt.seen = self._caught_up
            if not attempt.seen:
                attempt.doubt = TOO_LATE
            elif (retried and not sure) or self._may_be_the_retrys(attempt):
                attempt.doubt = DOUBTFUL
            if self._caught_up:
                attempt.disk_free = disk_free(self._session.workdir)
                attempt.memory_available = memory_available()
        attempt.failed = event
        if isinstance(event, JobError):
            if not (event.restarting or retried):
                attempt.doubt = None  # a job that is not tried again leaves its log where it is
            self._end(event.jobid)

    def _may_be_the_retrys(self, attempt: Attempt) -> bool:
        """Whether it was opened after the look at the run log, and that tells of another start by now."""
        if all(one.held_at <= self._read_at for one in attempt.read.values()):
            return False
        try:
            with self._run_log.open("rb") as log:
                log.seek(self._read_to)
                told = log.read(TOLD_SINCE)
        except OSError:
            return True
        marks = (f"jobid: {attempt.started.jobid}\n", f"Job {attempt.started.jobid}: ")
        return len(told) == TOLD_SINCE or any(mark.encode() in told for mark in marks)

    def _size(self) -> int:
        try:
            return self._run_log.stat().st_size
        except OSError:
            return 0

    def _is_first(self, attempt: Attempt, log: str, ahead: int) -> bool:
        """Whether the oldest text that is held can only be this attempt's.

        There is one for each attempt since; or it was held already when the run log told of no retry yet.
        """
        openings = self._held.openings((attempt.started.jobid, log))
        all_there = sum(opened <= self._read_at for opened in openings) > ahead
        return all_there or (bool(openings) and openings[0] <= self._read_before and attempt.look < self._look)

    def _save(self, event: JobFailing | JobError, log: str, ahead: int, *, sure: bool) -> Kept:
        """`sure`: the oldest text that is held is this attempt's."""
        retried = ahead > 0
        if ahead > 1 and not sure and self._caught_up:
            self._held.pass_over((event.jobid, log))
            path = self._session.workdir / log
            return Kept(path, None, 0, complete=False, missing=DOUBTFUL, inode=None)
        long_ago = not self._caught_up and self._now() - (event.at or 0.0) > LONG_AGO_S
        kept = self._held.take((event.jobid, log), only_deleted=retried and long_ago)
        before, certain = self._retrys.pop((event.jobid, log), (None, False))
        if kept.data is None and before and (certain or (not retried and stands(before, before.path))):
            return before  # nothing was written since it was read for the attempt before
        return replace(kept, missing=TOO_LATE) if retried and kept.data is None and not self._caught_up else kept

    def _end(self, jobid: int) -> None:
        """The attempt is over. If it failed it is owed to the record: with its block, or what is known without."""
        attempt = self._attempts.get(jobid)
        if attempt is None or attempt.settled:
            return
        attempt.settled = True
        for log in attempt.logs:
            self._held.release((jobid, log))
        failed = attempt.failed
        if failed is None or failed.kind == "interrupted" or (jobid, attempt.number) in self._done:
            return
        self._done.add((jobid, attempt.number))
        if attempt.in_doubt:
            attempt.doubted_at = self._clock()
            self._doubted[jobid] = attempt
        else:
            self._owe(attempt)

    def _settle_doubt(self, jobid: int) -> None:
        """What still stands at its path is the retry's; what was deleted since it was read was the attempt's."""
        attempt = self._doubted.pop(jobid, None)
        if attempt is not None:
            self._settle(attempt, self._standing(attempt), certain=True)

    def _give_up_doubt(self, jobid: int, *, certain: bool) -> None:
        """The retry has failed, too: what stands is its own, if `certain`; whose the rest was nobody knows."""
        attempt = self._doubted.pop(jobid, None)
        if attempt is not None:
            certain = certain and self._standing(attempt).keys() == attempt.in_doubt.keys()
            self._settle(attempt, attempt.in_doubt, certain=certain)

    def _settle(self, attempt: Attempt, doubtful: dict[str, Kept], *, certain: bool) -> None:
        self._retrys |= {(attempt.started.jobid, log): (one, certain) for log, one in doubtful.items()}
        attempt.let_go(doubtful, attempt.doubt or DOUBTFUL)
        self._owe(attempt)

    def _standing(self, attempt: Attempt) -> dict[str, Kept]:
        """What was read of the attempt's logs and stands at its path even now: the retry has not deleted it."""
        workdir = self._session.workdir
        return {log: one for log, one in attempt.in_doubt.items() if stands(one, workdir / log)}

    def _owe(self, attempt: Attempt) -> None:
        if self._owed_size + attempt.size > OWED_LIMIT:
            try:
                while not self._write():
                    pass
            except RecordError:
                attempt.let_go([log for log, one in attempt.kept.items() if one.data is not None], LET_GO)
        self._owed.append(attempt)
        self._owed_size += attempt.size

    def _now(self) -> float:
        return self._session.clock.now().timestamp()
