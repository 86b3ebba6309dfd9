"""The follower tells of every change, with events and without, and ends when it is told to."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incident_console.tail.follow import Follower, Paths
from incident_console.tail.mounts import Mounts

LOCAL = Mounts((("/", "ext4"),))


class Heard:
    """What the follower has told so far, and a way to wait for more."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.paths: set[Path] = set()
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for batch in self.follower.changes():
            self.paths |= batch
            self._news.set()

    async def until(self, told: Callable[[set[Path]], bool]) -> None:
        async with asyncio.timeout(10):
            while not told(self.paths):
                self._news.clear()
                await self._news.wait()

    async def until_hears(self, path: Path) -> None:
        await self.until(lambda paths: path in paths)
        self.paths.clear()


@asynccontextmanager
async def following(
    files: Iterable[Path], folders: Iterable[Path] = (), *, events: bool = True, poll_s: float = 0.05
) -> AsyncIterator[Heard]:
    follower = Follower(mounts=LOCAL, events=events, poll_s=poll_s)
    follower.follow(files, folders)
    with follower:
        heard = Heard(follower)
        yield heard
    await asyncio.wait_for(heard.task, 5)


@pytest.mark.parametrize("events", [True, False], ids=["events", "polled"])
async def test_appends_truncations_rotations_and_deletions_are_told(tmp_path: Path, events: bool) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"1\n")
    async with following([log], events=events) as heard:
        for change in (
            lambda: log.write_bytes(b"1\n2\n"),
            lambda: os.truncate(log, 0),
            lambda: log.rename(tmp_path / "a.log.1"),
            lambda: log.write_bytes(b"new\n"),
            lambda: log.unlink(),
            lambda: log.write_bytes(b"again\n"),
        ):
            change()
            await heard.until_hears(log)


@pytest.mark.parametrize("events", [True, False], ids=["events", "polled"])
async def test_a_log_in_folders_that_do_not_exist_yet_is_told_when_it_appears(tmp_path: Path, events: bool) -> None:
    log = tmp_path / "logs" / "B" / "align.log"
    async with following([log], events=events) as heard:
        log.parent.mkdir(parents=True)
        log.write_bytes(b"hello\n")
        await heard.until_hears(log)


async def test_a_new_file_in_a_followed_folder_is_told_and_one_beside_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    async with following([tmp_path / "run.log"], [folder]) as heard:
        await heard.until_hears(folder)
        (tmp_path / "other").touch()
        (folder / "new.log").touch()
        await heard.until(lambda paths: folder / "new.log" in paths)
        assert tmp_path / "other" not in heard.paths


async def test_a_followed_folder_that_appears_with_its_files_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    async with following([], [folder]) as heard:
        await heard.until_hears(folder)
        folder.mkdir()
        (folder / "quick.log").touch()
        await heard.until(lambda paths: {folder, folder / "quick.log"} <= paths)


async def test_a_folder_that_is_deleted_and_made_again_is_still_followed(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "a.log"
    log.parent.mkdir()
    log.touch()
    async with following([log]) as heard:
        log.unlink()
        log.parent.rmdir()
        await heard.until_hears(log)
        log.parent.mkdir()
        log.write_bytes(b"1")
        await heard.until_hears(log)
        log.write_bytes(b"22")
        await heard.until_hears(log)


async def test_a_change_of_what_a_link_points_to_is_told_by_the_name_that_is_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "real.log").touch()
    (tmp_path / "shown").mkdir()
    link = tmp_path / "shown" / "latest.log"
    link.symlink_to(elsewhere / "real.log")
    async with following([link], poll_s=60) as heard:
        await asyncio.sleep(0)
        await _until_watching(heard.follower)
        (elsewhere / "real.log").write_bytes(b"more")
        await heard.until_hears(link)


async def _until_watching(follower: Follower) -> None:
    """The watcher is made in the follower's thread."""
    async with asyncio.timeout(10):
        while follower._watch._notify is None:
            await asyncio.sleep(0.001)


async def test_the_set_of_files_may_change_while_following(tmp_path: Path) -> None:
    first, second = tmp_path / "1" / "a", tmp_path / "2" / "b"
    for path in (first, second):
        path.parent.mkdir()
        path.touch()
    async with following([first]) as heard:
        heard.follower.follow([second])
        second.write_bytes(b"x")
        await heard.until_hears(second)
        first.write_bytes(b"x")
        second.write_bytes(b"xx")
        await heard.until(lambda paths: second in paths)
        assert first not in heard.paths


async def test_a_flood_is_told_in_a_few_batches_and_its_last_change_is_not_lost(tmp_path: Path) -> None:
    log = tmp_path / "flood.log"
    batches: list[Paths] = []
    follower = Follower(mounts=LOCAL)
    follower.follow([log])
    sizes: list[int] = []

    async def listen() -> None:
        async for batch in follower.changes():
            batches.append(batch)
            sizes.append(log.stat().st_size)

    with follower:
        task = asyncio.create_task(listen())
        with log.open("ab", buffering=0) as file:
            for _ in range(300):
                file.write(b"line\n")
                await asyncio.sleep(0.001)
        async with asyncio.timeout(5):
            while not sizes or sizes[-1] < 1500:
                await asyncio.sleep(0.01)
    await task
    assert len(batches) < 60


def test_what_must_be_quick_is_called_in_the_followers_thread(tmp_path: Path) -> None:
    log, called = tmp_path / "a.log", threading.Event()
    threads: list[threading.Thread] = []

    def at_once(paths: Paths) -> None:
        threads.append(threading.current_thread())
        if log in paths:
            called.set()

    follower = Follower(at_once=at_once, mounts=LOCAL)
    follower.follow([log])
    with follower:
        log.write_bytes(b"x")
        assert called.wait(5)
    assert threads[0] is not threading.main_thread()


@pytest.mark.parametrize("events", [True, False])
async def test_closing_is_prompt_and_ends_the_listener(tmp_path: Path, events: bool) -> None:
    follower = Follower(mounts=LOCAL, events=events, poll_s=60)
    follower.follow([tmp_path / "a"], [tmp_path])
    follower.start()
    heard = Heard(follower)
    await asyncio.sleep(0)
    began = time.monotonic()
    follower.close()
    await asyncio.wait_for(heard.task, 1)
    assert time.monotonic() - began < 1
    assert not any(thread.name == "log follower" for thread in threading.enumerate())


async def test_when_no_more_watches_are_to_be_had_files_are_polled_and_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "OS file watch limit reached. about [...]")

    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", refuse)
    log = tmp_path / "a.log"
    async with following([log]) as heard:
        log.write_bytes(b"x")
        await heard.until_hears(log)
        assert heard.follower.notice is not None
        assert "watch limit reached" in heard.follower.notice


async def test_files_on_a_network_file_system_are_polled_without_asking_for_events(tmp_path: Path) -> None:
    follower = Follower(mounts=Mounts((("/", "nfs"),)), poll_s=0.02)
    log = tmp_path / "a.log"
    follower.follow([log])
    with follower:
        heard = Heard(follower)
        log.write_bytes(b"x")
        await heard.until_hears(log)
        assert follower._watch._notify is None
    await heard.task


def test_a_folder_whose_name_is_no_text_is_polled(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff"))
    folder.mkdir()
    told: set[Path] = set()
    seen = threading.Event()

    def at_once(paths: frozenset[Path]) -> None:
        told.update(paths)
        if folder / "a.log" in told:
            seen.set()

    with Follower(at_once=at_once, poll_s=0.05) as follower:
        follower.follow([folder / "a.log"], [folder])
        (folder / "a.log").write_bytes(b"one\n")
        assert seen.wait(5)
