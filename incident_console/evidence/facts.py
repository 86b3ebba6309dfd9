"""What does the machine say around a failed attempt or an incident: room left, where one is, which commit?

Every figure may be missing: `None` means that it could not be found out, never zero.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.events import UNKNOWN, Reentry
from incident_console.evidence.command import Command, Outcome, run
from incident_console.evidence.environment import allowed, reentry_environment
from incident_console.evidence.names import shown

GIT_TIMEOUT_S = 5.0
TMUX_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class GitState:
    commit: str | None
    dirty_diff: bytes
    """`git diff HEAD` of the whole repository; not redacted yet. Untracked files are not in it."""
    note: str | None = None
    """Why something is missing."""


def disk_free(path: Path) -> int | None:
    """Bytes that an ordinary user may still write on the file system of `path`."""
    try:
        return shutil.disk_usage(path).free
    except (OSError, ValueError):
        return None


def memory_available(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that a new process could take without swapping (`MemAvailable`, in kB, of Linux's proc_meminfo(5))."""
    try:
        lines = meminfo.read_bytes().splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if len(words) >= 2 and words[0] == b"MemAvailable:" and words[1].isdigit():
            return int(words[1]) * 1024
    return None


def git_state(workdir: Path, environ: Mapping[str, str] | None = None) -> GitState:
    """The commit that is checked out and what differs from it. Takes no lock and runs no configured program."""
    env = allowed(os.environ if environ is None else environ)
    head = _git(workdir, env, "rev-parse", "--verify", "HEAD")
    commit = shown(head.stdout.decode("ascii", "replace").strip())
    if head.ended != "exited":
        return GitState(None, b"", f"git {head.ended}: {head.reason}")
    if head.exit_code != 0 or not commit:
        return GitState(None, b"", f"{shown(workdir)} is in no git repository, or in one without a commit")
    diff = _git(workdir, env, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")
    if diff.ended != "exited" or diff.exit_code != 0:
        return GitState(commit, b"", f"git diff {diff.ended}: {diff.reason}")
    note = f"{diff.stdout_dropped} bytes of the diff were left out" if diff.stdout_dropped else None
    return GitState(commit, diff.stdout, note)


def reentry(
    workdir: Path,
    environ: Mapping[str, str],
    *,
    command: str = UNKNOWN,
    pid: int | None = None,
    commit: str | None = None,
    dirty_diff_sha256: str | None = None,
) -> Reentry:
    """How somebody gets back to where the incident is; `command` and `pid` are the run's, known to the caller."""
    return Reentry(
        host=socket.gethostname() or UNKNOWN,
        user=_user(),
        cwd=shown(workdir),
        command=command,
        pid=pid,
        tmux=_tmux_session(workdir, environ),
        env=reentry_environment(environ),
        commit=commit,
        dirty_diff_sha256=dirty_diff_sha256,
    )


def _git(workdir: Path, env: Mapping[str, str], *words: str) -> Outcome:
    # A repository's configuration may name a program for core.fsmonitor, which any command would run.
    argv = ("git", "--no-pager", "-c", "core.fsmonitor=false", *words)
    return run(Command(argv=argv, cwd=workdir, timeout_s=GIT_TIMEOUT_S, env=env))


def _user() -> str:
    try:
        return shown(getpass.getuser())
    except (KeyError, OSError, ImportError):
        return str(os.getuid())


def _tmux_session(workdir: Path, environ: Mapping[str, str]) -> str | None:
    """The tmux session that the console itself stands in; None outside tmux or when tmux does not answer."""
    if not environ.get("TMUX"):
        return None
    pane = ("-t", environ["TMUX_PANE"]) if environ.get("TMUX_PANE") else ()
    argv = ("tmux", "display-message", "-p", *pane, "#{session_name}")
    env = {**allowed(environ), "TMUX": environ["TMUX"]}
    outcome = run(Command(argv=argv, cwd=workdir, timeout_s=TMUX_TIMEOUT_S, env=env))
    if outcome.exit_code != 0:
        return None
    name = outcome.stdout.decode("utf-8", "backslashreplace").split("\n", 1)[0]
    return "".join(char for char in name if char.isprintable())[:200] or None
