"""What changed since the hand-off: then and now, and the same evidence captured again, held against what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.tui.livekeys import key
from incident_console.tui.rows import Rows, text_row
from incident_console.tui.words import clock, safe

if TYPE_CHECKING:
    from incident_console.session.recheck import Again, Reach, Then

MUTED = "$foreground-muted"


class Since(Rows):
    BORDER_TITLE = "since the hand-off"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "check", id="since.open", tooltip="Capture it again, or show what differs"),
        Binding("c", "capture", "again", id="since.capture", tooltip="Capture this evidence again"),
    ]

    class Chosen(Message):
        """`again`: capture it once more, though it was captured since."""

        def __init__(self, pair: Again, again: bool) -> None:
            super().__init__()
            self.pair = pair
            self.again = again

    def __init__(self) -> None:
        super().__init__(id="since", markup=False)
        self._drawn: object = None
        self._pairs: dict[str, Again] = {}

    def draw(
        self, reached: Reach | None, then: tuple[Then, ...], pairs: tuple[Again, ...], busy: frozenset[str]
    ) -> None:
        """`reached` None: it is still being looked for; `busy`: the evidence that is captured right now."""
        state = (reached, then, tuple((pair.item.id, pair.same, pair.after and pair.after.seq) for pair in pairs), busy)
        if state == self._drawn:
            return
        self._drawn = state
        self._pairs = {f"{pair.rung.id}/{pair.item.id}": pair for pair in pairs}
        if reached is None:
            self.lay([text_row("reach", "The workflow is being looked for …", still=True)])
            return
        rows = [text_row("reach", safe(reached.told), "" if reached.here else "$text-warning", still=True)]
        rows += [Option(_then(each), id=f"then:{each.what}", disabled=True) for each in then]
        if reached.here and pairs:
            rows.append(text_row("again", "the same evidence, captured again", still=True))
            rows += [
                Option(_pair(pair, pair.item.id in busy, key(self.app, "since.open")), id=id)
                for id, pair in self._pairs.items()
            ]
        elif pairs:
            commands = (" ".join(pair.item.run) for pair in pairs if pair.item.run)
            rows.append(text_row("again", "to be checked again where it is: " + safe(" · ".join(commands)), still=True))
        elif reached.here:
            rows.append(text_row("again", "No evidence was handed off that could be captured again.", still=True))
        first = next((id for id, pair in self._pairs.items() if pair.after is None), None) if reached.here else None
        self.lay(rows, start=first)

    def enters(self) -> str | None:
        pair = self._pairs.get(self.row or "")
        return "" if pair is None else "check" if pair.after is None else "what differs"

    def why_not(self, action: str, parameters: tuple[object, ...]) -> str:
        if action == "capture" and self.row not in self._pairs:
            return "this row is no evidence"
        return super().why_not(action, parameters)

    def action_capture(self) -> None:
        if (pair := self._pairs.get(self.row or "")) is not None:
            self.post_message(self.Chosen(pair, again=True))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if (pair := self._pairs.get(event.option_id or "")) is not None:
            self.post_message(self.Chosen(pair, again=False))


def _then(each: Then) -> Content:
    glyph, style = ("≠", "$text-warning bold") if each.differs else ("=", "$text-success")
    return Content.assemble(
        (f"{glyph} {safe(each.what)}  ", style),
        (f"then: {safe(each.then, 200)}", MUTED),
        f"\n    now: {safe(each.now, 300)}",
    )


def _pair(pair: Again, busy: bool, enter: str) -> Content:
    how = " ".join(pair.item.run) if pair.item.run else pair.item.file or pair.item.pick or ""
    told: tuple[str, str]
    if busy:
        told = ("⟳ being captured", "$text-accent bold")
    elif pair.after is None:
        told = (f"○ then {clock(pair.before.at)}; {enter} captures it again", MUTED)
    elif pair.same:
        told = (f"= says the same at {clock(pair.after.at)}", "$text-success")
    else:
        told = (f"≠ differs at {clock(pair.after.at)}; {enter} shows how", "$text-warning bold")
    return Content.assemble((f"{pair.item.id}  ", "bold"), safe(how, 120), "\n    ", told)
