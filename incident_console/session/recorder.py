"""The flight recorder: a failed attempt's log, kept before the retry deletes it.

Descriptors are held on the logs of running jobs. When an attempt fails, what its log says, its block of the run log
and the machine's figures are put in the record at once. What could not be kept is recorded too, with the reason.

The engine tells of a retry a few milliseconds before it deletes the log. So once the retry was told of, what stands at
the path is in doubt: it was the failed attempt's when it is deleted soon, and the retry's when it stays.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from incident_console import events
from incident_console.errors import RecordError
from incident_console.evidence.facts import disk_free, memory_available
from incident_console.session.attempts import Attempt, record, stands
from incident_console.session.core import Session
from incident_console.snakemake.logevents import Finished, JobError, JobFailing, JobStarted, LogEvent
from incident_console.tail.held import HeldLogs, Kept

OWED_LIMIT = 64 << 20
"""Bytes of logs that wait in memory while the record cannot be written."""
AT_ONCE = 50
"""Attempts recorded between two looks at the run: each costs an fsync, and a long log may tell of thousands."""
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
        self._held = HeldLogs()
        self._attempts: dict[int, Attempt] = {}
        self._doubted: dict[int, Attempt] = {}
        """By job, the attempt whose logs may be the retry's."""
        self._retrys: dict[tuple[int, str], tuple[Kept, bool]] = {}
        """By job and log, what was read for the attempt before and is, or (False) may be, this one's."""
        self._owed: deque[Attempt] = deque()
        self._owed_size = 0
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

    def take_in(self, batch: Sequence[LogEvent]) -> None:
        """Follow these events of the run log, in order: first every log is saved, then the record is written.

        Raises RecordError when an attempt could not be recorded; it is tried again with the next batch or `pay`.
        """
        last_start = {event.jobid: index for index, event in enumerate(batch) if isinstance(event, JobStarted)}
        for index, event in enumerate(batch):
            match event:
                case JobStarted():
                    self._start(event)
                case JobFailing() | JobError():
                    self._fail(event, retried=last_start.get(event.jobid, -1) > index)
                case Finished():
                    self._settle_doubt(event.jobid)
                    self._end(event.jobid)
                case _:
                    pass
        self._held.refresh()
        self._caught_up = True
        self.pay()

    def pay(self) -> bool:
        """Settle what was in doubt and record what is owed, a part of it at a time; False when more is left.

        Raises RecordError; then it is owed still.
        """
        for jobid, attempt in tuple(self._doubted.items()):
            over = self._clock() - attempt.doubted_at >= DOUBT_S
            if over or not self._standing(attempt):
                self._settle_doubt(jobid)
        return self._write()

    def _write(self) -> bool:
        for _ in range(min(AT_ONCE, len(self._owed))):
            record(self._session, self._owed[0], self._run_log, self._run)
            self._owed_size -= self._owed.popleft().size
        return not self._owed

    def look(self, changed: Iterable[Path]) -> None:
        """These files just changed: hold those that may be a job's log, in case the job is only told of later."""
        with self._lock:
            if not self._closed:
                self._held.sight(changed)
                self._held.refresh()

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
        self._attempts[event.jobid] = Attempt(number, event, logs)
        for log in logs:
            self._held.hold((event.jobid, log), self._session.workdir / log, event.at)

    def _begin_anew(self) -> None:
        """The run log was replaced and is told from its first line again."""
        for jobid in tuple(self._attempts):
            self._settle_doubt(jobid)
            self._end(jobid)
        self._attempts.clear()
        self._caught_up = False

    def _fail(self, event: JobFailing | JobError, *, retried: bool) -> None:
        attempt = self._attempts.get(event.jobid)
        if attempt is None or attempt.settled:
            return
        if attempt.failed is None:
            # Of two attempts that failed since the last look, which one left the file cannot be told.
            self._settle_doubt(event.jobid, certain=not retried)
            attempt.kept = {log: self._save(event, log, retried) for log in attempt.logs}
            if not self._caught_up:
                attempt.doubt = TOO_LATE
            elif retried:
                attempt.doubt = DOUBTFUL
            if self._caught_up:
                attempt.disk_free = disk_free(self._session.workdir)
                attempt.memory_available = memory_available()
        attempt.failed = event
        if isinstance(event, JobError):
            if not (event.restarting or retried):
                attempt.doubt = None  # a job that is not tried again leaves its log where it is
            self._end(event.jobid)

    def _save(self, event: JobFailing | JobError, log: str, retried: bool) -> Kept:
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
        if attempt.doubt and attempt.standing:
            attempt.doubted_at = self._clock()
            self._doubted[jobid] = attempt
        else:
            self._owe(attempt)

    def _settle_doubt(self, jobid: int, *, certain: bool = True) -> None:
        """What still stands at its path is the retry's; what was deleted since it was read was the attempt's."""
        attempt = self._doubted.pop(jobid, None)
        if attempt is None:
            return
        doubtful = self._standing(attempt) if certain else attempt.standing
        self._retrys |= {(jobid, log): (one, certain) for log, one in doubtful.items()}
        attempt.let_go(doubtful, attempt.doubt or DOUBTFUL)
        self._owe(attempt)

    def _standing(self, attempt: Attempt) -> dict[str, Kept]:
        """What was read of the attempt's logs and stands at its path even now: the retry has not deleted it."""
        workdir = self._session.workdir
        return {log: one for log, one in attempt.standing.items() if stands(one, workdir / log)}

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
