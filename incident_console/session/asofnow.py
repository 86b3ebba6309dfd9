"""What is so right now, at the hand-off? Is the run still alive, how does one get to it, what does it leave behind?

Looked up when the hand-off is drafted, since what was so when the incident was opened may be so no more. What cannot
be found out is not said: then what was recorded stands.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident_console.errors import ConsoleError
from incident_console.events import Reentry
from incident_console.evidence import wayback
from incident_console.evidence.facts import GitState, git_state, reentry
from incident_console.record.clock import stamp
from incident_console.record.files import sha256_of
from incident_console.record.handfields import Known
from incident_console.record.handknown import edited_since, evidence_running, is_scratch, known, lines
from incident_console.record.incident import Incident, fold
from incident_console.record.text import clock_time, command
from incident_console.session.launch import launches, runs_folder
from incident_console.session.proof import kept
from incident_console.session.said import clean_text
from incident_console.session.view import View
from incident_console.snakemake.compare import from_json
from incident_console.snakemake.find import engine_pid
from incident_console.snakemake.leavings import Leavings, leavings
from incident_console.snakemake.published import mismatches
from incident_console.snakemake.run import Run
from incident_console.snakemake.watcher import RunWatcher

ELSEWHERE = "no process of this machine holds its log: it is over, or it goes on elsewhere"
DIFF = "the diff is kept with the hand-off"
"""Says where, once it is kept."""
NONE_LEFT = "none seen: no output of a failed job is left, and none is marked incomplete"
NAMED = 6
PUBLISHED = 500
PUBLISHED_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class AsOfNow:
    fields: Mapping[str, Known] = field(default_factory=dict)
    """By field of a hand-off."""
    reentry: Reentry | None = None
    diff: bytes = b""
    """What git tells of uncommitted changes, not redacted yet; `reentry.dirty_diff_sha256` is for when it is kept."""


@dataclass(frozen=True, slots=True)
class _Engine:
    """The process at work, or that none is seen."""

    pid: int | None = None
    process: wayback.Process | None = None
    told: tuple[str, ...] = ()
    """What runs, a sentence each; empty when no run is known at all."""
    line: str = ""
    """The command that the console started last."""

    @property
    def command(self) -> str:
        """As it is at work, or else as it was started."""
        return command(self.process.argv) if self.process else self.line


def as_of_now(session: View, environ: Mapping[str, str] = os.environ) -> AsOfNow:
    """Takes up to some seconds (git, a long run log); for a thread. Never raises for what it finds."""
    workdir = session.workdir
    if not workdir.is_dir():
        return AsOfNow()  # the record is elsewhere than the workflow
    at = clock_time(stamp(session.clock.now()))
    incident = fold(tuple(session.incident.lines), session.id)
    run = _run(workdir, incident)
    engine = _engine(session, incident, run, at)
    theirs = engine.process.environ if engine.process else {}
    source = f"seen at {at.partition(' ')[2]}"
    found = dict[str, str]()
    git = git_state(workdir)
    entry = reentry(workdir, environ, pid=engine.pid, commit=git.commit)
    pane = wayback.pane(theirs, workdir, environ) or wayback.pane(environ, workdir, environ)
    # Where the engine is may be another folder and another environment than the console's.
    environment = wayback.activation(theirs or environ) or (_nothing_activated(theirs or environ) if run else ())
    found["running"] = "\n".join([*engine.told, *evidence_running(incident)])
    found["host"], found["user"] = _host(entry.host, environ), entry.user
    found["directory"] = (engine.process.cwd if engine.process else None) or entry.cwd
    found["command"] = (run.command if run else None) or engine.command
    found["environment"] = "\n".join(environment)
    found["commit"] = git.commit or ""
    found["uncommitted"] = _uncommitted(incident, git, at)
    found["engine_pid"] = _pid(engine, at)
    found["tmux"] = _tmux(pane, entry.user, entry.host)
    found["master_job"] = wayback.master_job(theirs) or _no_master_job(engine)
    found["permissions"] = lines(_permissions(workdir, engine))
    left = leavings(workdir, run) if run else Leavings()
    found["quarantine"] = lines(_quarantine(session, left, alive=engine.pid is not None)) or (NONE_LEFT if run else "")
    recorded = known(incident).get("expiring")
    found["expiring"] = lines([*(recorded.text.split("\n") if recorded else ()), *_expiring(workdir, left, environ)])
    fields = {
        name: Known(session.redactor.text(clean_text(text)), source) for name, text in found.items() if text.strip()
    }
    return AsOfNow(fields, _reentry(entry, fields, pane), git.dirty_diff)


def _reentry(entry: Reentry, fields: Mapping[str, Known], pane: wayback.Pane | None) -> Reentry:
    """The re-entry facts in the words of the hand-off's fields."""
    told = {"env": "environment", "command": "command", "cwd": "directory"}
    texts = {name: fields[shown].text for name, shown in told.items() if shown in fields}
    return entry.with_(**texts, tmux=pane.session if pane else entry.tmux)


def _run(workdir: Path, incident: Incident) -> Run | None:
    """The run that was seen last, as its log tells it now."""
    log = workdir / incident.run.event.log if incident.run and "\0" not in incident.run.event.log else None
    return RunWatcher(workdir, log).poll() if log is not None and log.is_file() else None


def _engine(session: View, incident: Incident, run: Run | None, at: str) -> _Engine:
    told = []
    pid = engine_pid(session.workdir / run.log) if run else None
    if run:
        figures = f"{run.finished} of {run.planned} jobs finished, {run.failed} failed, {run.running} running"
        began = clock_time(run.started_at)
        if pid is not None:
            told.append(f"run {run.log}: going on at {at}, pid {pid}, started {began}; {figures}")
        elif run.status == "running":
            where = f" on {run.host}" if run.host else ""
            told.append(f"run {run.log}: running as far as its log says{where}, started {began}; {figures}")
        else:
            over = f" {clock_time(run.ended_at)}" if run.ended_at else ""
            told.append(f"none: run {run.log} {run.status}{over}; {figures}")
    line = ""
    for launch in launches(runs_folder(session.record.path.parent)):
        if launch.incident == session.id:
            state, line = launch.state(), line or launch.line
            if state.kind == "running" and launch.command.pid != pid:
                told.append(f"`{launch.line}`: going on at {at}, pid {launch.command.pid}")
                pid = pid or launch.command.pid
            elif state.kind == "ended" and not run:
                told.append(f"none: `{launch.line}` ended with exit {state.exit_code}")
    return _Engine(pid, wayback.process(pid) if pid else None, tuple(told), line)


def _pid(engine: _Engine, at: str) -> str:
    if engine.pid is not None:
        return str(engine.pid)
    if not engine.told:
        return ""
    return f"none is seen at {at}: " + ("the run ended" if engine.told[0].startswith("none: ") else ELSEWHERE)


def _no_master_job(engine: _Engine) -> str:
    if engine.process is not None:
        return "none: the engine is in no scheduler's job"
    return "none any more: the run ended" if engine.told and engine.told[0].startswith("none: ") else ""


def _host(host: str, environ: Mapping[str, str]) -> str:
    """With the address at which this very session reached it, which a short name may not tell."""
    words = environ.get("SSH_CONNECTION", "").split()
    return f"{host} (reached by ssh at {words[2]})" if len(words) == 4 else host


def _nothing_activated(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = shutil.which("snakemake", path=environ.get("PATH"))
    return (f"nothing was activated; snakemake is {found}",) if found else ()


def _tmux(pane: wayback.Pane | None, user: str, host: str) -> str:
    if pane is None:
        return "none: neither the engine nor the console is in tmux"
    place = f" {pane.pane}" if pane.pane else ""
    return f"{pane.session}{place}\nssh -t {user}@{host} {pane.attach}"


def _uncommitted(incident: Incident, git: GitState, at: str) -> str:
    if git.commit is None:
        return ""
    edited = edited_since(incident)
    opened = incident.reentry.commit
    moved = f"; the commit was {opened} when the incident was opened" if opened and opened != git.commit else ""
    what = DIFF if git.dirty_diff else "none"
    return f"{what}, as of {at}{moved}" + (f"; {edited}" if edited else "")


def _permissions(workdir: Path, engine: _Engine) -> Iterator[str]:
    if told := wayback.permissions(workdir):
        yield told
    if engine.pid is not None and (told := wayback.permissions(Path("/proc") / str(engine.pid))):
        yield f"to stop pid {engine.pid}: be its {told.partition(': ')[2].split(',')[0]}"


def _quarantine(session: View, left: Leavings, *, alive: bool) -> Iterator[str]:
    for path, job in left.failed:
        yield f"{path}: of a job that failed ({job})"
    being_made = "; the run goes on, so it may only be being made" if alive else ""
    for path in left.incomplete:
        yield f"{path}: marked incomplete by the engine{being_made}"
    for path in _published_anew(session):
        yield f"{path}: published, and changed since the incident was opened"
    for wrong in mismatches(session.workdir)[:PUBLISHED]:
        yield f"{wrong.path}: {'gone' if wrong.gone else 'not as'} {wrong.listed_in} line {wrong.line} says"


def _published_anew(session: View) -> Iterator[str]:
    """Published files that are not as the state says that was kept before any repair."""
    event = kept(session)
    if event is None:
        return
    try:
        before = from_json(session.record.blobs.get(event.sha256), "the state that was kept")
    except ConsoleError:
        return
    room = PUBLISHED_BYTES
    for file in before.published[:PUBLISHED]:
        path = session.workdir / file.path
        try:
            size = path.stat().st_size
            room -= size
            known_as = (file.digest or "").removeprefix("sha256:")
            if len(known_as) == 64 and room >= 0 and sha256_of(path)[0] != known_as:
                yield file.path
        except (OSError, ValueError, ConsoleError):
            continue


def _expiring(workdir: Path, left: Leavings, environ: Mapping[str, str]) -> Iterator[str]:
    folders = [folder for name in ("TMPDIR", "SCRATCH", "LOCAL_SCRATCH") if (folder := environ.get(name))]
    if is_scratch(f"{workdir}/", folders) and not is_scratch(str(workdir)):
        yield f"expires: {workdir} is on scratch storage: logs, benchmarks and outputs go when it is cleared"
    slurm = workdir / ".snakemake" / "slurm_logs"
    if slurm.is_dir():
        yield f"expires: {slurm}: the slurm executor deletes the logs of jobs that went well, and old ones, by itself"
    if left.temporary:
        named = ", ".join(left.temporary[:NAMED])
        more = f" and {len(left.temporary) - NAMED} more" if len(left.temporary) > NAMED else ""
        yield f"lost: {named}{more}: declared temp(), deleted by the engine"
    for name in ("logs", "benchmarks"):
        place = workdir / name
        if place.is_symlink() and is_scratch(f"{os.path.realpath(place)}/", folders):
            yield f"expires: {name} leads to {os.path.realpath(place)}, on scratch storage"
