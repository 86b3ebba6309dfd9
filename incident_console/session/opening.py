"""How an incident begins, and how it is taken up again.

Opening captures the state before anyone edits the workflow: the uncommitted diff and the hashes of the watched files.
Resuming is reading: the same fold, then what happened meanwhile is recorded (a torn line set aside, commands that were
cut off, edits made while no console was open).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console import __version__, events, gate
from incident_console.errors import ConsoleError, InputError, RecordError, Refused, UsageError
from incident_console.evidence import leftover
from incident_console.evidence.facts import git_state, reentry
from incident_console.evidence.names import shown
from incident_console.record.clock import Clock, SystemClock, stamp
from incident_console.record.folders import new_id
from incident_console.record.incident import fold
from incident_console.record.journal import Journal
from incident_console.record.pen import holder
from incident_console.record.store import Record
from incident_console.runbook import shelf
from incident_console.runbook.load import Loaded, loads
from incident_console.session import launch, secrecy
from incident_console.session.core import Session, new_writer
from incident_console.session.edits import EditWatch, as_seen_last
from incident_console.session.recheck import reach
from incident_console.session.reported import report
from incident_console.session.reviewing import Review, review_bundle, review_record
from incident_console.session.trusting import RunbookTrust
from incident_console.session.who import Who
from incident_console.snakemake.find import is_workflow

if TYPE_CHECKING:
    from incident_console.runbook.schema import Runbook
    from incident_console.session.plan import Plan

JOURNAL = "journal.jsonl"


def open_incident(
    who: Who,
    workdir: Path,
    loaded: Loaded,
    *,
    title: str,
    context: str = "local",
    no_redact: str = "",
    clock: Clock | None = None,
) -> Session:
    """Begin a new incident. Raises InputError for a workdir that is none, RecordError when it cannot be recorded.

    `no_redact`: why no secret is to be replaced in what is recorded.
    """
    clock = clock or SystemClock()
    workdir = _folder(workdir)
    runbook, trust = loaded.runbook, _trust(loaded, who)
    # Before anything is written: what is wrong here must not leave an empty record behind.
    why = trust.why()
    baseline, git = gate.take(workdir, runbook.watch, repository=gate.repository(workdir)), git_state(workdir)
    record = Record(who.records / new_id(who.records, clock.now(), workdir.name))
    record.make()
    journal = Journal.create(record.journal, session=new_writer(), by=who.by, clock=clock)
    try:
        record.freeze_runbook(loaded.text)
        redactor = secrecy.redactor(who.trust, record.id, who.secrets, no_redact=no_redact)
        session = Session(record, journal, runbook, workdir, trust=trust, redactor=redactor, clock=clock)
        session.edits = EditWatch(workdir, runbook.watch, baseline, stamp(clock.now()))
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
        session.append(_frozen(loaded, why or "no"))
        _tell_secrecy(session, no_redact)
        for place in secrecy.in_runbook(loaded, redactor):
            session.append(events.NoteAdded(text=f"the runbook, {place}"))
    except BaseException:
        journal.close()
        raise
    return session


def _tell_secrecy(session: Session, no_redact: str) -> None:
    if note := secrecy.told(session.incident, no_redact):
        session.append(note)


def resume_incident(
    who: Who, folder: Path, *, no_redact: str = "", moved: Path | None = None, clock: Clock | None = None
) -> Session:
    """Take up a record again where it was left; redaction is on again unless it is said otherwise.

    `moved`: where the workflow is now, if it is not where the record has it; that is recorded.
    Raises InputError, RecordError.
    """
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
        workdir = _folder(moved) if moved is not None else Path(incident.workdir)
        redactor = secrecy.redactor(who.trust, record.id, who.secrets, no_redact=no_redact)
        trust = _trust(loaded, who)
        session = Session(record, journal, loaded.runbook, workdir, trust=trust, redactor=redactor, clock=clock)
        session.incident = incident
        session.trusted()
        _tell_secrecy(session, no_redact)
        if moved is not None and shown(workdir) != incident.workdir:
            session.move()
        session.taken_up = True
        _catch_up(session, journal)
    except BaseException:
        journal.close()
        raise
    return session


def _catch_up(session: Session, journal: Journal) -> None:
    told = events.other_schema(session.incident.lines[0].event)
    if told is not None and not any(told in note.text for note in session.incident.notes.values()):
        session.append(events.NoteAdded(text=f"The console says: {told}. It was continued nevertheless."))
    for repair in journal.repairs:
        session.append(repair)
    for cut_off in session.incident.running_evidence:
        started = cut_off.event
        session.cut_off = (*session.cut_off, started.item)
        pids = " ".join(map(str, leftover.still_running(leftover.mark(session.id, cut_off.seq))))
        left = f"; it still runs on this machine, `kill {pids}` ends it" if pids else ""
        session.append(
            events.EvidenceFailed(
                extra=started.extra,
                redactions=started.redactions or {},
                item=started.item,
                rung=started.rung,
                surface=started.surface,
                question=started.question,
                argv=started.argv,
                path=started.path,
                cwd=started.cwd,
                effects=started.effects,
                started_at=started.started_at,
                run=started.run,
                of=cut_off.seq,
                ended_at=stamp(session.clock.now()),
                reason=f"interrupted: the console ended while this was running; what it printed is lost{left}",
            )
        )
    run = session.incident.run
    session.run = run.event.log if run else None
    globs, incident = session.runbook.watch, session.incident
    if incident.accepted and not reach(session).here:
        # What stands in that folder here is not what the sender's files became.
        before = gate.take(session.workdir, globs)
    else:
        before = as_seen_last(session.record, incident, session.workdir, globs)
    session.edits = EditWatch(session.workdir, globs, before, incident.lines[-1].at)
    session.look_for_edits()


def resume_or_review(who: Who, folder: Path, *, no_redact: str = "", moved: Path | None = None) -> Session | Review:
    """Take up a record again, or look at it while another console has its pen. Raises InputError, RecordError."""
    try:
        return resume_incident(who, folder, no_redact=no_redact, moved=moved)
    except RecordError:
        if holder(folder) is None:
            raise
        return review_record(folder)


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
                events.EvidenceOutline(id=item.id, surface=item.surface, question=item.question, expect=item.expect)
                for item in rung.evidence
            ),
            needs=tuple(rung.needs),
        )
        for rung in runbook.rungs
    )


def _trust(loaded: Loaded, who: Who) -> RunbookTrust:
    return RunbookTrust(loaded, who.operator, who.trust)


def begin(plan: Plan, resume: Path | None = None) -> Session | Review:
    """A record that somebody else writes, and a bundle, are opened to be read only.

    Raises InputError, RecordError; with a command UsageError and Refused, too, and then no incident is begun.
    """
    if plan.bundle is not None:
        return review_bundle(plan.bundle)
    folder = resume or plan.resume
    if folder is not None:
        # Which one goes on was asked in this folder: that is where its workflow is, wherever it was begun.
        moved = plan.moved if resume is None else plan.workdir
        found = resume_or_review(plan.who, folder, no_redact=plan.no_redact, moved=moved)
        if isinstance(found, Review):
            if plan.command:
                raise Refused(f"{found.writer} writes this record, so nothing was started: leave that console first")
            return found
        session, new = found, False
    else:
        loaded = shelf.find(plan.runbook or default_runbook(plan.workdir), plan.workdir)
        session = open_incident(
            plan.who, plan.workdir, loaded, title="", context=plan.context, no_redact=plan.no_redact
        )
        new = True
        if plan.reported:
            session.append(report(plan.reported, plan.reported_by))
    if plan.command:
        _start(plan, session, new=new)
    return session


def _start(plan: Plan, session: Session, *, new: bool) -> None:
    runs = launch.runs_folder(plan.who.records)
    try:
        launch.start(plan.command, session.workdir, runs, incident=session.id, now=session.clock.now())
    except ConsoleError as fault:
        session.close()
        if new and isinstance(fault, UsageError | Refused):
            # Nothing has begun that could be an incident.
            shutil.rmtree(session.record.path, ignore_errors=True)
        raise


def set_aside(plan: Plan, session: Session) -> str:
    """That the runbook which was named is not the one that this incident froze; empty where it is."""
    if plan.said is None or not session.taken_up:
        return ""
    frozen = f"{session.runbook.id}, as it was when the incident began"
    try:
        if shelf.find(plan.said, plan.workdir).sha256 == session.trust.loaded.sha256:
            return ""
    except ConsoleError as fault:
        return f"This incident goes on with its own runbook, {frozen}: {fault}"
    return f"{plan.said} is not what this incident froze: it goes on with {frozen}. A new incident would take yours."


def default_runbook(workdir: Path) -> str:
    return "slow-or-flaky-run" if is_workflow(workdir) else "flaky-command"
