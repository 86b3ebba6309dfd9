from pathlib import Path

import pytest

from incident_console.tail.find import find_logs, glob_logs


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


def names(workdir: Path, *globs: str) -> list[str]:
    return [str(path.relative_to(workdir)) for path in glob_logs(workdir, globs)]


def test_globs_find_what_a_shell_would_find(workdir: Path) -> None:
    assert names(workdir, "logs/**/*.log") == ["logs/A/align.log", "logs/B/align.log", "logs/all.log"]
    assert names(workdir, ".snakemake/log/*.snakemake.log") == [".snakemake/log/2026.snakemake.log"]
    assert names(workdir, "logs/*.log", "logs/all.log", "./logs//all.log") == ["logs/all.log"]
    assert names(workdir, "logs/[AB]/a?ign.log") == ["logs/A/align.log", "logs/B/align.log"]
    assert names(workdir, "logs/.hidden/*.log", "logs/.*/x.log") == ["logs/.hidden/x.log"]
    assert names(workdir, "logs/**") == ["logs/A/align.log", "logs/A/notes.txt", "logs/B/align.log", "logs/all.log"]
    assert len(glob_logs(Path("/"), [str(workdir / "logs" / "*.log")])) == 1


def test_the_folders_where_new_logs_could_appear_are_told(workdir: Path) -> None:
    found = find_logs(workdir, ["logs/**/*.log", "late/*.log"])
    told = {str(path.relative_to(workdir)) for path in found.folders}
    assert {"logs", "logs/A", "logs/B", "."} <= told
    assert "other" not in told


def test_loops_of_links_and_strange_names_do_no_harm(workdir: Path) -> None:
    (workdir / "logs" / "loop").symlink_to(workdir / "logs")
    (workdir / "logs" / "dead.log").symlink_to("nowhere")
    (workdir / "logs" / "a\n[red].log").touch()
    assert "logs/a\n[red].log" in names(workdir, "logs/**/*.log")
    assert "logs/dead.log" not in names(workdir, "logs/**/*.log")
    assert not any("loop" in name for name in names(workdir, "logs/**/*.log", "**/*.log"))


@pytest.mark.parametrize("glob", ["", "/", "..", "../**/*.log", "**", "[", "a/\0/b", "*" * 500])
def test_a_strange_glob_finds_nothing_or_something_but_never_raises(workdir: Path, glob: str) -> None:
    glob_logs(workdir / "logs" / "A", [glob])


def test_a_search_is_bounded_in_files_and_in_what_it_looks_at(workdir: Path) -> None:
    found = find_logs(workdir, ["logs/**/*.log"], limit=2)
    assert (len(found.files), found.left_out) == (2, True)
    found = find_logs(workdir, ["**/*.log"], entries=3)
    assert found.left_out
    assert find_logs(workdir / "gone", ["**/*.log"]).files == ()
