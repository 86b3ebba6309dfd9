"""The first screen: what can be seen without asking. State, failures by cause, retries, what is running, where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.session.live import Picture
from incident_console.snakemake.groups import FailureGroup
from incident_console.snakemake.run import Run
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.words import GLYPHS, STYLES, clock, safe

SYMPTOM = "symptom"
AT_WORK = 12
"""Running jobs that are named."""


class Facts(Rows):
    """Rows that say something; Enter on one opens the log that it speaks of, or takes the symptom."""

    BORDER_TITLE = "facts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="facts.open", tooltip="Open the log of this row, or take the symptom"),
    ]

    class OpenLog(Message):
        """Show the log of a job; `recovered` names jobs whose failed attempts a retry has written over."""

        def __init__(self, path: str, recovered: tuple[int, ...] = ()) -> None:
            super().__init__()
            self.path = path
            self.recovered = recovered

    class TakeSymptom(Message):
        """The operator takes the drafted symptom as a start."""

    def __init__(self) -> None:
        super().__init__(id="facts", markup=False)
        self._drawn: object = None
        self._opens: dict[str, tuple[str, tuple[int, ...]]] = {}
        """By row: the log it opens, and the jobs that recovered."""

    def draw(self, picture: Picture, notices: tuple[str, ...], workdir: str, rungs: int) -> None:
        self.border_subtitle = f"1-{rungs} rungs"
        state = (picture.run, picture.looked, picture.headline, picture.symptom, picture.clues, notices)
        if state == self._drawn:
            return
        self._drawn = state
        self._opens = {}
        rows = [text_row(f"notice:{n}", "⚠ " + safe(told), "$text-warning") for n, told in enumerate(notices)]
        rows += self._of_run(picture.run, picture) if picture.run is not None else _no_run(picture.looked)
        rows.append(text_row("folder", f"folder  {safe(workdir)}"))
        if picture.symptom:
            rows += _symptom(picture.symptom)
        self.lay(rows, start=SYMPTOM)

    def _of_run(self, run: Run, picture: Picture) -> Iterator[Option]:
        glyph = (f"{GLYPHS.get(run.status, '?')} ", STYLES.get(run.status, ""))
        yield Option(Content.assemble(glyph, (safe(picture.headline), "bold")), id="state")
        if run.failures:
            yield text_row("failures", "failures, by cause", still=True)
        else:
            yield text_row("no-failure", "no failure so far")
        for number, group in enumerate(run.failures):
            recovered = () if group.still_failing else group.jobids
            row = f"failure:{group.rule}:{group.kind}:{number}"
            self._opens[row] = (group.logs[0] if group.logs else run.log, recovered)
            yield Option(_failure(group, picture.clues.get(group.rule, "")), id=row)
        yield from self._at_work(run)
        self._opens["run-log"] = (run.log, ())
        yield text_row("run-log", f"run log  {safe(run.log)}")

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
        if event.option_id == SYMPTOM:
            self.post_message(self.TakeSymptom())
        elif event.option_id in self._opens:
            self.post_message(self.OpenLog(*self._opens[event.option_id]))


def _no_run(looked: bool) -> Iterator[Option]:
    told = "No Snakemake run is seen here. The logs are followed all the same." if looked else "looking for a run …"
    yield text_row("state", told)


def _failure(group: FailureGroup, clue: str) -> Content:
    hard = group.still_failing > 0
    style = "$text-error" if hard else "$text-warning"
    told = "failed for good" if hard else "recovered on retry" if group.recovered else "being tried again"
    where = f"  {', '.join(safe(sample, 40) for sample in group.samples[:6])}" if group.samples else ""
    return Content.assemble(
        (f"{'✗' if hard else '↻'} {safe(group.rule or group.kind)} × {group.count}", f"{style} bold"),
        where,
        (f"  {told}", style),
        f"\n    {safe(clue, 240)}" if clue else "",
        (f"\n    {safe(group.message or group.kind, 240)}", "$foreground-muted"),
    )


def _symptom(drafted: str) -> Iterator[Option]:
    yield text_row("drafted", "symptom, as drafted from this", still=True)
    yield Option(
        Content.assemble(
            ("▸ ", "$text-accent bold"), (safe(drafted, 600), "bold"), ("  Enter takes it", "$foreground-muted")
        ),
        id=SYMPTOM,
    )
