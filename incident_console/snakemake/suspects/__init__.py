"""Which incident class is to be suspected, what speaks for it and against it, and what would settle it?

Rules are data (`table.RULES`): each has a name, a class, a weight, a reason and a test over the `Scene`; `weigh` puts
them together. A healthy run has no suspects that are strong enough to be named.
"""

from incident_console.snakemake.suspects.scene import Clue, IncidentClass, Rule, Said, Scene, Suspect
from incident_console.snakemake.suspects.table import RULES
from incident_console.snakemake.suspects.weigh import ask, named, weigh

__all__ = ["RULES", "Clue", "IncidentClass", "Rule", "Said", "Scene", "Suspect", "ask", "named", "suspects_of", "weigh"]


def suspects_of(scene: Scene) -> tuple[Suspect, ...]:
    """The suspects, the first of which may be named (see `named`)."""
    return weigh(ask(RULES, scene))
