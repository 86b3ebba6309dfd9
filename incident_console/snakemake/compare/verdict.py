"""Is it the same workflow, only faster? The answer is only as strong as what is known on both sides.

What changed the meaning decides; else any doubt does; only then it is the same. A wrong "the same" is the worst answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from incident_console.counting import counted
from incident_console.snakemake.compare.meaning import Meaning
from incident_console.snakemake.compare.settings import Setting
from incident_console.snakemake.compare.speed import Speed
from incident_console.snakemake.compare.state import State

Verdict = Literal["same-meaning", "meaning-changed", "cannot-tell"]

_NAMED = 3
_FLAG = re.compile(r"\b(ancient|touch|ensure|update|before_update|protected|temp|temporary)\s*\(")
_SUMS = "checksum lists of the outputs (`sha256sum`), made before and after"
_LESS_DONE = ("until", "omit-from", "allowed-rules", "batch", "touch")
_LESS_CHECKED = (
    "ignore-incomplete",
    "keep-incomplete",
    "drop-metadata",
    "nolock",
    "no-lock",
    "cache",
    "rerun-triggers",
)


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    because: tuple[str, ...]
    settled_by: tuple[str, ...]
    """What would make it surer, where it cannot be told."""


class _Case:
    def __init__(self) -> None:
        self.changed: list[str] = []
        self.doubts: list[str] = []
        self.settle: dict[str, None] = {}

    def doubt(self, why: str, settled_by: str) -> None:
        self.doubts.append(why)
        self.settle[settled_by] = None


def judge(before: State, after: State, meaning: Meaning, speed: Speed, *, same_run: bool) -> Judgement:
    case = _Case()
    case.changed += _changes(meaning)
    _runs(case, before, after, meaning, same_run)
    _contents(case, before, after, meaning)
    _policy(case, meaning)
    _text(case, after, meaning, same_run)
    for state, side in ((before, "before"), (after, "after")):
        for sentence in state.not_seen:
            case.doubt(f"not looked at {side}: {sentence}", _SUMS)
    if case.changed:
        return Judgement("meaning-changed", (*case.changed, *case.doubts), ())
    if case.doubts:
        return Judgement("cannot-tell", tuple(case.doubts), tuple(case.settle))
    return Judgement("same-meaning", (*_kept(before, meaning), *_told(speed)), ())


def _changes(meaning: Meaning) -> Iterator[str]:
    for names, what in (
        (meaning.targets_removed, "targets are no longer asked for"),
        (meaning.targets_added, "targets are asked for that were not before"),
        (meaning.outputs_removed, "outputs are no longer made or are gone"),
        (meaning.outputs_added, "outputs are new"),
    ):
        if names:
            yield f"{len(names)} {what}: {some(names)}"
    lasting = [one for one in meaning.published_changed if not one.harmless]
    if lasting:
        yield f"{len(lasting)} published files are not the same: {some(one.path for one in lasting)}"
    if meaning.mismatches:
        yield f"{len(meaning.mismatches)} published files no longer fit their checksum list: {some(meaning.mismatches)}"
    published = {one.path for one in meaning.published_changed}
    final = [one.path for one in meaning.outputs_changed if one.path in meaning.finals and one.path not in published]
    if final:
        yield f"{len(final)} of the results hold something else: {some(final)}"
    for lost in meaning.inputs_removed[:_NAMED]:
        yield f"rule {lost.rule} no longer reads {lost.input} ({_jobs(lost.jobs)})"
    if len(meaning.inputs_removed) > _NAMED:
        yield f"{len(meaning.inputs_removed) - _NAMED} more inputs are no longer read"
    if meaning.evidence_lost:
        lost_now = counted(len(meaning.evidence_lost), "piece of evidence is", "pieces of evidence are")
        yield f"{lost_now} lost: {some(meaning.evidence_lost)}"
    for setting in meaning.config_changed[:_NAMED]:
        yield f"config: {setting.name} was {_value(setting.before)}, is {_value(setting.after)}"
    if len(meaning.config_changed) > _NAMED:
        yield f"{len(meaning.config_changed) - _NAMED} more config values are not the same"
    for setting in meaning.policy_changed:
        if setting.name in _LESS_DONE and setting.after is not None:
            yield f"less was asked for: --{setting.name} {setting.after}"


def _runs(case: _Case, before: State, after: State, meaning: Meaning, same_run: bool) -> None:
    for state, side in ((before, "before"), (after, "after")):
        if state.run is None:
            case.doubt(f"there is no run {side}", f"a run {side}, to its end")
        elif state.run.status != "succeeded":
            case.doubt(
                f"the run {side} is {state.run.status}, so what it would have made is not known",
                f"a run {side}, to its end",
            )
    if before.run is not None and after.run is not None and after.run.retried > before.run.retried:
        case.doubt(
            f"{_jobs(after.run.retried)} of the run after failed and were tried again, {before.run.retried} before: "
            "what made them fail is still there",
            "a run after the change without retries",
        )
    if meaning.skipped:
        case.doubt(
            f"{_jobs(len(meaning.skipped))} of the run before were not run after: {some(meaning.skipped)}; "
            "faster by doing less proves nothing",
            "the whole workflow run after the change, from nothing or with --forceall",
        )
    if not meaning.matched and not same_run and not meaning.skipped:
        case.doubt("the two runs have no job in common", "two runs that make the same outputs")
    if not meaning.targets_known:
        case.doubt("what was asked for is not known on both sides", "the run logs of two whole runs")


def _contents(case: _Case, before: State, after: State, meaning: Meaning) -> None:
    published = {one.path for one in meaning.published_changed}
    inner = [
        one.path for one in meaning.outputs_changed if one.path not in meaning.finals and one.path not in published
    ]
    if inner:
        case.doubt(
            f"{len(inner)} intermediate outputs hold something else: {some(inner)}",
            "a look at what differs in them: times and order only, or values",
        )
    if meaning.inputs_changed:
        case.doubt(
            f"{len(meaning.inputs_changed)} inputs hold something else, so equal or other results say little: "
            f"{some(one.path for one in meaning.inputs_changed)}",
            "both runs on the same input data",
        )
    unknown = {*meaning.outputs_unknown, *meaning.published_unknown}
    if unknown:
        alone = [side for state, side in ((before, "before"), (after, "after")) if not state.sees_files]
        why = f" ({' and '.join(alone)}: a run log alone, which does not tell what the files hold)" if alone else ""
        case.doubt(
            f"the content of {len(unknown)} outputs is not known on both sides{why}: {some(sorted(unknown))}",
            "the two folders, or a state captured before the change: then outputs are compared byte for byte",
        )
    elif not meaning.outputs_same and not meaning.outputs_changed:
        case.doubt("no output is known on both sides", "the two folders with their outputs")


def _policy(case: _Case, meaning: Meaning) -> None:
    for setting in meaning.policy_changed:
        name = setting.name.rsplit(": ", 1)[-1].partition(" of ")[0]
        if name in ("retries", "restart-times", "latency-wait") and not _lowered(setting):
            what = f"hides {'late files' if name == 'latency-wait' else 'a failure'} rather than repairs it"
            case.doubt(
                f"{setting.name}: {_value(setting.before)} before, {_value(setting.after)} after, which {what}",
                f"a run after the change with {name} as before",
            )
        elif name in _LESS_CHECKED and setting.after is not None:
            case.doubt(
                f"{setting.name}: {_value(setting.before)} before, {_value(setting.after)} after, so less is checked",
                f"a run after the change with {name} as before",
            )


def _lowered(setting: Setting) -> bool:
    """Whether it surely is not raised."""
    try:
        return float(setting.after or 0) <= float(setting.before or 0)
    except ValueError:
        return False


def _text(case: _Case, after: State, meaning: Meaning, same_run: bool) -> None:
    """Text that was changed says something only of what was run since."""
    if same_run and (meaning.rules_changed or meaning.sources_changed):
        case.doubt("the workflow's text changed, and it was not run since", "a whole run after the change")
    ran = {job.rule for job in after.jobs}
    stale = sorted({one.rule for one in meaning.rules_changed if one.after is not None and one.rule not in ran})
    settle = "a run of these rules after the change"
    if stale:
        case.doubt(f"the text of {_rules(stale)} changed, and no job of it was run after", settle)
    made = {name for job in after.jobs for name in job.output}
    kept = [one.path for one in after.outputs if one.there and one.path not in made]
    if meaning.sources_changed and kept:
        case.doubt(
            f"{some(meaning.sources_changed)} changed, and {len(kept)} outputs were not made again since: {some(kept)}",
            settle,
        )
    for one in meaning.rules_changed:
        if one.directive in ("input", "output") and _flags(one.before) != _flags(one.after):
            case.doubt(
                f"rule {one.rule} says its {one.directive} otherwise: {_value(one.before)}, now {_value(one.after)}",
                "a review of the changed file contracts",
            )
        elif one.directive == "cache" and one.after is not None:
            case.doubt(f"rule {one.rule} now takes results from a cache", "a run after the change without the cache")


def _flags(text: str | None) -> list[str]:
    """Marks of files that say when a job is run again, and what is checked of its outputs."""
    return sorted(_FLAG.findall(text or ""))


def _kept(before: State, meaning: Meaning) -> Iterator[str]:
    yield f"{meaning.outputs_same} outputs are the same, byte for byte"
    if meaning.published_same or meaning.published_changed:
        harmless = sum(one.harmless for one in meaning.published_changed)
        apart = f"; {harmless} more differ in times only" if harmless else ""
        yield f"{meaning.published_same} published files are the same, byte for byte{apart}"
    yield f"targets and inputs are the same: {len(before.targets or ())} asked for, {_jobs(meaning.matched)} compared"
    yield "no log, benchmark or provenance is lost; no config value changed"
    if meaning.policy_changed:
        yield f"what differs is policy: {some(one.name for one in meaning.policy_changed)}"


def _told(speed: Speed) -> Iterator[str]:
    shown = speed.change in ("faster", "slower")
    yield f"{speed.change}: {speed.said}" if shown else f"no speed-up is shown: {speed.said}"


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more."""
    known = list(names)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return ", ".join(name if len(name) <= 100 else f"{name[:99]}…" for name in known[:_NAMED]) + more


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"


def _rules(names: list[str]) -> str:
    return f"rule{'s' * (len(names) > 1)} {some(names)}"


def _value(value: str | None) -> str:
    if value is None:
        return "not set"
    return value if len(value) <= 60 else f"{value[:59]}…"
