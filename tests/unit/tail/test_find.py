import os
from pathlib import Path

import pytest

from incident_console.tail.places.find import find_logs, glob_logs


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    for name in (
        ".snakemake/log/2026.snakemake.log",
        "logs/B/align.log",
        "logs/A/align.log",
        "logs/all.log",
        "logs/.hidden/x.log",
        "logs/A/notes.txt",
        "other/y.log",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_logs_are_found_once_by_any_of_the_globs(workdir: Path) -> None:
    found = glob_logs(workdir, ["logs/*/*.log", "logs/**/*.log", str(workdir / "logs" / "all.log")])
    assert [str(path.relative_to(workdir)) for path in found] == [
        "logs/A/align.log",
        "logs/B/align.log",
        "logs/all.log",
    ]
    assert len(glob_logs(Path("/"), [str(workdir / "logs" / "*.log")])) == 1


def test_samples_that_are_links_to_scratch_space_are_gone_through(workdir: Path) -> None:
    (workdir / "C").symlink_to("logs/A")
    assert glob_logs(workdir, ["[C]/*.log"]) == (workdir / "C" / "align.log",)


def test_a_pipe_is_no_log(workdir: Path) -> None:
    os.mkfifo(workdir / "logs" / "pipe.log")
    assert glob_logs(workdir, ["logs/*.log"]) == (workdir / "logs" / "all.log",)


def test_the_folders_where_new_logs_could_appear_are_told(workdir: Path) -> None:
    found = find_logs(workdir, ["logs/**/*.log", "late/*.log"])
    told = {str(path.relative_to(workdir)) for path in found.folders}
    assert {"logs", "logs/A", "logs/B", "."} <= told
    assert "other" not in told


@pytest.mark.parametrize("glob", ["", "/", "..", "../**/*.log", "**", "[", "a/\0/b", "*" * 500])
def test_a_strange_glob_finds_nothing_or_something_but_never_raises(workdir: Path, glob: str) -> None:
    glob_logs(workdir / "logs" / "A", [glob])


def test_a_search_is_bounded_in_files_and_in_what_it_looks_at(workdir: Path) -> None:
    found = find_logs(workdir, ["logs/**/*.log"], limit=2)
    assert (len(found.files), found.left_out) == (2, True)
    found = find_logs(workdir, ["**/*.log"], entries=3)
    assert found.left_out
    assert find_logs(workdir / "gone", ["**/*.log"]).files == ()
