"""Which keys work wherever one stands. Panes have their own beside these; help is made from what is live."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.keys import format_key


def _key(
    key: str, action: str, word: str, name: str, told: str, *, show: bool = False, first: bool = False, glyph: str = ""
) -> Binding:
    """`first`: before what the pane with the focus would do with the key. `glyph`: how the key is written."""
    return Binding(key, action, word, show, key_display=glyph or None, priority=first, tooltip=told, id=f"app.{name}")


KEYS: list[BindingType] = [
    _key("y", "explain", "why", "explain", "Say why the workflow was edited before the gate was open", show=True),
    _key(
        "E",
        "emergency",
        "not saved",
        "emergency",
        "Copy elsewhere what is held in memory; take in what an earlier sitting left",
        show=True,
    ),
    _key(
        "escape",
        "leave_question",
        "leave",
        "leave",
        "Leave the question, what was typed is kept; or the card of the first run",
    ),
    _key(
        "escape", "end_work", "end it", "end-work", "End what is under way, as the foot of the screen tells", first=True
    ),
    _key(
        "escape",
        "to_centre",
        "back",
        "back",
        "From a log back to where it was opened; from the lists and the ladder to what stands in the middle",
        show=True,
    ),
    _key("n", "note", "note", "note", "Write a note into the record", show=True),
    _key("tab", "pane(1)", "pane", "next", "Go to the next pane", show=True, first=True),
    _key("question_mark,f1", "help", "Help", "help", "Every key that works now", show=True, glyph="?"),
    _key("q", "leave", "quit", "quit", "Leave; all is saved, or it says what is not", show=True),
    _key("ctrl+q", "leave", "quit at once", "quit-anywhere", "Leave from a page, too, or while you type", first=True),
    _key("ctrl+z", "suspend_process", "shell", "suspend", "Back to the shell; its fg comes back here", glyph="^z"),
    _key("ctrl+l", "redraw", "redraw", "redraw", "Draw the screen anew, when something else wrote on it", first=True),
    _key("shift+tab", "pane(-1)", "pane before", "previous", "Go back a pane", first=True),
    _key("ctrl+p", "command_palette", "palette", "palette", "The palette: every action and every rung", first=True),
    _key("p", "pin", "pin", "pin", "Keep the log's line, or the selected ones, as evidence"),
    _key("u", "run", "run", "jobs", "The run: jobs by rule, failures by cause, cost, when it ends"),
    _key("i", "inbox", "inbox", "inbox", "What was captured and not yet laid to a rung"),
    _key("v", "evidence", "evidence", "evidence", "All evidence: narrow it, open, compare, weigh, capture again"),
    _key("b", "brief", "brief", "brief", "The brief: twelve lines to paste into a chat"),
    _key("a", "act", "action", "act", "Record something that was done, why, and what to expect"),
    _key(
        "exclamation_mark",
        "escalate",
        "escalate",
        "escalate",
        "Escalate: where the evidence points",
        glyph="!",
    ),
    _key("s", "describe", "severity", "describe", "Say how bad it is: severity, impact, deadline"),
    _key("h", "handoff", "hand off", "handoff", "Hand over: what a receiver needs, and the bundle for them"),
    _key("K", "close_incident", "close", "close", "Close the incident: outcome, cause, proof, and the check"),
    _key("d", "record", "record", "record", "Read the record as it stands"),
    _key("l", "timeline", "timeline", "timeline", "Everything that happened, event by event"),
    _key("C", "since", "check again", "since", "What changed since the hand-off; the same evidence captured again"),
    _key("P", "take_pen", "take", "take-pen", "Take the pen, or accept the bundle, and write here", show=True),
    _key("r", "switch_run", "other run", "run", "Watch another run of this workflow"),
    _key("0", "rung(0)", "facts", "facts", "The facts: what is seen without asking"),
    *(_key(str(n), f"rung({n})", f"rung {n}", f"rung{n}", f"Go to rung {n}") for n in range(1, 10)),
]

WRITES = frozenset({"explain", "note", "pin", "act", "escalate", "describe", "handoff", "close_incident"})
"""Actions that put something in the record: where it is only read they are not offered."""

WRITING_KEYS = frozenset(
    key
    for binding in KEYS
    if isinstance(binding, Binding) and binding.action in WRITES
    for key in binding.key.split(",")
) | {"c", "t", "w", "m", "P", "plus", "minus"}
"""Their keys, and those of the panes that write; pressed where nothing may be written they are refused in words."""

NEEDS_AN_INCIDENT = frozenset(binding.action.partition("(")[0] for binding in KEYS if isinstance(binding, Binding)) - {
    "pane",
    "help",
    "leave",
    "command_palette",
    "leave_question",
    "end_work",
    "suspend_process",
    "redraw",
}
"""Actions that wait until the incident is open."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "moving": (
        "next",
        "previous",
        "back",
        "zoom",
        "wider",
        "narrower",
        "grow",
        "shrink",
        "all",
        "palette",
        "redraw",
        "help",
    ),
    "ladder": ("facts", *(f"rung{n}" for n in range(1, 10)), "jobs", "inbox", "timeline", "since", "run"),
    "evidence": ("pin", "evidence", "contrast"),
    "logs": ("stream",),
    "saying": ("note", "act", "escalate", "describe", "explain"),
    "record": ("brief", "record", "handoff", "take-pen", "close", "emergency"),
    "leaving": ("leave", "leave_question", "quit", "quit-anywhere", "suspend", "end-work"),
}
"""How help sorts what works everywhere: by the name in the binding's id."""

OTHERWISE = "more"
HELD = "ctrl+"

NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
"""How a key is written where its letter alone would not tell."""


def group_of(id: str) -> str:
    """In which of `GROUPS` a key that works everywhere stands."""
    name = id.partition(".")[2]
    return next((group for group, names in GROUPS.items() if name in names), OTHERWISE)


def plainest(keys: Iterable[str]) -> str:
    """The key to name of several that do the same: a plain letter before the same with a modifier; else the first."""
    return min(keys, key=lambda key: "+" in key)


def written(key: str) -> str:
    """A key as one reads it on the keyboard: `?`, `Enter`, `ctrl+p`."""
    *held, last = key.split("+")
    return "+".join((*held, NAMES.get(last) or _sign(last) or format_key(last)))


def _sign(name: str) -> str:
    """`§` for `section_sign`: Textual calls a sign by its name in Unicode."""
    try:
        return unicodedata.lookup(name.replace("_", " ")) if "_" in name else ""
    except KeyError:
        return ""


def briefly(written: str) -> str:
    """The same where there is little room: `^P` for `ctrl+p`."""
    return f"^{written[len(HELD) :].upper()}" if written.startswith(HELD) else written
