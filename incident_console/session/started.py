"""What do the commands that the console started say and do: the run of `open -- COMMAND`, the sources beside the logs?

What they begin and how they end is recorded; their output is in the list of logs; what an operator must know of them
stands on the first screen. The thread that follows the run calls it.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from incident_console import events
from incident_console.errors import HeldError, InputError
from incident_console.record.clock import moment, stamp
from incident_console.record.text import elapsed
from incident_console.session.core import Session
from incident_console.session.launch import Launch, State, launches, runs_folder
from incident_console.session.logs import LogEntry
from incident_console.session.picture import CommandSeen
from incident_console.session.said import clean_text
from incident_console.session.sources import SPOOLS, SourceCommand

LINE_LIMIT = 60
LAST_BYTES = 4096


class Started:
    """The runs of this incident and the sources of this sitting. `look` may be called as often as one likes."""

    def __init__(self, session: Session, sources: tuple[tuple[str, ...], ...] = ()) -> None:
        self._session = session
        self._runs = runs_folder(session.record.path.parent)
        self._wanted = list(sources)
        self._sources: list[SourceCommand] = []
        self._over: dict[str, int] = {}
        """By spool, the exit code that was recorded."""
        self._refused: list[str] = []
        self._launches: dict[str, tuple[Launch, State]] = {}
        self._seen: set[str] = set()
        """Runs that were looked at, ours or not."""
        self._recorded: dict[str, int] = {}
        """By run, the `seq` of the action that began it."""
        self._held: set[str] = set()
        """Runs whose beginning waits in memory for the disk."""
        self._results: set[str] = set()
        """Runs whose end is in the record."""
        self._look_up()

    def _look_up(self) -> None:
        """Which runs the record knows of."""
        for line in tuple(self._session.incident.lines):
            if isinstance(line.event, events.ActionTaken) and (id := line.event.launch):
                self._recorded.setdefault(id, line.seq)
                if line.event.result != events.UNKNOWN:
                    self._results.add(id)

    @property
    def running(self) -> bool:
        """Whether a run goes on that the console started: what changes in the workdir may be its doing."""
        return any(state.kind == "running" for _, state in self._launches.values())

    @property
    def files(self) -> tuple[Path, ...]:
        return (*(launch.output for launch, _ in self._newest), *(source.path for source in self._sources))

    def find(self) -> None:
        """Look for runs of this incident, and for one that goes on in its workdir; start the sources that wait."""
        while self._wanted:
            self._follow(self._wanted.pop(0))
        for launch in launches(self._runs, self._seen):
            self._seen.add(launch.id)
            ours = launch.incident == self._session.id
            if ours or launch.cwd == self._session.workdir:
                state = launch.state()
                if ours or state.kind == "running":
                    self._launches[launch.id] = launch, state

    def look(self) -> None:
        """Record what began and what ended since the last look. Raises RecordError; then it is tried again."""
        for id, (launch, state) in self._launches.items():
            if state.kind == "running":
                self._launches[id] = launch, launch.state()
        incident = self._session.incident
        if incident.closed is not None:
            return
        if self._held and not self._session.held:
            self._look_up()
            self._held.clear()
        for launch, state in reversed(self._newest):
            if launch.id in self._held:
                continue
            if not incident.rests or self._is_after_the_offer(launch):
                self._record(launch, state)
        for source in self._sources if not incident.rests else ():
            code = source.exit_code()
            if code is not None and str(source.path) not in self._over:
                self._over[str(source.path)] = code
                self._note(f"The source `{source.line}` ended with exit {code}.")

    def _is_after_the_offer(self, launch: Launch) -> bool:
        """A record that was handed off rests, but what is started in it since then is somebody's doing."""
        offered = moment(self._session.incident.offered[-1].at)
        return launch.incident == self._session.id and offered is not None and launch.started_at > offered

    def close(self) -> None:
        """End the sources; the runs are not touched."""
        for source in self._sources:
            source.close()

    # -- what is shown -------------------------------------------------------------------------------------------

    def entries(self) -> tuple[LogEntry, ...]:
        """One row for each run's output, newest first, and for each source."""
        rows = []
        for launch, state in self._newest:
            told = f"exit {state.exit_code}" if state.kind == "ended" else "" if state.kind == "running" else state.kind
            good = {"running": "running", "elsewhere": "other"}.get(state.kind, "failed")
            row = _row(f"output of {_short(launch.title)}", launch.output, told, _glyph(state, good))
            rows.append(replace(row, twin=True))
        for source in self._sources:
            code = self._over.get(str(source.path))
            told = "" if code is None else f"exit {code}"
            rows.append(
                _row(f"source: {_short(source.line)}", source.path, told, "running" if code is None else "other")
            )
        return tuple(rows)

    def notices(self, *, run_log: bool) -> tuple[str, ...]:
        """Sentences on the newest run, and on what went wrong with a source. `run_log`: the run tells of itself."""
        told = list(self._refused)
        for launch, state in self._newest[:1]:
            if state.kind == "running" and not run_log:
                told.append(self._going_on(launch))
            elif state.kind != "running" and not _went_well(state):
                last = "" if run_log else _last_line(launch.output)
                told.append(self._end(launch, state) + (f" Its last line: {last}" if last else ""))
        told += (f"source `{_short(each.line)}`: {each.notice}" for each in self._sources if each.notice)
        return tuple(told)

    def newest(self) -> CommandSeen | None:
        """How the newest run stands, for where the engine does not tell it."""
        if not self._newest:
            return None
        launch, state = self._newest[0]
        if state.kind == "running":
            status, told = "running", f"since {launch.started_at:%H:%M:%SZ}, pid {launch.command.pid}"
        elif state.kind == "ended":
            status, told = "succeeded" if _went_well(state) else "failed", _how(state)
        else:
            status, told = "unknown", "its end cannot be seen from here"
        return CommandSeen(_short(launch.title), status, told, str(launch.output))

    def news(self) -> tuple[str, ...]:
        """That the newest run ended well."""
        return tuple(self._end(launch, state) for launch, state in self._newest[:1] if _went_well(state))

    def _going_on(self, launch: Launch) -> str:
        last = _last_line(launch.output)
        says = f"its last line: {last}" if last else "it has said nothing so far."
        return f"`{_short(launch.title)}` runs since {launch.started_at:%H:%M:%SZ}, pid {launch.command.pid}; {says}"

    def _end(self, launch: Launch, state: State) -> str:
        what = f"`{_short(launch.title)}`"
        if state.kind == "elsewhere":
            return f"{what} was started on {launch.host}; whether it still goes on cannot be seen from here."
        ago = "" if state.ended_at is None else f", {_ago(self._session.clock.now(), state.ended_at)}"
        return f"{what} {_how(state)}{ago}."

    @property
    def _newest(self) -> list[tuple[Launch, State]]:
        return sorted(self._launches.values(), key=lambda pair: pair[0].started_at, reverse=True)

    # -- what is recorded ----------------------------------------------------------------------------------------

    def _follow(self, argv: tuple[str, ...]) -> None:
        try:
            source = SourceCommand(argv, self._session.workdir, self._session.record.path.parent / SPOOLS)
        except InputError as fault:
            self._refused.append(str(fault))
            return
        self._sources.append(source)
        self._note(f"The source `{source.line}`, pid {source.pid}, is followed beside the logs.")

    def _note(self, text: str) -> None:
        self._session.append(events.NoteAdded(text=clean_text(text)))

    def _record(self, launch: Launch, state: State) -> None:
        text = clean_text(f"started `{launch.line}`, pid {launch.command.pid} on {launch.host}")
        if launch.id not in self._recorded:
            began = events.ActionTaken(
                text=text, why=launch.why, launch=launch.id, occurred_at=stamp(launch.started_at)
            )
            try:
                self._recorded[launch.id] = self._session.append(began).seq
            except HeldError:
                self._held.add(launch.id)  # its end is told once it is known which entry that puts right
                return
        if state.kind in ("ended", "lost") and launch.id not in self._results:
            took = elapsed(launch.started_at, state.ended_at).lstrip("+")
            ended = events.ActionTaken(
                corrects=self._recorded[launch.id],
                text=text,
                why=launch.why,
                result=f"{_how(state)}{f', after {took}' if took else ''}",
                launch=launch.id,
                occurred_at=stamp(state.ended_at) if state.ended_at else None,
                nature="fact",
            )
            with suppress(HeldError):
                self._session.append(ended)
            self._results.add(launch.id)


def _how(state: State) -> str:
    if state.kind == "ended" and state.ended_at is not None:
        return f"ended with exit {state.exit_code} at {state.ended_at:%H:%M:%SZ}"
    return "ended, and how is not known: the process that waited for it was ended, too, or the machine restarted"


def _went_well(state: State) -> bool:
    return state.kind == "ended" and state.exit_code == 0


def _glyph(state: State, otherwise: str) -> str:
    return "succeeded" if _went_well(state) else otherwise


def _row(label: str, path: Path, told: str, state: str) -> LogEntry:
    try:
        facts = path.stat()
    except OSError:
        return LogEntry(f"file:{path}", label, state, None, told=told or "its output is gone")
    return LogEntry(f"file:{path}", label, state, path, facts.st_size, facts.st_mtime, facts.st_ino, told=told)


def _short(line: str) -> str:
    return line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…"


def _ago(now: datetime, then: datetime) -> str:
    """In minutes, so that what is shown does not change each second."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"on {then.astimezone(UTC):%Y-%m-%d}"


def _last_line(path: Path) -> str:
    """The last line that says something; of a progress bar, its last state."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            facts = os.fstat(fd)
            size = facts.st_size if stat.S_ISREG(facts.st_mode) else 0
            data = os.pread(fd, LAST_BYTES, max(0, size - LAST_BYTES)) if size else b""
        finally:
            os.close(fd)
    except OSError:
        return ""
    lines = [line.strip() for line in re.split(r"[\r\n]", data.decode("utf-8", "replace")) if line.strip()]
    return lines[-1][:120] if lines else ""
