"""One short run of the demo, started from a terminal that is closed right away: does it tell the story it promises?"""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from incident_console.demo import start as demo
from incident_console.demo.fates import NEWCOMER, SAMPLES, fates
from incident_console.demo.stories import LATENCY_WAIT_S
from incident_console.session.launch import Launch, read_launch
from tests.needs import needs

pytestmark = [needs("snakemake", "git", "make"), pytest.mark.timeout(200)]

TALE = fates(7)
STARTER = """
import json, sys
from pathlib import Path
from typing import TextIO
from incident_console.demo.start import prepare, start
begun = start(prepare(Path(sys.argv[1]), short=True), Path(sys.argv[2]))
print(json.dumps({"run": str(begun.launch.folder), "log": str(begun.log)}) + "!")
sys.stdin.read()
"""
BLOCK = re.compile(
    r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    jobid: (\d+)\n(?:    .*\n)*?    wildcards: sample=(\w)", re.M
)
ERROR = re.compile(r"^Error in rule \w+:\n(?:    .*\n)*?    jobid: (\d+)", re.M)


@dataclass(frozen=True)
class Ran:
    workdir: Path
    launch: Launch
    log: Path
    seconds: float
    attempt_logs: tuple[tuple[str, str], ...]
    """(path, text) of every attempt's log, read through descriptors that were opened while it was being written."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("demo")
    workdir = folder / "on call, Zürich"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", STARTER, str(workdir), str(folder / "runs")])
    told = b""
    try:
        while b"!" not in told:
            told += os.read(terminal, 4096)
    except OSError:
        pytest.fail(f"the starter ended early: {told.decode(errors='replace')}")
    begun = time.monotonic()
    os.close(terminal)  # The kernel hangs up on everything that belongs to this terminal.
    os.waitpid(pid, 0)
    started = json.loads(told.decode().split("!")[0])

    held: dict[tuple[str, int], TextIO] = {}
    launch = read_launch(Path(started["run"]))
    assert launch is not None
    while launch.state().kind == "running":
        assert time.monotonic() < begun + 150, launch.output.read_text()
        _hold_new_logs(workdir, held)
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    texts = tuple((path, log.read()) for (path, _), log in held.items())
    for log in held.values():
        log.close()
    return Ran(workdir, launch, Path(started["log"]), seconds, texts)


def _hold_new_logs(workdir: Path, held: dict[tuple[str, int], TextIO]) -> None:
    for path in workdir.glob("logs/*/*.log"):
        try:
            log = path.open(encoding="utf-8")
        except FileNotFoundError:  # A retry has just deleted it.
            continue
        key = (str(path.relative_to(workdir)), os.fstat(log.fileno()).st_ino)
        if key in held:
            log.close()
        else:
            held[key] = log


def _started(ran: Ran) -> Counter[tuple[str, str]]:
    """(rule, sample) to its number of attempts."""
    return Counter((rule, sample) for rule, _, sample in BLOCK.findall(ran.log.read_text()))


def _failed(ran: Ran) -> Counter[tuple[str, str]]:
    """(rule, sample) to the number of its attempts that failed."""
    text = ran.log.read_text()
    jobs = {number: (rule, sample) for rule, number, sample in BLOCK.findall(text)}
    return Counter(jobs[number] for number in ERROR.findall(text))


def test_the_run_outlives_its_terminal_and_ends_failed(ran: Ran) -> None:
    assert (ran.launch.state().kind, ran.launch.state().exit_code) == ("ended", 1)
    assert 20 < ran.seconds < 75
    assert ran.log.parent == ran.workdir / ".snakemake/log"
    assert not ran.launch.command.alive


def test_the_attempts_fail_and_recover_as_the_story_says(ran: Ran) -> None:
    assert _failed(ran) == {
        ("align", TALE.held_once): 1,
        ("align", TALE.held_twice): 2,
        ("count", NEWCOMER): 3,
    }
    whole = {(rule, sample): 1 for rule in ("align", "count") for sample in (*SAMPLES, NEWCOMER)}
    more = {("align", TALE.held_once): 2, ("align", TALE.held_twice): 3, ("count", NEWCOMER): 3}
    assert _started(ran) == {**whole, **more, ("trim", NEWCOMER): 1}
    assert len(re.findall("Trying to restart job", ran.log.read_text())) == 5


def test_jobs_go_on_after_the_one_that_fails_for_good(ran: Ran) -> None:
    text = ran.log.read_text()
    last_error = text.rindex("Error in rule count")
    assert text.count("Finished job", last_error) >= 3
    assert "rule summarize:" not in text and "rule publish:" not in text


def test_a_retry_deletes_the_clue(ran: Ran) -> None:
    for sample, pids in TALE.index_held().items():
        for pid in pids:
            clue = f"FATAL index is locked by pid {pid} "
            assert any(path == f"logs/{sample}/align.log" and clue in text for path, text in ran.attempt_logs), clue
        assert "FATAL" not in (ran.workdir / f"logs/{sample}/align.log").read_text()
    last = (ran.workdir / f"logs/{NEWCOMER}/count.log").read_text()
    assert "ERROR results/trimmed/F.fastq: truncated read at line 399: @F100 ends without its qualities" in last


def test_the_late_output_is_waited_for_and_comes(ran: Ran) -> None:
    text = ran.log.read_text()
    output = f"results/counts/{TALE.late}.tsv"
    assert f"Waiting at most {LATENCY_WAIT_S} seconds for missing files:\n{output}" in text
    assert (ran.workdir / output).exists()
    assert "MissingOutputException" not in text


def test_one_sample_takes_the_aligner_several_times_as_long(ran: Ran) -> None:
    def seconds(sample: str) -> float:
        return float((ran.workdir / f"benchmarks/{sample}/align.tsv").read_text().splitlines()[1].split("\t")[0])

    assert seconds(TALE.repeats) > 2 * max(seconds(sample) for sample in SAMPLES if sample != TALE.repeats)


def test_what_is_published_is_the_earlier_run_and_whole(ran: Ran) -> None:
    bundle = ran.workdir / "publish/v1"
    manifest = json.loads((bundle / "manifest.json").read_text())["sha256"]
    assert manifest == {name: hashlib.sha256((bundle / name).read_bytes()).hexdigest() for name in manifest}
    assert set(manifest) == {"summary.tsv", "provenance.json"}
    provenance = json.loads((bundle / "provenance.json").read_text())
    assert provenance["config"]["samples"] == ",".join(SAMPLES)
    commits = subprocess.check_output(["git", "rev-list", "HEAD"], cwd=ran.workdir, text=True).split()
    assert len(commits) == 2 and provenance["git_commit"] == commits[1]
    assert provenance["git_dirty"] is False
    assert len(list((ran.workdir / ".snakemake/log").iterdir())) == 2


def test_the_makes_that_look_are_honest(ran: Ran) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path}
    planned = subprocess.run(["make", "wf-dryrun"], cwd=ran.workdir, env=env, capture_output=True, text=True)
    assert planned.returncode == 0 and "rule count:" in planned.stdout and "rule align:" not in planned.stdout
    verify = ["make", "verify-report", f"PYTHON={sys.executable}"]
    assert subprocess.run(verify, cwd=ran.workdir, capture_output=True).returncode == 0
    summary = ran.workdir / "publish/v1/summary.tsv"
    kept = summary.read_bytes()
    summary.write_bytes(kept + b"\n")
    try:
        altered = subprocess.run(verify, cwd=ran.workdir, capture_output=True, text=True)
    finally:
        summary.write_bytes(kept)
    assert altered.returncode != 0 and "not what was published" in altered.stdout


def test_the_run_leaves_the_workflows_repository_clean(ran: Ran) -> None:
    assert subprocess.check_output(["git", "status", "--porcelain"], cwd=ran.workdir) == b""


def test_the_folder_is_refused_for_a_second_demo(ran: Ran) -> None:
    with pytest.raises(demo.UsageError, match="incident-console open"):
        demo.prepare(ran.workdir, short=True)
