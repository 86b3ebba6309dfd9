"""An edit of what a file says, one of its layout, and what git changed are told apart; so is what git tracks."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console import gate
from incident_console.gate.formatting import LIMIT, same_but_for_layout
from incident_console.gate.git import committed

WATCH = ("Snakefile", "config/**")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def git(workdir: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(["git", *who, *words], cwd=workdir, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    write(tmp_path / "Snakefile", "rule all:\n    input: 'out/a.txt'\n")
    write(tmp_path / "config/config.yaml", "samples: [A, B]\n")
    write(tmp_path / "scripts/align.py", "print(1)\n")
    write(tmp_path / "samples.tsv", "A\nB\n")
    write(tmp_path / "published/summary.tsv", "A 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def look(workdir: Path, before: gate.Baseline | None = None) -> gate.Baseline:
    return gate.take(workdir, WATCH, before, gate.repository(workdir))


def changes(workdir: Path, before: gate.Baseline) -> dict[str, str]:
    after = look(workdir, before)
    return {edit.path: gate.change_of(edit, before, after, workdir)[0] for edit in gate.edits(before, after)}


def test_tracked_sources_are_watched_and_tracked_results_are_not(workdir: Path) -> None:
    write(workdir / "untracked.py", "x = 1\n")
    watched = set(look(workdir).files)
    assert watched == {"Snakefile", "config/config.yaml", "scripts/align.py", "samples.tsv"}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Snakefile", "rule a:\n    output: 'x'\n", "rule a:\n  # where it goes\n  output: 'x'\n\n"),
        ("workflow/rules/a.smk", "rule a:\n\toutput: 'x'\n", "rule a:\r\n    output:   'x'\r\n"),
        ("scripts/a.py", "def f(a,b):\n  return a+b\n", "def f(a, b):\n    return a + b  # sum\n"),
        ("config/a.yaml", "a: {b: [1,2]}\n", "# settings\na: {b: [1, 2]}\n"),
        ("profile.json", '{"a":1}', '{\n  "a": 1\n}\n'),
        ("run.sh", "set -e\nrun x\n", "set -e  \r\nrun x\n\n"),
        ("notes.txt", "one\n", "one"),
    ],
)
def test_layout_and_comments_are_no_change_of_what_a_file_says(name: str, before: str, after: str) -> None:
    assert same_but_for_layout(name, before.encode(), after.encode())
    assert same_but_for_layout(name, after.encode(), before.encode())


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Snakefile", "rule a:\n    shell: 'x  y'\n", "rule a:\n    shell: 'x y'\n"),
        ("Snakefile", "rule a:\n    output: 'x'\n", "rule a:\n    output: 'x\n"),
        ("scripts/a.py", "if a:\n  b()\n  c()\n", "if a:\n  b()\nc()\n"),
        ("scripts/a.py", "a = 1\n", "a = 1.0\n"),
        ("config/a.yaml", "a: 1\n", "a: '1'\n"),
        ("config/a.yaml", "a: [1, 2]\n", "a: [2, 1]\n"),
        ("config/a.yaml", "a: 1\n", "a: 1: 2\n"),
        ("config/a.yaml", "a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n"),
        ("profile.json", '{"a": 1}', '{"a": "1"}'),
        ("profile.json", "[" * 5000, "[" * 4999),
        ("config/a.yaml", "[" * 5000, "[" * 4999),
        ("run.sh", "a \\\nb\n", "a \\ \nb\n"),
        ("Makefile", "a:\n\tb\n", "a:\n    b\n"),
        ("notes.txt", "a b\n", "a  b\n"),
    ],
)
def test_what_may_mean_something_is_a_change(name: str, before: str, after: str) -> None:
    assert not same_but_for_layout(name, before.encode(), after.encode())


def test_bytes_that_are_no_text_and_huge_files_are_compared_line_by_line() -> None:
    assert not same_but_for_layout("a.py", b"\xff\xfe", b"\xff")
    assert same_but_for_layout("a.py", b"x = 1\n" * LIMIT, b"x = 1  \n" * LIMIT)
    assert not same_but_for_layout("a.py", b"x = 1\n" * LIMIT, b"x  = 1\n" * LIMIT)


def test_an_edit_a_formatters_edit_and_a_touch(workdir: Path) -> None:
    before = look(workdir)
    write(workdir / "Snakefile", "rule all:\n  input: 'out/a.txt'  # all of it\n")
    write(workdir / "config/config.yaml", "samples: [A, B, C]\n")
    os.utime(workdir / "scripts/align.py", (1, 1))
    assert changes(workdir, before) == {"Snakefile": "layout", "config/config.yaml": "content"}


def test_another_commit_is_told_from_an_edit_by_hand(workdir: Path) -> None:
    git(workdir, "checkout", "-qb", "other")
    write(workdir / "scripts/align.py", "print(2)\n")
    write(workdir / "scripts/new.py", "print(3)\n")
    git(workdir, "rm", "-q", "samples.tsv")
    git(workdir, "add", ".")
    git(workdir, "commit", "-qm", "two")
    git(workdir, "checkout", "-q", "main")
    before = look(workdir)
    git(workdir, "checkout", "-q", "other")
    write(workdir / "Snakefile", "rule all:\n    input: 'out/b.txt'\n")
    assert changes(workdir, before) == {
        "Snakefile": "content",
        "samples.tsv": "commit",
        "scripts/align.py": "commit",
        "scripts/new.py": "commit",
    }


def test_across_a_closed_console_the_text_before_comes_from_git(workdir: Path) -> None:
    seen = look(workdir)
    bare = gate.from_json(gate.to_json(seen))
    before = replace(bare, repository=committed(workdir, seen.repository.commit))
    write(workdir / "Snakefile", "rule all:\n  input: 'out/a.txt'\n")
    write(workdir / "scripts/align.py", "print(2)\n")
    assert changes(workdir, before) == {"Snakefile": "layout", "scripts/align.py": "content"}


def test_a_record_that_did_not_watch_what_git_tracks_reports_no_edit_of_it(workdir: Path) -> None:
    commit = git(workdir, "rev-parse", "HEAD")
    old = gate.take(workdir, WATCH)
    before = replace(gate.from_json(gate.to_json(old)), repository=committed(workdir, commit))
    assert set(before.files) == {"Snakefile", "config/config.yaml"}
    assert changes(workdir, before) == {}
    write(workdir / "scripts/added.py", "print(1)\n")
    git(workdir, "add", ".")
    assert changes(workdir, before) == {"scripts/added.py": "content"}


def test_without_git_or_a_commit_everything_is_content(tmp_path: Path) -> None:
    write(tmp_path / "Snakefile", "a = 1\n")
    before = look(tmp_path)
    assert before.repository == gate.Repository()
    write(tmp_path / "Snakefile", "a = 2\n")
    assert changes(tmp_path, before) == {"Snakefile": "content"}
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    assert changes(tmp_path, before) == {"Snakefile": "content"}
