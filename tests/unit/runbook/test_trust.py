"""A runbook is code: what may run is what somebody read and trusted, byte by byte, and nobody else can say so."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident_console.errors import InputError, RecordError
from incident_console.runbook import shelf, trust
from incident_console.runbook.load import Loaded, load, loads
from incident_console.runbook.review import review

AT = "2026-01-31T14:05:00.000000Z"
TEXT = """\
schema: incident-console/runbook/1
id: tiny
version: "1"
title: Tiny
owner: the tests
when: In a test.
first: look
second: look
stop: look
rungs:
  - id: look
    question: What is there?
    evidence:
      - {id: plan, surface: dry-run, question: "What?", run: [snakemake, -n, "a b"], effects: engine-bookkeeping}
      - {id: line, surface: diff, question: "How?", run: [cat x, "| sort"], shell: true, effects: read-only, cwd: sub}
      - {id: log, surface: rule-log, question: "Why?", file: /var/log/x.log}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "trusted.jsonl"


@pytest.fixture
def tiny(tmp_path: Path) -> Loaded:
    return written(tmp_path, TEXT)


def written(folder: Path, text: str, name: str = "tiny.yaml") -> Loaded:
    (folder / name).write_text(text)
    return load(folder / name)


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_trust_is_of_one_content_and_says_who_gave_it(tiny: Loaded, file: Path, tmp_path: Path) -> None:
    assert trust.trusted_by(tiny.sha256, file) is None
    trust.give(tiny, "Ada", AT, file)
    assert trust.trusted_by(tiny.sha256, file) == "Ada"
    changed = written(tmp_path, TEXT + "# more\n")
    assert trust.trusted_by(changed.sha256, file) is None


def test_the_state_is_private_whatever_the_umask(tiny: Loaded, tmp_path: Path, open_umask: None) -> None:
    file = tmp_path / "a" / "b" / "trusted.jsonl"
    trust.give(tiny, "Ada", AT, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (file.parent, file.parent.parent)} == {0o700}


def test_what_was_trusted_is_kept_to_be_compared_with(tiny: Loaded, file: Path, tmp_path: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    changed = written(tmp_path, TEXT.replace("snakemake, -n", "snakemake, -c8"))
    before = trust.earlier(changed, file)
    assert before is not None and before.text == TEXT and before.path == str(tmp_path / "tiny.yaml")
    page = review(changed, before)
    assert f"What changed since Ada trusted it at {AT}" in page
    assert "  -      - {id: plan" in page.replace("  -  ", "  -  ") and "snakemake, -c8" in page
    assert trust.earlier(tiny, file) is None, "it is the trusted one itself"


def test_another_runbook_is_not_compared_with(tiny: Loaded, file: Path, tmp_path: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    assert trust.earlier(written(tmp_path, TEXT.replace("id: tiny", "id: other"), "other.yaml"), file) is None
    moved = written(tmp_path, TEXT + "# moved\n", "moved.yaml")
    assert (found := trust.earlier(moved, file)) is not None and found.sha256 == tiny.sha256


def test_trust_is_withdrawn_by_path_by_hash_and_by_the_start_of_a_hash(tiny: Loaded, file: Path) -> None:
    for what in (str(tiny.path), tiny.sha256, tiny.sha256[:12].upper()):
        trust.give(tiny, "Ada", AT, file)
        assert [each.sha256 for each in trust.withdraw(what, "Bo", AT, file)] == [tiny.sha256]
        assert trust.trusted_by(tiny.sha256, file) is None and trust.in_force(file) == ()


def test_a_path_whose_file_has_changed_or_gone_is_withdrawn_all_the_same(tiny: Loaded, file: Path) -> None:
    assert tiny.path is not None
    trust.give(tiny, "Ada", AT, file)
    tiny.path.write_text("something else")
    trust.withdraw(str(tiny.path), "Bo", AT, file)
    trust.give(tiny, "Ada", AT, file)
    tiny.path.unlink()
    trust.withdraw(str(tiny.path), "Bo", AT, file)
    assert trust.in_force(file) == ()


@pytest.mark.parametrize("what", ["", "abc", "f" * 12, "tiny", "/nowhere/x.yaml", "x\0y"])
def test_nothing_is_withdrawn_by_what_means_nothing(tiny: Loaded, file: Path, what: str) -> None:
    trust.give(tiny, "Ada", AT, file)
    with pytest.raises(InputError, match="nothing that is trusted"):
        trust.withdraw(what, "Bo", AT, file)
    assert trust.trusted_by(tiny.sha256, file) == "Ada"


def test_a_file_of_an_earlier_version_is_read(file: Path) -> None:
    file.parent.mkdir(mode=0o700)
    lines = [json.dumps({"sha256": letter * 64, "by": "Ada", "at": AT}) for letter in "ab"]
    file.write_text("\n\n".join(lines) + "\n")
    file.chmod(0o600)
    assert trust.trusted_by("b" * 64, file) == "Ada" and trust.in_force(file)[0].text == ""


def test_a_line_that_was_cut_short_counts_for_nothing_and_is_cut_off(tiny: Loaded, file: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    whole = file.read_bytes()
    for end in (1, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole + whole[:end])
        assert len(trust.in_force(file)) == 1
    trust.give(tiny, "Bo", AT, file)
    assert trust.trusted_by(tiny.sha256, file) == "Bo" and len(file.read_bytes().splitlines()) == 2


def broken(file: Path) -> None:
    file.write_bytes(b'{"sha256": 5}\n' + file.read_bytes())


def linked(file: Path) -> None:
    file.rename(file.with_name("real"))
    file.symlink_to(file.with_name("real"))


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


UNRELIABLE = {
    "a broken line": (broken, "line 1: is broken"),
    "not text": (lambda file: file.write_bytes(b"\xff\xfe\n"), "line 1: is broken"),
    "not an object": (lambda file: file.write_bytes(b"[1]\n"), "line 1: is broken"),
    "group-writable": (lambda file: file.chmod(0o660), r"others may write to it \(mode 660\)"),
    "world-writable": (lambda file: file.chmod(0o602), "others may write to it"),
    "in a folder of everybody's": (lambda file: file.parent.chmod(0o777), r"its folder \(mode 777\)"),
    "a link": (linked, "cannot be read|could not be written"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), "not a plain file|could not be written"),
    "a pipe": (piped, "not a plain file"),
}


@pytest.mark.parametrize("what", UNRELIABLE)
def test_a_trust_file_that_cannot_be_relied_on_trusts_nothing_and_takes_nothing(
    tiny: Loaded, file: Path, what: str
) -> None:
    trust.give(tiny, "Ada", AT, file)
    spoil, reason = UNRELIABLE[what]
    spoil(file)
    with pytest.raises(InputError, match=reason):
        trust.trusted_by(tiny.sha256, file)
    with pytest.raises((InputError, RecordError), match=reason):
        trust.give(tiny, "Bo", AT, file)


def test_a_sticky_folder_such_as_tmp_is_fine(tiny: Loaded, file: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    file.parent.chmod(0o1777)
    assert trust.trusted_by(tiny.sha256, file) == "Ada"


def test_a_full_disk_leaves_the_trust_as_it_was(tiny: Loaded, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trust.give(tiny, "Ada", AT, file)
    before, write = file.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:20]))
    with pytest.raises(RecordError, match="could not be written"):
        trust.give(tiny, "Bo", AT, file)
    assert file.read_bytes() == before


def test_a_kept_text_that_was_altered_is_not_shown_as_what_was_trusted(tiny: Loaded, file: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    file.write_bytes(file.read_bytes().replace(b"In a test.", b"In a tent."))
    (found,) = trust.in_force(file)
    assert (found.sha256, found.text) == (tiny.sha256, "")


# what is shown


def test_every_command_is_shown_with_its_effects_and_every_file(tiny: Loaded) -> None:
    page = review(tiny)
    assert "$ snakemake -n 'a b'\n      [engine-bookkeeping, at most 120 s]  for look: plan" in page
    assert "$ cat x | sort\n      [read-only, by /bin/sh, at most 120 s] in sub  for look: line" in page
    assert "/var/log/x.log  for look: log" in page


def test_what_would_hide_itself_on_a_terminal_is_shown(tmp_path: Path) -> None:
    """Escape sequences and bidirectional marks are refused when a runbook is read; what is merely unseen is shown."""
    text = TEXT.replace("snakemake, -n", r'"rm\u200b", "a\u00a0b"')
    page = review(loads(text.encode(), "x\x1b[2J\u202e.yaml"))
    assert r"rm\u200b" in page and r"a\xa0b" in page and r"x\x1b[2J\u202e.yaml" in page
    assert all(char.isprintable() or char == "\n" for char in page)


def test_one_that_takes_the_name_of_a_shipped_one_says_so(tmp_path: Path) -> None:
    names = frozenset(path.stem for path in shelf.shipped())
    mine = written(tmp_path, TEXT.replace("id: tiny", "id: slow-or-flaky-run"), "slow-or-flaky-run.yaml")
    assert "This is another one" in review(mine, shipped=names)
    assert "another one" not in review(shelf.find("slow-or-flaky-run"), shipped=names)


def test_a_workflow_cannot_put_its_own_in_the_place_of_a_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXT.replace("id: tiny", "id: slow-or-flaky-run")
    for name in ("slow-or-flaky-run", "slow-or-flaky-run.yaml"):
        (tmp_path / name).write_text(text)
    for here in (tmp_path, Path("/")):
        monkeypatch.chdir(here)
        assert shelf.find("slow-or-flaky-run", workdir=tmp_path).shipped
        assert not shelf.find("slow-or-flaky-run.yaml", workdir=tmp_path).shipped


def test_a_huge_change_is_not_compared_line_by_line(tiny: Loaded, file: Path, tmp_path: Path) -> None:
    trust.give(tiny, "Ada", AT, file)
    long = written(tmp_path, TEXT + "#\n" * 20_000)
    assert "too much to show" in review(long, trust.earlier(long, file))
