"""Defaults < config file < environment < flags; a broken file is told with its place."""

import os
from pathlib import Path

import pytest

from incident_console import settings
from incident_console.errors import InputError


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
        (b"colour = 'red'", "no setting 'colour'; allowed: operator, records, runbook"),
        (b"operator = 3", "operator must be text"),
        (b"records = ''", "records must be text"),
        (b'records = "a\\u0000b"', "records must be text"),
        (b"operator = '\xff'", "not UTF-8"),
        (b"x = " + b"[" * 5000, "config.toml"),
        (b"# " + b"x" * (1 << 20), "more than"),
    ],
)
def test_a_broken_file_is_told(config: Path, environ: dict[str, str], text: bytes, told: str) -> None:
    config.write_bytes(text)
    with pytest.raises(InputError, match=told) as fault:
        settings.load(environ)
    assert str(config) in str(fault.value)


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
