"""What doctor looks at, each on a machine that is made up."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from incident_console.openers import EDITOR
from incident_console.session.doctoring import machine, places, programs, terminal
from incident_console.session.doctoring.finding import Ask, Finding, look


def test_what_does_not_answer_is_told_and_left_behind() -> None:
    never = threading.Event()

    def hangs() -> tuple[Finding, ...]:
        never.wait()
        return ()

    sections = look(
        [
            Ask("one", "a mount", hangs),
            Ask("one", "a count", hangs, late="mind"),
            Ask("two", "more", lambda: (Finding("more", "is there"),)),
        ],
        patience_s=0.05,
    )
    never.set()
    assert [(one.what, one.state) for one in sections[0].findings] == [("a mount", "broken"), ("a count", "mind")]
    assert "did not answer in 0.05 s" in sections[0].findings[0].told
    assert sections[1].findings == (Finding("more", "is there"),)


def test_a_probe_that_fails_takes_nothing_else_with_it() -> None:
    def fails() -> tuple[Finding, ...]:
        raise PermissionError(13, "Permission denied")

    (section,) = look([Ask("one", "a folder", fails), Ask("one", "b", lambda: (Finding("b", "fine"),))])
    assert section.findings[0].told == "could not be looked at: permission denied"
    assert section.findings[1].state == "fine"


def _limits(folder: Path, watches: str, instances: str) -> Path:
    (folder / "max_user_watches").write_text(watches, encoding="ascii")
    (folder / "max_user_instances").write_text(instances, encoding="ascii")
    return folder


def test_few_watches_are_something_to_mind(tmp_path: Path) -> None:
    none = tmp_path / "no processes"
    assert machine.watches(_limits(tmp_path, "100\n", "128\n"), none)[0].state == "mind"
    assert machine.watches(_limits(tmp_path, "100000\n", "128\n"), none)[0].state == "fine"
    assert machine.watches(_limits(tmp_path, "a\n", "128\n"), none)[0].state == "fine"


def test_watchers_that_are_all_taken_are_counted(tmp_path: Path) -> None:
    fds = tmp_path / "processes" / "42" / "fd"
    fds.mkdir(parents=True)
    for number in range(3):
        (fds / str(number)).symlink_to("anon_inode:inotify")
    found = machine.watches(_limits(tmp_path, "100000", "3"), tmp_path / "processes")[0]
    assert found.state == "mind" and "3 watchers are taken" in found.told and "max_user_instances" in found.follows


def test_the_kind_of_a_file_system_is_the_mount_tables(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    lines = [
        "1 0 0:1 / / rw - overlay overlay rw",
        "2 1 0:2 / /scratch rw - lustre server:/scratch rw",
        "3 1 0:3 / /gone rw - nfs4 server:/gone rw",
        "4 1 0:4 / /tmp rw - tmpfs tmpfs rw",
    ]
    table.write_text("\n".join(lines), encoding="ascii")
    told = {
        path: places.kind("x", Path(path), kept=True, mountinfo=table)[0]
        for path in ("/scratch/run", "/gone/never/asked", "/tmp/records", "/etc")
    }
    assert [one.state for one in told.values()] == ["mind", "mind", "mind", "fine"]
    assert "lustre, a network file system" in told["/scratch/run"].told and "locks" in told["/scratch/run"].follows
    assert "in memory" in told["/tmp/records"].told and told["/etc"].told.startswith("overlay")


def test_a_record_that_others_may_write_to_is_told(tmp_path: Path) -> None:
    for name, mode in (("INC-20260101T000000Z-a", 0o700), ("INC-20260102T000000Z-b", 0o770)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal.jsonl").touch(mode=0o600)
        (tmp_path / name).chmod(mode)
    (told,) = [one for one in places.records(tmp_path) if one.what == "open to others"]
    assert (told.told, told.state) == ("1: INC-20260102T000000Z-b", "mind") and "chmod -R go-w" in told.follows
    (tmp_path / "INC-20260102T000000Z-b").chmod(0o700)
    assert not [one for one in places.records(tmp_path) if one.what == "open to others"]


def test_an_editor_that_nobody_named_is_the_one_that_would_open(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    (none,) = programs.opener(EDITOR, "", "default", environ)
    assert (none.told, none.state) == ("none is found", "mind") and "$EDITOR" in none.follows
    (tmp_path / "nano").write_text("#!/bin/sh\n")
    (tmp_path / "nano").chmod(0o755)
    (found,) = programs.opener(EDITOR, "", "default", environ)
    assert found.state == "fine" and found.told.startswith("nano")
    (gone,) = programs.opener(EDITOR, "helix --fast", "environment EDITOR", environ)
    assert (gone.told, gone.state) == ("helix --fast: not found (environment EDITOR)", "mind")


@pytest.mark.parametrize(
    ("said", "state", "told"),
    [
        ("500", "mind", "for 500 ms"),
        ("20", "fine", "for 20 ms"),
        ("", "fine", "did not say"),
        ("soon", "fine", "did not say"),
    ],
)
def test_a_multiplexer_that_holds_esc_back_is_told(tmp_path: Path, said: str, state: str, told: str) -> None:
    (tmp_path / "tmux").write_text(f'#!/bin/sh\n[ "$3" = escape-time ] && echo {said}\n')
    (tmp_path / "tmux").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMUX": "/tmp/tmux,1,0"}
    (finding,) = terminal.escape(environ)
    assert finding.state == state and told in finding.told
    assert terminal.escape({"PATH": environ["PATH"]}) == ()
