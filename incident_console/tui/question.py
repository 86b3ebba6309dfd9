"""What is one question: its words, what may be answered, and what stands in its field when it opens?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["text", "lines", "choice", "many"]
"""`lines`: text that may grow to several lines."""


class Check(Protocol):
    """Looks at a text while it is typed: what is told beside it, and whether it can be taken."""

    def __call__(self, text: str, /) -> tuple[str, bool]: ...


@dataclass(frozen=True, slots=True)
class Aside:
    """Asked beside a text, with an answer that may be left as it is: a key turns to the next of its choices."""

    id: str
    choices: tuple[str, ...]
    chosen: str

    @property
    def next(self) -> str:
        at = self.choices.index(self.chosen) if self.chosen in self.choices else -1
        return self.choices[(at + 1) % len(self.choices)]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. `optional`: an empty answer is taken.

    `draft` stands in the field when it opens: text, the choice under the cursor, or the marked choices, one a line.
    """

    id: str
    prompt: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    help: str = ""
    draft: str = ""
    optional: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    """How a choice is shown, where it is not shown as it is."""
    cursor: str = ""
    """Where it stands in the draft: `row,column`; empty: at the end."""
    own: bool = False
    """Other words than the choices are an answer, too."""
    check: Check | None = None
    spot: Callable[[], str] | None = None
    """Gives the text for the key of `SPOT`; empty where there is none."""
    aside: Aside | None = None
    offered: Callable[[], tuple[tuple[str, ...], Mapping[str, str]]] | None = None
    """Gives the choices and their labels as they are by now, where the logs go on while it is asked."""
    redraft: Callable[[str], str] | None = None
    """Gets the draft, gives what is suggested by now; the draft itself where it is somebody's own."""
