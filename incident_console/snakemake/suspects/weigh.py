"""Which class is to be suspected first, and is it to be named at all?

The strongest rule of a class makes its score; others that agree add a little, and only strong ones lift it over the
line. What speaks against takes its part away. A class is named when it reaches NAMED and leads the next by MARGIN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from incident_console.snakemake.suspects.scene import (
    CLASSES,
    REASON,
    Clue,
    IncidentClass,
    Rule,
    Said,
    Scene,
    Suspect,
    first,
)

NAMED = 0.5
MARGIN = 0.1
_AGREEING = 0.04
_AGREEING_MOST = 0.12
_HINT_MOST = 0.45
_SHOWN = 6
_MORE = "more of another kind"
_JOB = re.compile(r"(\S{1,80}(?: \([^)]{1,80}\))?) (?:failed|succeeded)\b")


def ask(rules: Iterable[Rule], scene: Scene) -> tuple[Said, ...]:
    """What the rules find, in their order."""
    return tuple(Said(rule, clues) for rule in rules if (clues := rule.look(scene)))


def weigh(said: Iterable[Said]) -> tuple[Suspect, ...]:
    """The classes that something speaks for, the most suspect first."""
    found = list(said)
    suspects = [suspect for name in CLASSES if (suspect := _suspect(name, found)) is not None]
    return tuple(sorted(suspects, key=lambda one: -one.score))


def named(suspects: tuple[Suspect, ...]) -> IncidentClass | Literal["undetermined"]:
    """The first suspect's class when the evidence carries it."""
    if not suspects or suspects[0].score < NAMED:
        return "undetermined"
    if len(suspects) > 1 and suspects[0].score - suspects[1].score < MARGIN - 1e-9:
        return "undetermined"
    return suspects[0].incident_class


def _suspect(name: IncidentClass, said: list[Said]) -> Suspect | None:
    of_class = sorted((one for one in said if one.rule.incident_class == name), key=lambda one: -abs(one.rule.weight))
    speaking_for = [one for one in of_class if one.rule.weight > 0]
    speaking_against = [one for one in of_class if one.rule.weight < 0]
    if not speaking_for:
        return None
    strongest = speaking_for[0].rule.weight
    score = strongest + min(_AGREEING_MOST, _AGREEING * (len(speaking_for) - 1))
    if strongest < NAMED:
        score = min(score, _HINT_MOST)
    for one in speaking_against:
        score *= 1 + one.rule.weight
    settled = next((_settled(one) for one in speaking_for if one.rule.settled_by), "")
    return Suspect(
        name,
        round(min(0.99, score), 2),
        first(_clues(speaking_for), _SHOWN, _MORE),
        first(_clues(speaking_against), _SHOWN, _MORE),
        settled,
        tuple(one.rule.name for one in speaking_for),
    )


def _settled(said: Said) -> str:
    """With the job that is meant, as the first clue begins: `count (F) failed …`."""
    named = _JOB.match(said.clues[0].text) if said.clues else None
    return said.rule.settled_by.replace("{job}", named[1] if named else "the job")


def _clues(said: list[Said]) -> list[Clue]:
    found: dict[Clue, None] = {}
    for one in said:
        for index, clue in enumerate(one.clues):
            # The reason is given once a rule, not with every place.
            told = f"{clue.text.rstrip('.')}{REASON}{one.rule.reason}" if index == 0 else clue.text
            found[Clue(told, clue.source)] = None
    return list(found)
