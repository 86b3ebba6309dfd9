"""Random keys: no exception, no screen that cannot be left, no broken record. `tests/bench/monkey.py` presses more."""

from pathlib import Path

import pytest

from tests.ui import monkey
from tests.ui.scene import SMALL, WIDE, RunLog, opened, place


@pytest.mark.parametrize(("size", "seed"), [(SMALL, 1), (WIDE, 2), ((60, 15), 3)])
async def test_whatever_is_pressed_the_console_goes_on(
    tmp_path: Path, size: tuple[int, int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.setenv("PAGER", "cat")
    here = place(tmp_path)
    run = RunLog(here.workdir)
    run.starts("align", 1, "A", "one\nERROR two\n")
    run.fails("align", 1)
    async with opened(here.tiny(), size) as (app, pilot):
        await monkey.presses(pilot, app, seed, 120)
        await monkey.comes_back(pilot, app)
