"""What stayed the same, and what did not: targets, outputs, published files, inputs, evidence, policy, config?

Jobs of the two sides are matched by what they make, never by their numbers. What one side does not know is not taken
for a difference: an output that a run did not make again is `skipped`, and removed only when nothing asks for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incident_console.snakemake.compare.settings import RuleChange, Setting, config_of, policy_of, rules_of, sources_of
from incident_console.snakemake.compare.state import Document, FileState, JobState, State

_EVIDENCE_DIRECTIVES = ("log", "benchmark")
_VOLATILE = re.compile(
    r"(?i)(^|[^a-z])(created|generated|published|started|finished|ended|modified|updated|built)?([^a-z])?"
    r"(at|on|time|date|timestamp|datetime|elapsed|elapsed_s|duration|duration_s|run_id|runid|pid|uuid|hostname|host)(\[\d+\])?$"
)
_TOLD = re.compile(r"(?i)config|param|setting")
"""What the workflow was told to do is never a mere time."""
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class Changed:
    """A file whose content is another. Digests are `sha256:…` or `md5:…`; None: it is not there."""

    path: str
    before: str | None
    after: str | None
    harmless: bool = False
    """Only times, hosts and run numbers in it differ, and checksums of files like it."""


@dataclass(frozen=True, slots=True)
class InputRemoved:
    """`jobs` of the rule no longer read this; a wildcard's value is written as its name."""

    rule: str
    input: str
    jobs: int


@dataclass(frozen=True, slots=True)
class Meaning:
    targets_known: bool
    targets_added: tuple[str, ...]
    targets_removed: tuple[str, ...]
    outputs_added: tuple[str, ...]
    outputs_removed: tuple[str, ...]
    outputs_changed: tuple[Changed, ...]
    outputs_same: int
    """Outputs whose content is known on both sides, and the same."""
    outputs_unknown: tuple[str, ...]
    """Outputs whose content is not known on both sides."""
    finals: frozenset[str]
    """Outputs that no job reads, and what was asked for."""
    published_changed: tuple[Changed, ...]
    published_same: int
    published_unknown: tuple[str, ...]
    mismatches: tuple[str, ...]
    """Published files that are not as their checksum list says, and were before."""
    inputs_changed: tuple[Changed, ...]
    """Data that jobs read and no job made, with another content than before."""
    inputs_removed: tuple[InputRemoved, ...]
    evidence_lost: tuple[str, ...]
    policy_changed: tuple[Setting, ...]
    config_changed: tuple[Setting, ...]
    rules_changed: tuple[RuleChange, ...]
    sources_changed: tuple[str, ...]
    skipped: tuple[str, ...]
    """Jobs that were run before and not after, though what they make is still asked for."""
    extra: tuple[str, ...]
    """Jobs that were run after and not before."""
    matched: int


def meaning_of(before: State, after: State) -> Meaning:
    """Holds one side against the other."""
    old, new = _by_key(before.jobs), _by_key(after.jobs)
    both_see = before.sees_files and after.sees_files
    known = before.targets is not None and after.targets is not None
    asked_before, asked_after = set(before.targets or ()), set(after.targets or ())
    gone = _unasked(old, new, asked_before - asked_after if known else set())
    come = _unasked(new, old, asked_after - asked_before if known else set())
    files_before, files_after = _files(before, after), _files(after, before)
    data_before = {one.path: one for one in before.inputs if one.path not in files_before}
    data_after = {one.path: one for one in after.inputs if one.path not in files_after}
    removed, added = set(gone), set(come)
    finished = after.run is not None and after.run.status == "succeeded"
    if both_see and finished:
        there = {name for name, file in files_after.items() if file.there}
        removed |= {name for name, file in files_before.items() if file.there} - there
    if both_see and before.run is not None and before.run.status == "succeeded":
        added |= {name for name, file in files_after.items() if file.there} - set(files_before)
    common = [name for name in files_before if name in files_after and name not in removed | added]
    changed, same, unknown = _contents(files_before, files_after, common)
    published = _published(before, after) if both_see else ((), 0, ())
    config, like_policy = config_of(before, after)
    read = {name for job in (*before.jobs, *after.jobs) for name in job.input}
    return Meaning(
        targets_known=known,
        targets_added=tuple(sorted(asked_after - asked_before)) if known else (),
        targets_removed=tuple(sorted(asked_before - asked_after)) if known else (),
        outputs_added=tuple(sorted(added)),
        outputs_removed=tuple(sorted(removed)),
        outputs_changed=changed,
        outputs_same=same,
        outputs_unknown=unknown,
        finals=frozenset((set(files_before) | set(files_after)) - read) | asked_before | asked_after,
        published_changed=published[0],
        published_same=published[1],
        published_unknown=published[2],
        mismatches=tuple(sorted(set(after.mismatches) - set(before.mismatches))),
        inputs_changed=_contents(data_before, data_after, [name for name in data_before if name in data_after])[0],
        inputs_removed=_inputs_removed(old, new),
        evidence_lost=_evidence_lost(before, after, old, new, both_see),
        policy_changed=(*policy_of(before, after, both_see), *like_policy),
        config_changed=config,
        rules_changed=rules_of(before.texts, after.texts) if both_see else (),
        sources_changed=sources_of(before, after) if both_see else (),
        skipped=tuple(_said(job) for key, job in old.items() if key not in new and not _dead(job, removed)),
        extra=tuple(_said(job) for key, job in new.items() if key not in old),
        matched=len(old.keys() & new.keys()),
    )


def _by_key(jobs: Iterable[JobState]) -> dict[tuple[str, ...], JobState]:
    """By what they make; a rule that makes nothing by its name and wildcards."""
    return {job.output or ("", job.rule, *(f"{k}={v}" for k, v in sorted(job.wildcards.items()))): job for job in jobs}


def _said(job: JobState) -> str:
    sample = " ".join(job.wildcards.values())
    return f"{job.rule or '?'} {sample}".strip()


def _dead(job: JobState, removed: set[str]) -> bool:
    return bool(job.output) and all(name in removed for name in job.output)


def _unasked(
    jobs: Mapping[tuple[str, ...], JobState], others: Mapping[tuple[str, ...], JobState], targets: set[str]
) -> set[str]:
    """Outputs of `jobs` that the other side makes no more, because nobody there asks for them."""
    made = {name for job in others.values() for name in job.output}
    inputs = {key: frozenset(job.input) for key, job in others.items()}
    makers: dict[str, list[tuple[str, ...]]] = {}
    readers: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    """By file: the jobs that read it, and of these the ones that still want it."""
    for key, job in jobs.items():
        for name in job.output:
            makers.setdefault(name, []).append(key)
        for name in set(job.input):
            readers[name] += 1
            wanted[name] += key not in inputs or name in inputs[key]
    left = {key: len(set(job.output)) for key, job in jobs.items()}
    waiting = [name for name in makers if name not in made and not wanted[name] and (readers[name] or name in targets)]
    dead: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in dead:
            continue
        dead.add(name)
        for key in makers[name]:
            left[key] -= 1
            if left[key]:
                continue
            # Nothing that this job makes is asked for: nor is what it alone reads.
            for read in set(jobs[key].input):
                wanted[read] -= key not in inputs or read in inputs[key]
                if not wanted[read] and read in makers and read not in made:
                    waiting.append(read)
    return dead


def _files(state: State, other: State) -> dict[str, FileState]:
    """The outputs of a side, and what it only reads of the other's outputs; a run log tells only names."""
    theirs = {one.path for one in other.outputs} | {name for job in other.jobs for name in job.output}
    read = {one.path: one for one in state.inputs if one.path in theirs}
    made = {name: FileState(path=name, there=not state.sees_files) for job in state.jobs for name in job.output}
    return {**read, **made, **{one.path: one for one in state.outputs}}


def _contents(
    before: Mapping[str, FileState], after: Mapping[str, FileState], names: Iterable[str]
) -> tuple[tuple[Changed, ...], int, tuple[str, ...]]:
    changed, unknown = [], []
    same = 0
    for name in names:
        one, two = before[name], after[name]
        if one.digest is None and two.digest is None and not one.there and not two.there:
            continue  # A temporary file, gone on both sides.
        if one.digest is None or two.digest is None or _kind(one) != _kind(two):
            if one.size is not None and two.size is not None and one.size != two.size and one.there and two.there:
                changed.append(Changed(name, f"{one.size} bytes", f"{two.size} bytes"))
            else:
                unknown.append(name)
        elif one.digest == two.digest:
            same += 1
        else:
            changed.append(Changed(name, one.digest, two.digest))
    return tuple(changed), same, tuple(unknown)


def _kind(file: FileState) -> str:
    return (file.digest or "").partition(":")[0]


def _published(before: State, after: State) -> tuple[tuple[Changed, ...], int, tuple[str, ...]]:
    old, new = {one.path: one for one in before.published}, {one.path: one for one in after.published}
    changed, same, unknown = _contents(old, new, [name for name in old if name in new])
    harmless = _harmless(changed, before.documents, after.documents)
    found = [Changed(one.path, one.before, one.after, one.path in harmless) for one in changed]
    found += [Changed(name, old[name].digest or "unknown", None) for name in old if name not in new]
    if before.run is None or before.run.status == "succeeded":
        # What a run that failed had not published yet is no change.
        found += [Changed(name, None, new[name].digest or "unknown") for name in new if name not in old]
    return tuple(sorted(found, key=lambda one: one.path)), same, unknown


def _harmless(changed: Iterable[Changed], before: Iterable[Document], after: Iterable[Document]) -> set[str]:
    """JSON files that differ in times and run numbers only, or in the checksums of such files."""
    old, new = {one.path: one.values for one in before}, {one.path: one.values for one in after}
    left = {one.path: one for one in changed if one.path in old and one.path in new}
    digests: set[tuple[str, str]] = set()
    harmless: set[str] = set()
    grown = True
    while grown:
        grown = False
        for path, one in left.items():
            if path not in harmless and _only_volatile(old[path], new[path], digests):
                harmless.add(path)
                digests.add((_bare(one.before), _bare(one.after)))
                grown = True
    return harmless


def _only_volatile(old: Mapping[str, str], new: Mapping[str, str], digests: set[tuple[str, str]]) -> bool:
    if old.keys() != new.keys():
        return False
    return all(
        old[name] == new[name]
        or (_VOLATILE.search(name) is not None and not _TOLD.search(name))
        or (_bare(old[name]), _bare(new[name])) in digests
        for name in old
    )


def _bare(digest: str | None) -> str:
    found = _HEX.match(digest or "")
    return found[1] if found is not None else ""


def _inputs_removed(
    old: Mapping[tuple[str, ...], JobState], new: Mapping[tuple[str, ...], JobState]
) -> tuple[InputRemoved, ...]:
    lost: Counter[tuple[str, str]] = Counter()
    for key, job in old.items():
        other = new.get(key)
        if other is not None:
            lost.update((job.rule, _general(name, job)) for name in set(job.input) - set(other.input))
    return tuple(InputRemoved(rule, name, count) for (rule, name), count in sorted(lost.items()))


def _general(name: str, job: JobState) -> str:
    """With the wildcards' names for their values, the longest value first: `data/{sample}.txt`."""
    for key, value in sorted(job.wildcards.items(), key=lambda pair: -len(pair[1])):
        if len(value) > 1:
            braced = f"{{{key}}}".replace("\\", "")
            name = re.sub(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", braced, name)
    return name


def _evidence_lost(
    before: State,
    after: State,
    old: Mapping[tuple[str, ...], JobState],
    new: Mapping[tuple[str, ...], JobState],
    both_see: bool,
) -> tuple[str, ...]:
    """Files that were there and are not, and what jobs and rules no longer say that they leave behind."""
    lost = set(before.evidence) - set(after.evidence) if both_see else set()
    for key, job in old.items():
        other = new.get(key)
        if other is not None:
            lost |= set(job.log) - set(other.log)
            if job.benchmark is not None and other.benchmark is None:
                lost.add(job.benchmark)
    if both_see:
        told = {rule.rule: rule.directives for rule in after.texts}
        seen = {job.rule for job in after.jobs}
        for rule in before.texts:
            for name in _EVIDENCE_DIRECTIVES:
                if (
                    name in rule.directives
                    and rule.rule in told
                    and rule.rule not in seen
                    and name not in told[rule.rule]
                ):
                    lost.add(f"{name} of rule {rule.rule}")
    return tuple(sorted(lost))
