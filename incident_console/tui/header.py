"""What is always on screen: which incident, the time, which run, the open rung, the gate, and that all is saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from incident_console.runbook.ladder import Mark
from incident_console.snakemake.run import Run
from incident_console.tui.words import GLYPHS, STYLES, clock, parsed, safe, size, span


@dataclass(frozen=True, slots=True)
class Heading:
    """One frozen picture of the header."""

    incident: str = ""
    opened_at: str | None = None
    saved: str = ""
    """Empty while all is saved; else the sentence that says what is not."""
    read_only: str = ""
    run: Run | None = None
    run_word: str = ""
    marks: tuple[Mark, ...] = ()
    rung: str = ""
    gate_missing: tuple[str, ...] = ()
    edits_waiting: int = 0
    inbox: int = 0


class Header(Static):
    """Two lines on a wide screen; on a narrow one a third with the ladder as a line of marks."""

    heading: reactive[Heading] = reactive(Heading())
    now: reactive[datetime] = reactive(lambda: datetime.now(UTC))

    def __init__(self) -> None:
        super().__init__(id="header", markup=False)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        self.now = datetime.now(UTC)

    def on_resize(self) -> None:
        self.refresh(layout=True)

    def render(self) -> Content:
        width = self.size.width or 80
        lines = [self._first(width), self._run(width)]
        lines.append(self._ladder(width))
        return Content("\n").join(lines)

    def _first(self, width: int) -> Content:
        head = self.heading
        left: list[str | Content | tuple[str, str]] = [(" " + (head.incident or "incident-console"), "bold")]
        opened = parsed(head.opened_at)
        right: list[tuple[str, str]] = [(self.now.strftime("%H:%M:%SZ"), "")]
        if opened:
            right.append((f"  +{span((self.now - opened).total_seconds())}", "$foreground-muted"))
        if head.read_only:
            right.append(("  read-only", "$text-warning bold"))
        elif head.saved:
            right.append(("  ✗ NOT SAVED", "$text-error bold reverse"))
        elif head.incident:
            right.append(("  ✓ saved", "$text-success"))
        return _both(Content.assemble(*left), Content.assemble(*right, " "), width)

    def _run(self, width: int) -> Content:
        run = self.heading.run
        if run is None:
            return Content.styled(f" run {self.heading.run_word or 'looking for a run …'}", "$foreground-muted")
        glyph, style = GLYPHS.get(run.status, "?"), STYLES.get(run.status, "")
        words = width >= 110
        parts: list[str | tuple[str, str]] = [
            " run ",
            (f"{glyph} {run.status}", style),
            f" {run.finished}/{run.planned}",
        ]
        if run.failed:
            parts.append((f"  ✗ {run.failed}{' failed' if words else ''}", "$text-error"))
        if run.retried:
            parts.append((f"  ↻ {run.retried}{' retried' if words else ''}", "$text-warning"))
        if run.running:
            parts.append((f"  ● {run.running}{' running' if words else ''}", "$text-primary"))
        name = safe(run.log.rsplit("/", 1)[-1].removesuffix(".snakemake.log"))
        parts.append((f"  pid {run.pid or 'none'}  since {clock(run.started_at)}  log {name}", "$foreground-muted"))
        return Content.assemble(*parts).truncate(width, ellipsis=True)

    def _ladder(self, width: int) -> Content:
        head = self.heading
        if head.gate_missing:
            gate = Content.assemble(("gate ◌ closed", "$foreground-muted"))
        elif head.incident:
            gate = Content.assemble(("gate ◉ open", "$text-success"))
        else:
            gate = Content("")
        if head.edits_waiting:
            gate = Content.assemble((f"✎ {head.edits_waiting} edit to explain ", "$text-warning bold"), gate)
        marks: list[str | tuple[str, str]] = [" "]
        for mark in head.marks:
            marks.append((f"{mark.number}{GLYPHS[mark.state]}", STYLES[mark.state]))
            marks.append(" ")
        rung = f" {head.rung}" if head.rung else (" no rung open" if head.incident else "")
        inbox = f"  inbox {head.inbox}" if head.inbox else ""
        return _both(Content.assemble(*marks, (rung, "bold"), (inbox, "$foreground-muted")), gate, width)


def _both(left: Content, right: Content, width: int) -> Content:
    room = width - right.cell_length - 1
    if left.cell_length > room:
        left = left.truncate(max(0, room), ellipsis=True)
    return Content.assemble(left, " " * max(1, width - left.cell_length - right.cell_length), right)


__all__ = ["Header", "Heading", "size"]
