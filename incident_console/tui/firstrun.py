"""What does somebody need who sees the console for the first time? Five lines, until the first thing is done.

It stands below the panes and takes no key but Escape. That it was seen is an empty file in the user's state folder;
where that cannot be written it is shown again, and nothing else happens.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from textual.content import Content
from textual.widgets import Static

from incident_console.errors import RecordError
from incident_console.record import files
from incident_console.tui.livekeys import Key

NAME = "first-run-seen"
ROOMY = 30
"""Lines of a screen on which the card does not take the place of the facts."""


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    told: str
    short: str
    """The same where there is little room; empty: left out there."""


def lines(key: Key, rungs: int) -> tuple[Line, ...]:
    """What to press, and what it does; the first line has no key."""
    pin, leave, capture = key("app.pin"), key("app.quit"), key("rung.capture")
    return (
        Line("", "What is seen without asking: the run, failures, the cost.", ""),
        Line(key("facts.open"), "takes or opens what a row tells: a drafted symptom, a log", "takes or opens a row"),
        Line(
            f"{key('app.rung1')}-{key(f'app.rung{min(rungs, 9)}')}",
            f"goes to a rung; {capture} there captures its evidence",
            f"rungs, {capture} captures there",
        ),
        Line(key("app.note"), f"writes a note; {pin} pins a line of a log", f"notes, {pin} pins"),
        Line(
            key("app.help"),
            f"is help; {leave} leaves, and all is saved",
            f"is help, {leave} leaves, all is saved",
        ),
    )


def is_new(folder: Path) -> bool:
    """Whether nobody with this state folder has seen it."""
    try:
        return not (folder / NAME).exists()
    except OSError:
        return True


def remember(folder: Path) -> None:
    """It was seen (the file is 0600)."""
    with contextlib.suppress(RecordError, OSError):
        files.private_folder(folder)
        files.write_atomically(folder / NAME, b"")


class FirstRun(Static):
    """Not shown until `show`; `done` takes it away, and says whether it was there."""

    DEFAULT_CSS = """
    FirstRun { display: none; height: auto; padding: 0 1; background: $panel; color: $text; }
    FirstRun.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(id="first-run", markup=False)
        self._lines: tuple[Line, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.has_class("-shown")

    def show(self, key: Key, rungs: int) -> None:
        self._lines = lines(key, rungs)
        self.add_class("-shown")
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        """Five lines; on a low screen they run on, since the facts matter more."""
        if self.app.size.height < ROOMY:
            short = [
                Content.assemble((f"{line.key} ", "bold $text-accent"), line.short)
                for line in self._lines
                if line.short
            ]
            self.update(Content(" · ").join(short))
            return
        rows = [
            Content.assemble((f"{line.key:>5}  ", "bold $text-accent"), line.told) for line in self._lines if line.key
        ]
        self.update(Content("\n").join([*(Content(line.told) for line in self._lines if not line.key), *rows]))

    def done(self) -> bool:
        was = self.is_shown
        self.remove_class("-shown")
        return was
