"""Where does somebody want to go? What ctrl+p offers: actions, rungs, logs, evidence, incidents, runs, themes.

One list of entries, made when the palette opens; what must be read from the disk comes a moment later. Texts from
outside are contents, never markup. What a key of the keyboard does is said with the key beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.command import Hits
from textual.screen import Screen

from incident_console.errors import ConsoleError, InputError
from incident_console.record import render
from incident_console.record.store import Record
from incident_console.record.summaries import Summary, summaries
from incident_console.tui import pinning
from incident_console.tui.doings import doings
from incident_console.tui.footer import keys_by_id
from incident_console.tui.offers import (
    DO,
    GO,
    OFFERED,
    OPEN,
    WATCH,
    Entry,
    Offers,
    keys,
    themes,
)
from incident_console.tui.texts import TextScreen
from incident_console.tui.words import GLYPHS, safe, size

if TYPE_CHECKING:
    from incident_console.tui.app import Console
    from incident_console.tui.desk import Desk

KEY_OF = {
    "Note": "app.note",
    "Pin lines": "app.pin",
    "Severity, impact, deadline": "app.describe",
    "Record an action": "app.act",
    "Explain an edit": "app.explain",
    "Escalate": "app.escalate",
    "Brief": "app.brief",
    "Read the record": "app.record",
    "Hand off": "app.handoff",
    "Watch another run": "app.run",
    "Take it over": "app.take-pen",
    "Since the hand-off: check again": "app.since",
    "Timeline": "app.timeline",
    "Go to facts": "app.facts",
    "Run: jobs by rule": "app.jobs",
    "Go to inbox": "app.inbox",
}
"""Actions of the desk that have a key, too: by title, the binding's id."""
SETTINGS = "`incident-console doctor --settings` shows every setting, where it comes from and which file to edit."


class AtHand(Offers):
    """What the console knows already."""

    async def startup(self) -> None:
        app: Any = self.app
        self.entries = tuple(_once(at_hand(app, self.screen)))


class OnDisk(Offers):
    """What must be read first: past incidents and other runs."""

    async def startup(self) -> None:
        app: Any = self.app
        self.entries = (*await _incidents(app), *await _runs(app))

    async def discover(self) -> Hits:
        """Below all that is at hand."""
        for number, entry in enumerate(self.entries[:OFFERED]):
            yield self._hit(entry, 0.5 - number / 1000, "")


def at_hand(app: Console, screen: Screen[object]) -> Iterator[Entry]:
    """Actions first, then places, logs, evidence, themes."""
    written = keys_by_id(screen)
    incident, picture, desk = app.incident, app.picture, app.desk
    for title, told, call in doings(desk):
        yield Entry.make("›", title, DO, call, told=told, key=written.get(KEY_OF.get(title, ""), ""), rank=0.03)
    yield from _rungs(desk)
    yield from keys(app, screen, frozenset(KEY_OF.values()))
    yield Entry.make(
        "›", "Settings", "says where", lambda: desk.tell(SETTINGS, seconds=15), told="Keys, theme, layout, notices"
    )
    for item in reversed(incident.evidence):
        where = f"rung {item.rung}" if item.rung else "in the inbox"
        surface = getattr(item.event, "surface", "kept attempt")
        yield Entry.make(
            "◂",
            pinning.title_of(item),
            OPEN,
            partial(_open, desk, item.seq),
            told=f"{where} · {surface}",
            rank=0.02,
        )
    for log in picture.logs:
        where = str(log.path).removeprefix(f"{app.plan.workdir}/") if log.path is not None else ""
        facts = (
            log.state,
            size(log.size) if log.size is not None else "",
            log.told,
            where if where != log.label else "",
        )
        told = " · ".join(filter(None, facts))
        yield Entry.make("≡", log.label, OPEN, partial(desk.open_log, log), told=f"log · {told}", rank=0.01)
    yield from themes(app)


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """An action that has a key may be named in both lists."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if entry.glyph != "›" or (entry.glyph, entry.folded[0]) not in seen:
            seen.add((entry.glyph, entry.folded[0]))
            yield entry


def _rungs(desk: Desk) -> Iterator[Entry]:
    if desk.app.session is None:
        return
    marks = {mark.id: mark.state for mark in desk.app.session.marks()}
    for number, rung in enumerate(desk.app.session.runbook.rungs, 1):
        yield Entry.make(
            GLYPHS[marks.get(rung.id, "untouched")],
            f"Go to {number} {rung.title}",
            GO,
            partial(desk.app.go, rung.id),
            told=rung.question,
            beside=f"rung {rung.role} {rung.id}",
            key=desk.key(f"app.rung{number}") if number < 10 else "",
            rank=0.04,
        )


def _open(desk: Desk, seq: int) -> None:
    desk.start(desk.climb.show_item(seq))


async def _incidents(app: Console) -> list[Entry]:
    """Of the records folder, newest first."""
    try:
        found = await asyncio.to_thread(summaries, app.plan.who.records)
    except ConsoleError as fault:
        return [Entry.make("⚠", str(fault), "closes this", lambda: None)]
    here = app.session.record.path.name if app.session is not None else ""
    newest = (each for each in reversed(found.found) if each.id != here)
    return [_incident(app, each, rank=-0.001 * min(number, 9)) for number, each in enumerate(newest)]


def _incident(app: Console, each: Summary, rank: float) -> Entry:
    told = " · ".join(filter(None, (each.state, each.class_, each.title, each.workdir)))
    desk = app.desk
    if each.closed:
        return Entry.make("§", each.id, "reads it", lambda: desk.start(_read(app, each.path)), told=told, rank=rank)
    how = f"It is {safe(each.state, 80)}. After {desk.key('app.quit')}: incident-console resume {each.id}"
    return Entry.make("§", each.id, "says how to resume", lambda: desk.tell(how, seconds=15), told=told, rank=rank)


async def _read(app: Console, path: Path) -> None:
    """A past incident's record, as it stands on the disk."""
    record = Record(path)

    def read() -> str:
        incident = record.incident()
        if not incident.lines:
            raise InputError(incident.fault or f"{path}: its journal is empty")
        return render.record_md(incident, record.blobs.peek)

    text = await app.desk.long.do(f"{path.name} is being read", lambda _: read())
    read_at = f"{datetime.now(UTC):%H:%M:%SZ}"
    await app.push_screen(TextScreen(f"{path.name}, read at {read_at}; nothing is written to it", text))


async def _runs(app: Console) -> list[Entry]:
    live = app.live
    if live is None or app.session is None:
        return []
    found: list[Entry] = []
    for path, told in await asyncio.to_thread(live.runs):
        found.append(Entry.make("●", f"Run {told}", WATCH, partial(app.desk.watch, path), beside=path.name))
    return found
