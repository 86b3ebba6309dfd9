"""Globs find what a shell would find, within a budget; nothing that the disk holds makes them raise or run for ever."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console import globs
from incident_console.globs import Listings, Walk, is_wild, parts

MANY = 10_000


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
        write(tmp_path / name)
    return tmp_path


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def names(workdir: Path, *wanted: str, linked: bool = False) -> list[str]:
    walk = Walk(MANY, linked=linked)
    found = {path for glob in wanted for path in paths(walk, glob, workdir)}
    assert not walk.spent
    return sorted(found)


def paths(walk: Walk, glob: str, workdir: Path) -> list[str]:
    """Relative to the workdir, in the order they are found."""
    return [path.removeprefix(f"{workdir}/") for path, _ in walk.find(glob, workdir)]


# -- hostile and broken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glob", ["", "/", ".", "..", "../**/*.log", "logs/../../*.log", "a/\0/b", "\0"])
def test_a_glob_that_is_empty_or_goes_up_or_holds_a_zero_byte_names_nothing(workdir: Path, glob: str) -> None:
    assert parts(glob) == ()
    assert names(workdir / "logs" / "A", glob) == []


@given(st.text(alphabet="ab*?[]!-./\\\0\udce9\ud800\n", max_size=30))
def test_no_glob_raises(glob: str) -> None:
    found = list(Walk(50).find(glob, Path("/nowhere")))
    assert not found or glob.startswith("/")
    list(Walk(50).find(glob, Path(__file__).parent))


@pytest.mark.parametrize(
    "glob", ["[", "*" * 500, "n" * 5000, "n" * 5000 + "/*", "logs/all.log/*", "\ud800", "\ud800/*"]
)
def test_a_strange_glob_finds_nothing(workdir: Path, glob: str) -> None:
    assert names(workdir / "logs" / "none", glob) == names(workdir / "gone", glob) == []


def test_loops_of_links_and_strange_names_do_no_harm(workdir: Path) -> None:
    (workdir / "logs" / "loop").symlink_to(workdir / "logs")
    (workdir / "logs" / "dead.log").symlink_to("nowhere")
    (workdir / "logs" / "a\n[red].log").touch()
    odd = os.fsdecode(b"logs/caf\xe9.log")
    (workdir / odd).touch()
    for linked in (False, True):
        assert "logs/a\n[red].log" in names(workdir, "logs/**/*.log", linked=linked)
        assert odd in names(workdir, "logs/**/*.log", linked=linked)
        assert "logs/dead.log" not in names(workdir, "logs/**/*.log", "logs/dead.log", linked=linked)
        assert not any("loop" in name for name in names(workdir, "logs/**/*.log", "**/*.log", linked=linked))


def test_links_in_a_circle_are_gone_through_as_often_as_they_are_named(workdir: Path) -> None:
    (workdir / "up").symlink_to(".")
    assert names(workdir, "**/up/**/up/*.log") == []
    assert names(workdir, "**/up/up/up/other/*.log") == ["up/up/up/other/y.log"]


def test_a_folder_that_cannot_be_read_or_fails_halfway_is_passed_over(
    workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    @contextmanager
    def failing(folder: str) -> Iterator[Iterator["os.DirEntry[str]"]]:
        if folder.endswith("/A/"):
            raise PermissionError(13, "Permission denied")

        def entries() -> Iterator["os.DirEntry[str]"]:
            with scandir(folder) as found:
                yield from found
            if folder.endswith("/B/"):
                raise OSError(116, "Stale file handle")

        yield entries()

    monkeypatch.setattr(os, "scandir", failing)
    assert names(workdir, "logs/**/*.log") == ["logs/B/align.log", "logs/all.log"]


def test_a_budget_ends_the_search_and_says_so(workdir: Path) -> None:
    walk = Walk(3)
    assert list(walk.find("**/*.log", workdir)) == []
    assert walk.spent
    assert paths(walk, "logs/all.log", workdir) == ["logs/all.log"], "looked up, not searched for"
    exact = Walk(1)
    assert paths(exact, "other/*", workdir) == ["other/y.log"]
    assert not exact.spent


def test_a_glob_of_many_stars_stays_quick(tmp_path: Path) -> None:
    write(tmp_path.joinpath(*["a"] * 40) / "x.log")
    walk = Walk(50)
    assert len(list(walk.find("**/a/**/a/**/a/**/a/**/*.log", tmp_path))) == 1
    assert not walk.spent, "each folder is looked into once"


# -- what globs mean -------------------------------------------------------------------------------------------------


def test_globs_find_what_a_shell_would_find(workdir: Path) -> None:
    assert names(workdir, "logs/**/*.log") == ["logs/A/align.log", "logs/B/align.log", "logs/all.log"]
    assert names(workdir, ".snakemake/log/*.snakemake.log") == [".snakemake/log/2026.snakemake.log"]
    assert names(workdir, "logs/*.log", "logs/all.log", "./logs//all.log") == ["logs/all.log"]
    assert names(workdir, "logs/[AB]/a?ign.log") == ["logs/A/align.log", "logs/B/align.log"]
    assert names(workdir, "logs/.hidden/*.log", "logs/.*/x.log") == ["logs/.hidden/x.log"]
    assert names(workdir, "logs/**") == ["logs/A/align.log", "logs/A/notes.txt", "logs/B/align.log", "logs/all.log"]
    assert names(workdir, "*/*/align.log") == ["logs/A/align.log", "logs/B/align.log"]
    assert names(workdir, "*/all.log", "o*/**/y.log") == ["logs/all.log", "other/y.log"]
    assert names(workdir, "logs/a*/**") == [], "`**` asks for a folder before it"
    assert names(workdir, "logs", "logs/gone.log", "nothing/*.log") == []


def test_a_star_stands_for_any_number_of_folders_or_none(tmp_path: Path) -> None:
    for name in ("a.log", "logs/b.log", "logs/x/y/c.log", "logs/.hidden.log", ".snakemake/log/r.log", "logs/d.txt"):
        write(tmp_path / name)
    assert names(tmp_path, "*.log") == ["a.log"]
    assert names(tmp_path, "**/*.log") == ["a.log", "logs/b.log", "logs/x/y/c.log"]
    assert names(tmp_path, "logs/**") == ["logs/b.log", "logs/d.txt", "logs/x/y/c.log"]
    assert names(tmp_path, "logs/**/y/*.log") == ["logs/x/y/c.log"]
    assert names(tmp_path, "**/x/**/*.log") == ["logs/x/y/c.log"]
    assert names(tmp_path, ".snakemake/log/*.log") == [".snakemake/log/r.log"]
    assert names(tmp_path, "logs/?.[lt]*") == ["logs/b.log", "logs/d.txt"]
    assert names(tmp_path, "logs/b.log") == ["logs/b.log"]
    assert names(tmp_path, "nothing/*.log") == []


def test_a_glob_may_be_absolute(workdir: Path) -> None:
    for top in (Path("/nowhere"), Path("/")):
        assert names(top, f"{workdir}/logs/*.log") == [f"{workdir}/logs/all.log"]
    assert names(Path("/"), f"{workdir}/logs/*.log".lstrip("/")) == [f"{workdir}/logs/all.log"]


def test_links_are_entered_where_they_are_named_and_by_a_star_only_when_told(tmp_path: Path) -> None:
    write(tmp_path / "wd/logs/a.log")
    write(tmp_path / "away/secret.log")
    wd = tmp_path / "wd"
    (wd / "loop").symlink_to(".")
    (wd / "away").symlink_to("../away")
    (wd / "logs/leaf.log").symlink_to("a.log")
    (wd / "logs/dangling.log").symlink_to("nowhere")
    assert names(wd, "**/*.log") == ["logs/a.log", "logs/leaf.log"]
    assert names(wd, "**/*.log", linked=True) == ["logs/a.log", "logs/leaf.log"]
    assert names(wd, "away/*.log") == ["away/secret.log"], "named without a wildcard, so meant"
    assert names(wd, "**/away/*.log") == ["away/secret.log"]
    assert names(wd, "a*/*.log") == []
    assert names(wd, "a*/*.log", linked=True) == ["away/secret.log"]


def test_pipes_are_told_of_and_folders_are_not(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert names(tmp_path, "*") == ["pipe"]


def test_folders_that_are_passed_by_are_not_even_looked_up(workdir: Path) -> None:
    walk = Walk(MANY, passed_by=frozenset({".snakemake", "A"}))
    wanted = ("logs/**/*.log", "logs/A/*.log", "logs/A/notes.txt", ".snakemake/log/*")
    assert {path for glob in wanted for path in paths(walk, glob, workdir)} == {"logs/B/align.log", "logs/all.log"}
    assert not any("/A" in folder or ".snakemake" in folder for folder in walk.folders)


def test_the_nearest_to_the_top_come_first_and_in_order(tmp_path: Path) -> None:
    for name in ("b/z/1.log", "b/2.log", "a/3.log", "c.log", "a.log"):
        write(tmp_path / name)
    found = paths(Walk(MANY), "**/*.log", tmp_path)
    assert found == ["a.log", "c.log", "a/3.log", "b/2.log", "b/z/1.log"]


def test_plain_names_are_looked_up_in_a_folder_of_any_size(workdir: Path) -> None:
    walk = Walk(0)
    assert paths(walk, "logs/A/align.log", workdir) == ["logs/A/align.log"]
    assert not walk.spent


def test_what_is_wild() -> None:
    assert all(map(is_wild, ("*", "a?", "[a]", "**/x"))) and not is_wild("a/b.log")


def test_a_folder_that_did_not_change_is_not_opened_again_and_one_that_did_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").touch()
    long_ago = time.time() - 60
    os.utime(tmp_path / "logs", (long_ago, long_ago))
    opened: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(globs.os, "scandir", lambda folder: opened.append(folder) or scandir(folder))
    listings = Listings()

    def found() -> list[str]:
        walk = Walk(MANY, listings=listings)
        return [Path(path).name for path, _ in walk.find("logs/*.log", tmp_path)]

    assert found() == found() == ["a.log"] and len(opened) == 1
    (tmp_path / "logs" / "b.log").touch()
    assert found() == ["a.log", "b.log"] and len(opened) == 2
    (tmp_path / "logs" / "c.log").touch()  # maybe within the same tick of the folder's time
    assert found() == ["a.log", "b.log", "c.log"]
    monkeypatch.setattr(globs, "FORGET_S", -1.0)
    before = len(opened)
    assert len(found()) == 3 and len(opened) == before + 1
