"""Rules over where and how the run was made: who ended it, on which machine, with which command."""

from __future__ import annotations

from incident_console.counting import counted
from incident_console.snakemake.causes import Source
from incident_console.snakemake.cost import lost_cores
from incident_console.snakemake.history import PastRun, key_of
from incident_console.snakemake.matters import shortened
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first


def _stopped(scene: Scene) -> tuple[Clue, ...]:
    """Somebody asked the engine to stop, in so many words."""
    if scene.run.status != "interrupted":
        return ()
    told = [one for one in scene.failures if one.kind == "interrupted"]
    return first([Clue(f"{one.who}: {shortened(one.message, 160)}", one.source) for one in told][:1])


def _mid_air(scene: Scene) -> bool:
    return scene.run.status == "interrupted" and not any(one.kind == "interrupted" for one in scene.failures)


def _ended(scene: Scene) -> Clue:
    under_way = sum(job.state == "interrupted" for job in scene.run.briefs)
    return Clue(
        f"the log ends with {counted(under_way, 'job')} under way and no word of an end",
        scene.in_log(scene.trace.last_line),
    )


def _left_behind(scene: Scene) -> tuple[Clue, ...]:
    """The log stops in mid-air, and what the engine would have removed at its end is still there."""
    if not _mid_air(scene):
        return ()
    left = [Clue(f"{name} was left behind", Source(name, 1)) for name in scene.locks[:1]]
    begun = set(scene.incomplete)
    outputs = {name for start in scene.trace.starts for name in start.output if name in begun} if begun else set()
    half = [name for name in scene.incomplete if name in outputs]
    left += [Clue(f"{name} is marked as begun and not ended", Source(".snakemake/incomplete", 1)) for name in half]
    return first([_ended(scene), *left]) if left else ()


def _met_afterwards(scene: Scene) -> tuple[Clue, ...]:
    """The next to come upon it found the lock or the half-made outputs."""
    if not _mid_air(scene):
        return ()
    for past in (*reversed(scene.history.later), *scene.history.queries):
        if past.kinds & {"incomplete-files", "locked"}:
            said = f"the log after it says {', '.join(sorted(past.kinds))}"
            return (_ended(scene), Clue(said, Source(past.log, 1)))
    return ()


def _just_ends(scene: Scene) -> tuple[Clue, ...]:
    return (_ended(scene),) if _mid_air(scene) and not (_left_behind(scene) or _met_afterwards(scene)) else ()


def _only_here(scene: Scene) -> tuple[Clue, ...]:
    """Jobs that failed for good here, and had succeeded on another machine or by another way of running."""
    found = []
    for one in scene.failures:
        job = scene.job(one.jobid)
        if job is None or not one.lasting or one.kind == "interrupted":
            continue
        past = next((run for run, done in scene.history.of(key_of(job)) if done.succeeded), None)
        if past is not None and (where := _elsewhere(scene, past)):
            found.append(Clue(f"{one.who} failed here and had succeeded {where} ({past.log})", one.source))
    return first(found)


def _elsewhere(scene: Scene, past: PastRun) -> str:
    if past.host and scene.run.host and past.host != scene.run.host:
        return f"on {past.host}, not {scene.run.host}"
    # That cores were provided says that jobs ran on the engine's own machine.
    clustered = any(job.remote for job in scene.run.briefs)
    if past.clustered and not clustered and scene.trace.cores:
        return "on the cluster"
    if clustered and not past.clustered and past.cores:
        return "on one machine"
    return ""


def _versions(scene: Scene) -> tuple[Clue, ...]:
    """Another engine than before, in a run that did not go well."""
    past = _last(scene)
    if past is None or scene.run.status not in ("failed", "interrupted") or past.status != "succeeded":
        return ()
    if past.version and scene.run.version and past.version != scene.run.version:
        line = scene.trace.header_lines.get("snakemake version", 1)
        return (Clue(f"Snakemake {scene.run.version} here, {past.version} before ({past.log})", scene.in_log(line)),)
    return ()


def _last(scene: Scene) -> PastRun | None:
    return next((run for run in scene.history.earlier if run.jobs), None)


def _cores(scene: Scene) -> tuple[Clue, ...]:
    lost = lost_cores(scene.run, scene.trace)
    line = scene.trace.provided_line
    if lost is not None:
        asked = counted(lost[0], "core was", "cores were")
        return (Clue(f"{asked} asked for and {lost[1]} provided", scene.in_log(line)),)
    past = _last(scene)
    now = scene.trace.cores
    if past is not None and past.cores and now and 2 * now <= past.cores:
        given = counted(now, "core was", "cores were")
        return (Clue(f"{given} provided, {past.cores} in the run before ({past.log})", scene.in_log(line)),)
    return ()


def _all_slower(scene: Scene) -> tuple[Clue, ...]:
    """Every rule that can be held against earlier runs takes much longer: not one tool, the machine."""
    if not scene.history.earlier:
        return ()
    ratios: dict[str, list[float]] = {}
    for job in scene.run.jobs:
        last = job.attempts[-1] if job.attempts else None
        if job.state != "succeeded" or last is None or last.started is None or last.ended is None:
            continue
        before = [done.wall_s for _, done in scene.history.of(key_of(job)) if done.wall_s]
        if before and min(before) >= 5:
            ratios.setdefault(job.rule, []).append((last.ended - last.started) / max(before))
    slow = [rule for rule, values in ratios.items() if min(values) >= 2]
    if len(ratios) < 3 or len(slow) < len(ratios):
        return ()
    return (Clue(f"all {len(ratios)} rules took at least twice as long as in any earlier run", scene.in_log(1)),)


RULES: tuple[Rule, ...] = (
    Rule(
        "stopped-by-hand",
        "operating-context",
        0.55,
        "somebody or something asked the run to stop: what failed after that is no fault of the tools",
        _stopped,
        "who sent it: a colleague, a closed terminal, a time limit of the machine",
    ),
    Rule(
        "engine-killed",
        "operating-context",
        0.7,
        "the engine was ended from outside and could not put its house in order",
        _met_afterwards,
        "the machine's own log at that time (`dmesg`, `journalctl`) or the scheduler's: memory, limits, a reboot",
    ),
    Rule(
        "left-behind",
        "operating-context",
        0.55,
        "the engine was ended from outside, or the folder was copied while it was at work",
        _left_behind,
        "whether an engine is still at work where the folder came from; the machine's own log at that time",
    ),
    Rule(
        "log-just-ends",
        "operating-context",
        0.45,
        "the engine was ended from outside, or the log is not whole",
        _just_ends,
        "whether the log is whole, and whether .snakemake/locks was there at the time",
    ),
    Rule(
        "only-here",
        "operating-context",
        0.75,
        "the same job works elsewhere: what differs is the context, so the profile is to be reviewed",
        _only_here,
        "the two contexts side by side: profile, environment, mounts",
    ),
    Rule(
        "other-version",
        "operating-context",
        0.35,
        "the engine is another version than in the last run that worked",
        _versions,
        "the same command with the version before",
    ),
    Rule(
        "lost-cores",
        "operating-context",
        0.35,
        "the machine gives fewer cores than the run counts on",
        _cores,
        "`nproc` where the engine ran, and the profile",
    ),
    Rule(
        "everything-slower-against-tools",
        "tool-behavior",
        -0.5,
        "not one tool became slow, all did",
        _all_slower,
    ),
    Rule(
        "everything-slower",
        "operating-context",
        0.6,
        "no single tool became slow, the machine did",
        _all_slower,
        "load and clock of the machine (`uptime`, other users), the same run elsewhere",
    ),
)
