"""Rules over what was run again and why, and over what was found to be run at all."""

from __future__ import annotations

import re
from pathlib import PurePath

from incident_console.counting import counted
from incident_console.snakemake.discovery import OddSample
from incident_console.snakemake.history import key_of
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first
from incident_console.snakemake.trace import Start

_NAMED = 6
_MADE_ANYWAY = frozenset({"missing-output", "forced", "incomplete-output"})
_BEFORE_NOW = re.compile(r"before: (.*?) now: (.*?)(?:;|$)")


def again(scene: Scene, *names: str) -> list[Start]:
    """Starts that had one of these reasons, and would not have been made without it."""
    return [one for one in scene.trace.starts if one.reasons & set(names) and not one.reasons & _MADE_ANYWAY]


def _because(scene: Scene, name: str, words: str) -> tuple[Clue, ...]:
    found = again(scene, name)
    if not found:
        return ()
    rules = _some(list(dict.fromkeys(one.rule or "a job" for one in found)))
    return (Clue(f"{counted(len(found), 'job')} of {rules} ran again because {words}", scene.in_log(found[0].line)),)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _code(scene: Scene) -> tuple[Clue, ...]:
    return _because(scene, "code", "their code changed")


def _params(scene: Scene) -> tuple[Clue, ...]:
    return () if moved_params(scene) else _because(scene, "params", "their params changed")


def _inputs(scene: Scene) -> tuple[Clue, ...]:
    return () if scene.trace.checkpoints else _because(scene, "input-set", "their set of inputs changed")


def _inputs_after_checkpoint(scene: Scene) -> tuple[Clue, ...]:
    return _because(scene, "input-set", "their set of inputs changed") if scene.trace.checkpoints else ()


def _software(scene: Scene) -> tuple[Clue, ...]:
    return _because(scene, "software", "their software environment changed")


def _touched(scene: Scene) -> tuple[Clue, ...]:
    return _because(scene, "updated-input", "an input file is newer")


def moved_params(scene: Scene) -> tuple[Clue, ...]:
    """Params that differ only in the directory in front: the workflow was moved or copied."""
    for one in again(scene, "params"):
        for before, now in _BEFORE_NOW.findall(one.reason):
            old, new = PurePath(before.strip("'\" ")), PurePath(now.strip("'\" "))
            if old != new and old.is_absolute() and new.is_absolute() and old.name == new.name:
                return (Clue(f"a param changed from {old} to {new}", scene.in_log(one.line)),)
    return ()


def _moved(scene: Scene) -> tuple[Clue, ...]:
    home = scene.trace.header.get("working directory")
    for past in scene.history.earlier:
        if past.home and home and past.home != home and (past.host == scene.run.host or past.host is None):
            line = scene.trace.header_lines.get("working directory", 1)
            return (Clue(f"the run worked in {home}, an earlier one ({past.log}) in {past.home}", scene.in_log(line)),)
    return ()


def _moved_and_again(scene: Scene) -> tuple[Clue, ...]:
    return _moved(scene) if again(scene, "params", "updated-input", "input-set", "code") else ()


def _widened(scene: Scene) -> tuple[Clue, ...]:
    odd = scene.odd_samples
    fresh = [one for one in odd if not one.known_before]
    # One such name may be chance; several, or one that no earlier run knew, are a pattern that takes too much.
    if len(odd) < 2 and not (fresh and scene.history.earlier):
        return ()
    return _odd(scene)


def _odd(scene: Scene) -> tuple[Clue, ...]:
    by_name: dict[str, list[OddSample]] = {}
    for one in scene.odd_samples:
        by_name.setdefault(one.name, []).append(one)
    return first([Clue(_beside(name, odd), scene.in_log(odd[0].line)) for name, odd in by_name.items()])


def _beside(name: str, odd: list[OddSample]) -> str:
    if len(odd) == 1:
        return f"{name}={odd[0].value} is {odd[0].other} with a file ending"
    return f"{len(odd)} values of {name} are others with a file ending: {_some([one.value for one in odd])}"


def _perhaps_widened(scene: Scene) -> tuple[Clue, ...]:
    return () if _widened(scene) else _odd(scene)


def _more_jobs(scene: Scene) -> tuple[Clue, ...]:
    """More jobs of a rule than any earlier run planned for it, with samples that none knew."""
    past = [run for run in scene.history.earlier if run.jobs]
    if not past:
        return ()
    found = []
    now: dict[str, int] = {}
    for job in scene.run.briefs:
        now[job.rule] = now.get(job.rule, 0) + 1
    for rule, count in now.items():
        most = max(max(run.planned_rules.get(rule, 0), sum(key[0] == rule for key in run.jobs)) for run in past)
        if most and count >= 2 * most and count - most >= 2:
            found.append(Clue(f"{rule} has {count} jobs, in earlier runs {most} at most", scene.in_log(1)))
    return first(found)


def _vanished(scene: Scene) -> tuple[Clue, ...]:
    """Outputs that an earlier run made and that were missing again."""
    if not scene.history.earlier:
        return ()
    lost = [
        one
        for one in scene.trace.starts
        if "missing-output" in one.reasons and "forced" not in one.reasons and _made_before(scene, one)
    ]
    if len(lost) < 2:
        return ()
    return (
        Clue(
            f"{counted(len(lost), 'job')} whose outputs an earlier run had made found them missing",
            scene.in_log(lost[0].line),
        ),
    )


def _made_before(scene: Scene, start: Start) -> bool:
    job = scene.job(start.jobid)
    if job is None or not start.output:
        return False
    return any(done.succeeded for _, done in scene.history.of(key_of(job)))


def _many_tiny(scene: Scene) -> tuple[Clue, ...]:
    jobs = len(scene.run.jobs)
    if scene.cost.dominant != "scheduler" or jobs < 50:
        return ()
    each = scene.cost.elapsed_s / jobs
    return (
        Clue(f"{jobs} jobs in {scene.cost.elapsed_s:.1f} s, {each:.3f} s each, most of it launching", scene.in_log(1)),
    )


def _slow_plan(scene: Scene) -> tuple[Clue, ...]:
    if scene.cost.dominant != "planning" or not scene.run.jobs:
        return ()
    return (Clue(f"{scene.cost.planning_s:.1f} s passed before the first job", scene.in_log(1)),)


RULES: tuple[Rule, ...] = (
    Rule(
        "widened-discovery",
        "workflow-semantics",
        0.9,
        "files beside the samples were taken for samples: a pattern finds more than it should",
        _widened,
        "the list of samples as discovered, against the one wanted; the last edit of the pattern or helper",
    ),
    Rule(
        "perhaps-widened",
        "workflow-semantics",
        0.35,
        "it may be a file that was taken for a sample",
        _perhaps_widened,
        "whether that is a sample: the list as discovered",
    ),
    Rule(
        "more-jobs",
        "workflow-semantics",
        0.4,
        "new samples, or a discovery that widened",
        _more_jobs,
        "the list of samples as discovered, against the earlier run's",
    ),
    Rule(
        "code-changed",
        "workflow-semantics",
        0.55,
        "an edit of the workflow made finished work stale",
        _code,
        "`snakemake --list-changes code`, and the last edit of these rules",
    ),
    Rule(
        "params-changed",
        "workflow-semantics",
        0.55,
        "a changed parameter made finished work stale",
        _params,
        "the dry-run's reasons and the config of both runs; `--list-changes params` is not to be trusted",
    ),
    Rule(
        "input-set-changed",
        "workflow-semantics",
        0.6,
        "the workflow now asks for other inputs than when the output was made",
        _inputs,
        "`snakemake --list-changes input`, and the list of samples against the earlier one",
    ),
    Rule(
        "input-set-after-checkpoint",
        "workflow-semantics",
        0.4,
        "a checkpoint found other files than before",
        _inputs_after_checkpoint,
        "what the checkpoint found, against the earlier run's",
    ),
    Rule(
        "software-changed",
        "operating-context",
        0.55,
        "the environment that the outputs were made with is another now",
        _software,
        "the environment files of the two runs side by side",
    ),
    Rule(
        "inputs-touched",
        "workflow-semantics",
        0.25,
        "new data, or files that were only touched",
        _touched,
        "whether the input's content changed, or its time only",
    ),
    Rule(
        "moved-params",
        "operating-context",
        0.7,
        "the workflow was moved or copied, and a param holds an absolute path",
        moved_params,
        "the same param relative to the working directory",
    ),
    Rule(
        "moved-and-again",
        "operating-context",
        0.6,
        "the directory was moved or copied, which changes times and absolute paths",
        _moved_and_again,
        "the dry-run in the old place",
    ),
    Rule(
        "moved-against-edit",
        "workflow-semantics",
        -0.3,
        "a move changes times and absolute paths without any edit",
        _moved_and_again,
    ),
    Rule(
        "moved",
        "operating-context",
        0.3,
        "the directory was moved or copied",
        _moved,
    ),
    Rule(
        "outputs-vanished",
        "operating-context",
        0.3,
        "somebody or something removed finished outputs",
        _vanished,
        "who cleans that place: a scratch purge, a clean target, a colleague",
    ),
    Rule(
        "many-tiny-jobs",
        "workflow-semantics",
        0.4,
        "the work is cut into pieces smaller than what launching one costs",
        _many_tiny,
        "the same work in groups or batches: if the elapsed time falls and the benchmarks' sum does not, it was this",
    ),
    Rule(
        "slow-plan",
        "workflow-semantics",
        0.35,
        "making the plan took long: input functions, many targets, or a slow file system under them",
        _slow_plan,
        "`time snakemake -n` here and on a local disk; the number of targets",
    ),
    Rule(
        "slow-plan-storage",
        "operating-context",
        0.25,
        "a slow file system makes the same plan slow",
        _slow_plan,
        "`time snakemake -n` here and on a local disk",
    ),
)
