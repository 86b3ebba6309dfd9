"""All rules, in the order in which they are asked."""

from __future__ import annotations

from incident_console.snakemake.suspects import context, definition, failing, publish, reruns, storage, tools
from incident_console.snakemake.suspects.failing import told
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene


def _failed_on_odd_samples(scene: Scene) -> tuple[Clue, ...]:
    """Tools that failed only over files that are no samples."""
    odd = {(one.name, one.value) for one in scene.odd_samples}
    failed = [one for one in scene.failures if one.jobid is not None]
    if not odd or not failed or not all(odd & set(one.wildcards.items()) for one in failed):
        return ()
    return told(tuple(failed))


def _stopped_first(scene: Scene) -> tuple[Clue, ...]:
    return told(scene.failures) if scene.run.status == "interrupted" else ()


RULES: tuple[Rule, ...] = (
    *definition.RULES,
    *failing.RULES,
    *storage.RULES,
    *context.RULES,
    *reruns.RULES,
    *tools.RULES,
    *publish.RULES,
    Rule(
        "failed-on-odd-samples",
        "tool-behavior",
        -0.6,
        "the tool was given what is no sample",
        _failed_on_odd_samples,
    ),
    Rule(
        "failed-after-the-stop",
        "tool-behavior",
        -0.3,
        "the run was stopped, and that reaches the tools, too",
        _stopped_first,
    ),
)
