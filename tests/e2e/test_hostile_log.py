"""May a log do anything to the terminal of the person who reads it? Nothing: what it holds is shown, never obeyed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Desk

LOUD = b"".join(
    line + b"\n"
    for line in (
        b"first line",
        b"clip \x1b]52;c;RVZJTA==\x07 end",
        b"title \x1b]0;EVIL TITLE\x07 \x1b]2;EVIL TITLE\x1b\\ end",
        b"moves \x1b[413;437H\x1b[2J\x1b[?1049l\x1b[?9001h\x1bc end",
        b"device \x1bP+q544e\x1b\\ \x1b_Gi=31;AAAA\x1b\\ \x1b^private\x1b\\ end",
        b"eight bits \x9d0;EVIL\x9c \x9b7777m end",
        "eight bits in UTF-8 \x9d0;EVIL\x9c \x9b7777m end".encode(),
        "turned \u202eltr\u202c \u2066isolate\u2069 end".encode(),
        b"link \x1b]8;;file:///etc/passwd\x1b\\text\x1b]8;;\x1b\\ end",
        b"bell \x07\x07 back \x08\x08 \x0e\x0f end",
        b"ERROR [red]markup[/] [@click=app.quit]press[/] [/nothing]",
    )
)
NAME = "evil\x1b]0;EVIL NAME\x07[bold].log"


def folder_with_loud_logs(desk: Desk) -> Path:
    workdir = desk.home / "jobs"
    (workdir / "logs").mkdir(parents=True)
    (workdir / "logs" / "job.log").write_bytes(LOUD)
    (workdir / "logs" / NAME).write_bytes(LOUD)
    return workdir


def assert_nothing_was_obeyed(raw: bytes) -> None:
    """The console itself sends none of these, but for the shape of the mouse pointer (OSC 22) and a title (OSC 2)."""
    raw = re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", raw)
    titles = re.findall(rb"\x1b\]2;([^\x00-\x1f\x7f]*)\x1b\\", raw)
    assert all(b"EVIL" not in title for title in titles)
    raw = re.sub(rb"\x1b\]2;[^\x00-\x1f\x7f]*\x1b\\", b"", raw)
    for forbidden in (b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bc", b"\x1b[413;437H", b"\x1b[?9001h", b"\x07"):
        assert forbidden not in raw, forbidden
    text = raw.decode("utf-8")  # No byte of the log's broken UTF-8 has come through.
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069\x08\x0e\x0f]", text)


@pytest.mark.parametrize("far", [{}, {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}], ids=["here", "over ssh"])
def test_a_hostile_log_is_shown_and_not_obeyed(
    desk: Desk, far: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over ssh less is sent, by another way to the terminal."""
    monkeypatch.setattr(Desk, "environment", {**desk.environment, **far})
    workdir = folder_with_loud_logs(desk)
    with desk.console("open", workdir, columns=200, lines=50) as console:
        console.wait_for("✓ saved", "first line", "[red]markup[/] [@click=app.quit]press[/] [/nothing]")
        shown = console.screen()
        assert "RVZJTA==" in shown and "EVIL TITLE" in shown
        console.press("q")
        assert console.wait_end() == 0
        assert_nothing_was_obeyed(console.raw)


def test_a_hostile_line_stays_harmless_in_the_list_the_record_and_the_brief(desk: Desk) -> None:
    workdir = folder_with_loud_logs(desk)
    with desk.console("open", workdir, columns=120, lines=40) as console:
        console.wait_for("✓ saved", "first line")
        console.press("shift+tab", "shift+tab", "shift+tab")
        console.move_to("EVIL NAME")
        console.press("enter")
        console.wait_for("following", "[red]markup[/]")
        console.press("shift+up", "shift+up", "shift+up", "p")
        console.wait_for("pinned")
        console.press("d")
        console.wait_for("Record", "EVIL")
        console.close_page("Record")
        console.press("b")
        console.wait_for("Brief", "of evidence kept")
        console.close_page("Brief")
        console.press("q")
        assert console.wait_end() == 0
        assert_nothing_was_obeyed(console.raw)
    printed = desk.run("record", desk.record().name, "--records", desk.records)
    assert printed.returncode == 0, printed.stderr
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed.stdout)
