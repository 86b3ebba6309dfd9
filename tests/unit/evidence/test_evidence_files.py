"""Files that are missing, hostile, endless or no files at all are told about in a sentence; nothing blocks."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_console.errors import EvidenceError
from incident_console.evidence.capped import HeadTail
from incident_console.evidence.files import capture_file, resolve
from incident_console.evidence.names import shown


def refusal(path: str, workdir: Path) -> str:
    with pytest.raises(EvidenceError) as caught:
        capture_file(Path(path), workdir)
    return str(caught.value)


def names(glob: str, workdir: Path) -> list[str]:
    return sorted(os.path.relpath(path, workdir) for path in resolve(glob, workdir))


def write(path: Path, data: str = "x", mtime: int = 1_000_000_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data)
    os.utime(path, (mtime, mtime))
    return path


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    assert refusal("logs/x.log", tmp_path) == "logs/x.log could not be read: it is not there (any more)"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    assert refusal("logs", tmp_path) == "logs is a folder; name a file or a glob"


def test_a_pipe_a_socket_or_a_device_never_blocks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "sock"))
    for name in ("pipe", "sock", "/dev/zero", "/dev/tty"):
        assert "not a regular file" in refusal(name, tmp_path)
    listener.close()
    assert resolve("*", tmp_path) == ()


def test_an_unreadable_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "secret.log")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # the tests may run as root, who may read everything
    assert refusal("secret.log", tmp_path) == "secret.log could not be read: no permission"


def test_a_circle_of_links_and_impossible_names_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "circle" in refusal("a", tmp_path)
    assert "name is too long" in refusal("n" * 5000, tmp_path)
    assert "cannot be a path" in refusal("a\0b", tmp_path)


def test_a_file_is_read_whole_with_its_identity(tmp_path: Path) -> None:
    path = write(tmp_path / "logs/a.log", "one\ntwo\n")
    got = capture_file(Path("logs/a.log"), tmp_path)
    assert (got.path, got.data, got.size, got.dropped, got.target) == ("logs/a.log", b"one\ntwo\n", 8, 0, None)
    assert (got.inode, got.mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)
    assert capture_file(path, tmp_path) == got


def test_a_huge_file_gives_head_and_tail_without_being_read_through(tmp_path: Path) -> None:
    path = tmp_path / "huge.log"
    with path.open("wb") as file:
        file.write(b"first\n")
        file.truncate(50 * 1024**3)
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast\n")
    got = capture_file(path, tmp_path, cap=10_000)
    assert got.size == 50 * 1024**3 + 6
    assert got.data.startswith(b"first\n") and got.data.endswith(b"\nlast\n")
    assert b"[... %d bytes left out here ...]\n" % got.dropped in got.data
    assert len(got.data) < 11_000


def test_an_empty_file_is_evidence_too(tmp_path: Path) -> None:
    write(tmp_path / "empty", "")
    assert capture_file(Path("empty"), tmp_path).data == b""


def test_a_file_that_says_it_is_empty_is_read_to_its_end(tmp_path: Path) -> None:
    assert b"MemTotal" in capture_file(Path("/proc/meminfo"), tmp_path).data


def test_odd_bytes_in_a_name_are_written_out(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\xff.log"))
    path.write_text("x")
    assert capture_file(path, tmp_path).path == "caf\\xe9\\xff.log"
    assert capture_file(resolve("*.log", tmp_path)[0], tmp_path).data == b"x"


def test_a_link_is_followed_and_told(tmp_path: Path) -> None:
    write(tmp_path / "logs/2026.log", "x")
    (tmp_path / "latest.log").symlink_to("logs/2026.log")
    got = capture_file(Path("latest.log"), tmp_path)
    assert (got.path, got.target) == ("latest.log", "logs/2026.log")


def test_a_file_outside_the_workdir_has_its_whole_path(tmp_path: Path) -> None:
    outside = write(tmp_path / "other/x.log")
    (tmp_path / "wd").mkdir()
    assert capture_file(outside, tmp_path / "wd").path == str(outside)
    assert resolve(str(tmp_path / "other/*.log"), tmp_path / "wd") == (outside,)


def test_a_glob_finds_the_newest_first_and_at_most_so_many(tmp_path: Path) -> None:
    for n in (2, 9, 5):
        write(tmp_path / f"logs/{n}.log", mtime=1_000_000_000 + n)
    assert [path.name for path in resolve("logs/*.log", tmp_path)] == ["9.log", "5.log", "2.log"]
    assert [path.name for path in resolve("logs/*.log", tmp_path, limit=1)] == ["9.log"]


def test_a_glob_without_a_wildcard_names_its_file_though_it_is_missing(tmp_path: Path) -> None:
    assert resolve("publish/v1/provenance.json", tmp_path) == (tmp_path / "publish/v1/provenance.json",)


def test_a_wildcard_does_not_follow_links_away(tmp_path: Path) -> None:
    write(tmp_path / "wd/logs/a.log")
    write(tmp_path / "away/secret.log")
    (tmp_path / "wd/away").symlink_to("../away")
    assert names("*/*.log", tmp_path / "wd") == names("**/*.log", tmp_path / "wd") == ["logs/a.log"]
    assert names("away/*.log", tmp_path / "wd") == ["away/secret.log"], "named without a wildcard, so meant"


@pytest.mark.parametrize("glob", ["../x.log", "logs/../../*.log", "", "a\0b*"])
def test_a_glob_that_leaves_the_workdir_is_refused(glob: str, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError):
        resolve(glob, tmp_path)


def test_a_walk_that_would_be_endless_is_refused_rather_than_guessed_from(tmp_path: Path) -> None:
    for n in range(30):
        write(tmp_path / f"logs/{n}.log")
    with pytest.raises(EvidenceError, match="more than 20 entries; name a narrower folder"):
        resolve("logs/*.log", tmp_path, entries=20)


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(1, 200))
def test_a_capped_stream_loses_nothing_that_it_does_not_count(chunks: list[bytes], cap: int) -> None:
    whole = b"".join(chunks)
    stream = HeadTail(cap)
    for chunk in chunks:
        stream.add(chunk)
    kept, dropped = stream.kept()
    if len(whole) <= cap:
        assert (kept, dropped) == (whole, 0)
    else:
        mark = b"[... %d bytes left out here ...]\n" % dropped
        head, tail = kept.split(mark, 1)
        assert dropped > 0
        assert whole.startswith(head) or whole.startswith(head.removesuffix(b"\n"))
        assert whole.endswith(tail)
        assert stream.size == len(whole)


@given(st.text())
def test_what_is_shown_can_always_be_written(text: str) -> None:
    shown(text).encode("utf-8")
