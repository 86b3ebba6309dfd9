"""What is always on screen: which incident, the time, which run, the open rung, the gate, and that all is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from incident_console.runbook.ladder import Mark
from incident_console.snakemake.run import Run
from incident_console.tui.words import GLYPHS, STYLES, both, clock, parsed, safe, span

MUTED = "$foreground-muted"
WORDS_FROM = 110
"""Columns from which on the run's figures have words beside their glyphs."""
Part = str | Content | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Heading:
    """One frozen picture of the header."""

    incident: str = ""
    opened_at: str | None = None
    not_saved: bool = False
    held: int = 0
    """Entries that wait in memory for the disk."""
    run: Run | None = None
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
    """Three lines: incident, time and saved; the run; the ladder as a line of marks, and the gate."""

    heading: reactive[Heading] = reactive(Heading())
    now: reactive[datetime] = reactive(lambda: datetime.now(UTC))

    def __init__(self) -> None:
        super().__init__(id="header", markup=False)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        self.now = datetime.now(UTC)

    def render(self) -> Content:
        width = self.size.width or 80
        head = self.heading
        lines = (_incident(head, self.now, width), _run(head, width), _ladder(head, width))
        return Content("\n").join(line.truncate(width) for line in lines)


def _incident(head: Heading, now: datetime, width: int) -> Content:
    right: list[Part] = [now.strftime("%H:%M:%SZ")]
    if opened := parsed(head.opened_at):
        right.append((f"  +{span((now - opened).total_seconds())}", MUTED))
    if head.not_saved or head.held:
        held = f" ({head.held} held)" if head.held else ""
        right += ["  ", (f"✗ NOT SAVED{held}", "$text-error bold reverse")]
    elif head.read_only:
        right.append(("  ◎ read-only", "$text-warning bold"))
    elif head.incident:
        right.append(("  ✓ saved", "$text-success"))
    ended = (f"  {safe(head.ended, 60)}", "$text-warning bold") if head.ended else ""
    if head.not_redacted:
        right.insert(0, ("⚠ not redacted  ", "$text-warning bold"))
    left = Content.assemble((" " + safe(head.incident or "incident-console"), "bold"), ended)
    return both(left, Content.assemble(*right, " "), width)


def _run(head: Heading, width: int) -> Content:
    run = head.run
    if run is None:
        none = "none is watched" if head.read_only else "no Snakemake run here"
        return Content.styled(f" run {none if head.looked else 'looking for a run …'}", MUTED)
    words = width >= WORDS_FROM
    parts: list[Part] = [
        " run ",
        (f"{GLYPHS.get(run.status, '?')} {run.status}", STYLES.get(run.status, "")),
        f" {run.finished}/{run.planned}",
    ]
    for glyph, count, word, style in (
        ("✗", run.failed, "failed", "$text-error"),
        ("↻", run.retried, "retried", "$text-warning"),
        ("●", run.running, "running", "$text-primary"),
    ):
        if count:
            parts.append((f"  {glyph} {count}{' ' + word if words else ''}", style))
    parts.append((f"  pid {run.pid or 'none'}  since {clock(run.started_at)}  log ", MUTED))
    told = Content.assemble(*parts)
    return Content.assemble(told, (_log_name(run.log, width - told.cell_length - 1), MUTED))


def _log_name(log: str, room: int) -> str:
    """The name without what all names end in; where it must be cut, its end stays: that tells one run from another."""
    name = safe(log.rsplit("/", 1)[-1].removesuffix(".snakemake.log"))
    return name if len(name) <= room else "…" + name[len(name) - max(0, room - 1) :]


def _ladder(head: Heading, width: int) -> Content:
    gate: list[Part] = [(f"{safe(head.read_only, 60)}  ", "$text-warning")] if head.read_only else []
    if count := head.edits_waiting:
        gate.append((f"✎ {count} edit{'s' if count > 1 else ''} to explain ", "$text-warning bold"))
    if head.incident:
        gate.append(("gate ◌ closed", MUTED) if head.gate_missing else ("gate ◉ open", "$text-success"))
    left: list[Part] = [" "]
    for mark in head.marks:
        left += [(f"{mark.number}{GLYPHS[mark.state]}", STYLES[mark.state]), " "]
    if head.incident:
        here = next((f"{mark.number} {safe(mark.title)}" for mark in head.marks if mark.state == "open"), None)
        left.append((f" {here or 'no rung open'}", "bold"))
    if head.inbox:
        left.append((f"  inbox {head.inbox}", MUTED))
    return both(Content.assemble(*left), Content.assemble(*gate), width)
