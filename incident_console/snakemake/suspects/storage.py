"""Rules over outputs that came late, in the wrong place, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path, PurePath

from incident_console.counting import counted
from incident_console.snakemake.blocks import CAME
from incident_console.snakemake.causes import Failure
from incident_console.snakemake.cost import seconds, shared
from incident_console.snakemake.matters import shortened
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_LONG_WAIT_S = 3.0
_SHARE = 0.3
_LISTED = 2000
_ALIKE = 0.8
_PARENT = re.compile(r" \(missing.*$")


def _missing(scene: Scene) -> list[tuple[Failure, list[str]]]:
    """The jobs whose outputs were missing when they were done, with the names."""
    found = []
    for one in scene.failures:
        if one.kind == "missing-output":
            start = scene.start(one.jobid)
            told = one.message.partition(CAME)[0].partition("missing: ")[2]
            named = [_PARENT.sub("", name).strip() for name in told.split(", ")]
            names = [name for name in named if name and not name.endswith("…")]
            found.append((one, names or list(start.output if start is not None else ())))
    return found


def _there_now(scene: Scene) -> tuple[Clue, ...]:
    clues = []
    for one, names in _missing(scene):
        there = [name for name in names if _exists(scene.workdir, name)]
        if there and not scene.history.later:
            clues.append(Clue(f"{one.who}: {there[0]} was missing then and is there now", one.source))
    return first(clues)


def _came_and_went(scene: Scene) -> tuple[Clue, ...]:
    """What the engine removes when it gives a job up is there at that moment."""
    clues = []
    for one, _ in _missing(scene):
        came = one.message.partition(CAME)[2]
        if came:
            clues.append(
                Clue(f"{one.who}: {shortened(came, 200)} was there when the engine gave up waiting for it", one.source)
            )
    return first(clues)


def _never_came(scene: Scene) -> tuple[Clue, ...]:
    """The file is not here, nor did it have a way to go on which it could be late: late for good, or never written.

    That its folder is missing as well says no more: folders without a file are lost in many a copy.
    """
    if _there_now(scene) or _came_and_went(scene) or _not_to_be_seen(scene):
        return ()
    return first(
        [
            Clue(f"{one.who}: {shortened(one.message, 200)}; it is not there now either", one.source)
            for one, _ in _missing(scene)
        ]
    )


def _not_to_be_seen(scene: Scene) -> tuple[Clue, ...]:
    """Whether it ever came cannot be told, as its folder is not here; and files do come late in this run.

    Jobs ran on other machines than the engine, or outputs of other jobs were waited for and came.
    """
    on_its_way = scene.trace.submitted or any(not wait.in_vain for wait in scene.trace.waits)
    if _there_now(scene) or _came_and_went(scene) or not on_its_way:
        return ()
    return first(
        [
            Clue(f"{one.who}: {shortened(one.message, 200)}", one.source)
            for one, names in _missing(scene)
            if not any(_exists(scene.workdir, str(PurePath(name).parent)) for name in names)
        ]
    )


def _other_name(scene: Scene) -> tuple[Clue, ...]:
    """A file of nearly the name was made where the output should be: the contract and the command do not agree.

    Not one of another sample that stood there before the job began.
    """
    clues = []
    missing = _missing(scene)
    known = {name for start in scene.trace.starts for name in (*start.output, *start.input)} if missing else set()
    for one, names in missing:
        if CAME in one.message:
            continue
        start = scene.start(one.jobid)
        for name in names[:20]:
            if _exists(scene.workdir, name):
                continue
            near = _near(scene.workdir, name, known, _of_any(name, one.wildcards), start.at if start else None)
            if near is not None:
                clues.append(Clue(f"{one.who}: {name} is declared, {near} was made", one.source))
    return first(clues)


def _of_any(name: str, wildcards: Mapping[str, str]) -> re.Pattern[str]:
    """What the output is called for any other values of the wildcards."""
    pattern = re.escape(name)
    for value in wildcards.values():
        pattern = pattern.replace(re.escape(value), "[^/]+") if value else pattern
    return re.compile(pattern)


def _near(workdir: Path, name: str, known: set[str], others: re.Pattern[str], began: float | None) -> str | None:
    wanted = PurePath(name)
    folder = workdir / wanted.parent
    try:
        found = sorted(
            entry.name for entry, _ in zip(folder.iterdir(), range(_LISTED), strict=False) if entry.is_file()
        )
    except OSError:
        return None
    for other in found:
        path = str(wanted.parent / other)
        same_stem = PurePath(other).stem == wanted.stem
        alike = SequenceMatcher(None, other[:200], wanted.name[:200]).ratio() >= _ALIKE
        if path in known or other == wanted.name or not (same_stem or alike):
            continue
        if began is not None and others.fullmatch(path) and _older(workdir / path, began):
            continue
        return path
    return None


def _older(path: Path, than: float) -> bool:
    try:
        return path.stat().st_mtime < than - 1
    except OSError:
        return False


def _exists(workdir: Path, name: str) -> bool:
    try:
        return (workdir / name).exists()
    except (OSError, ValueError):
        return False


def _always_missing(scene: Scene) -> tuple[Clue, ...]:
    """The same output was missing in every earlier run that tried: files that are late are late now and then."""
    clues = []
    for one, _ in _missing(scene):
        key = (one.rule, tuple(sorted(one.wildcards.items())))
        past = [done for _, done in scene.history.of(key)]
        if len(past) >= 2 and all("missing-output" in done.kinds and not done.succeeded for done in past):
            clues.append(Clue(f"{one.who}: missing in all {len(past)} earlier runs, too", one.source))
    return first(clues)


def _came_late(scene: Scene) -> tuple[Clue, ...]:
    """Waits that ended well, and were long enough to be felt."""
    waits = [wait for wait in scene.trace.waits if not wait.in_vain]
    cost = scene.cost
    if not waits or (cost.storage_s < _LONG_WAIT_S and cost.storage_s < _SHARE * cost.elapsed_s):
        return ()
    if cost.storage_s < 1:
        return ()
    in_all = f"{seconds(cost.came_s)} in all{shared(cost.came_s, min(cost.storage_s, cost.came_s))}"
    text = f"the engine waited {counted(len(waits), 'time')} for outputs of finished jobs, {in_all}"
    return (Clue(text, scene.in_log(waits[0].line)),)


def _waited(scene: Scene) -> tuple[Clue, ...]:
    waits = [wait for wait in scene.trace.waits if not wait.in_vain]
    if not waits or _came_late(scene):
        return ()
    return (
        Clue(
            f"the engine waited {counted(len(waits), 'time')} for outputs of finished jobs", scene.in_log(waits[0].line)
        ),
    )


def _dominant(scene: Scene) -> tuple[Clue, ...]:
    moved = any(one.io_wait_s for one in scene.measured.bench.values())
    if scene.cost.dominant != "storage" or (not moved and all(wait.in_vain for wait in scene.trace.waits)):
        # A wait in vain costs the same whether the file is late or is never written.
        return ()
    share = scene.cost.storage_s / scene.cost.elapsed_s if scene.cost.elapsed_s else 0
    return (Clue(f"{100 * share:.0f} % of the time is storage", scene.in_log(1)),)


def _latency_raised(scene: Scene) -> tuple[Clue, ...]:
    """Raising `--latency-wait` hides what is late."""
    now = _latency(scene.run.command)
    past = next((run for run in scene.history.earlier if run.jobs), None)
    before = _latency(past.command) if past is not None else None
    if now is None or past is None or now <= (before if before is not None else 5):
        return ()
    line = scene.trace.header_lines.get("command", 1)
    return (Clue(f"--latency-wait was raised to {now} (before: {before or 'the default'})", scene.in_log(line)),)


def _latency(command: str | None) -> int | None:
    found = re.search(r"(?:--latency-wait|--output-wait|-w)[= ](\d{1,6})\b", command or "")
    return int(found[1]) if found else None


RULES: tuple[Rule, ...] = (
    Rule(
        "came-after-the-wait",
        "storage-visibility",
        0.85,
        "the file was made and could not be seen in time",
        _there_now,
        "when the file was written against when the job ended (its time on disk, the log's times)",
    ),
    Rule(
        "came-as-it-was-given-up",
        "storage-visibility",
        0.85,
        "the file was made and could not be seen in time",
        _came_and_went,
        "when the job wrote the file against when it ended; the engine removed it",
    ),
    Rule(
        "output-missing",
        "storage-visibility",
        0.55,
        "a job ended well and its output could not be seen, where files do come late",
        _not_to_be_seen,
        "whether the file is there now, and when it was written",
    ),
    Rule(
        "output-never-came",
        "storage-visibility",
        0.4,
        "it may come later still, or have gone to another place",
        _never_came,
        "whether the file comes: look again; `ls -l` from the machine where the job ran",
    ),
    Rule(
        "output-never-written",
        "workflow-semantics",
        0.4,
        "the command may not write what the rule declares",
        _never_came,
        "whether the command ever writes that path: the rule's log, the command by hand",
    ),
    Rule(
        "made-under-another-name",
        "workflow-semantics",
        0.75,
        "the command writes another path than the rule declares",
        _other_name,
        "the rule's output against the path in its command",
    ),
    Rule(
        "always-missing",
        "workflow-semantics",
        0.6,
        "what is late is late now and then; this never comes",
        _always_missing,
        "the command by hand: does it write that path at all",
    ),
    Rule(
        "outputs-came-late",
        "storage-visibility",
        0.65,
        "files can be seen only some time after they were written",
        _came_late,
        "the time between a file's writing and its being seen from the machine of the engine",
    ),
    Rule(
        "waited-a-little",
        "storage-visibility",
        0.3,
        "short waits are common on shared file systems",
        _waited,
        "whether the waits grow",
    ),
    Rule(
        "storage-costs-most",
        "storage-visibility",
        0.4,
        "the time went into waiting for files or into moving them",
        _dominant,
        "the same tool on a local disk",
    ),
    Rule(
        "latency-wait-raised",
        "storage-visibility",
        0.3,
        "somebody has met late files before; raising it hides them",
        _latency_raised,
        "the waits in the log with the old value",
    ),
    Rule(
        "never-seen-against-late",
        "storage-visibility",
        -0.3,
        "a file that was written under another name is not late",
        _other_name,
    ),
    Rule(
        "always-missing-against-late",
        "storage-visibility",
        -0.3,
        "what never comes is not late",
        _always_missing,
    ),
)
