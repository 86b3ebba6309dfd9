"""Rules over failed jobs: what a tool, a machine, a disk or a queue did to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from incident_console.snakemake.causes import Failure, causes_of
from incident_console.snakemake.matters import shortened
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_NAMED = 3
_PATH = re.compile(r"['\"]?((?:/|\.{0,2}/)?[\w.@%+=:,~-]+(?:/[\w.@%+=:,~-]+)*\.?[\w-]*)['\"]?")


def _seen(*natures: str) -> Callable[[Scene], tuple[Clue, ...]]:
    """A clue per cause among the failures of these natures."""

    def look(scene: Scene) -> tuple[Clue, ...]:
        return told(scene.of_nature(*natures))

    return look


def told(failures: tuple[Failure, ...]) -> tuple[Clue, ...]:
    clues = []
    for cause in causes_of(failures):
        who = cause.rule or "a job"
        times = f" {cause.count} times" if cause.count > 1 else ""
        sample = f" ({cause.named(_NAMED)})" if cause.samples else ""
        code = f", exit {cause.exit_code}" if cause.exit_code is not None else ""
        clues.append(Clue(f"{who}{sample} failed{times}{code}: {shortened(cause.message, 200)}", cause.source))
    return first(clues)


def _explained(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("tool") if _says_why(one)))


def _unexplained(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("tool") if not _says_why(one) and not _silent(one)))


def _without_a_word(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("tool") if not _says_why(one) and _silent(one)))


def _silent(failure: Failure) -> bool:
    """It has a log, which says nothing, and no exit code is told (7, a cluster): a kill looks the same."""
    return bool(failure.logs) and failure.exit_code is None


def _says_why(failure: Failure) -> bool:
    """Whether more is known than that it failed: a line of the tool's, or an exit code of its own choosing."""
    return failure.says_why or failure.exit_code not in (None, 1)


def _recovered(scene: Scene) -> tuple[Clue, ...]:
    tools = {one.jobid for one in scene.of_nature("tool")}
    return first(
        [
            Clue(f"{one.sentence}, with nothing changed in between", scene.in_log(_line(scene, one.jobid)))
            for one in scene.flaky
            if one.nature == "flaky" and one.jobid in tools
        ]
    )


def _deterministic(scene: Scene) -> tuple[Clue, ...]:
    tools = {one.jobid for one in scene.of_nature("tool", "crashed") if _says_why(one) or not _silent(one)}
    return first(
        [
            Clue(f"{one.sentence}: trying again does not help", scene.in_log(_line(scene, one.jobid)))
            for one in scene.flaky
            if one.nature == "deterministic" and one.jobid in tools
        ]
    )


def _line(scene: Scene, jobid: int) -> int:
    job = scene.job(jobid)
    lines = [one.first_line for one in job.attempts if one.first_line is not None] if job is not None else []
    return lines[0] if lines else 1


def _declared(scene: Scene, failure: Failure) -> bool | None:
    """Whether the absent file is an input of the job; None where the message names no file."""
    start = scene.start(failure.jobid)
    names = [name.strip(".:,'\"") for name in _PATH.findall(failure.message) if "/" in name or "." in name.strip(".")]
    if not names or start is None:
        return None
    return any(_same(name, known) for name in names for known in start.input)


def _same(name: str, known: str) -> bool:
    return name == known or name.endswith("/" + known) or Path(name).name == Path(known).name


def _absent_input(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("absent-file") if _declared(scene, one)))


def _absent_other(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("absent-file") if _declared(scene, one) is False and one.lasting))


def _absent_then_there(scene: Scene) -> tuple[Clue, ...]:
    recovered = {one.jobid for one in scene.flaky if one.nature == "flaky"}
    return told(tuple(one for one in scene.of_nature("absent-file") if one.jobid in recovered))


def _absent_unknown(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("absent-file") if _declared(scene, one) is None))


RULES: tuple[Rule, ...] = (
    Rule(
        "tool-error",
        "tool-behavior",
        0.7,
        "the tool ended with an error of its own",
        _explained,
        "run the shell command of {job} by hand on the same input: the same message settles it",
    ),
    Rule(
        "tool-failed",
        "tool-behavior",
        0.55,
        "a command ended with an error, and nothing else is said of it",
        _unexplained,
        "the rule's log, or the command by hand with its stderr kept",
    ),
    Rule(
        "failed-without-a-word",
        "tool-behavior",
        0.45,
        "the exit code is not told and the rule's log is silent, as it is after a kill, too",
        _without_a_word,
        "the exit code: the command by hand, or the scheduler's accounting",
    ),
    Rule(
        "tool-crashed",
        "tool-behavior",
        0.7,
        "the program crashed by itself",
        _seen("crashed"),
        "the same command by hand: a crash on the same input each time is the tool's",
    ),
    Rule(
        "recovered-on-retry",
        "tool-behavior",
        0.6,
        "the same command with the same input failed and succeeded: the tool is not steady",
        _recovered,
        "the kept log of the failed attempt; the job alone, several times",
    ),
    Rule(
        "fails-each-time",
        "tool-behavior",
        0.6,
        "the attempts do not differ, so the tool or its input is at fault: more retries would only hide it",
        _deterministic,
        "the rule's log of the last attempt, then the input it names",
    ),
    Rule(
        "lost-tool",
        "operating-context",
        0.75,
        "a command is not found here: an environment, module or PATH is missing on the machine that ran the job",
        _seen("lost-tool"),
        "`command -v TOOL` where the job ran; the environment of a run that worked",
    ),
    Rule(
        "lost-library",
        "operating-context",
        0.7,
        "a library or package is missing in the environment that the job ran in",
        _seen("lost-library"),
        "the environment's list of packages here against that of a run that worked",
    ),
    Rule(
        "not-permitted",
        "operating-context",
        0.6,
        "the operating system refuses it to this user on this machine",
        _seen("not-permitted"),
        "`ls -l` of the named file as the user that runs the jobs",
    ),
    Rule(
        "environment",
        "operating-context",
        0.65,
        "the job's environment could not be made or entered",
        _seen("environment"),
        "make the environment by hand on the same machine",
    ),
    Rule(
        "network",
        "operating-context",
        0.6,
        "a service that the job needs did not answer",
        _seen("network"),
        "the same request from the same machine now",
    ),
    Rule(
        "disk-full",
        "operating-context",
        0.75,
        "the device or the quota was full: neither tool nor workflow can help that",
        _seen("disk-full"),
        "`df -h` and the quota of the file system that is named, where the job ran",
    ),
    Rule(
        "out-of-memory",
        "operating-context",
        0.65,
        "it was killed from outside, or memory ran out: the limits where it ran do not fit the job",
        _seen("out-of-memory"),
        "the kernel's or scheduler's own word (`dmesg`, `sacct`), and max_rss of a run that worked",
    ),
    Rule(
        "ended-by-scheduler",
        "operating-context",
        0.7,
        "a scheduler or an administrator ended the job",
        _seen("ended-by-scheduler"),
        "the scheduler's accounting of that job",
    ),
    Rule(
        "killed",
        "operating-context",
        0.5,
        "a signal from outside ended the command",
        _seen("killed"),
        "who sent the signal: the kernel's log, the scheduler's accounting",
    ),
    Rule(
        "storage-error",
        "storage-visibility",
        0.8,
        "the file system itself answered with an error",
        _seen("storage-error"),
        "the state of that mount on the machine where the job ran",
    ),
    Rule(
        "declared-input-absent",
        "storage-visibility",
        0.65,
        "the engine saw this input before it started the job, and the job did not",
        _absent_input,
        "`ls -l` of the input from the machine where the job ran, and when it was written",
    ),
    Rule(
        "absent-then-there",
        "storage-visibility",
        0.6,
        "the file was there at the next attempt, so it came late",
        _absent_then_there,
        "who writes the file, and when it can be seen from the machine where the job ran",
    ),
    Rule(
        "undeclared-file-absent",
        "workflow-semantics",
        0.6,
        "the job needs a file that is not among its inputs: the workflow does not know of it",
        _absent_other,
        "the rule's inputs against the files its command opens",
    ),
    Rule(
        "some-file-absent",
        "workflow-semantics",
        0.4,
        "a file that the job needs was not there: undeclared, misspelt or late",
        _absent_unknown,
        "which file it is, and which rule should make it",
    ),
)
