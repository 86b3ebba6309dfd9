import os
import subprocess
import time
from pathlib import Path

import pytest

from incident_console.evidence import facts
from incident_console.evidence.facts import disk_free, git_state, memory_available, reentry


def git(workdir: Path, *words: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *who, *words], cwd=workdir, env=env, check=True, capture_output=True, text=True
    ).stdout


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_figures_that_cannot_be_had_are_none_and_not_zero(tmp_path: Path) -> None:
    assert disk_free(tmp_path / "gone") is None
    assert memory_available(tmp_path / "gone") is None
    (tmp_path / "meminfo").write_bytes(b"MemTotal: 5 kB\nMemAvailable: many\n\xff\n")
    assert memory_available(tmp_path / "meminfo") is None


def test_figures_are_bytes(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  16 kB\nMemFree: 1 kB\nMemAvailable:    7 kB\n")
    assert memory_available(tmp_path / "meminfo") == 7 * 1024
    assert (disk_free(tmp_path) or 0) > 0


def test_a_folder_without_git_is_no_fault(tmp_path: Path) -> None:
    state = git_state(tmp_path)
    assert (state.commit, state.dirty_diff) == (None, b"")
    assert state.note is not None and "no git repository" in state.note


def test_a_machine_without_git_says_so(tmp_path: Path) -> None:
    state = git_state(tmp_path, {"PATH": str(tmp_path)})
    assert state.commit is None and state.note is not None and "there is no command git" in state.note


def test_the_commit_and_what_differs_from_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path).commit is None, "a repository without a commit"
    (tmp_path / "Snakefile").write_text("rule a\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    head = git(tmp_path, "rev-parse", "HEAD").strip()
    assert (git_state(tmp_path).commit, git_state(tmp_path).dirty_diff) == (head, b"")
    (tmp_path / "Snakefile").write_text("rule b\n")
    assert b"-rule a\n+rule b\n" in git_state(tmp_path).dirty_diff


def test_a_repository_cannot_make_us_run_its_programs_or_write(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "Snakefile").write_text("rule a\n")
    (tmp_path / ".gitattributes").write_text("* diff=evil\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    program(tmp_path, "evil.sh", f"#!/bin/sh\ntouch {tmp_path}/owned\n")
    for name in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager"):
        git(tmp_path, "config", name, str(tmp_path / "evil.sh"))
    (tmp_path / "Snakefile").write_text("rule b\n")
    before = (tmp_path / ".git/index").stat().st_mtime_ns
    assert b"+rule b\n" in git_state(tmp_path).dirty_diff
    assert not (tmp_path / "owned").exists()
    assert (tmp_path / ".git/index").stat().st_mtime_ns == before


def test_reentry_is_filled_in_from_the_machine(tmp_path: Path) -> None:
    got = reentry(tmp_path, {"VIRTUAL_ENV": "/v"}, command="snakemake -c2", pid=4121, commit="abc")
    assert got.host and got.user
    assert (got.cwd, got.env, got.tmux) == (str(tmp_path), "venv /v", None)
    assert (got.command, got.pid, got.commit) == ("snakemake -c2", 4121, "abc")


def test_the_tmux_session_is_asked_of_tmux_for_our_own_pane(tmp_path: Path) -> None:
    program(tmp_path / "bin", "tmux", '#!/bin/sh\nprintf "night\\033[31m %s %s\\nrest\\n" "$*" "$TMUX"\n')
    environ = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TMUX": "/s,1,0", "TMUX_PANE": "%3"}
    assert reentry(tmp_path, environ).tmux == "night[31m display-message -p -t %3 #{session_name} /s,1,0"


def test_a_tmux_that_fails_or_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "TMUX_TIMEOUT_S", 0.2)
    environ = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TMUX": "/s,1,0"}
    program(tmp_path / "bin", "tmux", "#!/bin/sh\nexec sleep 600\n")
    began = time.monotonic()
    assert reentry(tmp_path, environ).tmux is None
    assert time.monotonic() - began < 5
    program(tmp_path / "bin", "tmux", "#!/bin/sh\necho no server; exit 1\n")
    assert reentry(tmp_path, environ).tmux is None
