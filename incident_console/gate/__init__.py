"""May the workflow be edited yet, and has it been? Watches the workflow's own files and tells of edits; blocks nothing.

The gate is closed until the note names symptom, scope, evidence and class. An edit is a change of content: a `touch`,
an editor's temporary file or a file written back as it was is none, and one that changed only a file's layout or came
with another commit is told as such.
"""

from incident_console.gate.baseline import (
    Baseline,
    Change,
    Edit,
    Seen,
    change_of,
    edits,
    from_json,
    is_inside,
    take,
    to_json,
)
from incident_console.gate.diffs import diff
from incident_console.gate.git import Repository, committed, repository
from incident_console.gate.watch import expand

__all__ = [
    "Baseline",
    "Change",
    "Edit",
    "Repository",
    "Seen",
    "change_of",
    "committed",
    "diff",
    "edits",
    "expand",
    "from_json",
    "gate_missing",
    "is_inside",
    "repository",
    "take",
    "to_json",
]


def gate_missing(*, symptom: bool, scope: bool, evidence: bool, class_: bool) -> tuple[str, ...]:
    """What the note must still name before the first edit, in the ladder's order; empty when the gate is open."""
    named = {"symptom": symptom, "scope": scope, "evidence": evidence, "class": class_}
    return tuple(name for name, known in named.items() if not known)
