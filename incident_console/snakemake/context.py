"""What does the reading of a run log keep between lines? The states share it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable

from incident_console.snakemake.blocks import Block, Raised
from incident_console.snakemake.known import Known
from incident_console.snakemake.logevents import LogEvent

State = Callable[[bytes, int, int, int], None]
"""Takes a line without its end, its number, its first byte, and the byte after it."""


class Context(ABC):
    """One line at a time goes to the state `_on`; states are methods, and say which comes next."""

    def __init__(self, name: str) -> None:
        self._own_name = name.encode("utf-8", "surrogateescape")
        self._out: list[LogEvent] = []
        self._known = Known()
        # A state is told by identity, and a bound method is a new object each time: so these are kept.
        self._plain: State = self._text
        self._after_stamp: State = self._stamped
        self._on: State = self._plain
        self._base: State = self._plain
        """The state that a timestamp stands in, to go back to when no block follows."""
        self._table: dict[bytes, State] = {}
        self._suspect = False
        """Text that may be a command's was read since the engine's last own line."""
        self._inside = False
        """The timestamp stands in text that is certainly foreign."""
        self._stopping = ""
        # The last timestamp, and the head of the block that may follow it.
        self._at = 0.0
        self._stamp_line = self._stamp_start = self._stamp_indent = 0
        self._loose: list[tuple[float, int]] = []
        """Timestamps, with their lines, that no block followed: of 7 and 8 it may come some lines later."""
        self._apart = False
        """The candidate block is one that such a timestamp was taken for."""
        self._head: re.Match[bytes] | None = None
        self._head_line = self._head_start = 0
        self._fields: list[bytes] = []
        self._pad = b"    "
        self._group: tuple[str, list[int]] | None = None
        # Errors being read.
        self._block: Block | None = None
        self._fence = b""
        self._raised: list[Raised] = []
        self._raising: Raised | None = None
        self._fault = ("", "", 0, 0)
        self._fault_text: Raised | None = None
        self._details = 0

    @abstractmethod
    def _text(self, line: bytes, n: int, start: int, end: int) -> None: ...

    @abstractmethod
    def _stamped(self, line: bytes, n: int, start: int, end: int) -> None: ...

    @abstractmethod
    def _stamp(self, line: bytes, n: int, start: int, inside: bool) -> bool: ...

    @abstractmethod
    def _reject(self, line: bytes, n: int, start: int, end: int) -> None: ...

    @abstractmethod
    def _accept(self) -> None: ...

    def _leave(self, line: bytes, n: int, start: int, end: int) -> None:
        """End of a multi-line thing: `line` is no part of it."""
        self._on = self._plain
        self._text(line, n, start, end)
