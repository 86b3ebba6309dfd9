"""A console whose pictures are the same on every machine at every time: the clock, the host, the user and paths stand
still, and `snakemake` is one that says what it said once."""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from incident_console.events import UNKNOWN, Reentry
from incident_console.evidence import facts, wayback
from incident_console.record.clock import SystemClock
from incident_console.session import asofnow, opening
from incident_console.session.capture import Pinned, pin
from incident_console.session.proof import StateKeeper
from incident_console.session.weighing import Weigher
from incident_console.tui import logs as log_list
from incident_console.tui.app import Console
from incident_console.tui.facts import Facts
from incident_console.tui.header import Header
from incident_console.tui.look import Look
from tests.ui.scene import drawn, place, until

NOW = datetime(2026, 11, 22, 14, 2, 7, tzinfo=UTC)
OPENED = NOW - timedelta(minutes=17)
FOLDER = "/srv/flow"
SNAKEMAKE = """\
#!/bin/sh
cat <<'END'
Building DAG of jobs...
Job stats:
job      count
-----  -------
all          1
flaky        1
total        2

rule flaky:
    output: results/flaky.txt
    log: logs/flaky.log
    jobid: 1
    reason: Code has changed since last execution

This was a dry-run (flag -n). The order of jobs does not reflect the order of execution.
END
"""


@dataclass
class Clock:
    """Goes on only when it is told to: how often somebody looks at it is another number each time."""

    at: datetime = OPENED

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@contextmanager
def still(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Clock]:
    """Everything that differs from one machine and one moment to another has one value."""
    clock, draw, entry = Clock(), Facts.draw, facts.reentry

    def here(*given: Any, **named: Any) -> Reentry:
        return entry(*given, **named).with_(cwd=FOLDER, env=UNKNOWN)

    for owner, name, value in (
        (SystemClock, "now", lambda self: clock.at),
        (Header, "_tick", lambda self: setattr(self, "now", NOW)),
        (log_list, "time", SimpleNamespace(time=NOW.timestamp)),
        (socket, "gethostname", lambda: "node7"),
        (getpass, "getuser", lambda: "olga"),
        (Facts, "draw", lambda self, seen, told, _, *rest: draw(self, seen, told, FOLDER, *rest)),
        (opening, "reentry", here),
        (opening, "shown", lambda _: FOLDER),
        (asofnow, "reentry", here),
        (asofnow, "_expiring", lambda *_: iter(())),
        (wayback, "activation", lambda _: ("conda activate flow",)),
        (wayback, "permissions", lambda _: f"{FOLDER}: owner olga, group lab, drwxrwx---"),
        # What they record, and when, hangs on how busy the machine is.
        (StateKeeper, "start", lambda self: None),
        (Weigher, "start", lambda self: None),
    ):
        monkeypatch.setattr(owner, name, value)
    for name in ("TMUX", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "COLORFGBG", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "snakemake").write_text(SNAKEMAKE)
    (programs / "snakemake").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for name, told in {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, told)
    time.tzset()
    try:
        yield clock
    finally:
        monkeypatch.undo()
        time.tzset()


@asynccontextmanager
async def worked(
    root: Path, clock: Clock, size: tuple[int, int], look: Look
) -> AsyncIterator[tuple[Console, Pilot[int]]]:
    """An incident in the middle: the symptom is named, a dry-run captured, a line pinned, a note written."""
    here = place(root, "c1-flaky-retry-ok-v9")
    for path in here.workdir.rglob("*"):
        os.utime(path, (OPENED.timestamp(), OPENED.timestamp()))
    app = Console(here.plan("slow-or-flaky-run"), look)
    async with app.run_test(size=size) as pilot:
        try:
            await until(pilot, lambda: app.session is not None and app.picture.known is not None)
            await until(pilot, lambda: bool(app.incident.inbox))
            session = app.desk.session
            clock.passes(70)
            session.answer("symptom", SYMPTOM)
            session.complete("symptom")
            clock.passes(35)
            session.waive("scope", "one rule, one sample: the log names them")
            session.enter("planned-work")
            clock.passes(20)
            rung = session.runbook.rung("planned-work")
            found = rung.item("dry-run")
            assert found is not None
            await app.desk.climb._gather(rung, found, ())
            log = here.workdir / "logs/flaky.log"
            text = log.read_bytes().splitlines(keepends=True)[0]
            clock.passes(150)
            pin(session, Pinned(log, 1, (1, 1), (0, len(text)), text), None)
            clock.passes(65)
            session.note("The second attempt passed with nothing changed in between.")
            await until(pilot, lambda: bool(app.incident.notes) and not app.desk.climb.busy)
            app.clear_notifications()
            await drawn(pilot, app)
            yield app, pilot
        finally:
            if app.live is not None:
                app.live.close()
            if app.session is not None:
                app.session.close()


SYMPTOM = {
    "surface": "logs/flaky.log of rule flaky",
    "scope": "one job",
    "comparison": "the run of yesterday",
    "sentence": "flaky failed with exit 42, then passed when it was tried again",
}


def picture(app: Console) -> str:
    """The screen as an SVG, without the names that are made anew for each."""
    return re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="incident-console")) + "\n"
