"""What is compared without events, how often, and at what cost."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console.tail.following import polled
from incident_console.tail.following.polled import ALWAYS, AT_ONCE, LATELY, LOUD_IN_TURN, QUIET_IN_TURN, Looks


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    asked: list[str] = []
    real = os.stat

    def ask(path: str, **options: bool) -> os.stat_result:
        asked.append(path)
        return real(path, **options)

    monkeypatch.setattr(os, "stat", ask)
    yield asked


def files(folder: Path, number: int) -> list[str]:
    paths = [str(folder / f"{at:05d}.log") for at in range(number)]
    for path in paths:
        Path(path).touch()
    return paths


def told_of_new(looks: Looks) -> set[str]:
    told: set[str] = set()
    while looks.busy:
        told |= looks.look(0)
    return told


def test_each_file_is_told_once_when_it_is_new_and_then_when_it_changes(tmp_path: Path) -> None:
    paths = files(tmp_path, 3)
    looks = Looks()
    looks.want(paths, (), ())
    assert told_of_new(looks) == set(paths)
    assert looks.look(0) == set()
    Path(paths[1]).write_bytes(b"x")
    assert looks.look(0) == {paths[1]}
    os.unlink(paths[2])  # noqa: PTH108
    assert looks.look(0) == {paths[2]}
    assert looks.look(0) == set()


def test_a_change_that_leaves_the_time_as_it_is_is_seen_by_size_or_inode(tmp_path: Path) -> None:
    """A network file system may tell times in whole seconds."""
    (path,) = files(tmp_path, 1)
    os.utime(path, (1, 1))
    looks = Looks(fresh=True)
    looks.want([path], (), ())
    told_of_new(looks)
    Path(path).write_bytes(b"x")
    os.utime(path, (1, 1))
    assert looks.look(0) == {path}
    Path(path + ".new").write_bytes(b"y")
    os.utime(path + ".new", (1, 1))
    Path(path + ".new").rename(path)
    assert looks.look(0) == {path}


def test_files_with_events_are_told_only_when_they_change(tmp_path: Path) -> None:
    paths = files(tmp_path, 3)
    looks = Looks()
    looks.want((), paths, ())
    assert not looks.busy
    assert looks.look(1) == set()
    Path(paths[0]).write_bytes(b"x")
    assert looks.look(1) == {paths[0]}


def test_a_look_costs_the_same_at_any_number_of_files(tmp_path: Path, looked_at: list[str]) -> None:
    paths = files(tmp_path, 700)
    loud, quiet = paths[:550], paths[550:]
    looks = Looks()
    looks.want(loud, quiet, ())
    looks.look(1)
    assert len(looked_at) == AT_ONCE, "new ones are looked at in parts, too"
    told_of_new(looks)
    period_s = 10 / QUIET_IN_TURN
    for _ in range(15):
        looked_at.clear()
        looks.look(period_s)
        assert len(looked_at) <= ALWAYS + 10 + LOUD_IN_TURN * period_s


def test_each_file_has_its_turn(tmp_path: Path, looked_at: list[str]) -> None:
    paths = files(tmp_path, 700)
    looks = Looks()
    looks.want(paths[:550], paths[550:], ())
    told_of_new(looks)
    looked_at.clear()
    for _ in range(15):
        looks.look(10 / QUIET_IN_TURN)
    assert set(looked_at) == set(paths)
    looks.want(paths[:3], (), ())
    Path(paths[2]).write_bytes(b"x")
    assert looks.look(0) == {paths[2]}


def test_what_changed_lately_is_looked_at_each_time(tmp_path: Path, looked_at: list[str]) -> None:
    paths = files(tmp_path, 1000)
    looks = Looks()
    looks.want(paths, (), ())
    told_of_new(looks)
    looks.heed(paths[-1:])
    for size in (1, 2, 3):
        Path(paths[-1]).write_bytes(b"x" * size)
        assert looks.look(0) == {paths[-1]}
    looks.heed(paths)
    looked_at.clear()
    looks.look(0)
    assert ALWAYS + LATELY <= len(looked_at) <= ALWAYS + LATELY + 1


def test_what_is_no_longer_wanted_is_forgotten(tmp_path: Path, looked_at: list[str]) -> None:
    paths = files(tmp_path, 10)
    looks = Looks()
    looks.want(paths, (), ())
    told_of_new(looks)
    looks.heed(paths)
    looks.want(paths[:2], (), ())
    looked_at.clear()
    assert looks.look(1) == set()
    assert set(looked_at) == set(paths[:2])
    looks.want(paths[:3], (), ())
    assert told_of_new(looks) == {paths[2]}


def test_names_that_come_within_the_second_of_a_change_are_told_though_the_folders_time_stays(
    tmp_path: Path, clock: Clock
) -> None:
    looks = Looks(clock=clock)
    looks.want([str(tmp_path)], (), [str(tmp_path)])
    assert told_of_new(looks) == {str(tmp_path)}
    for name in ("a", "b", "c"):
        clock.now += 0.5
        (tmp_path / name).touch()
        os.utime(tmp_path, (1, 1))
        assert str(tmp_path / name) in looks.look(0)
    clock.now += 10
    looks.look(0)
    assert looks.look(0) == set()


def test_a_folder_with_too_many_names_is_told_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polled, "MOST_NAMES", 3)
    looks = Looks()
    looks.want([str(tmp_path)], (), [str(tmp_path)])
    told_of_new(looks)
    files(tmp_path, 5)
    assert looks.look(0) == {str(tmp_path)}


def test_a_stale_handle_is_told_and_so_is_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = files(tmp_path, 1)
    looks = Looks(fresh=True)
    looks.want([path], (), ())
    told_of_new(looks)

    def stale(*_: object) -> int:
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", stale)
        assert looks.look(0) == {path}
        assert looks.look(0) == set()
    assert looks.look(0) == {path}


def test_a_pipe_is_not_opened_to_be_looked_at(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    looks = Looks(fresh=True)
    looks.want([str(tmp_path / "pipe"), str(tmp_path / "a\0b"[:1])], (), ())
    assert str(tmp_path / "pipe") in told_of_new(looks)
