"""What is told to somebody who looks elsewhere, and how: a message in the corner, the terminal's bell, its title?

Messages are few: two at a time, and all of them in the palette (`Messages`).
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.app import App
from textual.notifications import Notification, Notifications

from incident_console.tui.ascii import in_ascii
from incident_console.tui.words import GLYPHS, safe, size

if TYPE_CHECKING:
    from incident_console.snakemake.run import Run
    from incident_console.tui.look import Look

Severity = Literal["information", "warning", "error"]

SHOWN_S: Mapping[str, float] = {"information": 6, "warning": 10, "error": 15}
AT_A_TIME = 2
KEPT = 200
BELL_EACH_S = 2.0
TITLE_LIMIT = 120
DISK_EACH_S = 60.0
FULL_BYTES = 10**9
FULL_SHARE = 0.05
SMALL_SHARE = 0.1
SHARE_UP_TO_BYTES = 100 * 10**9
"""Of a disk of many terabytes 5 % is plenty."""
RECORDS, WORKFLOW = "records folder", "workflow's folder"
HELD = "Make room: what it does not take is held in memory, and an emergency copy can be written elsewhere."
MAY_FAIL = "Make room: the run may fail for want of it."
BETTER = 1.25
"""So much more must be free before it is told again: a disk at the limit would be told of every minute."""


class Few(Notifications):
    """At most `AT_A_TIME` messages on the screen; the same one again is one, with how often it was told."""

    def __init__(self) -> None:
        super().__init__()
        self._times: dict[str, int] = {}
        """By message, of those that were told since nothing was on the screen."""
        self._shown: dict[str, Notification] = {}

    def add(self, notification: Notification) -> Few:
        text, shown = notification.message, list(super().__iter__())
        if not shown:
            self._times.clear()
        self._shown = {each: one for each, one in self._shown.items() if one in shown}
        self._times[text] = self._times.get(text, 0) + 1 if text in self._shown else 1
        if (before := self._shown.pop(text, None)) is not None:
            del self[before]
            notification = replace(notification, message=f"{text}  ×{self._times[text]}")
        self._shown[text] = notification
        super().add(notification)
        for old in list(super().__iter__())[:-AT_A_TIME]:
            del self[old]
        return self


class Notices:
    def __init__(self, app: App[int], look: Look, now: Callable[[], datetime]) -> None:
        self._app, self._look, self._now = app, look, now
        self._rang = -BELL_EACH_S
        self._told: deque[str] = deque(maxlen=KEPT)

    def tell(
        self, text: str, title: str = "", severity: Severity = "information", seconds: float = 0, kind: str = ""
    ) -> None:
        """`text` and `title` are safe to be shown. `kind`: one of the settings' `NOTICES`; empty: always."""
        self._told.append(f"{self._now():%H:%M:%SZ}  {title + ': ' if title else ''}{text}")
        if not kind or kind in self._look.toasts:
            shown = seconds or SHOWN_S[severity]
            told = f"{title}: {text}" if title else text
            self._close_up()
            self._app.notify(told, severity=severity, timeout=shown, markup=False)
        if kind in self._look.bell and time.monotonic() - self._rang >= BELL_EACH_S:
            self._rang = time.monotonic()
            self._app.bell()

    def _close_up(self) -> None:
        """The place of a message that was taken back would push the next one out of sight."""
        for screen in self._app.screen_stack[-1:]:  # none is left when the app is being closed
            for holder in screen.query("ToastHolder"):
                if not holder.children:
                    holder.remove()

    @property
    def told(self) -> str:
        """All that was told, the newest first."""
        return "\n".join(reversed(self._told)) or "Nothing was told yet."


class Title:
    """The terminal's title while the console has it; what it was before comes back (xterm's stack of titles)."""

    def __init__(self, write: Callable[[str], None], look: Look) -> None:
        self._write, self._look = write, look
        self._said = ""
        self._is_ours = False

    def take(self) -> None:
        if self._look.title and self._look.terminal.title and not self._is_ours:
            self._is_ours, self._said = True, ""
            self._write("\x1b[22;0t")

    def give_back(self) -> None:
        if self._is_ours:
            self._is_ours = False
            # Where there is no such stack the title is at least not ours any more.
            self._write("\x1b]2;\x1b\\\x1b[23;0t")

    def say(self, text: str) -> None:
        """Nothing is written where it says so already."""
        text = in_ascii(text) if self._look.ascii else text
        if self._is_ours and text != self._said:
            self._said = text
            self._write(f"\x1b]2;{text}\x1b\\")


def title(run: Run | None, workdir: str, kinds: Iterable[str], *, edits: int = 0, disk: bool = False) -> str:
    """`● 6/16 ✗1 ↻2 incident-console – flow`: of an ended run its state instead of how far it is."""
    parts: list[str] = []
    if run is not None:
        live = run.status == "running"
        if live or "run-ended" in kinds:
            parts.append(GLYPHS.get(run.status, GLYPHS["unknown"]))
        parts.append(f"{run.finished}/{run.planned}" if live else run.status)
        parts += [f"{GLYPHS['failed']}{run.failed}"] if run.failed and "run-failed" in kinds else []
        parts += [f"{GLYPHS['retried']}{run.retried}"] if run.retried and "retry" in kinds else []
    parts += [f"edited {edits}"] if edits and "edit" in kinds else []
    parts += ["disk!"] if disk and "disk" in kinds else []
    return safe(" ".join([*parts, f"incident-console – {safe(workdir)}"]), TITLE_LIMIT)


@dataclass(frozen=True, slots=True)
class Disk:
    """One file system, by a folder on it."""

    what: str
    free: int
    """Bytes that this user may write."""
    total: int

    @property
    def enough(self) -> float:
        """Bytes below which it is nearly full."""
        enough = max(FULL_BYTES, min(self.total * FULL_SHARE, SHARE_UP_TO_BYTES))
        return min(enough, self.total * SMALL_SHARE)  # a small disk that is nearly empty is not nearly full

    @property
    def told(self) -> str:
        share = f" ({self.free / self.total:.0%})" if self.total else ""
        return f"{self.what}: {size(self.free)} free{share}. {HELD if self.what == RECORDS else MAY_FAIL}"


def disks(places: Mapping[str, Path]) -> Iterator[Disk]:
    """By what they are for; two on one file system once. What cannot be looked at is left out. May block (NFS)."""
    seen: set[int] = set()
    for what, place in places.items():
        try:
            device, usage = place.stat().st_dev, shutil.disk_usage(place)
        except OSError:
            continue
        if device not in seen:
            seen.add(device)
            yield Disk(what, usage.free, usage.total)


class DiskWatch:
    """Tells of a disk once, until it is better."""

    def __init__(self) -> None:
        self._low: set[str] = set()

    @property
    def low(self) -> bool:
        return bool(self._low)

    def look(self, found: Iterable[Disk]) -> tuple[str, ...]:
        told: list[str] = []
        for disk in found:
            if disk.free < disk.enough and disk.what not in self._low:
                self._low.add(disk.what)
                told.append(disk.told)
            elif disk.free >= disk.enough * BETTER:
                self._low.discard(disk.what)
        return tuple(told)
