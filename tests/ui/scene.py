"""What the tests of the console stand on: a workflow's folder, a run that goes on when told to, what is on screen."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual import events
from textual.geometry import Region
from textual.pilot import Pilot

from incident_console.runbook import shelf, trust
from incident_console.session.plan import Plan
from incident_console.session.who import Who
from incident_console.tui import firstrun
from incident_console.tui.app import Console

CORPUS = Path(__file__).parents[1] / "corpus"
SMALL, MEDIUM, WIDE = (80, 24), (100, 30), (160, 45)

RUNBOOK = """\
schema: incident-console/runbook/1
id: tiny
version: "1"
title: Tiny
owner: the tests
when: In a test.
first: look
second: look
stop: decide
watch: [Snakefile]
logs: ["logs/**/*.log"]
rungs:
  - id: symptom
    role: symptom
    question: What changed?
    ask:
      - {id: surface, type: text, prompt: "Which surface?", required: true}
      - {id: side, type: choice, prompt: "Which side?", choices: [left, right, middle], required: true}
      - {id: where, type: many, prompt: "Where?", choices: [local, ci, scheduler], required: true, unknown: true}
      - {id: aside, type: text, prompt: "Anything else?"}
    refuse:
      - {field: surface, pattern: "is broken", because: "Name the file that changed."}
  - id: look
    question: What is there?
    evidence:
      - {id: say, surface: diff, question: "What does it say?", run: [echo, "hello, it says"], effects: read-only}
      - {id: slow, surface: diff, question: "How long?", run: [sleep, "60"], effects: read-only}
      - {id: touch, surface: diff, question: "May it write?", run: [touch, written.txt], effects: writes}
      - {id: seen, surface: observation, question: "What do you see?"}
    needs: [say]
  - id: decide
    role: decide
    question: What now?
    escalate:
      - {when: {field: decision, is: review}, to: the reviewers, because: It changes what is meant.}
"""


@dataclass
class Place:
    """A folder for one test: the workflow's, and where records and trust are kept."""

    root: Path
    workdir: Path
    who: Who

    def plan(self, runbook: str | None = None) -> Plan:
        return Plan(self.who, self.workdir, runbook)

    def tiny(self, *, trusted: bool = True, text: str = RUNBOOK) -> Plan:
        path = self.root / "tiny.yaml"
        path.write_text(text)
        if trusted:
            trust.give(shelf.find(str(path)), "olga", "2026-11-22T12:00:00Z", self.who.trust)
        return self.plan(str(path))

    @property
    def record(self) -> Path:
        (found,) = self.who.records.glob("INC-*")
        return found


def place(root: Path, case: str | None = None) -> Place:
    """`case`: a labelled run of the corpus, copied; None: an empty folder."""
    workdir = root / "flow"
    if case is not None:
        shutil.copytree(CORPUS / case / "wd", workdir)
    else:
        workdir.mkdir()
    (root / firstrun.NAME).touch()  # who works in most tests has seen the console before
    return Place(root, workdir, Who("olga", root / "records", root / "trusted"))


@dataclass
class RunLog:
    """A run that goes on when it is told to: its log as Snakemake 9 writes it, from another machine."""

    workdir: Path
    planned: int = 4
    late_s: float = 0.0
    """How much later than now it says that it began."""
    path: Path = field(init=False)
    _done: int = 0

    def __post_init__(self) -> None:
        began = time.time() + self.late_s
        name = time.strftime("%Y-%m-%dT%H%M%S", time.localtime(began)) + f".{int(began % 1 * 1e6):06}.snakemake.log"
        self.path = self.workdir / ".snakemake" / "log" / name
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.write(
            "SNAKEMAKE\n=========\n  Host: elsewhere\n  Snakemake version: 9.27.1\n  Command: snakemake -c2\n\n"
            "Building DAG of jobs...\nProvided cores: 2\nJob stats:\njob      count\n-----  -------\n"
            f"align  {self.planned}\ncount  0\ntotal  {self.planned}\n\nSelect jobs to execute...\n"
        )

    def write(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)

    def _now(self) -> str:
        return time.strftime("[%a %b %d %H:%M:%S %Y]", time.localtime())

    def starts(self, rule: str, jobid: int, sample: str = "A", says: str = "") -> Path:
        log = self.workdir / "logs" / sample / f"{rule}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)  # as Snakemake does before a retry
        log.write_text(says)
        self.write(
            f"{self._now()}\nlocalrule {rule}:\n    output: out/{sample}.txt\n"
            f"    log: {log.relative_to(self.workdir)}\n    jobid: {jobid}\n"
            f"    reason: Missing output files: out/{sample}.txt\n    wildcards: sample={sample}\n"
            f"Shell command: {rule} {sample}\n"
        )
        return log

    def fails(self, rule: str, jobid: int, sample: str = "A", *, again: bool = False, message: str = "None") -> None:
        self.write(
            f"{self._now()}\nError in rule {rule}:\n    message: {message}\n    jobid: {jobid}\n"
            f"    output: out/{sample}.txt\n    log: logs/{sample}/{rule}.log (check log file(s) for error details)\n"
            "    shell:\n        false\n        (command exited with non-zero exit code)\n"
        )
        if again:
            self.write(f"Trying to restart job {jobid}.\nSelect jobs to execute...\n")

    def finishes(self, rule: str, jobid: int) -> None:
        self._done += 1
        self.write(
            f"{self._now()}\nFinished jobid: {jobid} (Rule: {rule})\n{self._done} of {self.planned} steps done\n"
        )

    def ends(self) -> None:
        self.write(f"Complete log(s): {self.path}\n")


@asynccontextmanager
async def opened(plan: Plan, size: tuple[int, int] = WIDE) -> AsyncIterator[tuple[Console, Pilot[int]]]:
    """The console, with its incident open and the run looked for."""
    app = Console(plan)
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            await until(pilot, lambda: app.session is not None and app.picture.looked)
            await drawn(pilot, app)
            yield app, pilot
        finally:
            if app.live is not None:
                app.live.close()
            if app.session is not None:
                app.session.close()


async def until(pilot: Pilot[int], holds: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it never came true; on the screen:\n" + screen(pilot.app))
        await pilot.pause(0.02)


async def drawn(pilot: Pilot[int], app: Console) -> None:
    """What is known now is on the screen."""
    app.stale()
    await until(pilot, lambda: not app._stale)
    await pilot.pause()


async def shows(pilot: Pilot[int], *texts: str, pane: str = "") -> None:
    """Wait until all of these are on the screen, or in one pane of it."""
    await until(pilot, lambda: all(text in screen(pilot.app) or text in flat(pilot.app, pane) for text in texts))


def ahead(app: Console, *keys: str) -> None:
    """Keys that come all at once, as from a paste or a slow line: none waits for what the one before it does."""
    for key in keys:
        character = "\r" if key == "enter" else key if len(key) == 1 else None
        app.post_message(events.Key("space" if key == " " else key, character))


async def types(pilot: Pilot[int], text: str, *then: str) -> None:
    """Type into the field that is open, at once, then press keys one by one."""
    assert isinstance(pilot.app, Console)
    await until(pilot, lambda: bool(pilot.app.screen.query("#ask.-open")))
    ahead(pilot.app, *text)
    await pilot.press(*then)
    await pilot.pause()


async def closed(pilot: Pilot[int]) -> None:
    """Wait until no question is open."""
    await until(pilot, lambda: not pilot.app.screen.query("#ask.-open"))


def screen(app: object) -> str:
    """The screen as a person sees it, a line a row."""
    assert isinstance(app, Console)
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def flat(app: object, pane: str = "") -> str:
    """The screen, or one pane of it, without borders and line breaks: for sentences that were wrapped."""
    assert isinstance(app, Console)
    strips = app.screen._compositor.render_strips()
    if pane:
        found = list(app.screen.query(pane))
        region = found[-1].region if found else Region()
        strips = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    return " ".join(" ".join(strip.text for strip in strips).replace("│", " ").replace("▌", " ").split())


def kinds(app: Console) -> list[str]:
    return [line.kind for line in app.incident.lines]


def backdate(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds, time.time() - seconds))
