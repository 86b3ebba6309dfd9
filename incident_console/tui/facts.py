"""The first screen: what can be seen without asking. State, failures by cause, retries, what is running, where."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.session.live import Picture
from incident_console.snakemake.run import Run
from incident_console.tui.words import GLYPHS, STYLES, clock, safe


class Facts(OptionList):
    """Rows that say something; Enter on one opens the log that it speaks of, or takes the symptom."""

    BORDER_TITLE = "facts"
    BINDINGS = [
        Binding("j", "cursor_down", "down", id="facts.down", show=False),
        Binding("k", "cursor_up", "up", id="facts.up", show=False),
        Binding("enter", "select", "open", id="facts.open", tooltip="Open the log of this row, or take the symptom"),
    ]

    class OpenLog(Message):
        """Show the log of a job (its key in the list of logs)."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class TakeSymptom(Message):
        """The operator takes the drafted symptom as a start."""

    def __init__(self) -> None:
        super().__init__(id="facts", markup=False)
        self._drawn: object = None
        self._opens: dict[str, str] = {}

    def draw(self, picture: Picture, notices: tuple[str, ...], workdir: str) -> None:
        run = picture.run
        state = (run, picture.headline, picture.symptom, picture.clues, notices)
        if state == self._drawn:
            return
        self._drawn = state
        self._opens = {}
        rows = [Option(Content.styled("⚠ " + safe(notice), "$text-warning")) for notice in notices]
        rows += self._rows(picture, workdir)
        under = self.get_option_at_index(self.highlighted).id if self.highlighted is not None else "symptom"
        self.clear_options()
        self.add_options(rows)
        ids = [row.id for row in rows]
        self.highlighted = ids.index(under) if under in ids else None

    def _rows(self, picture: Picture, workdir: str) -> list[Option]:
        run, headline, symptom = picture.run, picture.headline, picture.symptom
        rows: list[Option] = []
        if run is None:
            rows.append(_plain("No Snakemake run is seen here. The logs on the right are followed all the same."))
            rows.append(_plain(f"folder  {safe(workdir)}"))
        else:
            rows.append(
                Option(
                    Content.assemble(
                        (f"{GLYPHS.get(run.status, '?')} ", STYLES.get(run.status, "")), (safe(headline), "bold")
                    )
                )
            )
            rows += self._failures(run, picture.clues)
            rows += self._at_work(run)
            rows.append(self._row(f"run log  {safe(run.log)}", run.log, "$foreground-muted"))
        if symptom:
            rows.append(Option(Content.styled("symptom, as drafted from this", "$foreground-muted"), disabled=True))
            rows.append(
                Option(
                    Content.assemble(
                        ("▸ ", "$text-accent bold"),
                        (safe(symptom, 600), "bold"),
                        ("  Enter takes it", "$foreground-muted"),
                    ),
                    id="symptom",
                )
            )
        return rows

    def _failures(self, run: Run, clues: Mapping[str, str]) -> list[Option]:
        if not run.failures:
            return [_plain("no failure so far")]
        rows = [Option(Content.styled("failures, by cause", "$foreground-muted"), disabled=True)]
        for group in run.failures:
            hard = group.still_failing > 0
            head = f"{'✗' if hard else '↻'} {safe(group.rule or group.kind)} × {group.count}"
            where = f"  {', '.join(safe(sample, 40) for sample in group.samples[:6])}" if group.samples else ""
            told = "failed for good" if hard else "recovered on retry" if group.recovered else "being tried again"
            line = Content.assemble(
                (head, "$text-error bold" if hard else "$text-warning bold"),
                (where, ""),
                (f"  {told}", "$text-error" if hard else "$text-warning"),
                (f"\n    {safe(clues.get(group.rule, ''), 240)}" if clues.get(group.rule) else "", ""),
                (f"\n    {safe(group.message or group.kind, 240)}", "$foreground-muted"),
            )
            rows.append(self._row(line, group.logs[0] if group.logs else run.log))
        return rows

    def _at_work(self, run: Run) -> list[Option]:
        jobs = [job for job in run.jobs if job.state == "running"]
        if not jobs:
            return []
        rows = [Option(Content.styled("running now", "$foreground-muted"), disabled=True)]
        for job in jobs[:12]:
            attempt = job.attempts[-1] if job.attempts else None
            name = f"● {safe(job.rule)} {safe(' '.join(job.wildcards.values()))}".rstrip()
            since = f"  attempt {attempt.number} since {clock(attempt.started_at)}" if attempt else ""
            rows.append(
                self._row(
                    Content.assemble((name, "$text-primary"), (since, "$foreground-muted")),
                    job.logs[0] if job.logs else run.log,
                )
            )
        if len(jobs) > 12:
            rows.append(_plain(f"  and {len(jobs) - 12} more"))
        return rows

    def _row(self, text: str | Content, log: str, style: str = "") -> Option:
        id = f"log-{len(self._opens)}"
        self._opens[id] = log
        return Option(Content.styled(text, style) if isinstance(text, str) else text, id=id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id == "symptom":
            self.post_message(self.TakeSymptom())
        elif event.option_id in self._opens:
            self.post_message(self.OpenLog(self._opens[event.option_id]))


def _plain(text: str) -> Option:
    return Option(Content.styled(text, "$foreground-muted"))
