"""What differs between two pieces of evidence, over the whole screen: the facts of both above, their texts below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from incident_console.session.browsing import INBOX, NO_RUNG, Entry
from incident_console.session.itemdiff import Compared
from incident_console.tui.columns import LEGEND, Columns
from incident_console.tui.footer import KeyLine
from incident_console.tui.livekeys import key
from incident_console.tui.words import clock, safe, size

MUTED = "$foreground-muted"
JSON = "both are JSON: compared laid out, by sorted keys, a line for each value"
SAID_WHEN_OTHER = frozenset({"how", "rung", "run"})
"""Facts that leave the room to the texts where they are the same on both sides."""


class DiffScreen(ModalScreen[None]):
    AUTO_FOCUS = "#contrast-lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "note", "note it", id="diff.note", tooltip="Put the comparison in the record, as an inference"),
        Binding("t", "times", "times count", id="diff.times", tooltip="Times and figures count too; again: not"),
        Binding("escape,q", "dismiss", "close", id="diff.close", tooltip="Back to the console", key_display="Esc"),
        Binding("question_mark,f1", "app.help", "Help", id="diff.help", key_display="?", tooltip="These keys"),
    ]

    def __init__(self, found: Compared, note: Callable[[], None], run: str | None) -> None:
        """`run` is watched now: what is of another says so."""
        super().__init__()
        self._found = found
        self._note = note
        self._run = run
        self._exact = False

    def compose(self) -> ComposeResult:
        found = self._found
        with VerticalScroll(id="contrast-head"):
            verdict = "= " if found.same else "≠ "
            style = "$text-success" if found.same else "bold"
            yield Static(Content.assemble((verdict, style), (found.verdict, style)), classes="contrast-told")
            with Grid(id="contrast-facts"):
                for name, left, right in facts(found.left, found.right, self._run):
                    yield Static(Content.styled(name, MUTED))
                    yield Static(left)
                    yield Static(right)
            laid = found.exact if self._exact else found.laid
            if found.json:
                yield Static(Content.styled(JSON, MUTED), classes="contrast-told")
            if laid.left_out:
                yield Static(Content.styled(laid.left_out, "$text-warning"), classes="contrast-told")
        columns = Columns(laid, id="contrast-lines")
        lets = key(self.app, "diff.times")
        columns.border_title = Content(
            ("every value" if found.json else "every byte") + " counts"
            if self._exact
            else f"but for times; {lets} lets them count"
        )
        columns.border_subtitle = Content(columns.told)
        yield columns
        yield Static(Content.styled(LEGEND, MUTED), id="contrast-legend")
        yield KeyLine()

    def on_columns_moved(self) -> None:
        columns = self.query_one(Columns)
        columns.border_subtitle = Content(columns.told)

    def action_note(self) -> None:
        self._note()

    async def action_times(self) -> None:
        self._exact = not self._exact
        await self.recompose()
        self.query_one(Columns).focus()


def facts(left: Entry, right: Entry, run: str | None) -> Iterator[tuple[str, Content, Content]]:
    """What is known of both, a row a fact; what is otherwise on the right is marked, and much is told only then."""
    yield "", _name(left, "before"), _name(right, "now")
    for name, one, other in (
        ("exit code", _code(left), _code(right)),
        ("size", size(left.size), size(right.size)),
        ("how", safe(left.how, 200), safe(right.how, 200)),
        ("rung", _rung(left), _rung(right)),
        ("run", _run(left, run), _run(right, run)),
    ):
        if name in SAID_WHEN_OTHER and one == other:
            continue
        yield name, Content(one), Content.styled(other, "$text-warning" if one != other else "")


def _name(entry: Entry, word: str) -> Content:
    return Content.assemble((safe(entry.name, 80), "bold"), (f"  #{entry.seq} {clock(entry.at)} ({word})", MUTED))


def _code(entry: Entry) -> str:
    return str(entry.exit_code) if entry.exit_code is not None else "unknown"


def _rung(entry: Entry) -> str:
    return {INBOX: "inbox", NO_RUNG: "none"}.get(entry.rung, safe(entry.rung, 60))


def _run(entry: Entry, run: str | None) -> str:
    if entry.run is None:
        return "unknown"
    return f"{'older run, ' if run and entry.run != run else ''}{safe(entry.run.rpartition('/')[2], 80)}"
