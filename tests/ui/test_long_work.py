"""What takes longer than a moment is told at the foot of the screen, with how far it is, and Escape ends it."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from incident_console.session import contrast, itemdiff
from incident_console.session.contrast import Contrast
from incident_console.session.core import Session
from incident_console.tui.app import Console
from incident_console.tui.contrast import ContrastScreen
from incident_console.tui.footer import KeyLine
from incident_console.tui.longwork import Stopped
from incident_console.tui.texts import TextScreen
from tests.ui.scene import SMALL, Place, kinds, opened, place, screen, shows, types, until


class Slow:
    """Stands in for something that computes: it goes on until it is let go, or is told to end."""

    def __init__(self, share: float = 0.4) -> None:
        self.share = share
        self.may_end = threading.Event()
        self.began = threading.Event()
        self.stopped = threading.Event()

    def works(self, going: Callable[[float], None]) -> None:
        self.began.set()
        try:
            while not self.may_end.wait(0.02):
                going(self.share)
        except Stopped:
            self.stopped.set()
            raise


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return place(tmp_path)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """`x` on a log takes as long as this does."""
    slow = Slow()

    def compared(view: object, run: object, key: str, going: Callable[[float], None]) -> Contrast:
        slow.works(going)
        raise contrast.Refused("that is all")

    monkeypatch.setattr(contrast, "contrast", compared)
    return slow


async def _begun(app: Console, pilot: Pilot[int], slow: Slow) -> None:
    app.desk.start(app.desk.contrast())
    await until(pilot, slow.began.is_set)
    await shows(pilot, "⟳ the logs are being compared", "40%", "Esc ends it")


async def test_it_is_told_with_how_far_it_is_and_escape_ends_it(there: Place, slow: Slow) -> None:
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await _begun(app, pilot, slow)
        await pilot.press("escape")
        await until(pilot, slow.stopped.is_set)
        await until(pilot, lambda: "ended, and nothing came of it" in app.notices.told)
        await until(pilot, lambda: not app.query_one(KeyLine).work)
        assert not isinstance(app.screen, ContrastScreen)


async def test_what_ends_by_itself_takes_its_line_away(there: Place, slow: Slow) -> None:
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await _begun(app, pilot, slow)
        slow.may_end.set()
        await until(pilot, lambda: "that is all" in app.notices.told)
        await until(pilot, lambda: "⟳" not in screen(app))


async def test_escape_in_a_question_keeps_the_draft_and_ends_nothing(there: Place, slow: Slow) -> None:
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await _begun(app, pilot, slow)
        await pilot.press("n")
        await types(pilot, "half a thought", "escape")
        await until(pilot, lambda: "Kept as a draft" in app.notices.told)
        assert not slow.stopped.is_set()
        await pilot.press("escape")
        await until(pilot, slow.stopped.is_set)


async def test_leaving_does_not_wait_for_it(there: Place, slow: Slow) -> None:
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await _begun(app, pilot, slow)
        app.leave()
        await until(pilot, slow.stopped.is_set)
        await until(pilot, lambda: app.parting.startswith("All is saved"))


async def test_a_diff_tells_how_far_it_is(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(0.7)
    monkeypatch.setattr(itemdiff, "compare", lambda blobs, one, other, going: slow.works(going))
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await pilot.press("2")
        for _ in range(2):
            count = kinds(app).count("evidence.captured")
            app.desk.start(app.desk.climb.row("look", "evidence:say", again=True))
            await until(pilot, lambda count=count: kinds(app).count("evidence.captured") > count)
        await pilot.press("v", "d")
        await until(pilot, slow.began.is_set)
        await shows(pilot, "are being compared", "70%", "Esc ends it")
        await pilot.press("escape")
        await until(pilot, slow.stopped.is_set)


async def test_a_long_record_can_be_left_while_it_is_laid_out(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    monkeypatch.setattr("incident_console.tui.say.record_md", lambda incident, peek: slow.works(lambda _: peek("", 0)))
    async with opened(there.tiny(), SMALL) as (app, pilot):
        monkeypatch.setattr(type(app.desk.view.record.blobs), "peek", lambda self, *asked: b"")
        await pilot.press("d")
        await shows(pilot, "⟳ the record is being laid out", "Esc ends it")
        await pilot.press("escape")
        await until(pilot, slow.stopped.is_set)
        assert not isinstance(app.screen, TextScreen)


async def test_what_writes_is_told_and_not_ended(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, note = Slow(), Session.note

    def noted(self: Session, *what: object, **named: object) -> object:
        slow.began.set()
        slow.may_end.wait(60)
        return note(self, *what, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "note", noted)
    async with opened(there.tiny(), SMALL) as (app, pilot):
        await pilot.press("n")
        await types(pilot, "the queue is held", "enter")
        await until(pilot, slow.began.is_set)
        await shows(pilot, "⟳ saving …")
        assert "ends it" not in screen(app)
        await pilot.press("escape")
        slow.may_end.set()
        await until(pilot, lambda: "note.added" in kinds(app))
        await until(pilot, lambda: "⟳" not in screen(app))
