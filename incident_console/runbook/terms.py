"""Which words does a runbook share with the rest of the console? Apart from the models, which take long to import."""

from __future__ import annotations

SCHEMA = "incident-console/runbook/1"
CLASS_MEANS = {
    "workflow-semantics": "targets, discovery, dependencies",
    "operating-context": "profile, queue, staging, machine",
    "storage-visibility": "files late, or not in their place",
    "tool-behavior": "a script or tool fails, or slowed",
    "publish-boundary": "trusted as published, unverified",
    "undetermined": "then say what would settle it",
}
"""What each incident class says, for who has to choose one: beside it there is room for 34 characters."""
COST_MEANS = {
    "planning": "before any job starts: targets, the DAG",
    "scheduler": "launching, tracking and ending jobs",
    "storage": "staging, slow disks, outputs seen late",
    "tool": "inside the script or tool",
    "undetermined": "then say what would settle it",
}
CLASSES = tuple(CLASS_MEANS)
COSTS = tuple(COST_MEANS)
WAIVE = "waive"
"""The word that waives a rung in an answers file; therefore no field's id."""
MAX_BYTES = 1 << 20
"""Of a runbook's file, or of one that goes with it."""
