"""Which evidence speaks for a class, and which against it? What was said of single pieces of evidence and of edits.

Of one piece and one class the last word counts. What it says is the text of the note that it was said in.
"""

from incident_console.events import ClassSet
from incident_console.record.incident import Incident
from incident_console.record.seen import Speaks

SPEAKS = ("for", "against", "neither")
TOLD = 3
"""Pieces that the note names on either side."""


def standing(incident: Incident) -> tuple[Speaks, ...]:
    """What counts now, in the order in which it was said; what was taken back is left out."""
    last = {(said.of, said.class_): said for said in tuple(incident.weighed)}
    return tuple(sorted((said for said in last.values() if said.speaks != "neither"), key=lambda said: said.seq))


def of_item(incident: Incident, seq: int) -> tuple[Speaks, ...]:
    """What counts now of one piece of evidence, or of one edit."""
    return tuple(said for said in standing(incident) if said.of == seq)


def text(incident: Incident, said: Speaks) -> str:
    """The sentence, as it was corrected last."""
    return incident.notes[said.seq].text


def texts(incident: Incident, class_: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that speak for a class, and those against it."""
    found = [said for said in standing(incident) if said.class_ == class_]
    return (
        tuple(text(incident, said) for said in found if said.speaks == "for"),
        tuple(text(incident, said) for said in found if said.speaks == "against"),
    )


def case(incident: Incident, said: ClassSet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What speaks for and against the class that was set, with what was said of it since, without what was not kept."""
    counted = {each.seq for each in standing(incident)}
    dropped = {incident.notes[each.seq].text for each in incident.weighed if each.seq not in counted}
    marked_for, marked_against = texts(incident, said.class_)
    return (
        tuple(dict.fromkeys(one for one in (*said.for_, *marked_for) if one not in dropped)),
        tuple(dict.fromkeys(one for one in (*said.against, *marked_against) if one not in dropped)),
    )


def of_other_classes(incident: Incident) -> tuple[Speaks, ...]:
    """What was said of classes that are not the one that is set."""
    set_ = incident.classification
    return tuple(said for said in standing(incident) if set_ is None or said.class_ != set_.class_)


def named(incident: Incident, class_: str) -> str:
    """The pieces themselves, as the end of a sentence: `; for it: dry-run (event 12); against it: …`; often empty."""
    told = ""
    for side in ("for", "against"):
        found = [each.of for each in standing(incident) if (each.class_, each.speaks) == (class_, side)]
        more = f" and {len(found) - TOLD} more" if len(found) > TOLD else ""
        if found:
            told += f"; {side} it: {', '.join(what(incident, seq) for seq in found[:TOLD])}{more}"
    return told


def what(incident: Incident, seq: int) -> str:
    """What a piece of evidence, or an edit, is called: `dry-run (event 12)`."""
    item, edit = incident.item(seq), incident.edits.get(seq)
    name = item.name if item is not None else f"edit of {edit.event.path}" if edit is not None else "what was recorded"
    return f"{name} (event {seq})"
