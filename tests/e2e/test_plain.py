"""The ladder as questions and answers: over a pipe, on a dumb terminal, after a crash, and where one may only read."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pytest

from incident_console.record.store import Record
from tests.e2e.conftest import COMMAND, Desk, heard
from tests.ui.scene import CORPUS, RUNBOOK, RunLog

CLIMB = """\
1
answer
draft
draft
unknown
draft
complete
answer
draft
draft
local
complete
waive it is a copied folder without its inputs
waive the same holds for its state
answer
the parse of B stumbles over a word
capture failing-log
pin logs/parse/B.log:9-10
complete
class
draft
undetermined
2
the storage, by the log
unknown
complete
answer
local repair
the log of parse B names the word
mira
no
no
complete
answer
nothing was run again
the outputs of A
not tried yet
waive the repair waits for the lab
note the lab was called
handoff
the day shift
high
the lab waits
unknown
mira
the queue
.
if it fails again, stop it
.
nobody

unknown
yes
rungs
quit
"""


class Dumb:
    """The command on a terminal that can only print lines (TERM=dumb)."""

    def __init__(self, desk: Desk, *words: str | Path, records: bool = True, term: str = "dumb") -> None:
        self._master, slave = os.openpty()
        command = [COMMAND, *map(str, words), *(["--records", str(desk.records)] if records else [])]
        environment = {**desk.environment, "TERM": term, "COLUMNS": "120"}

        def take_terminal() -> None:
            heard()
            os.login_tty(slave)

        self.process = subprocess.Popen(command, cwd=desk.home, env=environment, preexec_fn=take_terminal)
        os.close(slave)
        self.raw = b""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """The terminal is gone."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, seconds: float = 20.0) -> str:
        """Read until `text` is said, after what was waited for before."""
        end = time.monotonic() + seconds
        begun = self._seen
        while (at := self.raw.find(text.encode(), begun)) < 0:
            ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"{text!r} was never said; after {self.raw[begun:].decode()!r}")
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"it ended before {text!r} was said: {self.raw.decode()}")
            self.raw += data
        self._seen = at + len(text.encode())
        return self.raw[begun : self._seen].decode()


def open_plain(desk: Desk, script: str, *words: str | Path, **more: str) -> str:
    """What is said over a pipe; it always ends well, and never with anything but words and line feeds."""
    command = [COMMAND, "open", "--plain", *map(str, words), "--records", str(desk.records)]
    environment: Mapping[str, str] = {**desk.environment, **more}
    ended = subprocess.run(
        command, input=script.encode(), cwd=desk.home, env=environment, capture_output=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", ended.stdout)
    return ended.stdout.decode()


@pytest.fixture
def workdir(desk: Desk) -> Path:
    return Path(shutil.copytree(CORPUS / "c2-deterministic-fail-stop-v9" / "wd", desk.home / "flow"))


def test_a_script_climbs_the_whole_ladder_to_the_hand_off(desk: Desk, workdir: Path) -> None:
    said = open_plain(desk, CLIMB, workdir)
    assert said.index("State: the run failed") < said.index("Failure 1: parse failed") < said.index("Next: go 1")
    assert "8 of 8 rungs are done or waived." in said and "Not done" not in said and "Not taken" not in said
    head, bundle = re.search(r"Head of the chain: (\w+)", said), re.search(r"The bundle: (.+)", said)
    assert head is not None and bundle is not None
    assert desk.run("verify", bundle[1], "--head", head[1]).returncode == 0
    assert desk.run("verify", desk.record()).returncode == 0
    incident = Record(desk.record()).incident()
    assert incident.gate_missing == () and incident.offered[-1].event.to == "the day shift"
    assert incident.rungs["decide"].answers["decision"].text == "local repair"


def test_the_end_of_the_input_leaves_as_quit_does(desk: Desk, workdir: Path) -> None:
    said = open_plain(desk, "note half a note\nnote\nthis one has no end", workdir)
    assert said.rstrip().split("\n")[-1].startswith("Go on with: ") and "All is saved in" in said
    notes = [note.text for note in Record(desk.record()).incident().notes.values()]
    assert "half a note" in notes and not any("no end" in note for note in notes)


def test_what_a_log_says_is_shown_and_never_obeyed(desk: Desk, workdir: Path) -> None:
    (workdir / "logs" / "parse" / "B.log").write_bytes(b"fine\n\x1b]0;owned\x07\x1b[2J\r\x9b1mFATAL \xff no\x00\n")
    said = open_plain(desk, "log logs/parse/B.log\npin logs/parse/B.log:2\nbrief\nrecord\ntimeline 99\n", workdir)
    assert "2: \\x1b]0;owned\\x07\\x1b[2J\\x0d\\x9b1mFATAL \\xff no\\x00" in said
    assert "Saved: line 2 of logs/parse/B.log pinned to the inbox" in said


def test_the_width_is_that_of_the_terminal(desk: Desk, workdir: Path) -> None:
    narrow = open_plain(desk, "1\n2\n", workdir, COLUMNS="40")
    folded = narrow[: narrow.index("All is saved")].split("\n")
    assert all(len(line) <= 40 or " " not in line.strip() for line in folded)


def test_nothing_runs_without_trust_nor_writes_without_a_yes(desk: Desk) -> None:
    workdir, runbook = desk.home / "flow", desk.home / "tiny.yaml"
    workdir.mkdir()
    runbook.write_text(RUNBOOK)
    script = "go 2\ncapture say\ntrust\nyes\ncapture say\ncapture touch\nno\nrungs\ncapture touch\nyes\n"
    said = open_plain(desk, script, workdir, "--runbook", runbook)
    assert "Not done: this runbook did not ship with the console and nobody has trusted it" in said
    assert "Saved: say is captured, exit 0" in said and "hello, it says" in said
    assert said.index("It was not run, and nothing was recorded.") < said.index("Saved: touch is captured, exit 0")
    assert (workdir / "written.txt").exists()


def test_a_run_that_fails_meanwhile_is_told_before_the_next_prompt(desk: Desk) -> None:
    workdir = desk.home / "flow"
    workdir.mkdir()
    (workdir / "Snakefile").write_text("rule all:\n")
    run = RunLog(workdir)
    run.starts("align", 1, says="reading\n")
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("State: the run goes on")
        console.wait_for("> ")
        run.fails("align", 1)
        run.ends()
        told = console.wait_for("The run: failed.")
        assert re.search(r"\n\d\d:\d\d:\d\dZ The run: failed", told)
        console.wait_for("\n> ")  # nothing was typed, so it was told at once, and the prompt said again
        console.types("quit\n")
        console.wait_for("All is saved in")
        assert console.process.wait(10) == 0


def test_news_waits_until_the_line_that_is_being_typed_is_entered(desk: Desk, workdir: Path) -> None:
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("> ")
        console.types("note the lab cald")
        console.wait_for("the lab cald")
        (workdir / "Snakefile").write_text("rule other:\n")
        events = desk.record() / "journal.jsonl"
        end = time.monotonic() + 20
        while b"edit.observed" not in events.read_bytes() and time.monotonic() < end:
            time.sleep(0.05)
        console.types("\x7f")
        console.wait_for("\b \b")  # it is edited as before, though news waits
        console.types("led\n")
        between = console.wait_for("Saved: note")
        assert "Snakefile was edited" not in between
        console.wait_for("Snakefile was edited before the gate is open; explain says why.")
        assert [note.text for note in Record(desk.record()).incident().notes.values()] == ["the lab called"]
        console.types("quit\n")
        console.wait_for("All is saved")


def test_a_dumb_terminal_is_offered_it_and_gets_no_escape_sequence(desk: Desk, workdir: Path) -> None:
    with Dumb(desk, "open", workdir) as console:
        console.wait_for("--plain asks and answers line by line")
        assert console.process.wait(10) == 2
    settings = desk.home / ".config" / "incident-console" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("plain = true\n")
    with Dumb(desk, "open", workdir) as console:
        console.wait_for("> ")
        console.types("1\n")
        console.wait_for("Question 1, needed: Which surface changed")
        console.types("answer 1\n")
        console.wait_for("> ")
        console.types("\x03")
        console.wait_for("Left. quit leaves the console.")
        console.types("\x04")
        console.wait_for("All is saved in")
        assert console.process.wait(10) == 0
        assert b"\x1b" not in console.raw


def test_ctrl_c_cancels_the_evidence_that_runs_and_not_the_incident(desk: Desk) -> None:
    workdir, runbook = desk.home / "flow", desk.home / "tiny.yaml"
    workdir.mkdir()
    runbook.write_text(RUNBOOK)
    with Dumb(desk, "open", "--plain", workdir, "--runbook", runbook) as console:
        console.wait_for("> ")
        console.types("trust\nyes\n2\ncapture slow\n")
        console.wait_for("Running: sleep 60")
        console.wait_for("Still running")
        console.types("\x03")
        console.wait_for("Saved: slow could not be captured: cancelled")
        console.wait_for("> ")
        os.kill(console.process.pid, signal.SIGTERM)
        console.wait_for("All is saved in")
        assert console.process.wait(10) == 0


def test_where_nothing_can_be_said_no_incident_is_begun(desk: Desk, workdir: Path) -> None:
    command = [COMMAND, "open", "--plain", str(workdir), "--records", str(desk.records)]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, env=desk.environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2 and "no incident was begun" in ended.stderr
    assert not [*desk.records.glob("INC-*")]


def test_the_first_question_is_asked_again_and_a_question_mark_says_what_may_be_answered(
    desk: Desk, workdir: Path
) -> None:
    open_plain(desk, "note one\n", workdir)
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("Go on with it?")
        console.types("perhaps\n")
        console.wait_for("Not taken: 'perhaps' is none of the choices")
        console.wait_for("> ")
        console.types("?\n")
        console.wait_for("2. begin a new incident")
        console.wait_for("> ")
        console.types("1\n")
        console.wait_for("Next:")
        console.types("?\n")
        console.wait_for("help [COMMAND]")
        console.types("quit\n")
        console.wait_for("All is saved")


def test_one_line_answers_a_question_and_a_hand_off_is_given_by_a_yes_alone(desk: Desk, workdir: Path) -> None:
    script = "1\nanswer 2 the sample B\naction stopped it\nit wrote\n10 min ago\nquiet\n"
    script += "handoff\nana\nhigh\n" + "\n" * 8 + "\nhandoff\nana\n" + "\n" * 8 + "no\n"
    said = open_plain(desk, script, workdir)
    assert "Saved: Over which scope: one job, one sample, one rule, the whole run? the sample B" in " ".join(
        said.split()
    )
    assert said.count("It goes to ana, and") == 2 and "handed off" not in said
    assert "9 fields only you can say" in said and "8 fields only you can say" in said, "what was said is kept"
    incident = Record(desk.record()).incident()
    (action,) = incident.actions.values()
    assert not incident.offered and incident.rungs["symptom"].answers["scope"].text == "the sample B"
    assert action.result == "unknown" and not [*desk.home.glob("INC-*.zip")]


def test_a_fault_of_its_own_leaves_a_report_and_the_record(desk: Desk, workdir: Path) -> None:
    (desk.home / "sitecustomize.py").write_text(
        "import incident_console.plain.facts as facts\n"
        "def broken(*_):\n    raise RuntimeError('a bug')\n"
        "facts.run_told = broken\n"
    )
    ended = subprocess.run(
        [COMMAND, "open", "--plain", str(workdir), "--records", str(desk.records)],
        input="note one\nrun\n",
        env={**desk.environment, "PYTHONPATH": str(desk.home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1 and "that is a fault of its own (RuntimeError)" in ended.stdout
    (report,) = desk.record().glob("crash-*.txt")
    assert "a bug" in report.read_text() and str(report) in ended.stdout and "Traceback" not in ended.stderr
    assert desk.run("verify", desk.record()).returncode == 0


def test_after_kill_9_it_goes_on_where_it_was(desk: Desk, workdir: Path) -> None:
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("> ")
        console.types("1\nanswer sentence\ndraft\n")
        console.wait_for("Saved: The symptom in one sentence")
        console.process.kill()
        console.process.wait()
    with Dumb(desk, "resume", "--plain") as console:
        console.wait_for("goes on where it was left.")
        console.wait_for('Next on rung 1, Name the symptom: answer "Which surface changed", "Over')
        console.types("q\n")
        console.wait_for("resume --plain INC-")
        assert console.process.wait(10) == 0


def test_a_terminal_that_is_gone_leaves_the_incident_in_order(desk: Desk, workdir: Path) -> None:
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("> ")
        console.types("note the line is bad\n")
        console.wait_for("Saved: note")
        console.hang_up()
        assert console.process.wait(20) == 0
    assert "the line is bad" in (desk.record() / "record.md").read_text()  # written on leaving
    assert desk.run("verify", desk.record()).returncode == 0


def test_signals_that_come_on_each_others_heels_end_it_all_the_same(desk: Desk, workdir: Path) -> None:
    """A terminal that goes says so twice; the handler of the one must not wait for that of the other."""
    with Dumb(desk, "open", "--plain", workdir) as console:
        console.wait_for("> ")
        for _ in range(300):
            os.kill(console.process.pid, signal.SIGHUP)
            os.kill(console.process.pid, signal.SIGTERM)
        assert console.process.wait(20) in (0, -signal.SIGHUP, -signal.SIGTERM)  # the last may come after its handlers


def test_where_another_console_writes_and_in_a_bundle_one_only_reads(desk: Desk, workdir: Path) -> None:
    with Dumb(desk, "open", "--plain", workdir) as first:
        first.wait_for("> ")
        with Dumb(desk, "resume", "--plain") as second:
            second.wait_for("Read-only: mira on ")
            second.wait_for("Next, to read:")
            second.wait_for("> ")
            first.types("note the lab was called\n")
            second.wait_for("recorded: note: the lab was called")
            second.types("note me too\n")
            second.wait_for("Not done: read-only: mira on ")
            first.types("handoff\nthe day shift\n" + "\n" * 9 + "yes\nquit\n")
            first.wait_for("All is saved in")
            second.wait_for("The other console was left")
            second.types("quit\n")
            second.wait_for("Nothing was written here.")
            assert second.process.wait(10) == 0
    (bundle,) = desk.home.glob("INC-*.zip")
    said = open_plain(desk, "note no\ngo 1\nsent\nquit\n", bundle)
    assert "Not done: read-only: this bundle is read and not accepted" in said
    assert "Rung 1 of 8, Name the symptom" in said and "the lab was called" in said
    assert f"accept {bundle} --as NAME" in said
