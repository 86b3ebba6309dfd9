"""The flight recorder's hands: a failed attempt's text is kept though its log is gone from the disk."""

import errno
import os
from pathlib import Path

import pytest

from incident_console.tail.keeping import held as module
from incident_console.tail.keeping.held import HeldLogs
from incident_console.tail.places.mounts import Mounts

LOCAL = Mounts((("/", "ext4"),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "align.log"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_log_that_was_unlinked_after_it_was_held_is_kept_whole(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"FATAL index is locked\n")
    held.hold("align 1", path)
    with path.open("ab") as file:
        file.write(b"written after it was opened\n")
    path.unlink()
    kept = held.take("align 1")
    assert kept.data == b"FATAL index is locked\nwritten after it was opened\n"
    assert (kept.complete, kept.missing, kept.deleted, kept.size) == (True, None, True, len(kept.data))
    held.close()


def test_a_log_created_after_the_job_started_is_held_at_the_next_refresh(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    held.hold("align 1", path)
    held.refresh()
    path.write_bytes(b"clue\n")
    held.refresh()
    path.unlink()
    assert held.take("align 1").data == b"clue\n"
    held.close()


def test_each_attempt_gets_the_text_that_it_wrote(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    held.hold(("align", 1), path)
    path.write_bytes(b"first\n")
    held.refresh()
    path.unlink()
    path.write_bytes(b"second\n")
    held.refresh()
    first = held.take(("align", 1))
    held.hold(("align", 2), path)
    held.release(("align", 1))
    path.unlink()
    path.write_bytes(b"third\n")
    second = held.take(("align", 2))
    held.hold(("align", 3), path)
    held.refresh()
    third = held.take(("align", 3))
    assert [first.data, second.data, third.data] == [b"first\n", b"second\n", b"third\n"]
    assert not third.deleted
    held.close()


def test_a_retry_is_not_given_the_log_of_the_attempt_before(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"first\n")
    held.hold(1, path)
    assert held.take(1).data == b"first\n"
    held.release(1)
    held.hold(2, path)
    held.refresh()
    path.unlink()
    kept = held.take(2)
    assert kept.data is None
    assert not kept.complete
    assert "deleted before it could be opened" in (kept.missing or "")
    held.close()


def test_a_log_that_a_retry_overwrites_in_place_is_kept_for_both(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"first, long\n")
    held.hold(1, path)
    first = held.take(1)
    held.hold(2, path)
    path.write_bytes(b"second\n")
    os.utime(path, ns=(10**18, 2 * 10**18))
    second = held.take(2)
    assert (first.data, second.data) == (b"first, long\n", b"second\n")
    assert second.complete
    held.close()


def test_the_log_of_an_earlier_run_is_not_taken_for_this_attempt(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"last week\n")
    os.utime(path, (1000, 1000))
    held.hold("job", path, started_at=5000.0)
    path.unlink()
    assert held.take("job").data is None
    path.write_bytes(b"now\n")
    assert held.take("job").data == b"now\n"
    held.close()


def test_a_log_seen_to_change_is_there_when_its_job_is_learnt_of_too_late(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"a job of five milliseconds\n")
    held.sight([path, path.parent, path.parent / "never"])
    path.unlink()
    held.hold("late", path)
    assert held.take("late").data == b"a job of five milliseconds\n"
    held.close()


def test_what_was_only_seen_to_change_is_let_go_again(tmp_path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    before = descriptors()
    for number in range(200):
        (tmp_path / f"{number}").touch()
        held.sight([tmp_path / f"{number}"])
    assert held.descriptors == module.SIGHTED
    assert descriptors() - before == module.SIGHTED
    held.close()
    assert held.descriptors == 0
    assert descriptors() == before


def test_more_running_logs_than_may_be_held_is_told(tmp_path: Path) -> None:
    held = HeldLogs(limit=8, mounts=LOCAL)
    for number in range(9):
        (tmp_path / f"{number}").touch()
        held.hold(number, tmp_path / f"{number}")
    assert held.descriptors == 8
    assert held.notice is not None and "Only 8 logs" in held.notice
    (tmp_path / "8").unlink()
    assert "may be held open" in (held.take(8).missing or "")
    held.release(0)
    held.hold("more", tmp_path / "1")
    (tmp_path / "9").touch()
    held.hold(9, tmp_path / "9")
    assert held.take(9).complete, "a released log makes room"
    held.close()


def test_a_huge_log_is_kept_with_head_and_tail(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 100)
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"a" * 60 + b"b" * 1000 + b"c" * 60)
    held.hold(1, path)
    kept = held.take(1)
    assert kept.data is not None
    assert kept.data.startswith(b"a" * 50) and kept.data.endswith(b"c" * 50)
    assert b"1020 bytes left out" in kept.data
    assert (kept.complete, kept.size) == (False, 1120)
    assert "1120 bytes" in (kept.missing or "")
    held.close()


def test_a_log_that_was_emptied_before_it_was_kept_is_told(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.write_bytes(b"the clue\n")
    held.hold(1, path)
    os.truncate(path, 0)
    kept = held.take(1)
    assert not kept.complete
    assert "emptied" in (kept.missing or "")
    held.close()


def test_a_lost_log_on_a_network_file_system_is_called_that(path: Path) -> None:
    held = HeldLogs(mounts=Mounts((("/", "ext4"), (str(path.parent), "nfs4"))))
    held.hold(1, path)
    kept = held.take(1)
    assert kept.data is None
    assert "network file system (nfs4)" in (kept.missing or "")
    held.close()


def test_a_folder_or_a_pipe_in_place_of_a_log_is_told_and_never_waited_for(tmp_path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe"):
        held.hold(name, tmp_path / name)
        assert "not a regular file" in (held.take(name).missing or "")
    held.close()


def test_an_empty_log_is_kept_as_such(path: Path) -> None:
    held = HeldLogs(mounts=LOCAL)
    path.touch()
    held.hold(1, path)
    kept = held.take(1)
    assert (kept.data, kept.complete) == (b"", True)
    held.close()


def test_a_log_that_changes_when_no_more_may_be_held_does_no_harm(tmp_path: Path) -> None:
    held = HeldLogs(limit=8)
    for number in range(20):
        path = tmp_path / f"{number}.log"
        path.write_text("text")
        held.hold(number, path)
    late = tmp_path / "late.log"
    late.write_text("text")
    held.sight([late])
    assert held.descriptors == 8
    assert held.notice is not None
    held.close()


def test_a_log_that_needs_the_room_of_another_at_a_refresh_gets_it(tmp_path: Path) -> None:
    held = HeldLogs(limit=8, mounts=LOCAL)
    (tmp_path / "changed").touch()
    held.sight([tmp_path / "changed"])
    for number in range(8):
        held.hold(number, tmp_path / f"{number}")
        (tmp_path / f"{number}").write_text(f"{number}\n")
    held.refresh()
    assert [held.take(number).data for number in range(8)] == [f"{number}\n".encode() for number in range(8)]
    assert held.descriptors == 8
    held.close()


def test_a_log_that_is_replaced_while_no_more_may_be_held_keeps_what_is_held_of_it(tmp_path: Path) -> None:
    before = descriptors()
    held = HeldLogs(limit=8, mounts=LOCAL)
    for number in range(7):
        (tmp_path / f"{number}").touch()
        held.hold(number, tmp_path / f"{number}")
    changed = tmp_path / "changed"
    for text in ("first\n", "second\n", "third\n"):
        changed.write_text(text)
        held.sight([changed])
        changed.rename(tmp_path / f"old {text.strip()}")
    assert held.descriptors == 8
    held.hold("it", changed)
    assert held.take("it").data == b"first\n"
    held.close()
    assert (held.descriptors, descriptors()) == (0, before)


def test_a_log_that_is_gone_as_it_is_opened_is_told_and_leaves_nothing_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(descriptor: int) -> os.stat_result:
        raise OSError(errno.ESTALE, "Stale file handle")

    before = descriptors()
    held = HeldLogs(mounts=LOCAL)
    path.write_text("text\n")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", stale)
        held.hold(1, path)
    assert (held.descriptors, descriptors()) == (0, before)
    assert held.take(1).data == b"text\n"
    held.close()
