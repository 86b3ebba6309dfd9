"""What was each job of the run told to read, make, log and use? A fold over the events of a run log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from incident_console.snakemake.compare.state import JOBS, NAMES, JobState
from incident_console.snakemake.logevents import Completed, JobStarted, LogEvent, WaitingForFiles
from incident_console.snakemake.run import Run

_NAMES_OF_ONE = 5000
_RESOURCES = 50
_OWN_RESOURCES = ("tmpdir", "attempt", "_cores", "_nodes")
_LOG_FOLDER = "/.snakemake/log/"


class JobsFold:
    """Takes the events of one log, in their order. The last start of a job is what counts."""

    def __init__(self) -> None:
        self._starts: dict[int, JobStarted] = {}
        self._left = NAMES
        self.cut = False
        """Whether there were more jobs or names than are kept."""
        self.waited: int | None = None
        """The longest that the engine was ready to wait for files, in seconds: its latency-wait."""
        self.home: str | None = None
        """The folder that the log's own place tells, where it is absolute."""

    def apply(self, event: LogEvent) -> None:
        match event:
            case JobStarted():
                if event.jobid in self._starts or len(self._starts) < JOBS:
                    self._starts[event.jobid] = event
                else:
                    self.cut = True
            case WaitingForFiles():
                self.waited = max(self.waited or 0, min(event.seconds, 10**9))
            case Completed():
                if event.log.startswith("/") and _LOG_FOLDER in event.log:
                    self.home = event.log.rpartition(_LOG_FOLDER)[0]
            case _:
                pass

    def jobs(self, run: Run, relative: Callable[[str], str]) -> Iterator[JobState]:
        """The jobs by number; the rule of one with a `message:` is known from the run only."""
        known = {job.jobid: job for job in run.jobs}
        for jobid, start in self._starts.items():
            job = known.get(jobid)
            input, output, log = start.input, start.output, start.log
            size = len(input) + len(output) + len(log)
            if size > min(self._left, _NAMES_OF_ONE):
                self.cut = True
                continue
            self._left -= size
            resources = {name: value for name, value in start.resources.items() if name not in _OWN_RESOURCES}
            yield JobState(
                rule=(start.rule or (job.rule if job is not None else ""))[:1000],
                wildcards={name[:200]: value[:1000] for name, value in list(start.wildcards.items())[:100]},
                input=tuple(relative(name)[:4000] for name in input),
                output=tuple(relative(name)[:4000] for name in output),
                log=tuple(relative(name)[:4000] for name in log),
                benchmark=relative(start.benchmark)[:4000] if start.benchmark else None,
                threads=start.threads,
                resources={name[:200]: value[:500] for name, value in list(resources.items())[:_RESOURCES]},
                succeeded=job is not None and job.state == "succeeded",
            )


def relative_to(*homes: str | None) -> Callable[[str], str]:
    """Makes a path relative to the first of these folders that it lies in: a moved workflow stays comparable."""
    known = [home.rstrip("/") + "/" for home in homes if home and home.startswith("/") and len(home) > 1]

    def relative(name: str) -> str:
        for home in known:
            if name.startswith(home):
                return name[len(home) :]
        return str(PurePosixPath(name)) if name.startswith("./") else name

    return relative
