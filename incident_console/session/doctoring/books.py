"""Which runbooks are there, and may they run their commands?"""

from __future__ import annotations

from pathlib import Path

from incident_console.errors import ConsoleError
from incident_console.runbook import shelf, trust
from incident_console.session.doctoring.finding import Finding


def runbooks(chosen: str | None, workdir: Path, trusted: Path) -> tuple[Finding, ...]:
    """`chosen`: the one that the settings name; `trusted`: the user's list."""
    ours = shelf.shipped()
    if not ours:
        return (Finding("shipped", "none", "broken", "Install incident-console again."),)
    found = [Finding("shipped", f"{len(ours)}: {', '.join(path.stem for path in ours)}")]
    try:
        found.append(Finding("trusted", f"{len(trust.in_force(trusted))} of others ({trusted})"))
    except (ConsoleError, OSError) as fault:
        follows = "No runbook but those that ship runs a command until that is mended."
        found.append(Finding("trusted", str(fault), "mind", follows))
    if chosen is not None:
        found.append(_chosen(chosen, workdir, trusted))
    return tuple(found)


def _chosen(name: str, workdir: Path, trusted: Path) -> Finding:
    try:
        loaded = shelf.find(name, workdir)
        if loaded.shipped or trust.trusted_by(loaded.sha256, trusted) is not None:
            return Finding("default", f"{name}, trusted")
    except (ConsoleError, OSError) as fault:
        return Finding(
            "default", str(fault), "broken", "`open` cannot begin with it: change `runbook` in the settings."
        )
    return Finding("default", f"{name}, not trusted", "mind", f"Read it, then `incident-console runbook trust {name}`.")
