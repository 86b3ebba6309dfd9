"""Failed against passed, over the whole screen: the facts of both attempts above, their logs side by side below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from incident_console.session.contrast import Contrast, Side
from incident_console.session.logs import job_label
from incident_console.snakemake.jobs import Job
from incident_console.snakemake.overlap import FEWEST
from incident_console.tui.columns import LEGEND, Columns
from incident_console.tui.footer import KeyLine
from incident_console.tui.words import GLYPHS, STYLES, safe, size, span

UNKNOWN = "unknown"
NAMED = 4
"""Other jobs that are named; of more, the number is told."""


class ContrastScreen(ModalScreen[None]):
    AUTO_FOCUS = "#contrast-lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n", "note", "note it", id="contrast.note", tooltip="Put the comparison in the record, as an inference"
        ),
        Binding("escape,q", "dismiss", "close", id="contrast.close", tooltip="Back to the console", key_display="Esc"),
        Binding("question_mark,f1", "app.help", "Help", id="contrast.help", key_display="?", tooltip="These keys"),
    ]

    def __init__(self, found: Contrast, note: Callable[[], None]) -> None:
        super().__init__()
        self._found = found
        self._note = note

    def compose(self) -> ComposeResult:
        found = self._found
        with VerticalScroll(id="contrast-head"):
            yield Static(Content("\n").join(associated(found)), classes="contrast-told")
            with Grid(id="contrast-facts"):
                for name, left, right in facts(found.left, found.right):
                    yield Static(Content.styled(name, "$foreground-muted"))
                    yield Static(left)
                    yield Static(right)
            for line in told(found):
                yield Static(line, classes="contrast-told")
        columns = Columns(found.laid, id="contrast-lines")
        columns.border_title = Content("the logs side by side")
        columns.border_subtitle = Content(columns.told)
        yield columns
        yield Static(Content.styled(LEGEND, "$foreground-muted"), id="contrast-legend")
        yield KeyLine()

    def on_columns_moved(self) -> None:
        columns = self.query_one(Columns)
        columns.border_subtitle = Content(columns.told)

    def action_note(self) -> None:
        self._note()


def facts(left: Side, right: Side) -> Iterator[tuple[str, Content, Content]]:
    """What is known of both, a row a fact; what is not known is said so."""
    yield "", _name(left), _name(right)
    for name, tell in (
        ("took", _took),
        ("exit code", lambda side: str(side.exit_code) if side.exit_code is not None else UNKNOWN),
        ("node", lambda side: side.node or UNKNOWN),
        ("memory", _memory),
        ("cost", _cost),
        ("ran then", _ran_then),
        ("log", lambda side: f"{side.source}; {side.remark}" if side.remark else side.source),
    ):
        yield name, Content(safe(tell(left))), Content(safe(tell(right)))


def associated(found: Contrast) -> Iterator[Content]:
    """What went with the rule's failures; that nothing did is told, too."""
    for one in found.associations:
        yield Content.assemble(("an association, not a cause: ", "$text-warning"), (safe(one.text), "bold"))
    if not found.associations:
        what = "too few to tell" if min(found.failures, found.passes) < FEWEST else "none stands out"
        counted = f"{found.failures} failed, {found.passes} passed attempts of {safe(found.rule)}"
        yield Content.styled(f"associations: {what} ({counted})", "$foreground-muted")


def told(found: Contrast) -> Iterator[Content]:
    """What must be known of the comparison; often nothing."""
    if found.laid.first is None:
        yield Content("But for times, names and places the two logs say the same.")
    elif found.laid.only_figures:
        yield Content("The two logs differ in figures only.")
    if any(side.meanwhile is not None and side.meanwhile.unclear for side in (found.left, found.right)):
        yield Content.styled("maybe: the run log's times are whole seconds, too coarse to tell", "$foreground-muted")
    if found.laid.left_out:
        yield Content.styled(found.laid.left_out, "$text-warning")


def _name(side: Side) -> Content:
    glyph, style = GLYPHS.get(side.outcome, "?"), STYLES.get(side.outcome, "")
    word = "passed" if side.outcome == "succeeded" else side.outcome
    return Content.assemble((f"{glyph} ", style), (safe(side.name), "bold"), (f"  {word}", style))


def _took(side: Side) -> str:
    times = f"{_clock(side.started)} to {_clock(side.ended)}"
    if side.duration_s is None:
        return f"{UNKNOWN} ({times})" if side.started is not None or side.ended is not None else UNKNOWN
    return f"{span(side.duration_s) if side.duration_s >= 1 else 'under 1s'}, {times}"


def _memory(side: Side) -> str:
    most = side.benchmark.max_rss_mib if side.benchmark is not None else None
    own = f"at most {most:g} MiB" if most is not None else UNKNOWN
    return own if side.memory_available is None else f"{own} ({size(side.memory_available)} free then)"


def _cost(side: Side) -> str:
    """The benchmark's figures: seconds, and what was read and written."""
    row = side.benchmark
    if row is None:
        return UNKNOWN
    figures = (
        ("{:g} s", row.s),
        ("cpu {:g} s", row.cpu_s),
        ("in {:g}", row.io_in_mib),
        ("out {:g} MiB", row.io_out_mib),
    )
    return ", ".join(shape.format(figure) for shape, figure in figures if figure is not None) or UNKNOWN


def _ran_then(side: Side) -> str:
    found = side.meanwhile
    if found is None:
        return UNKNOWN
    unclear = f"maybe {_jobs(found.unclear)}" if found.unclear else ""
    return "; ".join(filter(None, (_jobs(found.sure), unclear))) or "nothing else"


def _jobs(jobs: tuple[Job, ...]) -> str:
    named = ", ".join(job_label(job) for job in jobs[:NAMED])
    return f"{named} and {len(jobs) - NAMED} more" if len(jobs) > NAMED else named


def _clock(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%SZ") if at is not None else "?"
