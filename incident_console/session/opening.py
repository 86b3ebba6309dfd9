"""How an incident begins, and how it is taken up again.

Opening captures the state before anyone edits the workflow: the uncommitted diff and the hashes of the watched files.
Resuming is reading: the same fold, then what happened meanwhile is recorded (a torn line set aside, commands that were
cut off, edits made while no console was open).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from incident_console import __version__, events, gate
from incident_console.errors import ConsoleError, InputError, Refused, UsageError
from incident_console.evidence.facts import git_state, reentry
from incident_console.evidence.names import shown
from incident_console.record.clock import Clock, SystemClock, stamp
from incident_console.record.incident import Incident, fold
from incident_console.record.journal import Journal, read
from incident_console.record.store import Record, all_records, new_id
from incident_console.runbook import shelf
from incident_console.runbook.load import Loaded, loads
from incident_console.runbook.schema import Runbook
from incident_console.session import launch
from incident_console.session.core import Session, new_writer
from incident_console.snakemake.find import is_workflow

JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Who:
    """Who writes, and where records and trust are kept."""

    operator: str
    records: Path
    trust: Path

    @property
    def by(self) -> str:
        return f"{self.operator}@{socket.gethostname()}"


def open_incident(
    who: Who, workdir: Path, loaded: Loaded, *, title: str, context: str = "local", clock: Clock | None = None
) -> Session:
    """Begin a new incident. Raises InputError for a workdir that is none, RecordError when it cannot be recorded."""
    clock = clock or SystemClock()
    workdir = _folder(workdir)
    runbook = loaded.runbook
    # Before anything is written: what is wrong here must not leave an empty record behind.
    baseline, git = gate.take(workdir, runbook.watch), git_state(workdir)
    record = Record(who.records / new_id(who.records, clock.now(), workdir.name))
    record.make()
    journal = Journal.create(record.journal, session=new_writer(), by=who.by, clock=clock)
    try:
        record.freeze_runbook(loaded.text)
        session = Session(record, journal, runbook, workdir, trusted=_trust(loaded, who), clock=clock)
        session.baseline = baseline
        dirty = session.keep(git.dirty_diff)[0] if git.dirty_diff else None
        session.append(
            events.IncidentOpened(
                title=title or runbook.title,
                workdir=shown(workdir),
                context=context,
                reentry=reentry(workdir, os.environ, commit=git.commit, dirty_diff_sha256=dirty),
                watched_sha256=session.keep_baseline(),
                console=__version__,
            )
        )
        session.append(_frozen(loaded, session.trusted() or "no"))
    except BaseException:
        journal.close()
        raise
    return session


def resume_incident(who: Who, folder: Path, *, clock: Clock | None = None) -> Session:
    """Take up a record again where it was left. Raises InputError, RecordError."""
    clock = clock or SystemClock()
    record = Record(folder)
    if not record.journal.is_file():
        raise InputError(f"{folder} is not a record: it holds no {JOURNAL}")
    loaded = _thaw(record)
    journal = Journal.open(record.journal, session=new_writer(), by=who.by, clock=clock)
    try:
        incident = fold(journal.reading.lines, folder.name)
        if not incident.lines or incident.runbook is None:
            raise InputError(f"{folder} holds no incident that could be continued: its journal is empty")
        if incident.runbook.sha256 != loaded.sha256:
            raise InputError(f"{record.runbook} is not the runbook that this incident froze: the file was altered")
        workdir = Path(incident.workdir)
        session = Session(record, journal, loaded.runbook, workdir, trusted=_trust(loaded, who), clock=clock)
        session.incident = incident
        _catch_up(session, journal)
    except BaseException:
        journal.close()
        raise
    return session


def _catch_up(session: Session, journal: Journal) -> None:
    if journal.repaired is not None:
        session.append(
            events.JournalRepaired(
                set_aside=journal.repaired.set_aside, size=journal.repaired.size, reason=journal.repaired.reason
            )
        )
    for cut_off in session.incident.running_evidence:
        started = cut_off.event
        session.append(
            events.EvidenceFailed(
                **started.model_dump(exclude={"occurred_at", "corrects"}),
                of=cut_off.seq,
                ended_at=stamp(session.clock.now()),
                reason="interrupted: the console ended while this was running; what it printed is lost",
            )
        )
    run = session.incident.run
    session.run = run.event.log if run else None
    session.baseline = _baseline(session)
    session.look_for_edits()


def _baseline(session: Session) -> gate.Baseline:
    """The watched files as this record saw them last."""
    sha256 = session.incident.watched_sha256
    try:
        baseline = gate.from_json(session.record.blobs.get(sha256)) if sha256 else None
    except InputError:
        baseline = None
    if baseline is None:
        return gate.take(session.workdir, session.runbook.watch)
    seen = dict(baseline.files)
    for edit in session.incident.edits.values():
        seen.pop(edit.event.path, None)
        if edit.event.after_sha256 is not None:
            seen[edit.event.path] = gate.Seen(edit.event.after_sha256)
    return gate.Baseline(seen)


def open_on(workdir: Path, records: Path) -> tuple[tuple[Path, Incident], ...]:
    """The records of incidents that are still open on a workdir, newest first. Broken records are passed over."""
    wanted = shown(workdir.resolve())
    found = []
    for folder in all_records(records):
        try:
            reading = read(folder / JOURNAL)
        except InputError:
            continue
        if not reading.lines or reading.lines[0].kind != "incident.opened":
            continue
        if getattr(reading.lines[0].event, "workdir", None) != wanted:
            continue
        incident = fold(reading.lines, folder.name)
        if incident.closed is None:
            found.append((folder, incident))
    return tuple(sorted(found, key=lambda pair: pair[0].name, reverse=True))


def _folder(workdir: Path) -> Path:
    try:
        resolved = workdir.resolve(strict=True)
    except (OSError, RuntimeError):
        raise InputError(f"there is no folder {workdir}") from None
    if not resolved.is_dir():
        raise InputError(f"{workdir} is not a folder")
    return resolved


def _thaw(record: Record) -> Loaded:
    """The runbook as the record froze it; it counts as shipped when these very bytes ship with this console."""
    loaded = loads(record.frozen_runbook(), str(record.runbook))
    ours = {hashlib.sha256(path.read_bytes()).hexdigest() for path in shelf.shipped()}
    return replace(loaded, shipped=loaded.sha256 in ours)


def _frozen(loaded: Loaded, trusted: str) -> events.RunbookFrozen:
    return events.RunbookFrozen(
        id=loaded.runbook.id,
        version=loaded.runbook.version,
        sha256=loaded.sha256,
        trusted=trusted,
        title=loaded.runbook.title,
        rungs=outlines(loaded.runbook),
    )


def outlines(runbook: Runbook) -> tuple[events.RungOutline, ...]:
    """What a reader of the record must know of the ladder."""
    return tuple(
        events.RungOutline(
            id=rung.id,
            role=rung.role,
            title=rung.title,
            question=rung.question,
            prompts={field.id: field.prompt for field in rung.ask},
            evidence=tuple(
                events.EvidenceOutline(id=item.id, surface=item.surface, question=item.question)
                for item in rung.evidence
            ),
        )
        for rung in runbook.rungs
    )


def _trust(loaded: Loaded, who: Who) -> Callable[[], str | None]:
    def trusted() -> str | None:
        if loaded.shipped:
            return "shipped"
        by = shelf.trusted_by(loaded.sha256, who.trust)
        return f"trusted by {by}" if by else None

    return trusted


@dataclass(frozen=True, slots=True)
class Plan:
    """What the console was asked to open."""

    who: Who
    workdir: Path
    runbook: str | None = None
    """A shipped id or a path; None: what fits the folder."""
    log: Path | None = None
    globs: tuple[str, ...] = ()
    context: str = "local"
    resume: Path | None = None
    """The record to take up again, when one was named."""
    command: tuple[str, ...] = ()
    """A run to start, detached, once the incident is open."""
    sources: tuple[tuple[str, ...], ...] = ()
    """Commands whose output is followed beside the logs."""

    def check(self) -> None:
        """What can be refused before anything is done. Raises UsageError, Refused."""
        if self.command:
            launch.check(self.command, self.workdir)
            launch.refuse_second(launch.runs_folder(self.who.records), self.workdir)

    def candidates(self) -> tuple[tuple[Path, Incident], ...]:
        """Open incidents that could be taken up again instead of beginning a new one."""
        return () if self.resume is not None else open_on(self.workdir, self.who.records)

    def begin(self, resume: Path | None = None) -> Session:
        """Raises InputError, RecordError; with a command UsageError and Refused, too, and then no incident is begun."""
        if resume is not None or self.resume is not None:
            session = resume_incident(self.who, resume or self.resume or Path())
            new = False
        else:
            loaded = shelf.find(self.runbook or default_runbook(self.workdir), self.workdir)
            session = open_incident(self.who, self.workdir, loaded, title="", context=self.context)
            new = True
        if self.command:
            self._start(session, new=new)
        return session

    def _start(self, session: Session, *, new: bool) -> None:
        runs = launch.runs_folder(self.who.records)
        try:
            launch.start(self.command, session.workdir, runs, incident=session.id, now=session.clock.now())
        except ConsoleError as fault:
            session.close()
            if new and isinstance(fault, UsageError | Refused):
                # Nothing has begun that could be an incident.
                shutil.rmtree(session.record.path, ignore_errors=True)
            raise


def default_runbook(workdir: Path) -> str:
    return "slow-or-flaky-run" if is_workflow(workdir) else "flaky-command"
