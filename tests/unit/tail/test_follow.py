"""The follower tells of every change, with events and without, and ends when it is told to."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incident_console.tail.following import watch, watchers
from incident_console.tail.following.bell import CHECK_S, Bell
from incident_console.tail.following.follow import Follower, Paths
from incident_console.tail.places.mounts import Mounts

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
        while not follower._watch.watched:
            await asyncio.sleep(0.001)


async def test_a_link_and_its_target_that_are_both_followed_are_both_told(tmp_path: Path) -> None:
    target, link = tmp_path / "2026.log", tmp_path / "latest.log"
    target.touch()
    link.symlink_to(target.name)
    async with following([link, target], poll_s=60) as heard:
        await _until_watching(heard.follower)
        heard.paths.clear()
        target.write_bytes(b"more")
        await heard.until(lambda paths: {link, target} <= paths)


async def test_a_link_that_is_swapped_is_followed_to_where_it_leads_now(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.log").touch()
    link = tmp_path / "latest.log"
    link.symlink_to("1/run.log")
    async with following([link], poll_s=60) as heard:
        await _until_watching(heard.follower)
        (tmp_path / "new").symlink_to("2/run.log")
        (tmp_path / "new").rename(link)
        await heard.until_hears(link)
        async with asyncio.timeout(10):
            while not heard.follower._watch._watchers.covers(str(tmp_path / "2")):
                await asyncio.sleep(0.001)
        await heard.until_hears(link)
        (tmp_path / "2" / "run.log").write_bytes(b"more")
        await heard.until_hears(link)


async def test_a_name_that_is_no_text_does_not_end_the_following_of_its_neighbours(tmp_path: Path) -> None:
    """watchfiles gives up a watcher for good at the first event on such a name."""
    logs = [tmp_path / str(number) / "a.log" for number in range(9)]
    for log in logs:
        log.parent.mkdir()
    async with following(logs, poll_s=0.05) as heard:
        await _until_watching(heard.follower)
        for again in range(6):
            Path(os.fsdecode(os.fsencode(logs[4].parent) + b"/\xff%d" % again)).touch()
            for log in logs:
                log.write_bytes(b"x" * (again + 1))
                await heard.until_hears(log)
        watchers = heard.follower._watch._watchers
        assert list(watchers.refused) == [str(logs[4].parent)]
        assert watchers.watched == 8
        assert heard.follower.notice is None


async def test_following_the_next_set_loses_no_news_of_the_one_before(tmp_path: Path) -> None:
    logs = [tmp_path / f"{number}.log" for number in range(40)]
    async with following(logs[:1], [tmp_path], poll_s=60) as heard:
        await _until_watching(heard.follower)
        for number, log in enumerate(logs):
            log.touch()
            heard.follower.follow(logs[: number + 1], [tmp_path])
        heard.paths.clear()
        for number, log in enumerate(logs):
            log.write_bytes(b"x")
            heard.follower.follow([*logs, tmp_path / f"other {number}"], [tmp_path])
        await heard.until(lambda paths: set(logs) <= paths)


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


async def test_when_some_folders_are_refused_the_rest_is_polled_and_told_with_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's list of what it watches is cut after three, as it is when the limit is reached."""
    real = watchers._watched_inodes

    def only_three(descriptors: set[int]) -> set[int]:
        found = real(descriptors) or set()
        return {inode for inode in found if inode in first_three}

    monkeypatch.setattr(watchers, "_watched_inodes", only_three)
    logs = [tmp_path / str(number) / "a.log" for number in range(8)]
    for log in logs:
        log.parent.mkdir()
    first_three = {log.parent.stat().st_ino for log in logs[:3]}
    async with following(logs, poll_s=0.05) as heard:
        for log in logs:
            log.write_bytes(b"x")
            await heard.until_hears(log)
        notice = heard.follower.notice or ""
        assert "events from 3 of 8 folders" in notice
        assert "max_user_watches is" in notice


LIMITED = """
import sys, threading
from pathlib import Path
from incident_console.tail.following.bell import CHECK_S, Bell
from incident_console.tail.following.follow import Follower
top = Path(sys.argv[1])
Path("/proc/sys/user/max_inotify_watches").write_text("20")
logs = [top / str(number) / "a.log" for number in range(40)]
for log in logs:
    log.parent.mkdir()
told, news = set(), threading.Condition()
def at_once(paths):
    with news:
        told.update(paths)
        news.notify()
def hear(*wanted):
    with news:
        assert news.wait_for(lambda: set(wanted) <= told, 10), set(wanted) - told
        told.clear()
with Follower(at_once=at_once, poll_s=0.02) as follower:
    follower.follow(logs)
    hear(*logs)
    for log in logs:
        log.write_text("x")
        hear(log)
    print(follower.notice)
"""


def test_a_real_limit_of_the_system_is_lived_with(tmp_path: Path) -> None:
    """In a user namespace of its own, whose limit may be set without touching anybody else's (namespaces(7))."""
    in_namespace = ["unshare", "--user", "--map-root-user", sys.executable, "-c"]
    try:
        probe = "open('/proc/sys/user/max_inotify_watches', 'w').write('20')"
        subprocess.run([*in_namespace, probe], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"no user namespace with a limit of its own here: {fault}"
        )
    done = subprocess.run(
        [*in_namespace, LIMITED, str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "events from 20 of 40 folders" in done.stdout


async def test_a_network_file_system_that_hangs_holds_up_no_other_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    for folder in (far, near):
        folder.mkdir()
        (folder / "a.log").touch()
    answer = threading.Event()
    real = {name: getattr(os, name) for name in ("stat", "lstat", "readlink", "open", "scandir")}

    def hanging(name: str) -> Callable[..., object]:
        def call(path: object, *more: object, **options: object) -> object:
            if str(path).startswith(str(far)):
                assert threading.current_thread().name == "log poller"
                answer.wait(30)
            return real[name](path, *more, **options)

        return call

    for name in real:
        monkeypatch.setattr(os, name, hanging(name))
    follower = Follower(mounts=Mounts((("/", "ext4"), (str(far), "nfs4"))), poll_s=0.05)
    follower.follow([far / "a.log", near / "a.log"], [far, near])
    with follower:
        heard = Heard(follower)
        await heard.until_hears(near / "a.log")
        (near / "a.log").write_bytes(b"x")
        await heard.until_hears(near / "a.log")
        assert far / "a.log" not in heard.paths
        answer.set()
        await heard.until_hears(far / "a.log")
    await heard.task


async def test_folders_without_number_cost_few_descriptors_and_all_are_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchers, "CHUNK", 40)
    logs = [tmp_path / str(number) / "a.log" for number in range(130)]
    for log in logs:
        log.parent.mkdir()
        log.touch()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    async with following(logs[:60], poll_s=60) as heard:
        for number in range(61, 131):
            heard.follower.follow(logs[:number])
            await heard.until(lambda paths, new=logs[number - 1]: new in paths)  # type: ignore[misc]
        heard.paths.clear()
        for log in logs:
            log.write_bytes(b"x")
        await heard.until(lambda paths: set(logs) <= paths)
        assert len(os.listdir("/proc/self/fd")) - before <= 3 * (4 + watchers.MOST_SMALL)  # noqa: PTH208
        heard.follower.follow([])
        async with asyncio.timeout(10):
            while heard.follower._watch.watched:
                await asyncio.sleep(0.001)


@pytest.mark.skipif(sys.platform != "linux", reason="the system signals file events on Linux only")
async def test_a_follower_without_news_sleeps_and_still_hears_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, asleep, real = tmp_path / "a.log", threading.Event(), Bell.wait
    rung: list[bool] = []

    def wait(bell: Bell, timeout_s: float) -> bool:
        if timeout_s >= CHECK_S:
            asleep.set()
        rung.append(real(bell, 30 if timeout_s >= CHECK_S else timeout_s))
        return rung[-1]

    monkeypatch.setattr(Bell, "wait", wait)
    async with following([log], poll_s=60) as heard:
        assert await asyncio.to_thread(asleep.wait, 20)
        heard.paths.clear()
        log.write_bytes(b"x")
        await heard.until_hears(log)
        assert rung.count(True) >= 1


async def test_a_name_that_no_file_can_have_is_passed_by(tmp_path: Path) -> None:
    async with following([tmp_path / "a\0b", tmp_path / "a.log"]) as heard:
        (tmp_path / "a.log").touch()
        await heard.until_hears(tmp_path / "a.log")


async def test_one_folder_by_two_names_is_told_by_both(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "B").symlink_to("A")
    logs = [tmp_path / name / "a.log" for name in "AB"]
    async with following(logs, poll_s=0.05) as heard:
        await _until_watching(heard.follower)
        for size in (1, 2, 3):
            heard.paths.clear()
            logs[0].write_bytes(b"x" * size)
            await heard.until(lambda paths: set(logs) <= paths)


async def test_a_new_file_in_a_followed_folder_is_told_without_events(tmp_path: Path) -> None:
    (tmp_path / "old.log").touch()
    async with following([], [tmp_path], events=False) as heard:
        await heard.until_hears(tmp_path)
        for name in ("a.log", "b.log", "c.log"):
            (tmp_path / name).touch()
            await heard.until_hears(tmp_path / name)
            assert tmp_path / "old.log" not in heard.paths


async def test_files_on_a_network_file_system_are_polled_without_asking_for_events(tmp_path: Path) -> None:
    follower = Follower(mounts=Mounts((("/", "nfs"),)), poll_s=0.02)
    log = tmp_path / "a.log"
    follower.follow([log])
    with follower:
        heard = Heard(follower)
        log.write_bytes(b"x")
        await heard.until_hears(log)
        assert not follower._watch.watched
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


def checked(watched: watch.Watch, monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], list[str]]:
    """What one check tells, and the folders that it looked at on the disk."""
    looked: list[str] = []
    nearest = watch._nearest
    with monkeypatch.context() as patch:
        patch.setattr(watch, "_nearest", lambda folder: (looked.append(folder), nearest(folder))[1])
        return watched.check(), looked


@pytest.fixture
def many(tmp_path: Path) -> Iterator[tuple[watch.Watch, list[str]]]:
    """A watch over two logs in each of 300 folders, of which half are yet to come; it is calm."""
    top = tmp_path / "flow" / "logs"
    files = [top / f"rule{number}" / name for number in range(300) for name in ("a.log", "b.log")]
    for file in files[:300]:
        file.parent.mkdir(parents=True, exist_ok=True)
    bell = Bell()
    with bell.attended():
        watched = watch.Watch(bell)
        watched.add(map(str, files), [str(top)])
        while watched.busy:
            watched.step()
        for _ in range(3):
            watched.check()
        yield watched, sorted({str(file.parent) for file in files})
        watched.close()


def test_where_events_tell_of_a_folder_few_are_looked_at(
    many: tuple[watch.Watch, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, folders = many
    told, looked = checked(watched, monkeypatch)
    assert told == set()
    assert len(looked) < 20
    seen = set(looked)
    for _ in range(40):
        seen |= set(checked(watched, monkeypatch)[1])
    assert seen >= set(folders)  # in turn all the same: nobody tells of what is mounted there


def test_a_folder_further_up_that_is_renamed_is_told_of_all_that_was_in_it_at_the_next_checks(
    many: tuple[watch.Watch, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, folders = many
    (tmp_path / "flow").rename(tmp_path / "away")
    told: set[str] = set()
    for _ in range(2):  # at most 200 a check, as while anything moves
        told |= checked(watched, monkeypatch)[0]
    assert {f"{folder}/a.log" for folder in folders} <= told


def test_a_folder_that_comes_beside_watched_ones_is_followed_from_its_event_on(
    many: tuple[watch.Watch, list[str]],
) -> None:
    watched, folders = many
    missing = next(folder for folder in folders if not Path(folder).exists())
    Path(missing).mkdir()
    until, told = time.monotonic() + 10, set[str]()
    while f"{missing}/a.log" not in told and time.monotonic() < until:
        told |= watched.look()
        while watched.busy:
            told |= watched.step()
    assert f"{missing}/a.log" in told
