"""What is always on screen: which incident, the time, which run, the open rung, the gate, and that all is saved."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.widgets import Static

from incident_console.tui.after import after
from incident_console.tui.fit import SHORTEST, Part, cut, fit
from incident_console.tui.livekeys import key
from incident_console.tui.words import GLYPHS, STYLES, TOLD, clock, gate_means, parsed, safe, span

if TYPE_CHECKING:
    from incident_console.runbook.ladder import Mark
    from incident_console.session.picture import CommandSeen
    from incident_console.snakemake.run import Run

MUTED = "$foreground-muted"
WARNED = "$text-warning bold"
INCIDENT = re.compile(r"INC-\d{8}T\d{6}Z")
"""As an id begins; that much of it is enough wherever an id is asked for."""
CALM_S = 20.0
"""So long after anything stirred last the clock tells minutes alone: a console nobody looks at draws nothing."""
TICK_S, CALM_TICK_S = 1.0, 5.0
"""Between two looks at the time; where it tells minutes alone that is done when one begins, too. A machine that was
asleep tells no timer."""
LEADS = {
    "run": ("app.jobs", "The run: its jobs by rule"),
    "inbox": ("app.inbox", "The inbox: what was captured and belongs to no rung yet"),
    "explain": ("app.explain", "Say why the workflow was edited"),
}
"""By what a click on it does: the key, and what it is."""
GIVES_WAY = (
    *("opened", "incident", "ended", "held", "redacted", "clock"),
    *("words", "log", "since", "pid"),
    *("means", "inbox", "why", "here", "edits", "marks", "gate"),
)
"""What becomes shorter where the line is narrow, in this order, a line of the header each; `fit.Part` by its name."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One frozen picture of the header."""

    incident: str = ""
    opened_at: str | None = None
    not_saved: bool = False
    held: int = 0
    """Entries that wait in memory for the disk."""
    run: Run | None = None
    started: CommandSeen | None = None
    looked: bool = False
    """Whether a run was looked for at all."""
    marks: tuple[Mark, ...] = ()
    gate_missing: tuple[str, ...] = ()
    edits_waiting: int = 0
    inbox: int = 0
    ended: str = ""
    """That it was closed, or in whose hands it is; empty while it is worked by who opened it."""
    not_redacted: bool = False
    """Secrets are recorded as they are."""
    read_only: str = ""
    """Why it can only be read, in a few words; empty where it is written."""


class Header(Static):
    """Three lines: incident, time and saved; the run; the ladder as a line of marks, and the gate. None is folded.

    What a key goes to can be clicked, and says under the pointer what it is.
    """

    auto_links = False

    heading: reactive[Heading] = reactive(Heading())
    now: reactive[datetime] = reactive(lambda: datetime.now(UTC), repaint=False)

    def __init__(self, *, still: bool = False) -> None:
        """`still`: nothing moves by itself, so the clock tells minutes alone."""
        super().__init__(id="header", markup=False)
        self._still = still
        self._stirred = time.monotonic()
        self._next: asyncio.TimerHandle | None = None
        """Until the next look at the time."""
        self._first = ""
        """The line with the clock, as it was drawn last."""

    def on_mount(self) -> None:
        self._go_on()

    def watch_heading(self) -> None:
        self.stirred()

    def stirred(self) -> None:
        """Something happens: a key, or news."""
        was, self._stirred = self.calm, time.monotonic()
        if was != self.calm and self._next is not None:
            self._next.cancel()
            self._go_on()

    @property
    def calm(self) -> bool:
        """Whether the clock tells minutes alone."""
        return self._still or time.monotonic() - self._stirred > CALM_S

    def _go_on(self) -> None:
        self._tick()
        pause = min(CALM_TICK_S, 60 - time.time() % 60) if self.calm else TICK_S
        self._next = after(self, pause, self._go_on)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        action = str(event.style.meta.get("@click", "")).removeprefix("app.")
        told = self._told(action) if action else None
        if told != self.tooltip:
            self.tooltip = told

    def _told(self, action: str) -> str | None:
        """What stands under the pointer, and the key that does the same as a click."""
        for mark in self.heading.marks:
            if action == f"rung({mark.number})":
                goes = (
                    f"{key(self.app, f'app.rung{mark.number}')} goes there"
                    if mark.number < 10
                    else "a click goes there"
                )
                return f"{mark.number} {safe(mark.title)}: {TOLD[mark.state]} · {goes}"
        told = LEADS.get(action)
        return f"{told[1]} · {key(self.app, told[0])}" if told is not None else None

    def _tick(self) -> None:
        now = datetime.now(UTC)
        self.now = now.replace(second=0, microsecond=0) if self.calm else now

    def watch_now(self) -> None:
        """Draw no more than the cells that say another time now."""
        first = self._line(0).plain
        if (cells := other(self._first, first)) is not None:
            self._first = first
            self.refresh(Region(cells.start, 0, len(cells), 1))

    def render(self) -> Content:
        lines = [self._line(number) for number in range(3)]
        self._first = lines[0].plain
        return Content("\n").join(lines)

    def _line(self, number: int) -> Content:
        width, head = self.size.width or 80, self.heading
        if number == 0:
            return _incident(head, self.now, width, still=self.calm)
        return _run(head, width) if number == 1 else _ladder(head, width)


def other(before: str, now: str) -> range | None:
    """The columns of a line in which it is another one now; None where there are none."""
    if before == now:
        return None
    if cell_len(before) != cell_len(now):
        return range(max(cell_len(before), cell_len(now)))
    same = _common(before, now)
    same_end = _common(before[same:][::-1], now[same:][::-1])
    return range(cell_len(now[:same]), cell_len(now[: len(now) - same_end]))


def _common(one: str, other: str) -> int:
    """How many characters they begin with together."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _leads(action: str, style: str = "") -> str:
    """A style with what a click does."""
    return f"{style} @click=app.{action}".lstrip()


def _incident(head: Heading, now: datetime, width: int, *, still: bool) -> Content:
    name = safe(head.incident or "incident-console")
    left = [Part("incident", tuple(f" {form}" for form in cut(name, _least(name))), "bold")]
    if head.ended:
        left.append(Part("ended", tuple(f"  {form}" for form in cut(safe(head.ended, 60))), "$text-warning bold"))
    right = [Part("redacted", ("⚠ not redacted  ", "⚠ secrets  "), WARNED)] if head.not_redacted else []
    minutes = now.strftime("%H:%MZ")
    right.append(Part("clock", (minutes,) if still else (now.strftime("%H:%M:%SZ"), minutes)))
    if opened := parsed(head.opened_at):
        age = (now - opened).total_seconds()
        so_far = "  <1m" if still and age < 60 else f"  +{span(age - age % 60 if still else age)}"
        right.append(Part("opened", (so_far, ""), MUTED))
    if head.not_saved or head.held:
        held = (f"✗ NOT SAVED ({head.held} held)",) if head.held else ()
        right += [Part("gap", ("  ",)), Part("held", (*held, "✗ NOT SAVED"), "$text-error bold reverse")]
    elif head.read_only:
        right.append(Part("saved", ("  ◎ read-only",), WARNED))
    elif head.incident:
        right.append(Part("saved", ("  ✓ saved",), "$text-success"))
    return fit(left, [*right, Part("gap", (" ",))], width, GIVES_WAY)


def _least(name: str) -> int:
    """Columns of an incident's id that name it alone: up to its time."""
    return len(known[0]) + 1 if (known := INCIDENT.match(name)) else SHORTEST


def _run(head: Heading, width: int) -> Content:
    run = head.run
    if run is None and head.started is not None:
        return _started(head.started, width)
    if run is None:
        none = "none is watched" if head.read_only else "no Snakemake run here"
        return fit([Part("run", (f" run {none if head.looked else 'looking for a run …'}",), MUTED)], [], width, ())
    left = [
        Part("run", (" run ",), _leads("run")),
        Part("run", (f"{GLYPHS.get(run.status, '?')} {run.status}",), _leads("run", STYLES.get(run.status, ""))),
        Part("run", (f" {run.finished}/{run.planned}",), _leads("run")),
    ]
    for glyph, count, word, style in (
        ("✗", run.failed, "failed", "$text-error"),
        ("↻", run.retried, "retried", "$text-warning"),
        ("●", run.running, "running", "$text-primary"),
    ):
        if count:
            left.append(Part("words", (f"  {glyph} {count} {word}", f"  {glyph} {count}"), _leads("run", style)))
    since = clock(run.started_at)
    left.append(Part("pid", (f"  pid {run.pid or 'none'}", ""), MUTED))
    left.append(Part("since", (f"  since {since}", f"  since {since[:5]}", ""), MUTED))
    name = safe(run.log.rsplit("/", 1)[-1].removesuffix(".snakemake.log"))
    # Its end tells one run from another.
    left.append(Part("log", (*(f"  log {form}" for form in cut(name, end=True)), ""), MUTED))
    return fit(left, [], width, GIVES_WAY)


def _started(command: CommandSeen, width: int) -> Content:
    """Where no engine tells of a run: the command that the console started."""
    state = f"{GLYPHS.get(command.status, '?')} {command.status}"
    line = tuple(f"  {form}" for form in cut(safe(command.line)))
    parts = [
        Part("run", (" run ",)),
        Part("run", (state,), STYLES.get(command.status, "")),
        Part("command", line, "bold"),
        Part("since", (f"  {safe(command.told)}", ""), MUTED),
    ]
    return fit(parts, [], width, ("since", "command"))


def _ladder(head: Heading, width: int) -> Content:
    left = [Part("margin", (" ",))]
    for mark in head.marks:
        sign = f"{mark.number}{GLYPHS[mark.state]}"
        left.append(Part("marks", (f"{sign} ", sign), _leads(f"rung({mark.number})", STYLES[mark.state])))
    if head.incident:
        here = next((mark for mark in head.marks if mark.state == "open"), None)
        told = f"{here.number} {safe(here.title)}" if here is not None else "no rung open"
        leads = _leads(f"rung({here.number})", "bold") if here is not None else "bold"
        left.append(Part("here", (*(f" {form}" for form in cut(told)), ""), leads))
    if head.inbox:
        left.append(Part("inbox", (f"  inbox {head.inbox}", ""), _leads("inbox", MUTED)))
    right = [Part("why", (*(f"{form}  " for form in cut(safe(head.read_only, 60))), ""), "$text-warning")]
    if count := head.edits_waiting:
        edits = (f"✎ {count} edit{'s' if count > 1 else ''} to explain ", f"✎ {count} to explain ")
        right.append(Part("edits", edits, _leads("explain", WARNED)))
    if head.incident:
        style = MUTED if head.gate_missing else "$text-success"
        gate = ("gate ◌ closed", "gate ◌") if head.gate_missing else ("gate ◉ open", "gate ◉")
        right += [Part("gate", gate, style), Part("means", gate_means(head.gate_missing), style)]
    return fit(left, right, width, GIVES_WAY)
