"""Bundles that are taken in at the same time, and what is left of one whose process was killed."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incident_console.errors import RecordError
from incident_console.record import staging

HOLDS = """
import sys, time
from pathlib import Path
from incident_console.record.staging import turn, work_folder
with turn(Path(sys.argv[1])), work_folder(Path(sys.argv[1])) as work:
    print(work, flush=True)
    time.sleep(60)
"""


def names(store: Path) -> list[str]:
    return [path.name for path in store.iterdir()]


def test_while_one_process_takes_a_bundle_in_another_is_told_so_and_what_it_left_when_killed_is_removed(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(store)], stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            work = Path(other.stdout.readline().strip())
            with pytest.raises(RecordError, match="Another process is taking a bundle into"), staging.turn(store, 0.1):
                pass
            assert work.is_dir()
        finally:
            os.kill(other.pid, signal.SIGKILL)
    assert names(store) == [work.name]
    with staging.turn(store, 0.1):
        assert names(store) == []


def test_the_folder_of_another_host_is_left_alone_for_a_day(tmp_path: Path) -> None:
    fresh, old, linked = (tmp_path / f".import-{n}@elsewhere" for n in (1, 2, 3))
    fresh.mkdir()
    old.mkdir()
    (old / "staged").write_text("x")
    linked.symlink_to(tmp_path)
    os.utime(old, (time.time() - 90_000,) * 2)
    (tmp_path / "INC-1").mkdir()
    with staging.turn(tmp_path):
        pass
    assert sorted(names(tmp_path)) == [fresh.name, linked.name, "INC-1"]


def test_where_a_folder_cannot_be_locked_nothing_fresh_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(descriptor: int, how: int) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(fcntl, "flock", none)
    with staging.turn(tmp_path), staging.work_folder(tmp_path) as live, staging.turn(tmp_path):
        assert live.is_dir()
    assert names(tmp_path) == []
