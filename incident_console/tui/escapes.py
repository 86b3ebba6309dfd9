"""When is an Esc a key by itself?

A terminal says Alt by an Esc before the letter, and tmux holds an Esc back for up to half a second: an Esc and the key
typed after it come as one. Textual takes that for Alt, or for a sign of a Mac's keyboard: the Esc is lost, and what
follows it is typed into the text. Only a text's own words have Alt here: any other Esc is a key, and so is what follows
it. What is pasted is text from its first byte to its last.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message

ESC = "\x1b"
BEGINS, ENDS = "\x1b[200~", "\x1b[201~"
"""A bracketed paste. xterm's control sequences, `Bracketed Paste Mode`."""
SHOWN = "\u241b"
_INTRODUCES = r"\[O\]P_^X"
"""Characters with which Esc begins a sequence."""
_WORDS = "bfdek\x7f"
"""With Alt: words of a text, as readline has them, and the editor and the kind of a note."""
_ALONE = re.compile(f"{ESC}(?![{_INTRODUCES}])")
_ALONE_IN_TEXT = re.compile(f"{ESC}(?![{_INTRODUCES}{_WORDS}])")
_made = threading.local()
"""Of a thread that reads keys: what tells whether a text is being typed."""


class Escapes(XTermParser):
    """Textual's parser, which is given no Esc that is a key by itself, and no Esc within what is pasted."""

    def __init__(self, debug: bool, typing: Callable[[], bool], clock: Callable[[], float] = monotonic) -> None:
        super().__init__(debug)
        self._typing = typing
        self._clock = clock
        self._held = ""
        """The last characters, which may be the beginning of a paste, or its end."""
        self._held_until = 0.0
        self._pasting = False

    def feed(self, data: str) -> Iterator[Message]:
        if not data:
            yield from super().feed(data)
            return
        data, self._held = self._held + data, ""
        while data:
            here, mark, data = data.partition(ENDS if self._pasting else BEGINS)
            if not mark:
                self._held = _tail(here, ENDS if self._pasting else BEGINS)
                self._held_until = self._clock() + constants.ESCAPE_DELAY
                here = here.removesuffix(self._held)
            yield from self._part(here)
            if mark:
                yield from super().feed(mark)
                self._pasting = not self._pasting

    def tick(self) -> Iterable[Message]:
        """What was held back for what might follow it is what it is by itself; a paste is waited for."""
        if self._held and not self._pasting and self._clock() >= self._held_until:
            held, self._held = self._held, ""
            yield from self._part(held)
        yield from super().tick()

    def _part(self, text: str) -> Iterator[Message]:
        if self._pasting:
            yield from super().feed(text.replace(ESC, SHOWN)) if text else ()
            return
        alone = _ALONE_IN_TEXT if self._typing() else _ALONE
        for number, keys in enumerate(alone.split(text)):
            if number:
                yield events.Key("escape", ESC)
            if keys:
                yield from super().feed(keys)


def _tail(text: str, mark: str) -> str:
    """The end of the text with which the mark may begin."""
    return next((mark[:size] for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), "")


def apart(driver: type[Driver], typing: Callable[[], bool]) -> type[Driver]:
    """The same driver, which tells an Esc from an Alt; any but that of a Unix terminal as it is.

    `typing`: whether a text is being typed; asked by the thread that reads the keys.
    """
    if sys.platform == "win32":
        return driver
    from textual.drivers import linux_driver

    if not issubclass(driver, linux_driver.LinuxDriver):
        return driver
    linux_driver.XTermParser = _parser  # type: ignore[assignment, attr-defined]

    class Telling(driver):  # type: ignore[valid-type, misc]
        def run_input_thread(self) -> None:
            _made.typing = typing
            super().run_input_thread()

    return Telling


def _parser(debug: bool = False) -> XTermParser:
    typing: Any = getattr(_made, "typing", None)
    return XTermParser(debug) if typing is None else Escapes(debug, typing)
