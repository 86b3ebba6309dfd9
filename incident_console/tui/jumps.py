"""From an event of the timeline to what it speaks of: the evidence, the place in the log, the diff, the rung."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from incident_console import events
from incident_console.errors import InputError
from incident_console.events import Recorded
from incident_console.record.timeline import sentence
from incident_console.snakemake.causes import Source
from incident_console.tui.ask import Question
from incident_console.tui.log.view import LogView
from incident_console.tui.texts import TextScreen
from incident_console.tui.timeline import Timeline

if TYPE_CHECKING:
    from incident_console.tui.desk import Desk

Kept = events.EvidenceCaptured | events.EvidenceFailed | events.AttemptKept | events.LogPinned


class Jump:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._app = desk.app

    async def to(self, seq: int, focus: bool) -> None:
        """`focus`: go there, and where there is no such place, open a page with all that the event says."""
        incident = self._app.incident
        line = incident.lines[seq - 1]
        event = line.event
        match event:
            case events.LogPinned() if focus and await self._desk.in_thread(self._stands, event):
                self._desk.open_place(Source(event.path, event.lines[0] if event.lines else 0))
            case events.EvidenceCaptured() | events.EvidenceFailed() | events.AttemptKept() | events.LogPinned():
                await self._desk.climb.show_item(seq, focus=focus)
            case events.EvidenceFiled() if incident.item(event.of) is not None:
                await self._desk.climb.show_item(event.of, focus=focus)
            case events.EvidenceStarted() if (ended := self._end_of(seq)) is not None:
                await self._desk.climb.show_item(ended, focus=focus)
            case events.EditObserved(diff_sha256=str()):
                await self._diff(event, focus)
            case events.EditExplained() if event.of and event.of[0] in incident.edits:
                await self._diff(incident.edits[event.of[0]].event, focus)
            case events.RungEntered() | events.RungAnswered() | events.RungCompleted() | events.RungWaived() if focus:
                self._rung(line, event.rung)
            case events.RunSeen() if focus and await self._desk.in_thread(self._is_here, event.log):
                self._desk.open_place(Source(event.log, 0))
            case _ if focus:
                self._page(line)

    async def find(self) -> None:
        rows = self._app.query_one(Timeline).rows
        question = Question("text", "Which events? Those that hold this text", draft=rows.steps.text, optional=True)
        answers = await self._desk.ask("timeline", question)
        if answers is not None:
            rows.filter(rows.steps.groups, str(answers["text"]))

    def _stands(self, event: events.LogPinned) -> bool:
        """Whether the very file that was pinned is still there, as long as it was: else what was kept is shown."""
        view = self._desk.view
        if self._desk.review is not None and not self._desk.review.is_reachable:
            return False
        try:
            facts = (view.workdir / event.path).stat()
        except (OSError, ValueError):
            return False
        return event.lines is not None and facts.st_ino == event.inode and facts.st_size >= event.bytes[1]

    def _is_here(self, log: str) -> bool:
        review = self._desk.review
        return (review is None or review.is_reachable) and "\0" not in log and (self._desk.view.workdir / log).is_file()

    def _end_of(self, seq: int) -> int | None:
        ends = (item for item in reversed(self._app.incident.evidence) if getattr(item.event, "of", None) == seq)
        return next((item.seq for item in ends), None)

    async def _diff(self, event: events.EditObserved, focus: bool) -> None:
        """Raises InputError when it is not what was recorded."""
        if not event.diff_sha256:
            raise InputError(f"no diff was kept of this edit of {event.path}")
        diff = await self._desk.in_thread(self._desk.view.record.blobs.get, event.diff_sha256)
        self._app.stream.leave()
        self._app.query_one(LogView).show_text(f"edit of {event.path}", diff)
        if focus:
            self._app.show_log()

    def _rung(self, line: Recorded, rung: str) -> None:
        if any(rung == each.id for each in self._desk.view.runbook.rungs):
            self._app.go(rung)
        else:
            self._page(line)

    def _page(self, line: Recorded) -> None:
        data = orjson.dumps(line.event.data(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
        facts = f"{line.kind}, recorded {line.at} by {line.by}, session {line.session}\nhash {line.hash}"
        self._app.push_screen(
            TextScreen(f"Event {line.seq}", f"{sentence(line, self._app.incident.rungs)}\n\n{facts}\n\n{data}")
        )
