"""Evidence for a rung, captured into the record: commands, files, picks, pins, observations, failed attempts.

Whatever ends up in the record was redacted before it was hashed. A command that could not run, timed out or was
cancelled is recorded as such: the receiver must see that it was tried.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident_console import events
from incident_console.errors import EvidenceError, HeldError, InputError, Refused
from incident_console.evidence import command as commands
from incident_console.evidence import environment, files, leftover, pem, scene
from incident_console.evidence.names import relative
from incident_console.record.clock import stamp
from incident_console.session.core import Session
from incident_console.session.picks import pick

if TYPE_CHECKING:
    from incident_console.runbook.schema import EvidenceItem, Rung
    from incident_console.session.foreseen import Foreseen

TOLD_NOT_ASKED = frozenset({"read-only", "engine-bookkeeping"})
"""Effects that are shown beside a command and need no consent; every other effect does."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Lines somebody selected in a log."""

    path: Path
    inode: int | None
    lines: tuple[int, int] | None
    span: tuple[int, int]
    data: bytes
    surface: events.Surface = "rule-log"


def capture(
    session: Session,
    rung: Rung,
    item: EvidenceItem,
    *,
    allow: Collection[str] = (),
    text: str = "",
    cancel: threading.Event | None = None,
    progress: Callable[[commands.Progress], None] | None = None,
) -> events.Recorded:
    """Capture one evidence item of a rung. `text` is what was seen, for an observation.

    Raises Refused, with nothing recorded, when consent or trust is missing; HeldError when what was captured waits in
    memory for the disk, RecordError when it is lost.
    """
    if item.run:
        return _capture_command(session, rung, item, allow, cancel or threading.Event(), progress)
    if item.file or item.pick:
        return _capture_file(session, rung, item)
    return _observe(session, rung, item, text)


def _capture_command(
    session: Session,
    rung: Rung,
    item: EvidenceItem,
    allow: Collection[str],
    cancel: threading.Event,
    progress: Callable[[commands.Progress], None] | None,
) -> events.Recorded:
    if session.trusted() is None:
        raise Refused(
            f"{session.trust.refusal}: read what it would run, and trust it or not; "
            "outside the console, `incident-console runbook trust FILE`"
        )
    if item.effects not in TOLD_NOT_ASKED and item.effects not in allow:
        raise Refused(f"{' '.join(item.run or ())}: this {effect(item.effects)}; allow {item.effects} to run it")
    ahead = foresee(session, item)
    if refused := ahead.not_allowed(allow):
        raise Refused(f"{' '.join(item.run or ())}: {ahead.told}; allow {' and '.join(refused)} to run it")
    argv = tuple(item.run or ())
    cwd, env = _where(session, item), environment.allowed(os.environ)
    about: dict[str, Any] = {
        "item": item.id,
        "rung": rung.id,
        "surface": item.surface,
        "question": item.question,
        "argv": argv,
        "shell": item.shell,
        "cwd": relative(cwd, session.workdir),
        "effects": ahead.strongest,
        "run": session.run,
    }
    watched = session.runbook.watch
    was_live, before = session.run_is_live, scene.look(session.workdir, watched)
    began = stamp(session.clock.now())
    try:
        about["of"] = of = session.append(events.EvidenceStarted(**about, started_at=began)).seq
        env[leftover.NAME] = leftover.mark(session.id, of)
    except HeldError:
        of = None  # a full disk is no reason to look at nothing
    outcome = commands.run(
        commands.Command(argv=argv, cwd=cwd, timeout_s=item.timeout, env=env, shell=item.shell),
        cancel=cancel,
        progress=progress,
    )
    changed = scene.changed(before, scene.look(session.workdir, watched))
    sha256, size, counts = session.keep(outcome.stdout)
    err_sha256, err_size, err_counts = session.keep(outcome.stderr)
    about |= {
        # The time pairs it with its beginning where that has no number yet.
        "started_at": began if of is None else outcome.started_at,
        "ended_at": outcome.ended_at,
        "truncated": outcome.stdout_dropped + outcome.stderr_dropped,
        "redactions": _sum(counts, err_counts),
        "scene": events.Scene(changed=changed, attributed=bool(changed) and not (was_live or session.run_is_live)),
    }
    if outcome.ended != "exited":
        return session.append(
            events.EvidenceFailed(
                **about,
                reason=f"{outcome.ended}: {outcome.reason}",
                sha256=sha256 if size else None,
                size=size,
                stderr_sha256=err_sha256 if err_size else None,
                stderr_size=err_size,
            )
        )
    return session.append(
        events.EvidenceCaptured(
            **about,
            duration_s=outcome.duration_s,
            exit_code=_exit_code(outcome),
            sha256=sha256,
            size=size,
            stderr_sha256=err_sha256,
            stderr_size=err_size,
            env=tuple(sorted(env)),
            host=socket.gethostname(),
        )
    )


def foresee(session: Session, item: EvidenceItem) -> Foreseen:
    """What a make target would do beyond what the runbook declares; nothing of it is run."""
    # Reading makefiles is far from the first screen, which imports this room.
    from incident_console.session import foreseen

    return foreseen.foresee(item, _where(session, item), environment.allowed(os.environ))


def _where(session: Session, item: EvidenceItem) -> Path:
    return session.workdir / item.cwd if item.cwd else session.workdir


def _capture_file(session: Session, rung: Rung, item: EvidenceItem) -> events.Recorded:
    started_at = stamp(session.clock.now())
    about: dict[str, Any] = {
        "item": item.id,
        "rung": rung.id,
        "surface": item.surface,
        "question": item.question,
        "run": session.run,
    }
    try:
        if item.pick:
            found = pick(item.pick, session)
        else:
            matches = files.resolve(item.file or "", session.workdir)
            if not matches:
                raise EvidenceError(f"no file matches {item.file} in {session.workdir}")
            found = files.capture_file(matches[0], session.workdir)
    except (EvidenceError, InputError) as fault:
        return session.append(
            events.EvidenceFailed(
                **about,
                path=item.file,
                started_at=started_at,
                ended_at=stamp(session.clock.now()),
                reason=f"could not be captured: {fault}",
            )
        )
    sha256, size, counts = session.keep(found.data)
    return session.append(
        events.EvidenceCaptured(
            **about,
            path=found.path,
            inode=found.inode or None,
            started_at=started_at,
            ended_at=stamp(session.clock.now()),
            sha256=sha256,
            size=size,
            truncated=found.dropped,
            redactions=counts,
            host=socket.gethostname(),
        )
    )


def _observe(session: Session, rung: Rung, item: EvidenceItem, text: str) -> events.Recorded:
    if not text.strip():
        raise Refused(f"{item.question} Say what you saw, in a sentence.")
    now = stamp(session.clock.now())
    sha256, size, counts = session.keep(text.strip().encode("utf-8", "surrogateescape") + b"\n")
    return session.append(
        events.EvidenceCaptured(
            item=item.id,
            rung=rung.id,
            surface=item.surface,
            question=item.question,
            started_at=now,
            ended_at=now,
            sha256=sha256,
            size=size,
            redactions=counts,
            run=session.run,
        )
    )


def pin(session: Session, pinned: Pinned, rung: str | None) -> events.Recorded:
    """Keep lines of a log as evidence, in the inbox or on a rung."""
    if rung is not None:
        session.runbook.rung(rung)
    if not pinned.data:
        raise Refused("there is no line here to pin")
    sha256, size, counts = session.keep_part(*around(pinned))
    return session.append(
        events.LogPinned(
            path=relative(pinned.path, session.workdir),
            inode=pinned.inode,
            lines=pinned.lines,
            bytes=pinned.span,
            sha256=sha256,
            size=size,
            rung=rung,
            surface=pinned.surface,
            redactions=counts,
            run=session.run,
        )
    )


def around(pinned: Pinned) -> tuple[bytes, bytes, bytes]:
    """What stands before the pinned lines, they themselves, and what stands after: as much of it as a key may have.

    Nothing around them where the file is no more what it was.
    """
    start, end = pinned.span
    begin = max(0, start - pem.LONGEST)
    try:
        with pinned.path.open("rb") as file:
            file.seek(begin)
            read = file.read(end - begin + pem.LONGEST)
    except (OSError, ValueError):
        return b"", pinned.data, b""
    lines = read[start - begin : end - begin]
    if lines.rstrip(b"\r\n") != pinned.data.rstrip(b"\r\n"):
        return b"", pinned.data, b""
    return read[: start - begin], pinned.data, read[start - begin + len(pinned.data) :]


def _exit_code(outcome: commands.Outcome) -> int | None:
    """As a shell and Snakemake tell it: 128 and the signal's number for a command that a signal ended."""
    number = signal.Signals.__members__.get(outcome.signal or "")
    return outcome.exit_code if number is None else 128 + number


def effect(effects: str) -> str:
    return {
        "writes": "writes files of the workflow",
        "runs-workflow": "runs the workflow",
        "deletes": "deletes files, maybe the evidence itself",
    }.get(effects, effects)


def _sum(first: dict[str, int], second: dict[str, int]) -> dict[str, int]:
    return {kind: first.get(kind, 0) + second.get(kind, 0) for kind in first.keys() | second.keys()}
