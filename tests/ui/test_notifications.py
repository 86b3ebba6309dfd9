"""What the operator is told in the corner, by the bell and in the terminal's title; and never over what matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets._toast import Toast

from incident_console.snakemake.run import Run
from incident_console.tui import news, notify
from incident_console.tui.app import Console
from incident_console.tui.ask import Ask
from incident_console.tui.footer import KeyLine
from incident_console.tui.header import Header
from incident_console.tui.log.view import LogView
from incident_console.tui.look import EVERYTHING, Look, Terminal
from incident_console.tui.notify import BELL_EACH_S, FULL_BYTES, Disk, DiskWatch, Notices, Title, disks, title
from tests.ui.scene import SMALL, WIDE, RunLog, drawn, flat, opened, place, screen, shows, types, until

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Heard:
    """Stands for an app where it is rung and told: one that is being closed, with no screen left."""

    screen_stack = ()

    def __init__(self) -> None:
        self.rang = 0
        self.shown: list[tuple[str, float]] = []

    def bell(self) -> None:
        self.rang += 1

    def notify(self, text: str, *, severity: str, timeout: float, markup: bool) -> None:
        assert not markup
        self.shown.append((text, timeout))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    yield Heard()


def notices(heard: Heard, look: Look) -> Notices:
    app: App[int] = heard  # type: ignore[assignment]
    return Notices(app, look, lambda: NOW)


def test_only_the_kinds_that_are_wanted_are_told_and_all_are_kept(heard: Heard) -> None:
    told = notices(heard, Look(toasts=("retry",), bell=("run-failed",)))
    told.tell("failed", "the run", "error", kind="run-failed")
    told.tell("again", kind="retry")
    told.tell("for everybody")
    assert [text for text, _ in heard.shown] == ["again", "for everybody"] and heard.rang == 1
    assert told.told.split("\n") == [
        "03:00:00Z  for everybody",
        "03:00:00Z  again",
        "03:00:00Z  the run: failed",
    ]


def test_a_graver_message_stands_longer(heard: Heard) -> None:
    told = notices(heard, Look())
    for severity in ("information", "warning", "error"):
        told.tell("x", severity=severity)  # type: ignore[arg-type]
    shown = [seconds for _, seconds in heard.shown]
    assert shown == sorted(shown) and len(set(shown)) == 3


def test_the_bell_rings_once_in_two_seconds(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(notify.time, "monotonic", lambda: now)
    told = notices(heard, Look(bell=("retry",)))
    for _ in range(50):
        told.tell("x", kind="retry")
    assert heard.rang == 1
    now += BELL_EACH_S
    told.tell("x", kind="retry")
    assert heard.rang == 2


def test_a_full_disk_is_told_once_until_it_is_better() -> None:
    watch, low = DiskWatch(), Disk("records folder", FULL_BYTES // 2, 10**12)
    (told,) = watch.look([low])
    assert "records folder: 500 MB free" in told and "held in memory" in told and "lost" not in told and watch.low
    assert watch.look([low]) == () and watch.look([replace(low, free=int(low.enough))]) == ()
    assert watch.look([replace(low, free=10**11)]) == () and not watch.low
    assert len(watch.look([low])) == 1


@pytest.mark.parametrize(
    ("free", "total", "full"),
    [
        (2 * 10**9, 10**10, False),
        (2 * 10**9, 10**11, True),
        (9 * 10**8, 10**9, False),
        (18 * 10**5, 2 * 10**6, False),
        (10**5, 2 * 10**6, True),
        (5 * 10**11, 10**14, False),
    ],
)
def test_nearly_full_is_a_share_of_a_disk_but_not_of_a_huge_one(free: int, total: int, full: bool) -> None:
    assert bool(DiskWatch().look([Disk("x", free, total)])) is full


def test_two_folders_on_one_disk_are_one_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    found = list(disks({"a": tmp_path / "a", "b": tmp_path, "c": tmp_path / "gone"}))
    assert [disk.what for disk in found] == ["a"] and found[0].total > 0


def test_who_goes_on_is_told_of_drafts_and_of_what_was_cut_off() -> None:
    told = news.resumed("INC-1", ("dry-run", "dry-run"), ("note", "look"))
    assert told == (
        "INC-1 goes on where it was left. What was typed and not taken waits as a draft: note, look. "
        "Cut off when the console ended, capture it again: dry-run."
    )
    assert news.resumed("INC-1", (), ()) == "INC-1 goes on where it was left."


def test_the_title_is_given_back_and_says_nothing_twice() -> None:
    wrote: list[str] = []
    ours = Title(wrote.append, Look(title=EVERYTHING))
    ours.say("too early")
    ours.take()
    ours.say("● 1/2")
    ours.say("● 1/2")
    ours.give_back()
    ours.give_back()
    ours.say("too late")
    assert wrote == ["\x1b[22;0t", "\x1b]2;● 1/2\x1b\\", "\x1b]2;\x1b\\\x1b[23;0t"]
    for left_alone in (Look(), Look(title=EVERYTHING, terminal=Terminal(title=False))):
        silent = Title(wrote.append, left_alone)
        silent.take()
        silent.say("x")
        silent.give_back()
    assert len(wrote) == 3


def test_the_title_is_ascii_where_the_screen_is() -> None:
    wrote: list[str] = []
    ours = Title(wrote.append, Look(title=EVERYTHING, glyphs="ascii"))
    ours.take()
    ours.say("● ✗1 – x")
    assert wrote[-1] == "\x1b]2;* x1 - x\x1b\\"


def test_the_title_tells_how_far_the_run_is_and_what_went_wrong() -> None:
    live = Run("a.log", "running", finished=6, planned=16, failed=1, retried=2)
    assert title(live, "flow", EVERYTHING) == "● 6/16 ✗1 ↻2 incident-console – flow"
    assert title(live, "flow", ("edit",), edits=1) == "● 6/16 edited 1 incident-console – flow"
    assert title(None, "flow", EVERYTHING, disk=True) == "disk! incident-console – flow"
    assert title(replace(live, status="failed", retried=0), "f", EVERYTHING) == "✗ failed ✗1 incident-console – f"
    hostile = title(None, "a\x07\x1b]2;b\u202ec" + "x" * 999, EVERYTHING)
    assert hostile.isprintable() and len(hostile) <= notify.TITLE_LIMIT


async def test_messages_are_few_at_the_foot_and_cover_nothing(tmp_path: Path) -> None:
    here = place(tmp_path)
    RunLog(here.workdir)
    for size in (SMALL, WIDE):
        async with opened(here.tiny(), size) as (app, pilot):
            app.clear_notifications()
            app.show_log()
            for number in range(7):
                app.desk.tell(f"message {number}", "news")
            await shows(pilot, "news: message 5", "news: message 6", pane="ToastRack")
            assert "message 4" not in screen(app) and "more" not in flat(app, "ToastRack")
            await pilot.pause()
            for toast in app.screen.query(Toast):
                for widget in (LogView, Header, KeyLine):
                    assert not toast.region.overlaps(app.query_one(widget).region)
            app.desk.start(app.desk.say.messages())
            await shows(pilot, "news: message 0", "news: message 6")
            await pilot.pause()
            page = app.screen.query_one("#page").region
            assert not any(toast.region.overlaps(page) for toast in app.screen.query(Toast))
            await pilot.press("escape")
        for found in here.who.records.glob("INC-*"):
            found.rename(here.root / f"{found.name}-{size[0]}")


async def test_the_same_message_again_is_one_with_a_count(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        app.clear_notifications()
        for _ in range(30):
            app.desk.tell("Answer this first")
        await shows(pilot, "Answer this first ×30", pane="Toast")
        assert len(app.screen.query(Toast)) == 1


async def test_a_message_never_covers_the_question(tmp_path: Path) -> None:
    here = place(tmp_path)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await types(pilot, "half a th")
        for number in range(5):
            app.desk.tell(f"a message of some length, so that it takes two lines or so, number {number}")
        await until(pilot, lambda: len(app.screen.query(Toast)) >= 2)
        await pilot.pause()
        asked = app.query_one(Ask).region
        assert not any(toast.region.overlaps(asked) for toast in app.screen.query(Toast))
        assert "half a th" in screen(app)


async def test_a_run_that_fails_rings_and_stands_in_the_title(tmp_path: Path) -> None:
    here = place(tmp_path)
    log = RunLog(here.workdir)
    async with opened(here.tiny(), SMALL) as (app, pilot):
        assert isinstance(app, Console)
        rang: list[str] = []
        app.bell = lambda: rang.append("rang")  # type: ignore[method-assign]
        app.notices._look = replace(app.look, bell=("run-failed",))
        log.starts("align", 1)
        log.fails("align", 1)
        log.write("Exiting because a job execution failed. Look above for error message\n")
        log.ends()
        await shows(pilot, "the run: failed", pane="ToastRack")
        await drawn(pilot, app)
        assert rang == ["rang"]


async def test_many_messages_one_after_another_never_push_each_other_out_of_sight(tmp_path: Path) -> None:
    async with opened(place(tmp_path).tiny(), SMALL) as (app, pilot):
        for number in range(12):
            app.desk.tell(f"message {number}")
            await shows(pilot, f"message {number}", pane="Toast")
