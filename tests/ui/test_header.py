"""What is always on screen, at every width."""

import re
from pathlib import Path

import pytest

from tests.ui.scene import RunLog, flat, opened, place, screen, shows, types, until


def header(app: object) -> list[str]:
    return screen(app).split("\n")[:3]


@pytest.mark.parametrize("width", [80, 100, 160])
async def test_the_header_says_it_all_on_three_lines_at_every_width(tmp_path: Path, width: int) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir, planned=1234)
    run.starts("align", 1, "A")
    run.starts("align", 2, "B")
    run.starts("align", 3, "C")
    run.fails("align", 1, "A")
    run.fails("align", 2, "B", again=True)
    run.starts("align", 2, "B")
    async with opened(here.tiny(), (width, 24)) as (app, pilot):
        await until(pilot, lambda: app.picture.run is not None and app.picture.run.retried == 1)
        await pilot.press("1", "enter", "escape")
        await shows(pilot, "1 Symptom", "↻ 1")
        first, second, third = header(app)
        assert here.record.name in first
        assert re.search(r"\d\d:\d\d:\d\dZ", first) and "✓ saved" in first
        assert "● running 0/1234" in second and "✗ 1" in second and "↻ 1" in second and "pid none" in second
        assert re.search(r"since \d\d:\d\d:\d\dZ", second)
        name = run.path.name.removesuffix(".snakemake.log")
        shown = second.split(" log ")[1].strip()
        assert shown == name or (shown.startswith("…") and name.endswith(shown[1:]) and len(shown) > 6)
        assert "1▸ 2· 3·" in third and "1 Symptom" in third and "gate ◌ closed" in third
        assert screen(app).split("\n")[3].startswith("╭"), "nothing was wrapped"


async def test_the_header_says_that_the_gate_is_open_and_what_waits_in_the_inbox(tmp_path: Path) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL\n")
    run.fails("align", 1, "A")
    async with opened(here.tiny(), (80, 24)) as (app, pilot):
        assert app.session is not None
        await shows(pilot, "inbox 1")
        app.session.answer("symptom", {"surface": "out/A.txt"})
        await shows(pilot, "gate ◉ open")


@pytest.mark.parametrize(
    ("width", "closed", "opened_"),
    [
        (60, "gate ◌ closed: no edits yet", "gate ◉ open: may edit"),
        (80, "gate ◌ closed: an edit now is asked about", "gate ◉ open: the workflow may be edited"),
        (
            200,
            "gate ◌ closed: an edit before symptom, evidence is asked about",
            "gate ◉ open: the workflow may be edited",
        ),
    ],
)
async def test_what_the_gate_means_stands_behind_its_word_where_there_is_room(
    tmp_path: Path, width: int, closed: str, opened_: str
) -> None:
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "FATAL\n")
    async with opened(here.tiny(), (width, 24)) as (app, pilot):
        assert app.session is not None
        await until(pilot, lambda: closed in header(app)[2])
        run.fails("align", 1, "A")
        app.session.answer("symptom", {"surface": "out/A.txt"})
        await until(pilot, lambda: opened_ in header(app)[2])


async def test_what_the_gate_means_gives_way_to_all_the_rest_of_the_line(tmp_path: Path) -> None:
    async with opened(place(tmp_path, "c1-flaky-retry-ok-v9").plan("slow-or-flaky-run"), (60, 15)) as (app, pilot):
        assert app.session is not None
        app.session.enter("narrowest-evidence")
        await until(pilot, lambda: "5 Narrowest" in header(app)[2])
        assert re.search(r" gate ◌( closed)?\s*$", header(app)[2])


async def test_an_edit_before_the_gate_is_open_is_told_and_y_explains_it(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "Snakefile").write_text("rule all:\n")
    async with opened(here.tiny(), (80, 24)) as (app, pilot):
        (here.workdir / "Snakefile").write_text("rule all:\n    retries: 3\n")
        await shows(pilot, "1 edit to explain", "y says why")
        await pilot.press("y")
        await shows(pilot, "Why was the workflow edited", "then ◉ open: the workflow may be edited")
        await types(pilot, "mitigation", "enter")
        await until(pilot, lambda: all(edit.explanations for edit in app.incident.edits.values()))
        await until(pilot, lambda: "to explain" not in screen(app))
        await until(pilot, lambda: "y why" not in screen(app).split("\n")[-1])
        await pilot.press("y")
        await pilot.pause()
        assert "Why was the workflow edited" not in flat(app)
