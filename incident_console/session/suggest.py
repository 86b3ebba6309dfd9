"""What can the console offer for a question, so that nobody types from memory what the logs show?"""

from __future__ import annotations

from incident_console.runbook.schema import Field, Rung
from incident_console.snakemake import facts
from incident_console.snakemake.run import Run


def choices(field: Field, run: Run | None) -> tuple[str, ...]:
    """What may be chosen; empty where the question is answered in words. `unknown` comes last where it is an answer."""
    if field.type == "yes-no":
        offered: tuple[str, ...] = ("yes", "no")
    elif field.choices:
        offered = field.choices
    elif field.choices_from and run is not None:
        offered = facts.choices(run, field.choices_from)
    else:
        offered = ()
    if offered and field.unknown and "unknown" not in offered:
        offered = (*offered, "unknown")
    return offered


def draft(rung: Rung, field: Field, run: Run | None) -> str:
    """What stands in the field when nobody has typed yet; only the symptom is drafted, as it is seen, not judged."""
    if run is None or rung.role != "symptom":
        return ""
    if field.id in ("sentence", "symptom"):
        return facts.draft_symptom(run)
    if field.id == "surface":
        return "; ".join(f"{group.rule or 'run'}: {group.message or group.kind}" for group in run.failures[:4])
    if field.id == "scope":
        return "; ".join(
            f"{group.rule or 'run'}: {', '.join(group.samples[:8]) or 'the whole run'}" for group in run.failures[:4]
        )
    return ""
