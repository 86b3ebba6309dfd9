"""May the workflow be edited yet, and has it been? Watches the workflow's own files and tells of edits; blocks nothing.

The gate is closed until the note names symptom, scope, evidence and class. An edit is a change of content: a `touch`,
an editor's temporary file or a file written back as it was is none.
"""

from incident_console.gate.baseline import Baseline, Edit, Seen, cheap_changed, edits, from_json, take, to_json
from incident_console.gate.diffs import diff
from incident_console.gate.watch import expand

__all__ = [
    "Baseline",
    "Edit",
    "Seen",
    "cheap_changed",
    "diff",
    "edits",
    "expand",
    "from_json",
    "gate_missing",
    "take",
    "to_json",
]


def gate_missing(*, symptom: bool, scope: bool, evidence: bool, class_: bool) -> tuple[str, ...]:
    """What the note must still name before the first edit, in the ladder's order; empty when the gate is open."""
    named = {"symptom": symptom, "scope": scope, "evidence": evidence, "class": class_}
    return tuple(name for name, known in named.items() if not known)
