"""The run: its jobs by rule, what failed by cause, what is flaky, where the time goes and when it will be over.

There are as many rows as rules and causes, however many jobs there are; a cause unfolds to its failed attempts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.session.picture import Picture
from incident_console.session.understanding import Grouped, Understanding
from incident_console.tui import costbar
from incident_console.tui.livekeys import key
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.words import GLYPHS, STYLES, safe, span

if TYPE_CHECKING:
    from incident_console.session.eta import Remaining
    from incident_console.snakemake.causes import Failure
    from incident_console.snakemake.rulerows import RuleRow

MUTED = "$foreground-muted"
DUE_S = 2
"""No more is left than jobs take to be launched: those that still run take longer than such jobs did, nobody knows how
much, and an end that moves on with the clock would be no end."""
WIDE = 68
"""Columns from which on a rule is one line of a table."""
NAMED = 6
"""Samples that a cause names."""
COLUMNS = ("planned", "● runs", "✓ done", "✗ failed", "↻ retried", " median", "longest")
NOTHING_YET = "The run's own files are being weighed …"


class RunPane(Rows):
    BORDER_TITLE = "run: jobs by rule"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "open log", id="run.open", tooltip="Open the log of this row at the line that fails"
        ),
        Binding("space", "unfold", "each one", id="run.unfold", tooltip="Every failed attempt of this cause, or not"),
    ]

    class OpenFailure(Message):
        """Show why this attempt failed."""

        def __init__(self, failure: Failure) -> None:
            super().__init__()
            self.failure = failure

    class OpenRule(Message):
        """Show the log of a job of this rule: of one that failed, else of one that runs, else of the last."""

        def __init__(self, rule: str) -> None:
            super().__init__()
            self.rule = rule

    def __init__(self) -> None:
        super().__init__(id="run", markup=False)
        self._drawn: object = None
        self._picture = Picture()
        self._unfolded: set[str] = set()
        self._failures: dict[str, Failure] = {}
        """By row."""

    def on_resize(self) -> None:
        self.draw(self._picture)
        super().on_resize()

    def draw(self, picture: Picture) -> None:
        width = self.columns
        state = (picture.headline, picture.known, picture.clues, picture.looked, width, frozenset(self._unfolded))
        self._picture = picture
        if state == self._drawn:
            return
        self._drawn = state
        self._failures = {}
        self.lay(
            [*self._head(picture), *(self._of(picture, picture.known, width) if picture.known else ())], start="state"
        )

    def _head(self, picture: Picture) -> Iterator[Option]:
        run = picture.run
        if run is None:
            facts, goes = key(self.app, "app.facts"), key(self.app, "app.next")
            none = f"No Snakemake run is seen here: {facts} shows the facts, and {goes} goes to the logs."
            told = safe(picture.headline) or none
            yield text_row("state", told if picture.looked else "looking for a run …")
            return
        glyph = (f"{GLYPHS.get(run.status, '?')} ", STYLES.get(run.status, ""))
        yield Option(Content.assemble(glyph, (safe(picture.headline), "bold")), id="state")
        if picture.known is None:
            yield text_row("weighing", NOTHING_YET)

    def _of(self, picture: Picture, known: Understanding, width: int) -> Iterator[Option]:
        if known.remaining is not None:
            yield Option(ending(known.remaining), id="eta")
        for number, notice in enumerate(known.notices):
            yield text_row(f"notice:{number}", "⚠ " + safe(notice), "$text-warning")
        yield text_row("cost", f"cost: {safe(costbar.verdict(known.cost))}", "")
        for name, content in costbar.table(known.cost, width):
            yield Option(content, id=f"cost:{name}")
        yield from _rules(known, width)
        yield from self._causes(known, picture)
        if known.unsteady:
            yield text_row("unsteady", "tried more than once", still=True)
        for one in known.unsteady:
            row = f"unsteady:{one.rule}:{one.jobid}"
            if failure := _failure_of(known, one.rule, one.jobid):
                self._failures[row] = failure
            glyph = "✗" if one.steady else "↻"
            word = "fails each time" if one.steady else "flaky"
            style = "$text-error" if one.steady else "$text-warning"
            yield Option(Content.assemble((f"{glyph} {word}: ", style), safe(one.text)), id=row)
        yield text_row("basis", "why the cost is said to be so", still=True)
        for number, told in enumerate(known.cost.basis):
            yield text_row(f"basis:{number}", f"  {safe(told)}")
        for number, told in enumerate(known.cost.missing):
            yield text_row(f"missing:{number}", f"  would make it surer: {safe(told)}")

    def _causes(self, known: Understanding, picture: Picture) -> Iterator[Option]:
        if known.causes:
            yield text_row("causes", "failures, by cause", still=True)
        for grouped in known.causes:
            group = grouped.cause.group
            row, unfolded = f"cause:{group}", group in self._unfolded
            if grouped.members:
                self._failures[row] = grouped.members[0]
            mended = "recovered, or being tried again" if known.status == "running" else "made good later"
            yield Option(_cause(grouped, unfolded, _clue(grouped, picture), mended), id=row)
            for number, failure in enumerate(grouped.members if unfolded else ()):
                member = f"member:{number}:{group}"
                self._failures[member] = failure
                yield Option(_member(failure), id=member)
            if unfolded and (more := grouped.cause.count - len(grouped.members)) > 0:
                yield text_row(f"more:{group}", f"      … and {more} more")
        if known.more_causes:
            yield text_row("more-causes", f"  … and {known.more_causes} more causes")

    # -- what keys do --------------------------------------------------------------------------------------------

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "unfold" and self._group() is None:
            return "only a cause of failures unfolds"
        return super().why_not(action, parameters)

    def enters(self) -> str:
        row = self.row or ""
        return "open log" if row in self._failures or row.startswith("rule:") else ""

    def action_unfold(self) -> None:
        group = self._group()
        if group is not None:
            self._unfolded ^= {group}
            self.draw(self._picture)
            self.put_cursor(f"cause:{group}")

    def _group(self) -> str | None:
        """The cause that the row under the cursor belongs to."""
        kind, _, rest = (self.row or "").partition(":")
        return rest if kind == "cause" else rest.partition(":")[2] if kind == "member" else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        row = event.option_id or ""
        if row in self._failures:
            self.post_message(self.OpenFailure(self._failures[row]))
        elif row.startswith("rule:"):
            self.post_message(self.OpenRule(row.removeprefix("rule:")))


def ending(left: Remaining | str) -> Content:
    """When the run will be over, or why nobody can tell."""
    if isinstance(left, str):
        return Content.assemble("end: unknown", (f"  {safe(left)}", MUTED))
    if left.high_s <= DUE_S:
        return Content.assemble("end: due by now", (f"  {left.basis}", MUTED))
    low, high = (datetime.fromtimestamp(left.now + s, UTC).strftime("%H:%M:%SZ") for s in (left.low_s, left.high_s))
    sooner, later = span(left.low_s), span(left.high_s)
    spans, times = (f"about {later}", high) if sooner == later else (f"{sooner} to {later}", f"{low} to {high}")
    return Content.assemble(f"end: in {spans}, {times}", (f"  {left.basis}", MUTED))


def _rules(known: Understanding, width: int) -> Iterator[Option]:
    wide = width >= WIDE
    room = width - sum(len(name) + 1 for name in COLUMNS)
    head = f"{'rule':<{room}} {' '.join(COLUMNS)}" if wide else "jobs, by rule"
    yield text_row("rules", head, still=True)
    if not known.rules:
        yield text_row("no-rules", "No job has begun yet: the stream of all logs shows all that is written, by time.")
    for row in known.rules:
        yield Option(_table_row(row, room) if wide else _two_lines(row), id=f"rule:{row.rule}")
    if known.more_rules:
        yield text_row("more-rules", f"… and {known.more_rules} more rules")


def _table_row(row: RuleRow, room: int) -> Content:
    counts = (
        (row.planned, ""),
        (row.running, STYLES["running"]),
        (row.finished, STYLES["succeeded"]),
        (row.failed, STYLES["failed"]),
        (row.retried, STYLES["retried"]),
    )
    parts: list[str | tuple[str, str]] = [(f"{safe(row.rule or '?', room):<{room}}", "bold")]
    for name, (count, style) in zip(COLUMNS, counts, strict=False):
        shown = str(count) if count else "·"
        parts.append((f" {shown:>{len(name)}}", style if count else MUTED))
    for name, taken in zip(COLUMNS[len(counts) :], (row.wall_s.median, row.wall_s.max), strict=True):
        parts.append((f" {_short(taken) if row.wall_s.count else '·':>{len(name)}}", "" if row.wall_s.count else MUTED))
    return Content.assemble(*parts)


def _two_lines(row: RuleRow) -> Content:
    parts: list[str | tuple[str, str]] = [(safe(row.rule or "?", 80), "bold"), (f"  {row.planned} planned\n ", MUTED)]
    for state, count, word in (
        ("running", row.running, "running"),
        ("succeeded", row.finished, "finished"),
        ("failed", row.failed, "failed"),
        ("retried", row.retried, "retried"),
    ):
        if count:
            parts.append((f" {GLYPHS[state]} {count} {word}", STYLES[state]))
    if row.wall_s.count:
        parts.append((f"  median {_short(row.wall_s.median)}, longest {_short(row.wall_s.max)}", MUTED))
    return Content.assemble(*parts)


def _short(taken: float) -> str:
    from incident_console.snakemake.cost import seconds

    return seconds(taken) if taken < 60 else span(taken)


def _clue(grouped: Grouped, picture: Picture) -> str:
    """What the failing job itself said, from its log or from the attempt that was kept."""
    jobids = {failure.jobid for failure in grouped.members}
    for group, clue in zip(picture.run.failures if picture.run is not None else (), picture.clues, strict=False):
        if clue and group.kind == grouped.cause.kind and not jobids.isdisjoint(group.jobids):
            return clue
    return ""


def _cause(grouped: Grouped, unfolded: bool, clue: str, mended: str) -> Content:
    """`clue` stands for the message where the log that said more is gone; `mended` is said of what does not last."""
    cause = grouped.cause
    message = cause.message if any(failure.from_rule_log for failure in grouped.members) else clue or cause.message
    lasting = cause.lasting > 0
    style = STYLES["failed"] if lasting else STYLES["retried"]
    samples = f"  {safe(cause.named(NAMED), 300)}" if cause.samples else ""
    code = f"  exit {cause.exit_code}" if cause.exit_code is not None else ""
    told = "failed for good" if lasting else mended
    fold = "" if cause.count == 1 else "▾ " if unfolded else "▸ "
    return Content.assemble(
        fold,
        (f"{'✗' if lasting else '↻'} {safe(cause.rule or 'the workflow')} × {cause.count}", f"{style} bold"),
        samples,
        (f"  {safe(cause.kind)}{code}  {told}", style),
        f"\n    {safe(message, 300)}" if message else "",
    )


def _member(failure: Failure) -> Content:
    told = "" if failure.lasting else "  made good later, or tried again"
    where = f"{failure.source.path}:{failure.source.line}" if failure.source.line else failure.source.path
    attempt = f"  attempt {failure.attempt}" if failure.attempt is not None else ""
    return Content.assemble(f"      {safe(failure.who)}{attempt}", (f"{told}  {safe(where, 160)}", MUTED))


def _failure_of(known: Understanding, rule: str, jobid: int) -> Failure | None:
    """Of a job, or else of another one of its rule."""
    of_rule = [one for grouped in known.causes for one in grouped.members if one.rule == rule]
    return next((one for one in of_rule if one.jobid == jobid), of_rule[0] if of_rule else None)
