"""A text in the operator's own editor: whatever goes wrong is a sentence, and the text is as it was."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from textual.app import App, SuspendNotSupported

from incident_console.errors import Refused
from incident_console.openers import EDITOR
from incident_console.tui import editor


class Screen:
    """What of an app the editor needs."""

    def __init__(self, *, can: bool = True) -> None:
        self.can, self.given, self.back = can, 0, 0

    @contextmanager
    def suspend(self) -> Iterator[None]:
        if not self.can:
            raise SuspendNotSupported("no")
        self.given += 1
        yield
        self.back += 1


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def edited(tmp_path: Path, script: str, text: str = "before\n", screen: Screen | None = None) -> editor.Edited:
    program = tmp_path / "an editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    environ = {"PATH": os.environ["PATH"], "EDITOR": f"'{program}' -w"}
    return editor.edit(cast("App[Any]", screen or Screen()), text, name="note.md", environ=environ)


def test_what_was_written_comes_back_and_the_file_is_private_and_gone(tmp_path: Path, temporary: Path) -> None:
    screen = Screen()
    look = f'stat -c "%a" "$2" "$(dirname "$2")" > "{tmp_path}/modes"; echo "$1 $(basename "$2")" > "$2"'
    assert edited(tmp_path, look, screen=screen) == editor.Edited("-w note.md\n")
    assert (tmp_path / "modes").read_text() == "600\n700\n"
    assert (screen.given, screen.back, list(temporary.iterdir())) == (1, 1, [])


def test_an_editor_that_writes_a_new_file_in_its_place_is_taken_too(tmp_path: Path) -> None:
    assert edited(tmp_path, 'echo new > "$2.new"; mv "$2.new" "$2"').text == "new\n"


@pytest.mark.parametrize(
    ("script", "told", "stays"),
    [
        ("exit 3", "an editor ended with exit 3", False),
        ('echo lost > "$2"; exit 1', "ended with exit 1", True),
        ("kill -9 $$", "was ended by SIGKILL", False),
        ('rm "$2"', "left no file behind", False),
        ('rm "$2"; ln -s /etc/passwd "$2"', "left no file behind", True),
        ('rm "$2"; mkfifo "$2"', "something that is no file", True),
        ('head -c 2000000 /dev/zero > "$2"', "longer than 1024 KiB", True),
        (r'printf "a\nb\377" > "$2"', "not UTF-8: line 2 holds the byte 0xff", True),
    ],
)
def test_what_goes_wrong_is_told_and_the_text_is_as_it_was(
    tmp_path: Path, temporary: Path, script: str, told: str, stays: bool
) -> None:
    screen = Screen()
    found = edited(tmp_path, script, screen=screen)
    assert found.text == "before\n" and told in found.fault and screen.back == 1
    assert ("What was written is still in" in found.fault) is stays is bool(list(temporary.iterdir()))


def test_a_screen_that_cannot_be_given_away_is_told(tmp_path: Path, temporary: Path) -> None:
    found = edited(tmp_path, "echo x", screen=Screen(can=False))
    assert found.text == "before\n" and "no terminal" in found.fault and not list(temporary.iterdir())


def test_no_room_for_the_file_is_told(tmp_path: Path, temporary: Path) -> None:
    temporary.rmdir()
    assert "no room for a file" in edited(tmp_path, "true").fault


def test_signals_meant_for_the_editor_are_not_ours_and_are_as_before_afterwards(tmp_path: Path) -> None:
    import signal

    before = signal.getsignal(signal.SIGINT)
    assert edited(tmp_path, 'kill -INT $PPID; echo fine > "$2"').text == "fine\n"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"VISUAL": "sh -e", "EDITOR": "cat"}, ["sh", "-e"]),
        ({"VISUAL": " ", "EDITOR": "sh -c 'a b'"}, ["sh", "-c", "a b"]),
    ],
)
def test_the_editor_may_have_arguments_and_visual_goes_first(environ: dict[str, str], words: list[str]) -> None:
    assert EDITOR.command({"PATH": os.environ["PATH"], **environ}) == words


def test_without_a_setting_one_is_looked_for(tmp_path: Path) -> None:
    for name in ("sensible-editor", "editor"):  # they begin with a question of their own
        _program(tmp_path, name)
        with pytest.raises(Refused, match=r"no editor here: \$EDITOR may name one"):
            EDITOR.command({"PATH": str(tmp_path)})
    for name in ("nano", "vi"):
        _program(tmp_path, name)
        assert EDITOR.command({"PATH": str(tmp_path)}) == [name]


def _program(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(stat.S_IRWXU)


def test_an_editor_that_nobody_chose_is_named_with_the_way_out_of_it(tmp_path: Path) -> None:
    screen: Any = Screen()
    screen.environ = {"PATH": str(tmp_path)}
    assert editor.unasked(screen, "F4") == ""  # there is none to name
    _program(tmp_path, "nano")
    told = editor.unasked(screen, "F4")
    assert "Neither $VISUAL nor $EDITOR is set: F4 once more opens nano" in told and "ctrl+x leaves it" in told
    _program(tmp_path, "vi")
    assert "opens vi. There :wq keeps" in editor.unasked(screen, "F4")
    screen.environ |= {"EDITOR": "anything"}
    assert editor.unasked(screen, "F4") == ""


@pytest.mark.parametrize("value", ["no-such-editor", "'unclosed"])
def test_an_editor_that_is_not_there_is_told_by_the_variables_name(value: str) -> None:
    with pytest.raises(Refused, match=r"\$EDITOR is"):
        EDITOR.command({"PATH": os.environ["PATH"], "EDITOR": value})
