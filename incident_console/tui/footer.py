"""Which few keys matter now? One line at the foot of every screen, made of the live bindings and one table.

A key that does nothing now is not shown: `check_action` takes it away, and a pane's `key_word` says what it would do on
the row under the cursor, or that this is not what to do next. Drawn as one line of text, and only when it changed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from incident_console.tui.after import after
from incident_console.tui.keys import written

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.screen import Screen

MOST = 6
"""Keys at most, with the two that always stand at the end."""
FIRST = (
    "app.emergency",
    "app.explain",
    "entry.take",
    "choice.take",
    "many.mark",
    "many.take",
    "entry.line",
    "ask.leave",
    "handover.write",
    "rung.cancel",
    "rung.trust",
    "rung.capture",
    "rung.take",
    "since.capture",
    "panes.zoom",
    "app.zoom",
    "log.search",
    "app.back",
    "log.pin",
    "log.follow",
    "log.next-error",
)
"""Binding ids in the order of what the operator does next, before what else the panes themselves would show."""
LATER = ("app.take-pen", *(f"app.rung{n}" for n in range(1, 10)), "app.note", "app.next", "rung.waive")
"""After that."""
LEAVING = ("app.quit", "app.quit-anywhere", "text.close", "contrast.close", "handover.back", "help.close")
"""Of these the first that works is shown."""
HELP = ".help"
"""The end of an id that opens help."""
BETWEEN = "   "
ALWAYS = 2
"""The last keys of the line stay in any case: how to leave, and help."""
TOLD_S = 8.0
"""How long it is said of a key why it does nothing; the next key takes its place before that."""


@runtime_checkable
class SaysKeys(Protocol):
    """A widget that knows more of its keys than their names."""

    def key_word(self, action: str) -> str | None:
        """What the key does now, in at most three words; empty: it is not what to do now; None: as it is described."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    key: str
    """As Textual names it."""
    word: str

    @property
    def text(self) -> str:
        return f"{written(self.key)} {self.word}"


def keys_now(screen: Screen[object], width: int) -> tuple[Key, ...]:
    """The keys to show in so many columns, in their order: leaving and help stand last, and stay longest."""
    found: dict[str, Key] = {}
    shown: list[str] = []
    for active in screen.active_bindings.values():
        key = _key(active)
        if key is None:
            continue
        if active.binding.show and key.id not in found:
            shown.append(key.id)
        if key.id not in found or _plainer(key.key, found[key.id].key):
            found[key.id] = key
    ends = [found[id] for id in LEAVING if id in found][:1]
    ends += [key for key in found.values() if key.id.endswith(HELP)][:1]
    last = {key.id for key in ends}
    others = [id for id in shown if id not in (*FIRST, *LATER) and id not in LEAVING and not id.endswith(HELP)]
    order = (*(id for id in FIRST if id in found), *others, *(id for id in LATER if id in found))
    wanted = [found[id] for id in order if id not in last][: MOST - len(ends)]
    while wanted and _width([*wanted, *ends]) > width:
        wanted.pop()
    return (*wanted, *ends)


def keys_by_id(screen: Screen[object]) -> dict[str, str]:
    """By binding id, the key that works for it now, as it is written."""
    found: dict[str, str] = {}
    for _, binding, enabled, _ in screen.active_bindings.values():
        if binding.id and enabled and (binding.id not in found or _plainer(binding.key, found[binding.id])):
            found[binding.id] = binding.key
    return {id: written(key) for id, key in found.items()}


def _plainer(key: str, than: str) -> bool:
    """A plain letter is told before the same with a modifier."""
    return "+" in than and "+" not in key


def _key(active: ActiveBinding) -> Key | None:
    node, binding, enabled, _ = active
    if not binding.id or not enabled:
        return None
    word: str | None = None
    if isinstance(node, SaysKeys):
        word = node.key_word(binding.action)
    word = binding.description if word is None else word
    return Key(binding.id, binding.key, word) if word else None


def _width(keys: list[Key]) -> int:
    return 1 + sum(len(key.text) + len(BETWEEN) for key in keys) - len(BETWEEN)


class KeyLine(Widget, can_focus=False):
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; background: $footer-background; color: $footer-foreground; }
    """

    keys: reactive[tuple[Key, ...]] = reactive(())
    work: reactive[str] = reactive("")
    """What is under way and takes its time; it stands before the keys, which give way to it."""
    refused: reactive[str] = reactive("")
    """Why the key that was pressed last does nothing; most keys give way to it until the next one, or for `TOLD_S`."""

    _told: asyncio.TimerHandle | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, screen: Screen[object]) -> None:
        self.call_after_refresh(self.look)

    def on_resize(self) -> None:
        self.look()

    def look(self) -> None:
        """What matters may have changed."""
        if self.is_attached:
            self.keys = keys_now(self.screen, self.size.width - self._begin + 1)

    def watch_work(self) -> None:
        self.look()

    def refuse(self, because: str) -> None:
        """Say why a key does nothing; empty: the keys stand there again."""
        if self._told is not None:
            self._told.cancel()
        self._told = after(self, TOLD_S, partial(self.refuse, "")) if because else None
        self.refused = because

    @property
    def _begin(self) -> int:
        """The column at which the keys begin."""
        return 1 + (cell_len(self.work) + len(BETWEEN) if self.work else 0)

    def render(self) -> Content:
        parts: list[str | tuple[str, str] | Content] = [" "]
        if self.work:
            parts += [(self.work, "bold $text-accent"), BETWEEN]
        keys = self.keys
        if self.refused:
            keys = keys[-ALWAYS:]
            room = self.size.width - self._begin - sum(len(key.text) + len(BETWEEN) for key in keys) - len(BETWEEN)
            told = Content.styled(f"⊘ {self.refused}", "bold $text-warning").truncate(max(1, room), ellipsis=True)
            parts += [told, BETWEEN]
        for key in keys:
            parts += [(written(key.key), "bold $footer-key-foreground"), f" {key.word}{BETWEEN}"]
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """A key that is clicked is pressed."""
        if self.refused:
            self.refuse("")
            return
        at = self._begin
        for key in self.keys:
            if at <= event.x < at + len(key.text):
                self.app.simulate_key(key.key)
            at += len(key.text) + len(BETWEEN)
