"""How is one, or are several, of many chosen? By moving, or by typing a part of it; what nothing fits may be own words.

At most `SHOWN` rows are laid out however many choices there are: who has 10,000 types a part of what is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from incident_console.tui.inorder import run_bound
from incident_console.tui.livekeys import key
from incident_console.tui.words import safe

if TYPE_CHECKING:
    from incident_console.tui.ask import Ask, Question

SHOWN = 200
CHOICE_LIMIT = 200
"""Characters of a choice that are shown."""
FILTER_LIMIT = 200
"""Characters that can be typed to look for a choice, or as an answer in own words."""


def fitting(lowered: Sequence[str], wanted: str) -> list[int]:
    """The places of the texts, all in lower case, that hold every word of `wanted`, in their order."""
    words = wanted.lower().split()
    return [at for at, text in enumerate(lowered) if all(word in text for word in words)]


class Choose(OptionList):
    """One of several: Enter takes. `Many` marks with space, and Enter takes what is marked."""

    several: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "take", id="choice.take", tooltip="Take the choice under the cursor, or the marked")
    ]

    def __init__(self, panel: Ask, question: Question) -> None:
        super().__init__(classes="ask-field", markup=False)
        self._panel, self._question = panel, question
        self._choices, self._labels = list(question.choices), question.labels
        drafted = [part for part in question.draft.split("\n") if part] if self.several else [question.draft]
        if question.own:
            self._choices += [part for part in drafted if part and part not in question.choices]
        self._lowered = [self._label(choice).lower() for choice in self._choices]
        self._marked = dict.fromkeys(part for part in drafted if self.several and part in self._choices)
        self._places: list[int] = []
        self.typed = ""
        """What the rows are looked for by."""
        self._lay()
        if not self.several and question.draft in self._choices[:SHOWN]:
            self.highlighted = self._choices.index(question.draft)

    # -- what is shown -------------------------------------------------------------------------------------------

    @property
    def told(self) -> str:
        """How many of how many are shown, and how many are marked; empty where all are in view."""
        said = []
        if self._in_vain:
            said.append(self._nothing_fits)
        elif self.typed:
            said.append(f"looking for “{self.typed}”: {self._found} of {len(self._choices)}")
        elif self._found > SHOWN:
            said.append(f"the first {SHOWN} of {self._found}: type a part of it")
        if self._marked:
            said.append(f"{len(self._marked)} marked")
        elif self.several and not said:
            said.append(f"a list: {self._key('many.mark')} marks a row, {self._key('choice.take')} takes the marked")
        return " · ".join(said)

    def _key(self, id: str) -> str:
        return key(self._panel.app, id)

    @property
    def _in_vain(self) -> bool:
        """What was typed is in no choice, and own words are no answer."""
        return bool(self.typed.strip()) and not self._found and not self._own_words

    @property
    def _nothing_fits(self) -> str:
        leaves, puts = self._key("ask.leave"), self._key("entry.yank")
        return (
            f"no choice matches “{self.typed}”; own words are not possible here, {leaves} leaves it for later, "
            f"and {puts} in a note puts it there"
        )

    @property
    def draft(self) -> str | None:
        """What would be lost by leaving; None where nothing was done that could be."""
        return "\n".join(self._marked) if self.several else None

    @property
    def strayed(self) -> str:
        """What was typed here and is no answer here."""
        return self.typed.strip() if self._in_vain else ""

    def _lay(self) -> None:
        places = fitting(self._lowered, self.typed)
        self._found, self._places = len(places), places[:SHOWN]
        if self._in_vain:  # the choices stay in view, and none of them is under the cursor
            self._places = list(range(min(len(self._choices), SHOWN)))
        options = [Option(self._row(at)) for at in self._places]
        if self._own_words:
            options.append(Option(Content(f"✎ “{safe(self.typed)}” in these words")))
        self.clear_options()
        self.add_options(options)
        self.highlighted = 0 if options and not self._in_vain else None

    def renew(self, choices: Sequence[str], labels: Mapping[str, str]) -> None:
        """Offer these; what was offered before stays, below them, and the cursor stays on its row's meaning."""
        offered = [*choices, *(choice for choice in self._choices if choice not in frozenset(choices))]
        if offered == self._choices and labels == self._labels:
            return
        at = self.highlighted
        under = self._choices[self._places[at]] if at is not None and at < len(self._places) else None
        self._choices, self._labels = offered, labels
        self._lowered = [self._label(choice).lower() for choice in offered]
        self._lay()
        rows = [self._choices[place] for place in self._places]
        if under in rows:
            self.highlighted = rows.index(under)
        elif at is not None and self.option_count:
            self.highlighted = min(at, self.option_count - 1)

    def _label(self, choice: str) -> str:
        return safe(self._labels.get(choice, choice), CHOICE_LIMIT)

    def _row(self, at: int) -> Content:
        choice = self._choices[at]
        mark = ("[✓] " if choice in self._marked else "[ ] ") if self.several else ""
        return Content(mark + self._label(choice))

    @property
    def _own_words(self) -> bool:
        return self._question.own and bool(self.typed.strip()) and self.typed.strip() not in self._choices

    # -- what is done --------------------------------------------------------------------------------------------

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is a letter of what is looked for: then it does nothing else."""
        return character is not None and character.isprintable() and not (key == "space" and self._marks)

    async def _on_key(self, event: events.Key) -> None:
        """Letters look for a row. Keys in the order in which they were pressed."""
        if self._panel.passes_on(self, event):
            return
        if event.key == "backspace" and self.typed:
            self._look_for(self.typed[:-1])
        elif event.key == "ctrl+u" and self.typed:
            self._look_for("")
        elif event.character is not None and self.check_consume_key(event.key, event.character):
            self._look_for((self.typed + event.character)[:FILTER_LIMIT])
        else:
            await run_bound(event, self, self._panel)
            return
        event.stop().prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._look_for((self.typed + safe(event.text, FILTER_LIMIT))[:FILTER_LIMIT])

    @property
    def _marks(self) -> bool:
        """Whether space marks; in own words, and among choices of which one is taken, it is a letter."""
        return self.several and bool(self._places) and self.highlighted is not None

    def _look_for(self, text: str) -> None:
        self.typed = text.lstrip()
        self._lay()
        self._panel.chosen()

    def action_select(self) -> None:
        at = self.highlighted
        if at is None and self._in_vain:
            because = self._nothing_fits
            self._panel.put_by(self.strayed)
            self._look_for("")
            self._panel.refuse(because)
        elif self.several:
            self._take_marked(at)
        elif at is not None:
            self._panel.give(self._choices[self._places[at]] if at < len(self._places) else self.typed.strip())

    def _take_marked(self, at: int | None) -> None:
        """What was typed in own words is marked first: the next Enter takes it with the others."""
        if at is not None and at == len(self._places) and self._own_words:
            self._choices.append(own := self.typed.strip())
            self._lowered.append(own.lower())
            self._marked[own] = None
            self._look_for("")
        elif not self._marked and not self._question.optional:
            self._panel.refuse(f"Nothing is marked: {self._key('many.mark')} marks the row under the cursor")
        else:
            self._panel.give(tuple(choice for choice in self._choices if choice in self._marked))


class Many(Choose):
    several = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="many.mark", tooltip="Mark the row under the cursor, or not"),
    ]

    def action_mark(self) -> None:
        if self.highlighted is None or self.highlighted >= len(self._places):
            return
        at = self._places[self.highlighted]
        if self._choices[at] in self._marked:
            del self._marked[self._choices[at]]
        else:
            self._marked[self._choices[at]] = None
        self.replace_option_prompt_at_index(self.highlighted, self._row(at))
        self._panel.chosen()
