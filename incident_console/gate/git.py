"""What does git say of the workflow's repository? Asked without locks, hooks, programs of its own, or long waits."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

MOST = 1024 * 1024
"""Bytes of an answer that are read."""
TIMEOUT_S = 5.0
_COMMIT = re.compile("[0-9a-f]{4,64}")
CUT = b"\n[... the rest is left out ...]\n"


@dataclass(frozen=True, slots=True)
class Repository:
    """What git knew at one moment; nothing of it where there is no repository, or no commit yet."""

    commit: str | None = None
    tracked: frozenset[str] = frozenset()
    """Files below the workdir, relative to it, a byte that is not UTF-8 as `\\xNN`."""
    dirty: frozenset[str] = frozenset()
    """Those that differ from the commit."""


def repository(workdir: Path) -> Repository:
    commit = ask(workdir, "rev-parse", "--verify", "HEAD").decode("ascii", "replace").strip()
    if not commit:
        return Repository()
    dirty = ask(workdir, "diff", "--no-ext-diff", "--name-only", "--relative", "-z", "HEAD")
    return Repository(commit, _names(ask(workdir, "ls-files", "-z")), _names(dirty))


def committed(workdir: Path, commit: str | None) -> Repository:
    """What the repository was, as far as a commit still tells: a moment when nobody looked."""
    # It may be out of somebody else's record, and git takes for an option what looks like one.
    if commit is None or not _COMMIT.fullmatch(commit):
        return Repository()
    return Repository(commit, _names(ask(workdir, "ls-tree", "-r", "-z", "--name-only", commit)))


def text_at(workdir: Path, commit: str, name: str) -> bytes:
    """A file as a commit holds it; empty when git does not say. `name` is relative to the workdir."""
    return ask(workdir, "show", "--no-ext-diff", "--no-textconv", f"{commit}:./{name}")


def ask(workdir: Path, *words: str) -> bytes:
    """What git says, at most MOST bytes and then CUT; empty when it says nothing, for whatever reason."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A hook sets GIT_DIR and its like for its own repository; fsmonitor would run a program that a repository names.
    argv = ("git", "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", *words)
    try:
        process = subprocess.Popen(
            argv,
            cwd=workdir,
            env={**env, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return b""
    timer = threading.Timer(TIMEOUT_S, process.kill)
    timer.start()
    with process:
        data = process.stdout.read(MOST + 1) if process.stdout else b""
        if len(data) > MOST:
            process.kill()
            process.wait()
            timer.cancel()
            return data[:MOST] + CUT
        code = process.wait()
    timer.cancel()
    return data if code == 0 else b""


def _names(listed: bytes) -> frozenset[str]:
    whole = listed[: listed.rfind(b"\0") + 1]
    return frozenset(name.decode("utf-8", "backslashreplace") for name in whole.split(b"\0") if name)
