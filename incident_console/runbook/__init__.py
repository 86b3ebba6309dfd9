"""Which ladder is being climbed: YAML read into a runbook, and the pure rules of climbing it."""
