"""On a slow link: nothing is lost by sending less, frames wait, and a key is answered in between."""

from __future__ import annotations

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip

from incident_console.tui import pace
from incident_console.tui.pace import Budget, Paced
from incident_console.tui.thin import Thin
from tests.ui.scene import until

WIDTH, HEIGHT = 40, 8
MOVE, RESET = "\x1b[{};{}H", "\x1b[0m"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def picture(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What is seen: each cell with its colours and attributes."""
    return [
        [
            (cell.data, cell.bg, cell.reverse, cell.underscore, cell.data != " " and (cell.fg, cell.bold))
            for cell in cells
        ]
        for cells in ([screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT))
    ]


def both(frames: list[str]) -> tuple[list[list[tuple[object, ...]]], list[list[tuple[object, ...]]], int, int]:
    """The pictures after all frames as they are and made thin, and the characters of each."""
    whole, thinned, thin = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT), Thin()
    sent = [thin.frame(frame) for frame in frames]
    pyte.Stream(whole).feed("".join(frames))
    pyte.Stream(thinned).feed("".join(sent))
    return picture(whole), picture(thinned), sum(map(len, frames)), sum(map(len, sent))


def piece(text: str, style: str = "") -> str:
    return f"\x1b[{style}m{text}{RESET}" if style else text


RED, BLUE, GROUND = "38;2;200;0;0", "1;38;2;0;0;200", "38;2;9;9;9;48;2;40;40;40"


def row(y: int, *pieces: str, x: int = 1) -> str:
    return MOVE.format(y, x) + "".join(pieces)


FRAMES = {
    "the same again": [row(1, piece("one", RED), piece("  two", BLUE))] * 3,
    "a word in a row": [row(2, piece(f"lines {n:>3}", RED), piece(" of 900", GROUND)) for n in range(30)],
    "over a part": [row(3, piece("abcdefghij", RED)), row(3, piece("XY", BLUE), x=4), row(3, piece("abcdefghij", RED))],
    "colours that go": [row(4, piece("warm", RED), "plain", piece("w", f"{RED};48;5;3"), " and ", piece("x", "7"))] * 2,
    "blanks": [row(5, piece("    ", GROUND), piece("    ", "4"), piece("   ", "7"), piece("  ", RED), "  ")],
    "blanks that change": [row(5, piece("ab  cd", style)) for style in (RED, "4;31", "7", GROUND, BLUE, "")],
    "sixteen colours": [row(6, piece("a", "31"), piece("b", "91;44"), piece("c", "39;104"), piece("d", "2;3;9"))],
    "wide characters": [row(7, piece("見えます", RED), "after"), row(7, piece("見えます", RED), "after!")],
    "from wide to narrow": [row(7, piece("見え", RED)), row(7, piece("abcd", RED)), row(7, piece("abcd", BLUE))],
    "accents and wide": [row(7, piece(f"re\u0301sume\u0301 見{end} after", RED)) for end in "るせ"],
    "to the edge": [row(8, piece("z" * WIDTH, GROUND)), row(8, piece("z" * (WIDTH - 1) + "y", GROUND))],
    "several rows": ["".join(row(y, piece(f"row {y} {n}", RED), piece(" " * 30, GROUND)) + "\r\n" for y in range(1, 8))
                     for n in range(9)],
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_what_is_sent_shows_the_same_picture(name: str) -> None:
    whole, thinned, _, _ = both(FRAMES[name])
    assert thinned == whole


def test_all_frames_one_after_the_other_show_the_same_picture_in_less_than_half() -> None:
    whole, thinned, much, less = both([frame for frames in FRAMES.values() for frame in frames] * 3)
    assert thinned == whole
    assert less < much / 2


def test_what_stands_there_is_sent_again_once_somebody_else_may_have_written_there() -> None:
    thin, frame = Thin(), row(1, piece("one", RED))
    assert "one" in thin.frame(frame)
    assert "one" not in thin.frame(frame)
    thin.forget()
    assert "one" in thin.frame(frame)


def test_what_is_no_frame_goes_through_as_it_is() -> None:
    for text in ("\x1b[?2026h", "\x1b]2;a title\x07", "\x07", "\x1b[1;1H"):
        assert Thin().frame(text) == text


def test_a_terminal_that_keeps_up_is_never_waited_for() -> None:
    budget = Budget(clock=Clock())
    for _ in range(100):
        budget.wrote(50_000)
        budget.frame_over()
        assert budget.pause(takes=True) == 0


def test_over_ssh_no_more_is_drawn_by_itself_than_the_rate() -> None:
    clock = Clock()
    budget, drawn = Budget(far=True, clock=clock), 0
    while clock.now < 110:
        if budget.pause(takes=True) == 0:
            budget.wrote(5000)
            budget.frame_over()
            drawn += 5000
        clock.now += 0.01
    assert drawn <= pace.RATE * 10 * 1.1


def test_a_key_does_not_wait_as_long_as_what_is_drawn_by_itself() -> None:
    clock = Clock()
    budget = Budget(far=True, clock=clock)
    budget.wrote(10_000)
    budget.frame_over()
    before = budget.pause(takes=True)
    clock.now += 0.15
    budget.keyed()
    assert budget.pause(takes=True) == 0 < before - 0.15


def test_a_key_is_answered_soon_however_much_earlier_keys_and_a_flood_have_drawn() -> None:
    """Each of a minute of keys in a row; what was owed to one of them once stood still for seven seconds."""
    clock = Clock()
    budget, latest = Budget(far=True, clock=clock), 0.0
    for number in range(300):
        clock.now += 0.2
        budget.keyed()
        asked = clock.now
        clock.now += 0.16 if number % 20 == 19 else 0.01  # now and then the loop is busy for long
        while budget.pause(takes=True) > 0:
            clock.now += 0.01
        latest = max(latest, clock.now - asked)
        budget.wrote(12_000)
        budget.frame_over()
    assert latest < 0.5


def test_two_frames_are_never_far_apart_whatever_was_written() -> None:
    clock = Clock()
    budget = Budget(far=True, clock=clock)
    for _ in range(50):
        budget.wrote(100_000)
        budget.frame_over()
    assert budget.pause(takes=True) <= pace.MOST_S


def test_a_terminal_that_does_not_take_more_is_slow_for_a_while_and_then_trusted_again() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    assert budget.pause(takes=False) > 0
    budget.wrote(10_000)
    budget.frame_over()
    assert budget.slow and budget.pause(takes=True) > 0
    clock.now += pace.SLOW_S + 1
    budget.frame_over()
    assert not budget.slow and budget.pause(takes=True) == 0


class Counting(Paced[None]):
    """Draws a number, on a terminal that takes something only when the test says so."""

    takes = True
    frames = 0
    is_headless = False  # type: ignore[assignment]

    def compose(self) -> ComposeResult:
        yield Number()

    def _pause(self) -> float:
        return self._budget.pause(takes=self.takes)

    def post_display_hook(self) -> None:
        self.frames += 1
        super().post_display_hook()


class Number(ScrollView):
    said = 0

    def render_line(self, y: int) -> Strip:
        return Strip([Segment(str(self.said) if y == 0 else "", Style())]).adjust_cell_length(self.size.width)

    def say(self, number: int) -> None:
        self.said, self.virtual_size = number, Size(80, 24)
        self.refresh()


async def grow(app: Counting, pilot: Pilot[None], count: int) -> None:
    for number in range(count):
        app.query_one(Number).say(number)
        await pilot.pause(0.02)


async def test_frames_are_left_out_while_the_terminal_takes_nothing_and_the_last_one_is_not() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        await grow(app, pilot, 3)
        app.takes = False
        await until(pilot, lambda: app._holding or app.query_one(Number).say(1))
        before = app.frames
        await grow(app, pilot, 20)
        assert app.frames <= before + 1
        app.takes = True
        await until(pilot, lambda: app.frames > before and not app._holding)
        assert app.screen._compositor.render_strips()[0].text.startswith("19")


async def test_a_key_is_answered_between_frames_that_wait() -> None:
    app = Counting()
    app._budget = Budget(far=True, clock=Clock())  # time stands still: what is drawn by itself waits for ever
    async with app.run_test() as pilot:
        await grow(app, pilot, 2)
        app._budget.wrote(1500)
        app.query_one(Number).say(3)
        await until(pilot, lambda: app._holding)
        before = app.frames
        await grow(app, pilot, 5)
        assert app.frames == before
        await pilot.press("x")
        await until(pilot, lambda: app.frames > before)


async def test_a_hold_that_is_cancelled_before_it_begins_holds_nothing() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        await until(pilot, lambda: not app._holding)
        app.takes = False
        app.post_display_hook()
        assert app._holding
        app.workers.cancel_group(app, "pace")
        app.takes = True
        await until(pilot, lambda: not app._holding)
        await grow(app, pilot, 2)
