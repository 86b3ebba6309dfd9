"""The first screen: what can be seen without asking. State, failures by cause, retries, what is running, where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.counting import counted
from incident_console.snakemake.facts import no_failure, went_on
from incident_console.tui import costbar
from incident_console.tui.livekeys import Key, key
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.runpane import ending
from incident_console.tui.words import GLYPHS, STYLES, clock, safe

if TYPE_CHECKING:
    from incident_console.session.picture import CommandSeen, Picture
    from incident_console.session.understanding import Understanding
    from incident_console.snakemake.groups import FailureGroup
    from incident_console.snakemake.run import Run

SYMPTOM = "symptom"
TO_THE_RUN = frozenset({"cost", "ends", "more-failures"})
"""Rows of which the run pane tells more."""
FAILURES = 20
"""Causes that are told one by one."""
UNSTEADY = 3
NAMED = 6
"""Samples that a cause names."""
AT_WORK = 12
"""Running jobs that are named."""


class Facts(Rows):
    """Rows that say something; Enter on one opens the log that it speaks of, or takes the symptom."""

    BORDER_TITLE = "facts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="facts.open", tooltip="Open the log of this row, or take the symptom"),
    ]

    def enters(self) -> str:
        row = self.row or ""
        if row == SYMPTOM:
            return "take it"
        if row in TO_THE_RUN or row.startswith("unsteady:"):
            return "see run"
        return "open log" if row in self._opens else ""

    class OpenLog(Message):
        """Show the log of a job; `recovered` names jobs whose failed attempts a retry has written over."""

        def __init__(self, path: str, recovered: tuple[int, ...] = ()) -> None:
            super().__init__()
            self.path = path
            self.recovered = recovered

    class OpenRun(Message):
        """Show the run: its jobs by rule, and what the time went into."""

    class TakeSymptom(Message):
        """The operator takes the drafted symptom as a start."""

    def __init__(self) -> None:
        super().__init__(id="facts", markup=False)
        self._drawn: object = None
        self._opening = True
        self._opens: dict[str, tuple[str, tuple[int, ...]]] = {}
        """By row: the log it opens, and the jobs that recovered."""
        self._by_hand = False
        """Somebody scrolled: what is seen stays where it is."""

    def draw(
        self, picture: Picture, notices: tuple[str, ...], workdir: str, rungs: int, reported: tuple[str, ...] = ()
    ) -> None:
        """`rungs`: how many the ladder has; 0 while the incident is being opened, and then rows open nothing yet.

        `reported`: what somebody told, by which the incident began.
        """
        self._opening = not rungs
        if rungs:
            jobs, first, last = (key(self.app, f"app.{name}") for name in ("jobs", "rung1", f"rung{min(rungs, 9)}"))
            self.foot(f"{jobs} run · {first}-{last} rungs")
        known, width = picture.known, self.columns
        told = (known.cost, known.unsteady, known.remaining) if known is not None else None
        words = (picture.headline, picture.symptom, picture.clues, picture.news, notices, reported)
        state = (picture.run, picture.started, picture.looked, words, told, width)
        if state == self._drawn:
            return
        self._drawn = state
        self._opens = {}
        rows = [text_row(f"notice:{n}", "⚠ " + safe(notice), "$text-warning") for n, notice in enumerate(notices)]
        told_us = [text_row(f"reported:{n}", safe(text, 600)) for n, text in enumerate(reported)]
        # The screen opens on the drafted symptom: what was reported is read with it.
        rows += [] if picture.symptom else told_us
        run = picture.run
        if run is not None:
            rows += self._of_run(run, picture, width)
        elif picture.started is not None:
            rows += self._of_command(picture.started)
        else:
            rows += _no_run(picture, partial(key, self.app))
        rows += [text_row(f"news:{n}", safe(text)) for n, text in enumerate(picture.news)]
        if picture.symptom:
            rows += told_us
            rows += _symptom(picture.symptom, key(self.app, "facts.open"))
        # Below, where they push no cause out of view: the screen opens on the symptom.
        if run is not None:
            rows += self._at_work(run)
            self._opens["run-log"] = (run.log, ())
            rows.append(text_row("run-log", f"run log  {safe(run.log)}"))
        rows.append(text_row("folder", f"folder  {safe(workdir)}"))
        # Nobody has gone anywhere yet: Enter takes the symptom as soon as there is one.
        waits = self.highlighted in (None, 0) and all(option.id != SYMPTOM for option in self.options)
        self.lay(rows, start=SYMPTOM)
        if waits:
            self.put_cursor(SYMPTOM)
        self.call_after_refresh(self._show_causes)

    def _show_causes(self) -> None:
        """While the cursor waits on the symptom, no farther down than to see it: the causes stand above."""
        if self.row != SYMPTOM or self._by_hand:
            return
        top = max(0, self.line_below(SYMPTOM) - self.scrollable_content_region.height)
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_mouse_scroll_down(self) -> None:
        self._by_hand = True

    def on_mouse_scroll_up(self) -> None:
        self._by_hand = True

    def _of_run(self, run: Run, picture: Picture, width: int) -> Iterator[Option]:
        glyph = (f"{GLYPHS.get(run.status, '?')} ", STYLES.get(run.status, ""))
        yield Option(Content.assemble(glyph, (safe(picture.headline), "bold")), id="state")
        if run.failures:
            yield text_row("failures", "failures, by cause", still=True)
        else:
            yield text_row("no-failure", no_failure(run))
            yield from self._oddities(picture.known)
        for number, group in enumerate(run.failures[:FAILURES]):
            recovered = () if group.still_failing else group.jobids
            row = f"failure:{group.rule}:{group.kind}:{number}"
            self._opens[row] = (group.logs[0] if group.logs else run.log, recovered)
            yield Option(_failure(group, run, picture.clues[number] if number < len(picture.clues) else ""), id=row)
        if (more := len(run.failures) - FAILURES) > 0:
            yield text_row("more-failures", f"  and {more} more causes: {key(self.app, 'app.jobs')} shows the run")
        if picture.known is not None:
            yield from _known(picture.known, width, key(self.app, "app.jobs"))

    def _of_command(self, command: CommandSeen) -> Iterator[Option]:
        """Where no engine tells of a run: the way to what the command prints. How it stands is told above."""
        self._opens["command"] = (command.output, ())
        opens = (f"  {key(self.app, 'facts.open')} opens it", "$foreground-muted")
        yield Option(Content.assemble(("its output", "bold"), opens), id="command")

    def _oddities(self, known: Understanding | None) -> Iterator[Option]:
        """Of a run in which nothing failed: what is out of the ordinary, if that carries a class."""
        suspect = (
            next((one for one in known.suspects if one.incident_class == known.incident_class), None) if known else None
        )
        if suspect is None:
            return
        yield text_row("odd", "out of the ordinary, by the run's own files", still=True)
        for number, clue in enumerate(suspect.because):
            self._opens[f"odd:{number}"] = (clue.source.path, ())
            yield text_row(f"odd:{number}", f"? {safe(clue.text, 240)}", "$text-warning")

    def _at_work(self, run: Run) -> Iterator[Option]:
        jobs = [job for job in run.jobs if job.state == "running"]
        if jobs:
            yield text_row("running", "running now", still=True)
        for job in jobs[:AT_WORK]:
            attempt = job.attempts[-1] if job.attempts else None
            name = f"● {safe(job.rule)} {safe(' '.join(job.wildcards.values()))}".rstrip()
            since = f"  attempt {attempt.number} since {clock(attempt.started_at)}" if attempt else ""
            row = f"job:{job.jobid}"
            self._opens[row] = (job.logs[0] if job.logs else run.log, ())
            yield Option(Content.assemble((name, "$text-primary"), (since, "$foreground-muted")), id=row)
        if len(jobs) > AT_WORK:
            yield text_row("more", f"  and {len(jobs) - AT_WORK} more")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._opening:
            return
        if event.option_id == SYMPTOM:
            self.post_message(self.TakeSymptom())
        elif event.option_id in TO_THE_RUN or (event.option_id or "").startswith("unsteady:"):
            self.post_message(self.OpenRun())
        elif event.option_id in self._opens:
            self.post_message(self.OpenLog(*self._opens[event.option_id]))


def _known(known: Understanding, width: int, jobs: str) -> Iterator[Option]:
    """Where the time goes, when it ends, and what is flaky: a line each."""
    for number, one in enumerate(known.unsteady[:UNSTEADY]):
        glyph, word = ("✗", "fails each time") if one.steady else ("↻", "flaky")
        yield text_row(f"unsteady:{number}", f"{glyph} {word}: {safe(one.text)}", "$text-warning")
    if (more := len(known.unsteady) - UNSTEADY) > 0:
        yield text_row(
            "unsteady:more", f"  and {counted(more, 'more rule')} tried more than once: {jobs} shows the run"
        )
    yield Option(Content.assemble(("cost  ", "$foreground-muted"), costbar.line(known.cost, width - 6)), id="cost")
    if known.remaining is not None:
        yield Option(ending(known.remaining), id="ends")


def _no_run(picture: Picture, key: Key) -> Iterator[Option]:
    if picture.headline or not picture.looked:
        yield text_row("state", safe(picture.headline) or "looking for a run …")
        return
    yield text_row("state", "No Snakemake run is seen here. The logs are followed all the same.")
    does = {"next": "goes to the logs", "rung1": "names the symptom", "note": "writes a note", "help": "is help"}
    yield text_row("next", " · ".join(f"{key(f'app.{name}')} {told}" for name, told in does.items()))


def _failure(group: FailureGroup, run: Run, clue: str) -> Content:
    hard = group.still_failing > 0 or not group.jobs
    style = "$text-error" if hard else "$text-warning"
    more = f" and {group.jobs - NAMED} more" if group.jobs > NAMED else ""
    where = f"  {', '.join(safe(sample, 40) for sample in group.samples[:NAMED])}{more}" if group.samples else ""
    return Content.assemble(
        (f"{'✗' if hard else '↻'} {safe(group.rule or group.kind)} × {group.count}", f"{style} bold"),
        where,
        (f"  {went_on(group, run)}", style),
        f"\n    {safe(clue, 240)}" if clue else "",
        (f"\n    {safe(group.message or group.kind, 240)}", "$foreground-muted"),
    )


def _symptom(drafted: str, takes: str) -> Iterator[Option]:
    yield text_row("drafted", "symptom, as drafted from this", still=True)
    yield Option(
        Content.assemble(
            ("▸ ", "$text-accent bold"), (safe(drafted, 600), "bold"), (f"  {takes} takes it", "$foreground-muted")
        ),
        id=SYMPTOM,
    )
