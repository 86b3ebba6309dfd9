"""What stands beside evidence before it is captured: the surface's weak question, and lies of Snakemake only of it."""

import pytest

from incident_console.runbook.schema import EvidenceItem
from incident_console.session.cautions import of_item


@pytest.mark.parametrize(
    ("run", "warn", "told", "untold"),
    [
        (("make", "-n"), None, "It does not say how long it will take.", "checkpoint"),
        (("make", "-n"), "By file times.", "It does not say how long it will take. By file times.", "checkpoint"),
        (("snakemake", "-n"), None, "Before a checkpoint has run", "how long it will take"),
        (("snakemake", "-n"), "Mine.", "It does not say how long it will take. Mine.", "checkpoint"),
    ],
)
def test_the_lies_of_snakemake_are_told_of_snakemake_only(
    run: tuple[str, ...], warn: str | None, told: str, untold: str
) -> None:
    item = EvidenceItem(id="e", surface="dry-run", question="q", run=run, warn=warn)
    assert told in of_item(item) and untold not in of_item(item)


def test_a_surface_without_a_weak_question_has_the_runbooks_words_alone() -> None:
    item = EvidenceItem(id="e", surface="observation", question="q", warn="Look twice.")
    assert of_item(item) == "Look twice." and of_item(item.model_copy(update={"warn": None})) == ""
