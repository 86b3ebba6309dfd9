"""Rules over the publish boundary: what is trusted as published, and what says that it may be."""

from __future__ import annotations

import re

from incident_console.snakemake.causes import Failure, Source
from incident_console.snakemake.suspects.failing import told
from incident_console.snakemake.suspects.scene import Clue, Rule, Scene, first

_RULE = re.compile(r"(?i)publish|verif|provenance|release|promot|manifest|checksum|attest|deliver")
_FILE = re.compile(r"(?i)(?:^|/)publish(?:ed)?/|provenance|manifest")
_SAYS = re.compile(
    r"(?i)mismatch|not match|differ|missing .{0,60}(?:provenance|manifest|checksum)|not (?:published|verified|trusted)"
    r"|unverified|provenance|manifest|checksum|sha256"
)
_OUTSIDE = frozenset(
    {
        "disk-full",
        "lost-tool",
        "lost-library",
        "out-of-memory",
        "ended-by-scheduler",
        "network",
        "storage-error",
        "interrupted",
        "not-permitted",
        "environment",
        "crashed",
        "killed",
    }
)


def _at_boundary(scene: Scene, failure: Failure) -> bool:
    """Whether the job makes or checks what is published."""
    if _RULE.search(failure.rule):
        return True
    start = scene.start(failure.jobid)
    return start is not None and any(_FILE.search(name) for name in start.output)


def _failures(scene: Scene) -> list[Failure]:
    inside = [name for name in scene.natures if name not in _OUTSIDE]
    return [one for one in scene.of_nature(*inside) if _at_boundary(scene, one)]


def _refused(scene: Scene) -> tuple[Clue, ...]:
    sums = {one.source for one in scene.of_nature("checksum")}
    return told(tuple(one for one in _failures(scene) if one.source in sums or _SAYS.search(one.message)))


def _failed(scene: Scene) -> tuple[Clue, ...]:
    refused = {one.source for one in _refused(scene)}
    return told(tuple(one for one in _failures(scene) if one.source not in refused))


def _checksum_elsewhere(scene: Scene) -> tuple[Clue, ...]:
    return told(tuple(one for one in scene.of_nature("checksum") if not _at_boundary(scene, one)))


def _altered(scene: Scene) -> tuple[Clue, ...]:
    return first(
        [
            Clue(
                f"{one.path} is {'not there' if one.gone else 'not what was published'}, says {one.listed_in}",
                Source(one.listed_in, one.line),
            )
            for one in scene.mismatches
        ]
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "verification-refused",
        "publish-boundary",
        0.85,
        "the check at the publish boundary says no: what is published may not be trusted",
        _refused,
        "the verify report, and who wrote to the published folder since",
    ),
    Rule(
        "published-altered",
        "publish-boundary",
        0.8,
        "published files are not those whose checksums were published with them",
        _altered,
        "which run wrote them last: the provenance against the run logs",
    ),
    Rule(
        "publishing-failed",
        "publish-boundary",
        0.5,
        "a job that makes or checks what is published failed",
        _failed,
        "whether anything of it reached the published folder",
    ),
    Rule(
        "checksum-elsewhere",
        "storage-visibility",
        0.4,
        "a file is not what its checksum says: cut short, stale, or altered",
        _checksum_elsewhere,
        "the file's size and time against its source's",
    ),
    Rule(
        "refused-by-a-check",
        "tool-behavior",
        -0.5,
        "a check that says no has done its work",
        _refused,
    ),
)
