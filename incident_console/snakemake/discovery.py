"""What did the workflow take for samples that is perhaps none?

A pattern that finds too much takes files beside the samples for samples: `A.txt.md5` beside `A`. So a wildcard's value
is odd when it is another value of the same rule and wildcard with the ending of a file behind it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from incident_console.snakemake.history import History
from incident_console.snakemake.run import Run
from incident_console.snakemake.trace import Trace

_SIDECAR = re.compile(
    r"(?:\.[A-Za-z][A-Za-z0-9]{0,9})*(?:\.(?:md5|md5sum|sha1|sha256|sha512|sum|bak|backup|old|orig|save|swp|swo|tmp|temp|part|partial"
    r"|lock|log|gz|bz2|xz|zst|zip|tar|tbi|bai|csi|crai|fai|idx|dict|txt|csv|tsv|json|yaml|yml|fastq|fq|fasta|fa|bam|sam"
    r"|vcf|bed|html|err|out|done|checkpoint)|~)\Z",
    re.IGNORECASE,
)
_KIND_NAMES = re.compile(r"(?:ext|suffix|format|filetype|type|file|filename|path|tool|idx|index)s?\Z", re.IGNORECASE)
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class OddSample:
    """`name`=`value` is `other` with a file's ending; `line` is that of its first job in the run log."""

    name: str
    value: str
    other: str
    line: int
    known_before: bool
    """Whether an earlier run had it, too."""


def odd_samples(run: Run, trace: Trace, history: History) -> tuple[OddSample, ...]:
    """The odd values of this run, in the order of their jobs; `other` may be known from an earlier run only."""
    if not any(job.dotted for job in run.briefs):
        return ()
    known = _values(run, history)
    before = {pair for past in history.earlier for _, wildcards in past.jobs for pair in wildcards}
    lines = {one.jobid: one.line for one in reversed(trace.starts)}
    found: dict[tuple[str, str], OddSample] = {}
    for brief, job in zip(run.briefs, run.jobs, strict=True):
        for name, value in job.wildcards.items() if brief.dotted else ():
            if (name, value) in found or len(found) >= _LISTED:
                continue
            other = base_of(name, value, known.get((job.rule, name), ()))
            if other is not None:
                line = lines.get(job.jobid, 1)
                found[name, value] = OddSample(name, value, other, line, (name, value) in before)
    return tuple(found.values())


def _values(run: Run, history: History) -> dict[tuple[str, str], set[str]]:
    """By rule and wildcard: every value that this run and the earlier ones know; of rules that may have an odd one."""
    known: dict[tuple[str, str], set[str]] = {}
    rules = {job.rule for job in run.briefs if job.dotted}
    for brief, job in zip(run.briefs, run.jobs, strict=True):
        for name, value in job.wildcards.items() if brief.rule in rules else ():
            known.setdefault((job.rule, name), set()).add(value)
    for past in history.earlier:
        for rule, wildcards in past.jobs:
            for name, value in wildcards:
                known.setdefault((rule, name), set()).add(value)
    return known


def base_of(name: str, value: str, values: Container[str]) -> str | None:
    """The other value of the wildcard `name` that this one is, with the ending of a file; None when it is its own."""
    if ("." not in value and not value.endswith("~")) or _KIND_NAMES.search(name):
        return None
    for cut in _cuts(value):
        if value[:cut] in values and _SIDECAR.fullmatch(value[cut:]):
            return value[:cut]
    return None


def _cuts(value: str) -> Iterator[int]:
    """Where an ending may begin: at a dot, or at a closing `~`; the longest rest first."""
    yield from (index for index, char in enumerate(value[:300]) if index and char == ".")
    if value.endswith("~") and len(value) > 1:
        yield len(value) - 1
