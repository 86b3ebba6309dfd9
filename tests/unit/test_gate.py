"""The edit gate tells of edits of the workflow's own files, of all of them and of nothing else."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console import gate
from incident_console.errors import InputError
from incident_console.gate import (
    Baseline,
    Edit,
    diff,
    diffs,
    edits,
    expand,
    from_json,
    gate_missing,
    take,
    to_json,
    watch,
)
from incident_console.gate import baseline as baselines
from incident_console.gate import git as asked

WATCH = ("Snakefile", "**/*.smk", "config/**", "profiles/**", "workflow/**")


def write(path: Path, text: str = "x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def git(workdir: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    subprocess.run(["git", *who, *words], cwd=workdir, env=env, check=True, capture_output=True)


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    for name in ("Snakefile", "config/config.yaml", "profiles/slurm/config.yaml", "workflow/rules/align.smk"):
        write(tmp_path / name)
    return tmp_path


def changed_by(workdir: Path, before: Baseline) -> list[str]:
    """What a look says that knows the one before, and one that does not: they must agree."""
    found = [edit.path for edit in edits(before, take(workdir, WATCH))]
    assert found == [edit.path for edit in edits(before, take(workdir, WATCH, before))]
    return found


# -- hostile and broken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glob", ["../other/**", "/etc/*", "//etc/*", "a/../../b", "", "a\0b"])
def test_a_watch_that_leaves_the_workdir_is_refused(glob: str, workdir: Path) -> None:
    with pytest.raises(InputError, match="inside the workdir"):
        expand([glob], workdir)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"Snakefile": 7}',
        b'{"Snakefile": "abc"}',
        b'{"/etc/passwd": "%s"}' % (b"a" * 64),
        b'{"//etc/passwd": "%s"}' % (b"a" * 64),
        b'{"a/../../b": "%s"}' % (b"a" * 64),
        b'{"a\\ud800": "%s"}' % (b"a" * 64),
        b'{"": "%s"}' % (b"a" * 64),
        b'{"a\\u0000": "%s"}' % (b"a" * 64),
        b"[" * 100_000,
        b'{"a": "' + b"x" * 5_000_000 + b'"}',
    ],
)
def test_a_list_of_watched_files_that_is_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="list of watched files"):
        from_json(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        from_json(data)
    except InputError as fault:
        assert "list of watched files" in str(fault)


def test_a_workdir_that_vanished_is_every_file_gone(workdir: Path) -> None:
    before = take(workdir, WATCH)
    gone = workdir / "elsewhere"
    assert take(gone, WATCH).files == {}
    assert len(edits(before, take(gone, WATCH, before))) == 4


def test_pipes_links_in_circles_and_folders_do_not_disturb(workdir: Path) -> None:
    os.mkfifo(workdir / "config/pipe")
    (workdir / "config/loop").symlink_to("loop")
    (workdir / "config/up").symlink_to("..")
    (workdir / "config/folder.yaml").mkdir()
    assert expand(WATCH, workdir) == (
        ("Snakefile", "config/config.yaml", "profiles/slurm/config.yaml", "workflow/rules/align.smk"),
        True,
    )


def test_a_file_that_cannot_be_read_counts_as_changed_and_is_no_crash(
    workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "longer")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert [edit.path for edit in edits(before, take(workdir, WATCH, before))] == ["Snakefile"]
    assert take(workdir, ("Snakefile",)).files == {}


def test_a_tree_too_large_is_told_and_invents_no_edit(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = take(workdir, WATCH)
    assert before.complete
    monkeypatch.setattr(watch, "MAX_ENTRIES", 2)
    after = take(workdir, WATCH, before)
    assert not after.complete
    assert edits(before, after) == ()


def test_too_many_files_are_cut_off_and_told(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_FILES", 2)
    files, complete = expand(WATCH, workdir)
    assert (len(files), complete) == (2, False)


def test_large_files_are_hashed_but_their_text_is_not_kept(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_TEXT", 100)
    monkeypatch.setattr(diffs, "MAX_TEXT", 100)
    write(workdir / "config/large.tsv", "x" * 101)
    before = take(workdir, WATCH)
    assert "config/large.tsv" not in before.texts and "config/config.yaml" in before.texts
    write(workdir / "config/large.tsv", "y" * 101)
    assert changed_by(workdir, before) == ["config/large.tsv"]
    (edit,) = edits(before, take(workdir, WATCH))
    assert b"longer than 100 bytes" in diff(edit, workdir)


def test_all_texts_together_stay_within_bounds(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_TEXTS", 5)
    got = take(workdir, WATCH)
    assert len(got.files) == 4
    assert sum(map(len, got.texts.values())) <= 5


# -- what is an edit -------------------------------------------------------------------------------------------------


def test_a_changed_a_new_and_a_deleted_file_are_edits(workdir: Path) -> None:
    before = take(workdir, WATCH)
    assert changed_by(workdir, before) == []
    write(workdir / "Snakefile", "y\n")
    write(workdir / "workflow/scripts/new.py")
    (workdir / "config/config.yaml").unlink()
    assert changed_by(workdir, before) == ["Snakefile", "config/config.yaml", "workflow/scripts/new.py"]
    changed, gone, new = edits(before, take(workdir, WATCH))
    assert changed.before_sha256 and changed.after_sha256 and changed.before_sha256 != changed.after_sha256
    assert gone.before_sha256 and gone.after_sha256 is None
    assert new.before_sha256 is None and new.after_sha256


def test_a_touch_and_a_file_written_back_are_no_edits(workdir: Path) -> None:
    before = take(workdir, WATCH)
    os.utime(workdir / "Snakefile", (1, 1))
    (workdir / "config/config.yaml").unlink()
    write(workdir / "config/config.yaml")
    assert changed_by(workdir, before) == []


def test_an_edit_that_keeps_size_and_time_but_replaces_the_file_is_seen(workdir: Path) -> None:
    state = (workdir / "Snakefile").stat()
    before = take(workdir, WATCH)
    new = write(workdir / "other", "y\n")
    new.rename(workdir / "Snakefile")
    os.utime(workdir / "Snakefile", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert changed_by(workdir, before) == ["Snakefile"]


@pytest.mark.parametrize(
    "name",
    ["a.yaml~", ".a.yaml.swp", ".a.yaml.swx", "4913", "#a.yaml#", ".#a.yaml", "x.pyc", "__pycache__/m.cpython-311.pyc"],
)
def test_what_editors_and_python_leave_behind_is_no_edit(name: str, workdir: Path) -> None:
    before = take(workdir, WATCH)
    write(workdir / "workflow" / name)
    assert changed_by(workdir, before) == []


def test_bookkeeping_folders_are_never_watched(workdir: Path) -> None:
    write(workdir / ".snakemake/scripts/x.smk")
    write(workdir / ".git/hooks/x.smk")
    globs = (*WATCH, ".snakemake/**", ".git/**", ".git/hooks/x.smk")
    assert expand(globs, workdir) == expand(WATCH, workdir)


def test_dotfiles_are_watched_where_they_are_named(workdir: Path) -> None:
    write(workdir / ".ci.yml")
    assert expand(["*"], workdir)[0] == ("Snakefile",)
    assert expand([".ci.yml"], workdir)[0] == expand([".*.yml"], workdir)[0] == (".ci.yml",)


def test_an_edit_behind_a_link_is_an_edit(workdir: Path) -> None:
    target = write(workdir / "elsewhere/shared.yaml")
    (workdir / "config/shared.yaml").symlink_to(target)
    (workdir / "rules").symlink_to("elsewhere")
    before = take(workdir, (*WATCH, "rules/*.yaml"))
    write(target, "y\n")
    found = edits(before, take(workdir, (*WATCH, "rules/*.yaml"), before))
    assert [edit.path for edit in found] == ["config/shared.yaml", "rules/shared.yaml"]


def test_a_name_that_is_no_text_is_watched_and_can_be_written_down(workdir: Path) -> None:
    odd = write(Path(os.fsdecode(os.fsencode(workdir) + b"/config/caf\xe9.yaml")))
    write(workdir / "config/plain\\xe9.yaml")
    before = from_json(to_json(take(workdir, WATCH)))
    assert set(before.files) >= {"config/caf\\xe9.yaml", "config/plain\\xe9.yaml"}
    assert changed_by(workdir, before) == []
    write(odd, "y\n")
    edit = one_edit(workdir, before)
    assert edit.path == "config/caf\\xe9.yaml"
    assert diff(edit, workdir, b"x\n").startswith(b"--- a/config/caf\\xe9.yaml\n")
    git(workdir, "init", "-q")
    git(workdir, "add", ".")
    git(workdir, "commit", "-qm", "x")
    write(odd, "z\n")
    assert diff(edit, workdir).endswith(b"-y\n+z\n")


def test_after_a_resume_edits_made_meanwhile_are_found(workdir: Path) -> None:
    stored = to_json(take(workdir, WATCH))
    write(workdir / "Snakefile", "y\n")
    before = from_json(stored)
    assert changed_by(workdir, before) == ["Snakefile"]


# -- the diff --------------------------------------------------------------------------------------------------------


def one_edit(workdir: Path, before: Baseline) -> Edit:
    (edit,) = edits(before, take(workdir, WATCH))
    return edit


def test_without_git_the_diff_is_made_from_the_text_that_was_kept(workdir: Path) -> None:
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "y")
    edit = one_edit(workdir, before)
    expected = b"--- a/Snakefile\n+++ b/Snakefile\n@@ -1 +1 @@\n-x\n+y\n\\ No newline at end of file\n"
    assert diff(edit, workdir, before.texts["Snakefile"]) == expected
    assert b"its text before the edit was not kept" in diff(edit, workdir)


def test_new_and_deleted_files_have_a_diff_too(workdir: Path) -> None:
    before = take(workdir, WATCH)
    write(workdir / "config/new.yaml", "n\n")
    assert b"--- /dev/null\n+++ b/config/new.yaml\n" in diff(one_edit(workdir, before), workdir)
    (workdir / "config/new.yaml").unlink()
    (workdir / "Snakefile").unlink()
    assert b"+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" in diff(one_edit(workdir, before), workdir, b"x\n")


def test_a_tracked_file_has_gits_diff_and_an_untracked_one_its_own(workdir: Path) -> None:
    git(workdir, "init", "-q")
    git(workdir, "add", "Snakefile")
    git(workdir, "commit", "-qm", "x")
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "y\n")
    got = diff(one_edit(workdir, before), workdir)
    assert got.startswith(b"diff --git a/Snakefile b/Snakefile\n") and got.endswith(b"-x\n+y\n")
    git(workdir, "commit", "-qam", "y")
    assert diff(one_edit(workdir, before), workdir, b"x\n").startswith(b"--- a/Snakefile"), "already committed"
    write(workdir / "Snakefile", "x\n")
    write(workdir / "config/config.yaml", "z\n")
    assert diff(one_edit(workdir, before), workdir, b"x\n").startswith(b"--- a/config/config.yaml")


def test_a_repository_cannot_make_the_diff_run_its_programs(workdir: Path) -> None:
    git(workdir, "init", "-q")
    write(workdir / ".gitattributes", "* diff=evil\n")
    git(workdir, "add", ".")
    git(workdir, "commit", "-qm", "x")
    script = write(workdir / "evil.sh", f"#!/bin/sh\ntouch {workdir}/owned\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager"):
        git(workdir, "config", name, str(script))
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "y\n")
    assert b"+y\n" in diff(one_edit(workdir, before), workdir)
    assert not (workdir / "owned").exists()


def test_inside_a_hook_the_workdirs_own_repository_is_asked(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(workdir, "init", "-q")
    git(workdir, "add", ".")
    git(workdir, "commit", "-qm", "x")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "y\n")
    assert b"diff --git" in diff(one_edit(workdir, before), workdir)


def test_a_git_that_hangs_or_floods_is_not_waited_for(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = write(workdir / "bin/git", "#!/bin/sh\nexec sleep 600\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{workdir}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(asked, "TIMEOUT_S", 0.2)
    before = take(workdir, WATCH)
    write(workdir / "Snakefile", "y\n")
    edit = one_edit(workdir, before)
    assert diff(edit, workdir, b"x\n").startswith(b"--- a/Snakefile")
    write(fake, "#!/bin/sh\nexec cat /dev/zero\n")
    monkeypatch.setattr(asked, "TIMEOUT_S", 20)
    assert diff(edit, workdir).endswith(asked.CUT)


def test_a_diff_of_many_equal_lines_stays_quick(workdir: Path) -> None:
    before_text = "".join(f"{n % 60}\n" for n in range(5_000)).encode()
    write(workdir / "Snakefile", "".join(f"{n % 61}\n" for n in range(5_000)))
    began = time.process_time()
    diff(Edit("Snakefile", "a", "b"), workdir, before_text)
    assert time.process_time() - began < 10
    write(workdir / "Snakefile", "x\n" * 5_001)
    assert b"longer than 5000 lines" in diff(Edit("Snakefile", "a", "b"), workdir, before_text)


# -- the rule --------------------------------------------------------------------------------------------------------


def test_the_gate_opens_when_all_four_are_named() -> None:
    assert gate_missing(symptom=True, scope=True, evidence=True, class_=True) == ()
    assert gate_missing(symptom=False, scope=False, evidence=False, class_=False) == (
        "symptom",
        "scope",
        "evidence",
        "class",
    )
    assert gate.gate_missing(symptom=True, scope=False, evidence=True, class_=False) == ("scope", "class")
