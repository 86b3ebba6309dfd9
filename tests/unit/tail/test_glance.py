import os
from pathlib import Path

from incident_console.tail.places.glance import glance


def test_a_glance_gives_size_last_change_and_error_marks(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"ok\nERROR index is locked\nINFO ERROR_RATE=0\n")
    seen = glance(log)
    assert (seen.size, seen.errors, seen.notice) == (43, 1, None)
    assert seen.inode == log.stat().st_ino
    assert glance(log, seen) is seen
    log.write_bytes(b"ok\n")
    assert glance(log, seen).errors == 0


def test_what_cannot_be_looked_at_is_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert glance(tmp_path / "none").notice == "This file does not exist."
    assert "not a regular file" in (glance(tmp_path / "pipe").notice or "")
    assert "not a regular file" in (glance(tmp_path).notice or "")
