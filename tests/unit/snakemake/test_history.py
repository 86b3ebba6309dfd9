"""What the runs before and after this one did."""

from pathlib import Path

from runlogs import CORPUS
from stories import NAME, Story, lay_out

from incident_console.snakemake.history import EARLIER, LOG_LIMIT, read_history

KEY = ("align", (("s", "B"),))


def run(name: str, *, ok: bool = True) -> Story:
    story = Story(align=1).start(1, 1, "align", "B")
    return story.finish(4, 1, "align").end(name=name) if ok else story.fail(2, 1, "align").end(failed=True, name=name)


def named(hour: int) -> str:
    return f"2026-11-22T{hour:02d}2000.500000.snakemake.log"


def test_queries_are_no_runs_and_later_ones_stand_apart() -> None:
    wd = CORPUS / "a-discovery-widened-v9" / "wd"
    log = wd / ".snakemake/log/2026-11-22T132709.849345.snakemake.log"
    history = read_history(wd, log)
    assert [past.started for past in history.earlier] == [1795354009.372901]
    assert history.later == ()
    first = read_history(wd, wd / ".snakemake/log/2026-11-22T132649.372901.snakemake.log")
    assert (len(first.earlier), len(first.later)) == (0, 1)


def test_a_job_is_known_again_by_rule_and_wildcards(tmp_path: Path) -> None:
    lay_out(tmp_path, run(named(10), ok=False), named(10))
    lay_out(tmp_path, run(named(11)), named(11))
    log = lay_out(tmp_path, run(NAME), NAME)
    lay_out(tmp_path, run(named(15), ok=False), named(15))
    history = read_history(tmp_path, log)
    assert [(past.log.split("T")[1][:4], job.succeeded, job.failed, job.wall_s) for past, job in history.of(KEY)] == [
        ("1120", True, 0, 3.0),
        ("1020", False, 1, None),
    ]
    assert history.tried_later(KEY)
    assert not history.tried_later(("align", ()))


def test_only_so_many_runs_are_read(tmp_path: Path) -> None:
    for minute in range(EARLIER + 5):
        name = f"2026-11-21T10{minute:02d}00.500000.snakemake.log"
        lay_out(tmp_path, run(name), name)
    log = lay_out(tmp_path, run(NAME))
    history = read_history(tmp_path, log)
    assert len(history.earlier) == EARLIER
    assert history.earlier[0].log.endswith("T102400.500000.snakemake.log")


def test_a_log_that_is_too_long_is_passed_over_and_told(tmp_path: Path) -> None:
    path = lay_out(tmp_path, run(named(10)), named(10))
    with path.open("ab") as file:
        file.truncate(LOG_LIMIT + 1)
    history = read_history(tmp_path, lay_out(tmp_path, run(NAME)))
    assert (len(history.earlier), history.passed_over) == (0, 1)


def test_what_a_later_query_found_is_kept() -> None:
    wd = CORPUS / "g-sigkill-v9" / "wd"
    history = read_history(wd, wd / ".snakemake/log/2026-11-22T133752.069097.snakemake.log")
    assert {kind for past in (*history.later, *history.queries) for kind in past.kinds} == {"incomplete-files"}


def test_a_log_from_elsewhere_has_no_history(tmp_path: Path) -> None:
    lay_out(tmp_path, run(NAME))
    assert read_history(tmp_path, tmp_path / "other.log").earlier == ()
