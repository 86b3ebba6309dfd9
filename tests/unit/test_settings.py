"""Defaults < config file < environment < flags; a broken file is told with its place."""

import os
import re
from pathlib import Path

import pytest

from incident_console import settings
from incident_console.errors import InputError
from incident_console.settings.rows import rows


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def environ(config: Path) -> dict[str, str]:
    config.write_text("")
    return {"INCIDENT_CONSOLE_CONFIG": str(config)}


def test_flags_go_before_the_environment_before_the_file(config: Path, environ: dict[str, str]) -> None:
    config.write_text('operator = "file"\nrecords = "/file"\nrunbook = "flaky-command"\n')
    known = settings.load(environ)
    assert (known.operator, known.records, known.runbook) == ("file", Path("/file"), "flaky-command")
    environ |= {"INCIDENT_CONSOLE_OPERATOR": "env", "INCIDENT_CONSOLE_RECORDS": "/env"}
    known = settings.load(environ)
    assert (known.operator, known.records) == ("env", Path("/env"))
    known = settings.load(environ, operator="flag", records=Path("/flag"))
    assert (known.operator, known.records) == ("flag", Path("/flag"))


def test_without_any_settings_there_are_defaults(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ana")
    known = settings.load(environ)
    assert known.operator == "ana" and known.runbook is None
    assert known.records.is_absolute() and known.records.name == "records"


def test_an_operator_of_blanks_is_none(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ana")
    assert settings.load(environ | {"INCIDENT_CONSOLE_OPERATOR": "  "}, operator=" ").operator == "ana"


def test_home_is_made_whole_and_a_relative_folder_absolute(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert settings.load(environ, records=Path("~/kept")).records == tmp_path / "kept"
    assert settings.load(environ, records=Path("kept")).records == tmp_path / "kept"
    assert settings.load(environ, records=Path("~nobody-of-that-name/kept")).records.is_absolute()


def test_trust_is_the_persons_and_does_not_lie_beside_the_records(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    trust = settings.load(environ, records=Path("/tmp/shared/records")).trust
    assert trust == Path("/state/incident-console/trusted-runbooks.jsonl")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"operator = \n", "line 1"),
        (b"operator = 3", ":1: operator must be text"),
        (b"records = ''", "records must be text"),
        (b'records = "a\\u0000b"', "records must be text"),
        (b"operator = '\xff'", "not UTF-8"),
        (b"x = " + b"[" * 5000, "config.toml"),
        (b"# " + b"x" * (1 << 20), "more than"),
        (b"x = " + b"1" * 10_000, "config.toml"),
        (b"\nopperator = 'ana'", ':2: opperator is no setting; did you mean "operator"'),
        (b"secrets = 'TOKEN'", "secrets must be a list of names of environment variables"),
        (b"secrets = ['A B']", "secrets must be a list of names of environment variables"),
        (b"secret = ['TOKEN']", 'secret is no setting; did you mean "secrets"'),
        (b"layout = 'tall'\nrecord = '/x'", "config.toml:1: layout must be(?s:.*)config.toml:2: record is no setting"),
    ],
)
def test_a_broken_file_is_told(config: Path, environ: dict[str, str], text: bytes, told: str) -> None:
    config.write_bytes(text)
    with pytest.raises(InputError, match=told) as fault:
        settings.load(environ)
    assert str(config) in str(fault.value) and str(fault.value).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"layout = 'tall'", 'layout must be "auto", "wide" or "narrow"'),
        (b"motion = 1", 'motion must be "auto", "full" or "none"'),
        (b"plain = 'yes'", "plain must be true or false, without quotes"),
        (b'editor = "vi \'"', "editor must be a command as one types it: no closing quotation"),
        (b"notify = true", r"notify must be a table: \[notify\]"),
        (b"\n[notify]\nbel = true", ':4: notify.bel is no setting; did you mean "notify.bell"'),
        (b"[notify]\nbell = ['edits']", ':3: notify.bell must be true, false, or a list of run-failed.*"edit"'),
        (b"[notify]\nbell = [[]]", "notify.bell must be true, false, or a list"),
        (b"keys = 3", "keys must be a table"),
        (b"[keys]\n'A B' = 'n'", "keys.A B is no binding's id"),
        (b"[keys]\nnote = 'n,,m'", ":3: keys.note must be names of keys"),
        (b"commands = []", "commands must be a table"),
        (b"[commands]\nissue = 'gh'", ":3: commands.issue must be a table"),
        (b"[commands.issue]\ntitle = 'x'", ":2: commands.issue needs run"),
        (b"[commands.issue]\nrun = 'gh issue'", ":3: commands.issue.run must be a list of words, the program first"),
        (b"[commands.issue]\nrun = ['']", "the program first"),
        (b"[commands.issue]\nrun = ['gh', 3]", "each in quotes"),
        (b"[commands.issue]\nrun = ['gh', '{nota}']", r"asks for \{nota\}; there is \{note\}.*did you mean"),
        (b"[commands.issue]\nrun = ['{note}']", "must name its program in plain words"),
        (b"[commands.issue]\nrun = ['gh']\ntimeout = 0", ":4: commands.issue.timeout must be a whole number"),
        (b"[commands.issue]\nrun = ['gh']\ntitle = ''", ":4: commands.issue.title must be text"),
        (b"[commands.issue]\nrun = ['gh']\nshell = true", ":4: commands.issue.shell is no setting; allowed: run"),
        (b"[commands.'a b']\nrun = ['gh']", "is no name for a command"),
        (b'"a\\u001b[31m" = 1', r"'a\\x1b\[31m' is no setting"),
    ],
)
def test_what_only_changes_how_it_looks_is_left_out_and_told(
    config: Path, environ: dict[str, str], text: bytes, told: str
) -> None:
    config.write_bytes(b"runbook = 'flaky-command'\n" + text)
    known = settings.load(environ)
    (line,) = known.untaken
    assert re.search(told, line) and line.startswith(str(config)) and line.isprintable()
    assert known.runbook == "flaky-command"  # the rest holds
    assert all(known.sources[each.key] == "default" for each in settings.KNOWN if each.key != "runbook")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[notify]\nbell = true\nsecrets = ['DB_PASSWORD']",
            ":3: notify.secrets is no .*: secrets stands above the first",
        ),
        ("[keys]\n'app.note' = 'm'\noperator = 'ana'", ":3: keys.operator is no setting: operator stands above"),
        ("[redaction]\nsecrets = ['DB_PASSWORD']", ":1: redaction is no setting"),
        ("[[commands]]\nsecrets = ['DB_PASSWORD']", "commands must be a table"),
        ("SECRETS = ['DB_PASSWORD']", ":1: SECRETS is no setting"),
        ("redact = ['DB_PASSWORD']", ":1: redact is no setting"),
        ("[x.y]\nz = [{Secret = 1}]", "x is no setting"),
    ],
)
def test_who_where_and_what_is_secret_stops_it_wherever_it_slipped_to(
    config: Path, environ: dict[str, str], text: str, told: str
) -> None:
    config.write_text(text)
    with pytest.raises(InputError, match=told):
        settings.load(environ)


def test_an_id_that_only_looks_like_one_of_them_stops_nothing(config: Path, environ: dict[str, str]) -> None:
    config.write_text("[keys]\n'app.record' = 3")
    assert len(settings.load(environ).untaken) == 1


def test_every_fault_is_told_at_once_and_there_is_an_end_to_it(config: Path, environ: dict[str, str]) -> None:
    config.write_text("plain = 1\nlayout = 2\n[keys]\nok = 'n'\nleave = ''\n")
    assert [line.split(": ")[0] for line in settings.load(environ).untaken] == [f"{config}:{n}" for n in (1, 2, 5)]
    config.write_text("\n".join(f"k{n} = 1" for n in range(500)))
    assert "and 480 faults more" in settings.load(environ).untaken[-1]


def test_a_whole_file_is_read(config: Path, environ: dict[str, str]) -> None:
    config.write_text(
        """
secrets = ["DB_PASSWORD", "DB_PASSWORD", "GH_TOKEN"]
theme = "nord"
layout = "narrow"
motion = "none"
plain = true
editor = "code -w"
pager = "less -R"
[keys]
note = "n, f4"
"rung.waive" = "w"
[notify]
toasts = false
bell = ["disk", "run-failed"]
title = true
[commands.issue]
run = ["gh", "issue", "create", "--title", "{title}", "--body-file", "{note}", "{\\"a\\": 1}"]
title = "An issue for the workflow's owners"
[commands.mail]
run = ["mail"]
timeout = 5
"""
    )
    known = settings.load(environ)
    assert known.secrets == ("DB_PASSWORD", "GH_TOKEN")
    assert (known.theme, known.layout, known.motion, known.plain) == ("nord", "narrow", "none", True)
    assert (known.editor, known.pager) == ("code -w", "less -R")
    assert known.keys == {"note": "n,f4", "rung.waive": "w"}
    assert known.notify == settings.Notify((), ("run-failed", "disk"), settings.NOTICES)
    issue, mail = known.commands
    assert issue.name == "issue" and issue.asks_for == ("title", "note") and issue.run[-1] == '{"a": 1}'
    assert (mail.title, mail.run, mail.timeout_s) == ("mail", ("mail",), 5)


def test_every_setting_tells_where_it_comes_from(config: Path, environ: dict[str, str]) -> None:
    config.write_text("operator = 'ana'\nplain = true\n[notify]\nbell = false\n")
    environ |= {"INCIDENT_CONSOLE_OPERATOR": "bo", "EDITOR": "nano", "INCIDENT_CONSOLE_RECORDS": " "}
    known = settings.load(environ, records=Path("/kept"))
    assert known.sources == {
        **dict.fromkeys((entry.key for entry in settings.KNOWN), "default"),
        "operator": "environment INCIDENT_CONSOLE_OPERATOR",
        "records": "--records",
        "plain": f"file {config}",
        "editor": "environment EDITOR",
        "notify.bell": f"file {config}",
    }
    told = {row.known.key: (row.value, row.source) for row in rows(known)}
    assert told["operator"] == ("bo", "environment INCIDENT_CONSOLE_OPERATOR")
    assert told["plain"] == ("true", f"file {config}") and told["notify.bell"] == ("", f"file {config}")
    assert told["records"] == ("/kept", "--records") and told["motion"] == ("auto", "default")


def test_an_editor_of_the_file_goes_before_the_one_that_all_programs_share(
    config: Path, environ: dict[str, str]
) -> None:
    config.write_text("editor = 'micro'\n")
    known = settings.load(environ | {"EDITOR": "nano", "VISUAL": "emacs", "PAGER": "most"})
    assert (known.editor, known.pager) == ("micro", "most")
    config.write_text("")
    assert settings.load(environ | {"EDITOR": "nano", "VISUAL": "emacs"}).editor == "emacs"
    assert settings.load(environ).editor == settings.load(environ).pager == ""


def test_what_the_table_says_of_itself_is_true() -> None:
    assert len({entry.key for entry in settings.KNOWN}) == len(settings.KNOWN)
    for entry in settings.KNOWN:
        assert entry.meaning.endswith(".") and entry.allowed and entry.type
        assert (entry.default is not None) or entry.unsaid
        if isinstance(entry.default, str | bool):
            assert entry.check(entry.default) == entry.default


def test_a_file_that_is_none_is_told(config: Path, environ: dict[str, str]) -> None:
    config.unlink()
    with pytest.raises(InputError, match="is not there"):
        settings.load(environ)
    config.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        settings.load(environ)
    config.rmdir()
    os.mkfifo(config)
    with pytest.raises(InputError, match="not a plain file"):
        settings.load(environ)


def test_no_file_at_the_usual_place_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings.load({}).runbook is None
    (tmp_path / "incident-console").write_text("a file where a folder should be")
    assert settings.load({}).runbook is None


def test_a_fallback_operator_counts_only_where_nothing_else_says(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "INCIDENT_CONSOLE_RECORDS": str(tmp_path)}
    assert settings.load(environ, fallback="kim").operator == "kim"
    assert settings.load(environ | {"INCIDENT_CONSOLE_OPERATOR": "ana"}, fallback="kim").operator == "ana"
    assert settings.load(environ, operator="bo", fallback="kim").operator == "bo"
