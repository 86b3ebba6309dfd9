"""What would settle a suspicion names the job that is meant: of two failures somebody must know with which to begin."""

import pytest

from incident_console.snakemake.causes import Source
from incident_console.snakemake.suspects.scene import Clue, Rule, Said
from incident_console.snakemake.suspects.weigh import weigh


@pytest.mark.parametrize(
    ("clue", "told"),
    [
        ("count (F) failed 3 times, exit 65: truncated", "run count (F) by hand"),
        ("flaky succeeded at attempt 2", "run flaky by hand"),
        ("3 jobs of align were slow", "run the job by hand"),
        ("(" * 500 + " failed", "run the job by hand"),
    ],
)
def test_the_job_is_named_as_the_first_clue_names_it(clue: str, told: str) -> None:
    rule = Rule("tool-error", "tool-behavior", 0.7, "why", lambda _: (), "run {job} by hand")
    (suspect,) = weigh([Said(rule, (Clue(clue, Source("run.log", 1)),))])
    assert suspect.settled_by == told
