"""The thread that reads keys sleeps while there are none, reads those that come, and ends when input is disabled."""

import os
import queue
import selectors
import signal
import threading
from collections.abc import Iterator

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from incident_console.tui import keywait
from incident_console.tui.keywait import patient


class Keyboard(LinuxDriver):
    """A driver of which only the input is there: what is written to `typing` is typed."""

    def __init__(self) -> None:
        self.fileno, self.typing = os.pipe()
        self._debug = False
        self.exit_event = threading.Event()
        self.came: queue.Queue[Message] = queue.Queue()
        self._key_thread = threading.Thread(target=self.run_input_thread, daemon=True)

    def process_message(self, message: Message) -> None:
        self.came.put(message)

    def _disable_mouse_support(self) -> None:
        pass

    def key(self) -> str:
        message = self.came.get(timeout=10)
        assert isinstance(message, events.Key)
        return message.key


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    """One at which nobody typed anything for long, and that looks by itself in an hour."""
    monkeypatch.setattr(keywait, "TYPED_S", 0.3)
    monkeypatch.setattr(keywait, "LONGEST_S", 3600.0)
    made = patient(Keyboard)
    assert issubclass(made, Keyboard)
    keyboard = made()
    selecting = threading.Event()
    waits_long = selectors.SelectSelector.select

    def select(selector: keywait.Patient, timeout: float | None = None) -> object:
        if timeout == 3600.0:
            selecting.set()
        return waits_long(selector, timeout)

    monkeypatch.setattr(selectors.SelectSelector, "select", select)
    assert keyboard._key_thread is not None
    keyboard._key_thread.start()
    assert selecting.wait(10)
    yield keyboard
    if keyboard._key_thread.is_alive():
        keyboard.disable_input()
    os.close(keyboard.fileno)
    os.close(keyboard.typing)


def test_a_key_is_read_at_once_however_long_nobody_typed(keyboard: Keyboard) -> None:
    os.write(keyboard.typing, b"n")
    assert keyboard.key() == "n"


def test_an_escape_alone_is_a_key_though_nothing_follows_it(keyboard: Keyboard) -> None:
    os.write(keyboard.typing, b"\x1b")
    assert keyboard.key() == "escape"


def test_it_ends_when_input_is_disabled_and_closes_what_woke_it(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = keyboard._key_thread
    assert thread is not None
    ends = keyboard._ends_wait  # type: ignore[attr-defined]
    disabling = threading.Thread(target=keyboard.disable_input, daemon=True)
    with monkeypatch.context() as patch:
        patch.setattr(signal, "signal", lambda *_: None)  # of the main thread alone, which must not hang here
        disabling.start()
        thread.join(10)
        disabling.join(10)
    assert not thread.is_alive() and not disabling.is_alive()
    with pytest.raises(OSError):
        os.fstat(ends)


def test_a_driver_without_a_terminal_is_left_as_it_is() -> None:
    assert patient(HeadlessDriver) is HeadlessDriver
