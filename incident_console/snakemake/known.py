"""Which jobs are known, and may this block be one of theirs? What tells the engine's own lines from imitations."""

from __future__ import annotations

from incident_console.snakemake import fields

# Plain numbers: an enum's member costs a look-up through its class, a hundred thousand times.
RUNNING, DONE, FAILED = 1, 2, 3


_NAMES_LIMIT = 10_000
_AN_HOUR = 3600
"""What clocks are set back by in autumn; the log's times are local."""


class Known:
    """State is bounded by the number of jobs."""

    def __init__(self) -> None:
        self.stand: dict[int, int] = {}
        self.rule: dict[int, str] = {}
        self.rules: set[str] = set()
        self._names: dict[bytes, str] = {}
        self.has_stats = False
        self.checkpoint = False
        self.begun = False
        """A job's beginning was told; with `--quiet rules` none is."""
        self.last_at = 0.0
        """The last time that was believed."""

    def __bool__(self) -> bool:
        return bool(self.stand)

    def name(self, raw: bytes) -> str:
        """One string object per rule name, however many jobs there are."""
        name = self._names.get(raw)
        if name is None:
            name = fields.text(raw)
            if len(self._names) < _NAMES_LIMIT:
                self._names[raw] = name
        return name

    def running(self, jobids: tuple[int, ...]) -> bool:
        return bool(jobids) and all(self.stand.get(jobid) == RUNNING for jobid in jobids)

    def may_start(self, jobid: int, rule: str, at: float, *, inside: bool, suspect: bool) -> bool:
        """Whether a job's block may be real: a jobid keeps its rule, and foreign text invents rules and old times."""
        known = self.rule.get(jobid)
        if known and known != rule:
            return False
        if rule in self.rules:
            return not inside or not self.is_old(at)
        if inside or (suspect and (self.is_old(at) or (self.has_stats and not self.checkpoint))):
            return False
        self.rules.add(rule)
        return True

    def may_finish(self, jobid: int, rule: str, at: float, *, inside: bool, suspect: bool) -> bool:
        """Whether `Finished` may be real. With `--quiet rules` it is the first that is heard of a job."""
        stand = self.stand.get(jobid)
        if stand is None:
            return not inside and not suspect
        known = self.rule.get(jobid)
        if stand == DONE or (rule and known and rule != known):
            return False
        return bool(rule and known) or not (inside or suspect) or self._fits(rule, at)

    def may_fail(self, jobid: int, rule: str, at: float, *, inside: bool, suspect: bool) -> bool:
        stand = self.stand.get(jobid)
        if stand is None:
            return not inside and not suspect
        known = self.rule.get(jobid)
        if stand == DONE or (known and known != rule):
            return False
        return bool(known) or not (inside or suspect) or self._fits(rule, at)

    def may_fail_apart(self, jobid: int, rule: str) -> bool:
        """The same of a block without a timestamp before it: the job runs, or no job's beginning is told."""
        if jobid in self.stand:
            return self.stand[jobid] == RUNNING and self.rule.get(jobid) == rule
        return self.has_stats and rule in self.rules and not self.begun

    def _fits(self, rule: str, at: float) -> bool:
        """Of a job whose rule was not told (it has a `message:`), or that is ended without one (7 and 8)."""
        return not self.is_old(at) and (not rule or rule in self.rules)

    def is_old(self, at: float) -> bool:
        """Whether a time lies before what was told already, as that of an older text does."""
        behind = self.last_at - at
        return behind > 1 and not _AN_HOUR - 60 < behind <= _AN_HOUR

    def starts(self, jobid: int, rule: str, *, checkpoint: bool = False) -> None:
        self.stand[jobid] = RUNNING
        self.begun = True
        if rule:
            self.rule[jobid] = rule
        self.checkpoint = self.checkpoint or checkpoint

    def ends(self, jobid: int, rule: str, stand: int) -> None:
        self.stand[jobid] = stand
        if rule and self.rule.get(jobid) != rule:
            self.rule[jobid] = rule
            self.rules.add(rule)
