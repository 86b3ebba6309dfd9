"""The installed `analyze`: exit codes, streams, and watching a run to its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk, heard
from tests.e2e.terminal import Terminal

CORPUS = Path(__file__).parents[1] / "corpus"
FLAKY = CORPUS / "c1-flaky-retry-ok-v9" / "wd"


def test_text_and_json_say_the_same(desk: Desk) -> None:
    text = desk.run("analyze", FLAKY)
    told = json.loads(desk.run("analyze", FLAKY, "--json").stdout)
    assert (text.returncode, text.stderr) == (0, "")
    assert told["class"] == "tool-behavior"
    assert "tool-behavior" in text.stdout
    assert "\x1b" not in text.stdout


def test_a_run_log_is_enough_to_find_the_workflow(desk: Desk) -> None:
    log = next(path for path in sorted((FLAKY / ".snakemake/log").iterdir()) if "132721" in path.name)
    told = json.loads(desk.run("analyze", "--run", log, "--json").stdout)
    assert told["workdir"] == str(FLAKY)
    assert told["run"]["log"] == f".snakemake/log/{log.name}"


@pytest.mark.parametrize("words", [("no such folder",), (".",), (str(FLAKY), "--run", "no.log")])
def test_where_there_is_no_run_it_says_so_and_ends_with_3(desk: Desk, words: tuple[str, ...]) -> None:
    done = desk.run("analyze", *words)
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_the_screen_is_loaded(desk: Desk) -> None:
    code = (
        "import sys; from incident_console import cli; cli.main(sys.argv[1:]);"
        "sys.exit(any(name in sys.modules for name in ('textual', 'rich')))"
    )
    python = Path(COMMAND).with_name("python")
    done = subprocess.run([python, "-c", code, "analyze", FLAKY], capture_output=True, env=desk.environment, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def going(desk: Desk) -> Path:
    """A run that has begun: a copy with its log cut off after the second finished job, and written just now."""
    folder = desk.home / "wd"
    shutil.copytree(CORPUS / "j-live-snapshots-v9" / "wd", folder)
    (log,) = (folder / ".snakemake/log").iterdir()
    text = log.read_text().partition("2 of 7 steps")[0]
    now = time.time()
    stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(now))
    lines = [f"[{stamp}]" if line.startswith("[Sun Nov 22") else line for line in text.splitlines()]
    fresh = log.with_name(time.strftime("%Y-%m-%dT%H%M%S.000000.snakemake.log", time.gmtime(now - 5)))
    log.unlink()
    fresh.write_text("\n".join(lines) + "\n")
    return fresh


def watch(desk: Desk, folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "analyze", str(folder), "--watch", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**desk.environment, "TZ": "UTC"},
        preexec_fn=heard,
    )


def test_watching_tells_each_change_and_ends_with_the_run(desk: Desk, going: Path) -> None:
    process = watch(desk, going.parents[2], "--json")
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert (first["run"]["status"], first["run"]["jobs"]["finished"]) == ("running", 2)
    with going.open("a") as log:
        log.write("Exiting because a job execution failed. Look above for error messages\n")
        log.write(f"Complete log(s): {going}\nWorkflowError:\nAt least one job did not complete successfully.\n")
    os.utime(going, (1, 1))
    out, err = process.communicate(timeout=60)
    assert json.loads(out.splitlines()[-1])["run"]["status"] == "failed"
    assert (process.returncode, err) == (0, "")


def test_ctrl_c_ends_the_watching_with_130(desk: Desk, going: Path) -> None:
    process = watch(desk, going.parents[2])
    assert process.stdout is not None
    assert process.stdout.readline().startswith("run")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_on_a_terminal_the_screen_is_rewritten(desk: Desk, going: Path) -> None:
    command = [COMMAND, "analyze", str(going.parents[2]), "--watch"]
    with Terminal(command, cwd=desk.home, env={**desk.environment, "TZ": "UTC"}) as terminal:
        terminal.wait_for("the run goes on")
        terminal.wait_for("planning")
        with going.open("a") as log:
            log.write(f"Complete log(s): {going}\n")
        terminal.wait_for("cannot be told")
