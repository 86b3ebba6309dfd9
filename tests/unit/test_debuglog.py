"""The log of `--debug`: small, private, and without what anybody said."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.tui import debuglog
from incident_console.tui.debuglog import DebugLog


def test_it_is_private_and_never_larger_than_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debuglog, "LIMIT", 1000)
    log = DebugLog(tmp_path / "debug")
    for number in range(200):
        log.tell(f"event {number}")
    log.close()
    files = sorted((tmp_path / "debug").iterdir())
    assert [path.suffix for path in files] == [".log", ".1"]
    assert all(path.stat().st_size <= 1000 and path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert (tmp_path / "debug").stat().st_mode & 0o777 == 0o700
    assert log.path.read_text(encoding="utf-8").endswith(" ended\n")


def test_an_exception_is_told_by_kind_and_place_and_not_by_its_message(tmp_path: Path) -> None:
    log = DebugLog(tmp_path)
    try:
        try:
            raise KeyError("hunter2")
        except KeyError as inner:
            raise ValueError("the log said hunter2") from inner
    except ValueError as fault:
        log.fault(fault, "live")
    log.close()
    text = log.path.read_text(encoding="utf-8")
    assert "ValueError in live" in text and "KeyError in live, the cause" in text and "test_debuglog.py:" in text
    assert "hunter2" not in text


def test_old_files_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debuglog, "KEPT", 2)
    for number in range(9):
        (tmp_path / f"debug-2026010{number}T000000.000000Z-1.log").touch()
    (tmp_path / "notes.txt").touch()
    DebugLog(tmp_path).close()
    assert len(list(tmp_path.glob("debug-*"))) == 5 and (tmp_path / "notes.txt").exists()


def test_a_full_disk_ends_the_log_and_not_the_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = DebugLog(tmp_path)

    def full(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(debuglog.os, "write", full)
        log.tell("one")
        log.tell("two")
    log.close()
    assert log.trouble == "no space left on device"
