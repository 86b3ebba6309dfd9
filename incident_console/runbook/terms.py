"""Which words does a runbook share with the rest of the console? Apart from the models, which take long to import."""

from __future__ import annotations

SCHEMA = "incident-console/runbook/1"
CLASSES = (
    "workflow-semantics",
    "operating-context",
    "storage-visibility",
    "tool-behavior",
    "publish-boundary",
    "undetermined",
)
COSTS = ("planning", "scheduler", "storage", "tool", "undetermined")
WAIVE = "waive"
"""The word that waives a rung in an answers file; therefore no field's id."""
MAX_BYTES = 1 << 20
"""Of a runbook's file, or of one that goes with it."""
