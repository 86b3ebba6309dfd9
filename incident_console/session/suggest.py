"""What can the console offer for a question, so that nobody types from memory what the run's own files show?

Everything here is a draft: it stands in the field, and the operator decides. What is suggested for the class is kept
beside what was decided (see `Suggestion`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident_console.counting import counted
from incident_console.record import speaking
from incident_console.runbook.terms import CLASS_MEANS, COST_MEANS
from incident_console.snakemake import facts

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.runbook.schema import Field, Rung
    from incident_console.session.picture import Picture
    from incident_console.session.understanding import Understanding
    from incident_console.snakemake.groups import FailureGroup
    from incident_console.snakemake.run import Run
    from incident_console.snakemake.suspects import Clue, Suspect

UNDETERMINED = "undetermined"
_MEANS: Mapping[str, Mapping[str, str]] = {"class": CLASS_MEANS, "cost": COST_MEANS}
"""By the field's id."""
STRONG = 0.75
GROUPS = 4
SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the run's evidence says of the class at this moment."""

    class_: str
    """`undetermined` where no suspect carries a class."""
    cost: str
    text: str
    """Both with how strongly they are suspected, as it stands in the record."""
    suspects: tuple[Suspect, ...] = ()

    def clues(self, class_: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What speaks for a class and against it, each with its place: `text (path:line)`."""
        found = next((one for one in self.suspects if one.incident_class == class_), None)
        return (_told(found.because), _told(found.against)) if found is not None else ((), ())


def _told(clues: tuple[Clue, ...]) -> tuple[str, ...]:
    return tuple(f"{clue.text} ({clue.source.path}:{clue.source.line})" for clue in clues)


def suggestion(known: Understanding) -> Suggestion:
    """What is suggested now, to be kept with what is decided."""
    named, cost = known.incident_class, known.cost
    sure = f" ({strength(known.suspects[0].score)}, {known.suspects[0].score:.2f})" if named != UNDETERMINED else ""
    how = f" ({cost.confidence})" if cost.dominant != UNDETERMINED else ""
    return Suggestion(named, cost.dominant, f"{named}{sure}; cost {cost.dominant}{how}", known.suspects)


def strength(score: float) -> str:
    """How strongly a class is suspected, in a word."""
    # What weighs a run is imported where one is weighed, after its facts are shown.
    from incident_console.snakemake.suspects.weigh import NAMED

    return "strong" if score >= STRONG else "fair" if score >= NAMED else "a hint only"


def choices(field: Field, picture: Picture) -> tuple[str, ...]:
    """What may be chosen; empty where the question is answered in words. `unknown` comes last where it is an answer."""
    if field.type == "yes-no":
        offered: tuple[str, ...] = ("yes", "no")
    elif field.choices:
        offered = field.choices
    elif field.choices_from and picture.run is not None:
        offered = facts.choices(picture.run, field.choices_from)
    else:
        offered = ()
    if offered and field.unknown and "unknown" not in offered:
        offered = (*offered, "unknown")
    return offered


def labels(field: Field, picture: Picture) -> Mapping[str, str]:
    """How choices are shown: those that failed with how often, a class with what it says. The answer is the choice."""
    if means := _MEANS.get(field.id):
        wide = max(map(len, means))
        return {choice: f"{choice:{wide}}  {means[choice]}" for choice in field.choices if choice in means}
    if not field.choices_from or field.choices or picture.run is None:
        return {}
    return facts.failure_counts(picture.run, field.choices_from)


def draft(rung: Rung, field: Field, picture: Picture) -> str:
    """What stands in the field when nobody has typed yet; for `many`, the marked choices, one a line.

    The symptom and the scope are drafted as they are seen; the class and the cost only as far as the evidence carries.
    """
    if picture.run is None:
        return ""
    if rung.role == "symptom":
        return _symptom(field, picture.run, picture.known)
    if rung.role == "scope":
        return _scope(field, picture.run)
    if rung.role == "classify" and picture.known is not None:
        if field.id == "confidence":
            drafted = _confidence(picture.known)
            return drafted if not field.choices or drafted in field.choices else ""
        return taken(rung, picture.known, picture.known.incident_class).get(field.id, "")
    return ""


def weighed(rung: Rung, field: Field, incident: Incident, picture: Picture) -> str:
    """For the fields `for` and `against` of a classify rung: what was said so of single evidence, a line each.

    Of the class that was answered, or else of the one that the evidence carries.
    """
    if rung.role != "classify" or field.id not in ("for", "against"):
        return ""
    state = incident.rungs.get(rung.id)
    answered = state.answers.get("class") if state is not None else None
    suggested = picture.known.incident_class if picture.known is not None else UNDETERMINED
    speaks_for, against = speaking.texts(incident, answered.text if answered is not None else suggested)
    return "\n".join(speaks_for if field.id == "for" else against)


def taken(rung: Rung, known: Understanding, class_: str) -> Mapping[str, str]:
    """By field of a classify rung: what taking this class, or `undetermined`, answers; how sure that is, it does not.

    A field that the rung does not have, or that does not know the choice, is left out.
    """
    suspect = next((one for one in known.suspects if one.incident_class == class_), None)
    strongest = suspect or (known.suspects[0] if known.suspects else None)
    answers = {
        "class": class_,
        "cost": known.cost.dominant,
        "next_measurement": strongest.settled_by if strongest is not None else "",
    }
    fields = {field.id: field for field in rung.ask}
    return {
        id: text
        for id, text in answers.items()
        if text and id in fields and (not fields[id].choices or text in fields[id].choices)
    }


def _confidence(known: Understanding) -> str:
    """How sure the shown strength is, in the words of `class.set`: a draft, for only the operator is sure."""
    scores = [one.score for one in known.suspects if one.incident_class == known.incident_class]
    return _SURE[strength(scores[0])] if scores else "low"


_SURE = {"strong": "high", "fair": "medium", "a hint only": "low"}


def symptom(run: Run | None, known: Understanding | None) -> str:
    """The sentence that is drafted: of what failed, or else of what is out of the ordinary; empty where nothing is."""
    if run is None:
        return ""
    return facts.draft_symptom(run) or facts.so_far(run, [clue.seen for clue in _odd(run, known)])


def _odd(run: Run, known: Understanding | None) -> tuple[Clue, ...]:
    """Of a run in which nothing failed: what speaks for the class that its files carry, once for each reason."""
    if run.failures or known is None:
        return ()
    suspect = next((one for one in known.suspects if one.incident_class == known.incident_class), None)
    return tuple(clue for clue in suspect.because if clue.reason) if suspect is not None else ()


def _symptom(field: Field, run: Run, known: Understanding | None) -> str:
    if field.id in ("sentence", "symptom"):
        return symptom(run, known)
    groups = run.failures[:GROUPS]
    if field.id == "surface" and not groups:
        return "; ".join(f"{clue.source.path}: {clue.seen}" for clue in _odd(run, known)[:1])
    if field.id == "surface":
        told = [f"{group.rule or 'run'}: {group.message or group.kind}" for group in groups]
    elif field.id == "scope":
        told = [f"{group.rule or 'run'}: {_samples(group)}" for group in groups]
    else:
        return ""
    more = len(run.failures) - GROUPS
    return "; ".join((*told, f"and {counted(more, 'more cause')}") if more > 0 else told)


def _samples(group: FailureGroup) -> str:
    more = f" and {group.jobs - SAMPLES} more" if group.jobs > SAMPLES else ""
    return ", ".join(group.samples[:SAMPLES]) + more if group.samples else "the whole run"


def _scope(field: Field, run: Run) -> str:
    """What failed or was tried again; the rest of the run's rules and samples can be chosen, too."""
    if field.choices_from == "rules":
        found = [*(group.rule for group in run.failures), *(job.rule for job in run.retries[: facts.CHOICES])]
    elif field.choices_from == "wildcards":
        pairs = [pair for group in run.failures for sample in group.wildcards for pair in sample]
        found = [f"{name}={value}" for name, value in pairs[: facts.CHOICES]]
    elif field.choices_from == "contexts" or field.id == "contexts":
        # That jobs were given to a scheduler is in the log; that a machine is a laptop, or CI, is not.
        found = ["scheduler", "cluster"] if any(job.external_id for job in run.jobs[: facts.CHOICES]) else []
        found = [name for name in found if not field.choices or name in field.choices]
    else:
        found = []
    return "\n".join(dict.fromkeys(name for name in found if name))
