"""A record that is open to others, or that somebody deletes while it is open: the screen says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.scene import SMALL, WIDE, opened, place, shows, types, until


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_that_others_may_write_the_records_is_told_once_at_the_start(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    here = place(tmp_path)
    plan = here.tiny()
    plan.who.records.mkdir(parents=True, exist_ok=True)
    plan.who.records.chmod(0o777)
    async with opened(plan, size) as (_, pilot):
        await shows(pilot, "others may write", "chmod go-w", pane="Toast")


async def test_a_record_that_is_deleted_while_it_is_open_is_put_back_and_told(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), WIDE) as (_, pilot):
        await shows(pilot, "no rung open")
        folder = here.record
        shutil.rmtree(folder)
        await pilot.press("n")
        await types(pilot, "on it")
        await pilot.press("enter")
        await shows(pilot, "The record's folder was deleted", pane="Toast")
        await until(pilot, lambda: (folder / "journal.jsonl").exists())
