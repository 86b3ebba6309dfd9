"""Which of many logs is the run, and who writes it?"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from runlogs import CASES, Case, LogText

from incident_console.snakemake.find import engine_pid, is_workflow, queries, runs, watched_run
from incident_console.snakemake.liveness import is_live, only_asks

HOLD = "import sys\nf = open(sys.argv[1], 'a')\nprint('held', flush=True)\nsys.stdin.read()\n"


@pytest.fixture
def holding() -> Iterator[Callable[..., int]]:
    """Starts a process that has a file open for writing."""
    started: list[subprocess.Popen[str]] = []

    def hold(path: Path, *words: str) -> int:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process.pid

    yield hold
    for process in started:
        process.communicate()


def folder(workdir: Path, **logs: str) -> Path:
    """`t10="text"` becomes the log written at ten seconds."""
    place = workdir / ".snakemake" / "log"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in logs.items():
        (place / f"2026-11-22T1320{name[1:]}.000000.snakemake.log").write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize("case", [case for case in CASES if case.truth["run"] is None], ids=lambda case: case.path.name)
def test_the_newest_run_is_found_among_the_logs_of_queries(case: Case) -> None:
    found = watched_run(case.wd)
    assert found is not None
    assert found.path == case.log()
    assert found.kind == "run"


def test_every_log_is_told_for_what_it_is(tmp_path: Path) -> None:
    folder(tmp_path, t10=LogText(a=1).start(1, "a").text, t11="Building DAG of jobs...\n", t12="")
    assert [log.kind for log in runs(tmp_path)] == ["empty", "query", "run"]
    assert {path.name[15:17] for path in queries(tmp_path)} == {"11", "12"}


def test_a_failed_query_after_a_run_is_not_the_run(tmp_path: Path) -> None:
    header = "SNAKEMAKE\n=========\n  Host: vm\n\n"
    fault = "Building DAG of jobs...\nIncompleteFilesException:\nThe files below seem to be incomplete.\n" + "x\n" * 40
    folder(tmp_path, t10=header + LogText(a=1).start(1, "a").text, t11=fault)
    assert [log.kind for log in runs(tmp_path)] == ["query", "run"]
    folder(tmp_path, t12=header + fault)
    found = watched_run(tmp_path)
    assert found is not None
    assert found.path.name.startswith("2026-11-22T132012")


def test_a_run_still_being_planned_is_known_by_its_process(tmp_path: Path, holding: Callable[..., int]) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text, t11="Building DAG of jobs...\n")
    newest = sorted(place.iterdir())[-1]
    pid = holding(newest)
    found = watched_run(tmp_path)
    assert found is not None
    assert (found.path, found.kind, found.pid) == (newest, "run", pid)


def test_a_query_at_work_is_not_taken_for_the_run(tmp_path: Path, holding: Callable[..., int]) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text, t11="Building DAG of jobs...\n")
    newest = sorted(place.iterdir())[-1]
    pid = holding(newest, "--summary")
    assert only_asks(pid)
    found = watched_run(tmp_path)
    assert found is not None
    assert found.path != newest


def test_an_older_run_that_is_still_at_work_is_watched(tmp_path: Path, holding: Callable[..., int]) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text, t11="LockException:\nError: Directory…" + "x" * 90)
    oldest = sorted(place.iterdir())[0]
    pid = holding(oldest)
    found = watched_run(tmp_path)
    assert found is not None
    assert (found.path, found.pid) == (oldest, pid)


def test_a_viewer_of_the_log_is_not_its_engine(tmp_path: Path) -> None:
    log = tmp_path / "x.snakemake.log"
    log.write_text("x")
    viewer = subprocess.Popen(
        [sys.executable, "-c", "import sys\nf = open(sys.argv[1])\nprint(1, flush=True)\nsys.stdin.read()", str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert viewer.stdout is not None
    viewer.stdout.readline()
    with log.open("a"):
        assert engine_pid(log) is None
    viewer.communicate()


def test_thousands_of_query_logs_are_not_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text)
    for number in range(3000):
        (place / f"2026-11-20T{number:06d}.000000.snakemake.log").write_text("Building DAG of jobs...\n")
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: (opened.append(path), real(path, *rest))[1])
    found = watched_run(tmp_path)
    assert found is not None
    assert found.path.name.startswith("2026-11-22")
    assert len(opened) < 10


def test_only_the_ends_of_a_large_log_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text + "text\n" * 1_000_000)
    taken = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda *args: (taken.append(args[1]), real(*args))[1])
    assert watched_run(tmp_path) is not None
    assert sum(taken) <= 128 * 1024
    assert len(list(place.iterdir())) == 1


def test_a_folder_without_a_run_has_none(tmp_path: Path) -> None:
    assert watched_run(tmp_path) is None
    assert runs(tmp_path) == ()
    folder(tmp_path, t10="Building DAG of jobs...\n")
    assert watched_run(tmp_path) is None


def test_odd_things_in_the_log_folder_are_passed_over(tmp_path: Path) -> None:
    place = folder(tmp_path, t10=LogText(a=1).start(1, "a").text)
    os.mkfifo(place / "2026-11-22T132011.000000.snakemake.log")
    (place / "2026-11-22T132012.000000.snakemake.log").mkdir()
    (place / "2026-11-22T132013.000000.snakemake.log").symlink_to("nowhere")
    (place / "notes.txt").write_text("x")
    assert [log.kind for log in runs(tmp_path)] == ["run"]


def test_a_workflow_is_known_by_its_files(tmp_path: Path) -> None:
    assert not is_workflow(tmp_path)
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "Snakefile").write_text("")
    assert is_workflow(tmp_path)
    assert is_workflow(CASES[0].wd)


def test_file_times_of_a_copied_folder_say_nothing(tmp_path: Path) -> None:
    log = tmp_path / "x.snakemake.log"
    log.write_text("x")
    now = log.stat().st_mtime
    assert is_live(log, now - 5, None, None, now)
    assert not is_live(log, now - 86_400, None, None, now)
    assert not is_live(log, None, None, None, now)
    assert not is_live(log, now - 5, None, None, now + 86_400)


def test_here_where_all_our_processes_are_seen_a_fresh_log_nobody_writes_is_dead(tmp_path: Path) -> None:
    log = folder(tmp_path, t10="x") / "2026-11-22T132010.000000.snakemake.log"
    now = log.stat().st_mtime
    here = platform.node()
    assert not is_live(log, now, here, str(tmp_path), now)
    assert is_live(log, now, here, "/srv/where/it/was/copied/from", now)
    assert is_live(log, now, "another-machine", str(tmp_path), now)
