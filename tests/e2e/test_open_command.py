"""`open -- COMMAND`: the run outlives the terminal, the console and a kill, and how it ended is told on coming back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from incident_console.demo.start import find_snakemake
from incident_console.session.launch import Launch, launches, runs_folder
from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.needs import needs

BEGINS = "its last line: it begins with -- --help"
RUN = (
    "sh",
    "-c",
    "echo it begins with $*; while [ ! -e go ]; do sleep 0.05; done; echo ends; exit 3",
    "sh",
    "--",
    "--help",
)


@dataclass(frozen=True)
class Place:
    """A workdir, and whoever works there."""

    desk: Desk
    workdir: Path

    def open(self, *words: str, run: tuple[str, ...] = (), columns: int = 80) -> Terminal:
        """With 80 columns one pane is shown, where a sentence stands together; with 150 the logs are beside it."""
        command = [COMMAND, "open", str(self.workdir), "--records", str(self.desk.records), *words]
        command += ["--", *run] if run else []
        return Terminal(command, columns=columns, lines=40, cwd=self.desk.home, env=self.desk.environment)

    @property
    def launches(self) -> tuple[Launch, ...]:
        return launches(runs_folder(self.desk.records))

    @property
    def incidents(self) -> list[Path]:
        return list(self.desk.records.glob("INC-*"))

    def let_it_end(self) -> None:
        (self.workdir / "go").touch()


@pytest.fixture
def place(desk: Desk, tmp_path: Path) -> Iterator[Place]:
    workdir = tmp_path / "on call, Zürich"
    workdir.mkdir()
    place = Place(desk, workdir)
    yield place
    for launch in place.launches:
        if launch.command.alive:
            os.killpg(launch.command.pid, signal.SIGKILL)


def until(holds: Callable[[], object], timeout: float = 20.0) -> None:
    give_up = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def come_back(place: Place) -> Terminal:
    """`open` in the same folder, and go on with the incident that is open there."""
    console = place.open()
    console.wait_for("An incident is open on this workflow")
    console.press("enter")
    return console


def lose_the_terminal(console: Terminal) -> None:
    console.hang_up()
    console.wait_end()


def kill_the_console(console: Terminal) -> None:
    console.signal(signal.SIGKILL)
    console.wait_end()


def leave(console: Terminal) -> None:
    console.press("q")
    assert console.wait_end() == 0


@pytest.mark.parametrize("part", [lose_the_terminal, kill_the_console, leave])
def test_a_run_outlives_its_console_and_its_end_is_told_on_coming_back(
    place: Place, part: Callable[[Terminal], None]
) -> None:
    with place.open(run=RUN) as console:
        console.wait_for("runs since", BEGINS)
        part(console)
    (launch,) = place.launches
    assert launch.state().kind == "running"
    with come_back(place) as console:
        console.wait_for("runs since", f"pid {launch.command.pid}")
        part(console)
    place.let_it_end()
    until(lambda: launch.state().kind == "ended")
    with come_back(place) as console:
        console.wait_for("ended with exit 3 at", "less than a minute ago")
        leave(console)
    (record,) = place.incidents
    verdict = place.desk.run("verify", record)
    assert (verdict.returncode, verdict.stdout.split()[0]) == (0, "ok"), verdict.stdout + verdict.stderr
    told = place.desk.run("record", record.name, "--records", place.desk.records).stdout
    assert "ended with exit 3 at" in told


def test_the_end_is_told_at_once_to_who_watches(place: Place) -> None:
    with place.open(run=RUN, columns=150) as console:
        console.wait_for("output of sh -c", "it begins with -- --help", "run ● running")
        place.let_it_end()
        console.wait_for("ended with exit 3 at", " ends", "run ✗ failed")
        assert "no Snakemake run here" not in console.screen()
        console.press("0", "g")
        console.move_to("its output")
        console.press("enter")
        console.wait_for("p pin")  # the log has the focus
        leave(console)


def test_a_run_is_not_started_twice(place: Place) -> None:
    with place.open(run=RUN) as console:
        console.wait_for(BEGINS)
        with place.open(run=RUN, columns=400) as second:
            assert second.wait_end() == 1
            second.wait_for("still goes on", "nothing was started")
        leave(console)
    assert len(place.launches) == len(place.incidents) == 1


@pytest.mark.parametrize("command", ["no-such-command", "./broken"])
def test_a_command_that_cannot_be_started_leaves_no_incident(place: Place, command: str) -> None:
    (place.workdir / "broken").write_text("#!/no/such/interpreter\n")
    (place.workdir / "broken").chmod(0o755)
    with place.open(run=(command, "--debug"), columns=250) as console:
        assert console.wait_end() == 2
        console.wait_for(command, "nothing was started")
        assert "Traceback" not in console.screen()
    assert place.incidents == [] and place.launches == ()


def test_what_a_source_prints_is_followed_and_it_ends_with_the_console(place: Place) -> None:
    source = "sh -c 'echo from afar; echo $$ > pid; sleep 600'"
    with place.open("--source", source, columns=150) as console:
        console.wait_for("source: sh -c", "from afar")
        pid = int((place.workdir / "pid").read_text())
        leave(console)
    assert not Path(f"/proc/{pid}").exists()
    assert list((place.desk.records / "spools").iterdir()) == []


SNAKEFILE = """
rule all:
    input: "out/done"

rule work:
    output: "out/done"
    log: "logs/work.log"
    shell: "echo at work > {log}; while [ ! -e go ]; do sleep 0.05; done; echo ok > {output}"
"""


@needs("snakemake")
def test_a_snakemake_run_is_followed_across_a_lost_terminal(place: Place) -> None:
    (place.workdir / "Snakefile").write_text(SNAKEFILE)
    with place.open(run=(*find_snakemake(), "--cores", "1"), columns=150) as console:
        console.wait_for("● running", "output of", timeout=60)
        (launch,) = place.launches
        console.wait_for(f"pid {launch.command.pid}")
        console.hang_up()
        console.wait_end()
    assert launch.state().kind == "running"
    place.let_it_end()
    until(lambda: launch.state().kind == "ended", timeout=60)
    with come_back(place) as console:
        console.wait_for("✓ succeeded", "ended with exit 0 at")
        leave(console)
