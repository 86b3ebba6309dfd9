"""An Esc that comes in one piece with the next key is an Esc and a key; what is pasted is text whatever it holds."""

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver

from incident_console.tui.escapes import Escapes, apart


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def told(*chunks: str, typing: bool = False, late: bool = False) -> list[str]:
    """The keys, and what was pasted in quotes. `late`: each chunk comes long after the one before."""
    clock = Clock()
    parser = Escapes(False, lambda: typing, clock)
    came: list[object] = []
    for chunk in chunks:
        came += parser.feed(chunk)
        clock.now += 1.0 if late else 0.01
        came += parser.tick() if late else ()
    clock.now += 1.0
    came += parser.tick()
    keys = [repr(each.text) if isinstance(each, events.Paste) else getattr(each, "key", None) for each in came]
    return [key for key in keys if key is not None]


@pytest.mark.parametrize("typing", [False, True])
@pytest.mark.parametrize(
    ("chunk", "keys"),
    [
        ("\x1b", ["escape"]),
        ("\x1b2", ["escape", "2"]),
        ("\x1bh", ["escape", "h"]),
        ("\x1b?", ["escape", "question_mark"]),
        ("\x1b-", ["escape", "minus"]),
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b\x1b", ["escape", "escape"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("n\x1bq", ["n", "escape", "q"]),
        ("\x1b[A", ["up"]),
        ("\x1bOP", ["f1"]),
        ("\x1b[1;5D", ["ctrl+left"]),
        ("\x1b\u00e9", ["escape", "\u00e9"]),
    ],
)
def test_an_escape_is_a_key_and_so_is_what_follows_it(chunk: str, keys: list[str], typing: bool) -> None:
    assert told(chunk, typing=typing) == keys
    assert told(*chunk, typing=typing) == keys  # a byte at a time, soon after one another


def test_in_a_text_alt_has_readlines_words_and_elsewhere_nothing() -> None:
    assert told("\x1bb", "\x1b\x7f", typing=True) == ["ctrl+left", "ctrl+w"]
    assert told("\x1bb", typing=False) == ["escape", "b"]


def test_an_escape_that_nothing_follows_soon_is_over() -> None:
    assert told("\x1b", "b", typing=True, late=True) == ["escape", "b"]


@pytest.mark.parametrize("text", ["plain", "\x1b[31mred\x1b[0m", "\x1bh\x1b2", "half \x1b[20", "[201~", "\x1b"])
def test_what_is_pasted_is_no_key_however_it_is_cut(text: str) -> None:
    whole = f"a\x1b[200~{text}\x1b[201~b"
    wanted = ["a", repr(text.replace("\x1b", "\u241b")), "b"]
    assert told(whole) == wanted
    for at in range(1, len(whole)):
        if whole[:at] != "a\x1b":  # then it may have been an Escape, and a "["
            assert told(whole[:at], whole[at:], late=at > len("a\x1b[200~")) == wanted, at


def test_a_driver_without_a_terminal_is_left_as_it_is() -> None:
    assert apart(HeadlessDriver, lambda: False) is HeadlessDriver
