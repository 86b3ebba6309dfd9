"""`doctor`: a line for everything that the console needs, with what follows and what to do."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk


def doctor(desk: Desk, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {**desk.environment, "INCIDENT_CONSOLE_RECORDS": str(desk.records), **environ}
    return subprocess.run(
        [COMMAND, "doctor", *map(str, words)],
        cwd=desk.home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def findings(desk: Desk, *words: str | Path, **environ: str) -> dict[tuple[str, str], dict[str, str]]:
    done = doctor(desk, "--json", *words, **environ)
    told = json.loads(done.stdout)
    assert told["schema"] == "incident-console/doctor/1" and told["state"] in ("fine", "mind", "broken")
    assert done.returncode == (1 if told["state"] == "broken" else 0), done.stderr
    return {(each["title"], one["what"]): one for each in told["sections"] for one in each["findings"]}


def test_a_sound_machine_is_told_line_by_line_and_nothing_is_changed(desk: Desk) -> None:
    desk.records.mkdir(mode=0o700)
    before = sorted(desk.home.rglob("*"))
    done = doctor(desk)
    assert done.returncode == 0, done.stdout
    assert sorted(desk.home.rglob("*")) == before
    for told in ("✓ console", "✓ textual", "✓ git", "✓ writing", "✓ clock", "✓ shipped", "mode 0700", "0 broken"):
        assert told in " ".join(done.stdout.split())
    assert done.stderr == "" and "\x1b" not in done.stdout


def test_records_that_cannot_be_written_are_broken_and_the_exit_code_says_so(desk: Desk) -> None:
    desk.records.write_text("a file", encoding="utf-8")
    found = findings(desk)
    assert found["records", "folder"]["state"] == "broken" and "no folder" in found["records", "folder"]["told"]
    done = doctor(desk)
    assert done.returncode == 1 and "✗ folder" in done.stdout and "→ " in done.stdout


def test_a_records_folder_that_others_may_write_to_is_something_to_mind(desk: Desk) -> None:
    desk.records.mkdir()
    desk.records.chmod(0o777)
    one = findings(desk)["records", "folder"]
    assert one["state"] == "mind" and "0777" in one["told"] and "chmod go-w" in one["follows"]


def test_records_in_memory_are_gone_after_a_restart(desk: Desk) -> None:
    found = findings(desk, INCIDENT_CONSOLE_RECORDS="/dev/shm/incident-console-doctor/records")
    one = found["file systems", "records"]
    assert (one["state"], "tmpfs" in one["told"]) == ("mind", True) and "restarts" in one["follows"]


def test_settings_that_are_broken_are_a_finding_and_the_rest_is_still_told(desk: Desk) -> None:
    config = desk.home / "config.toml"
    config.write_text('layout = "round"\n', encoding="utf-8")
    one = findings(desk, INCIDENT_CONSOLE_CONFIG=str(config))["settings", "left out"]
    assert one["state"] == "mind" and f"{config}:1: layout must be" in one["told"]
    listed = doctor(desk, "--settings", INCIDENT_CONSOLE_CONFIG=str(config))
    assert listed.returncode == 0 and f"settings, left out: {config}:1: layout must be" in listed.stderr
    config.write_text('secret = ["TOKEN"]\n', encoding="utf-8")
    found = findings(desk, INCIDENT_CONSOLE_CONFIG=str(config))
    one = found["settings", "settings"]
    assert one["state"] == "broken" and f"{config}:1" in one["told"]
    assert found["versions", "textual"]["state"] == "fine"


def test_keys_and_a_theme_that_no_screen_could_take_are_told_before_there_is_one(desk: Desk) -> None:
    config = desk.home / "config.toml"
    config.write_text('theme = "nosuch"\n[keys]\n"app.brif" = "B"\n"app.brief" = "q"\n', encoding="utf-8")
    told = doctor(desk, INCIDENT_CONSOLE_CONFIG=str(config))
    words = " ".join(told.stdout.split())
    assert told.returncode == 0
    assert "! not taken There is no theme nosuch" in words
    assert "keys.app.brif: no key has that id; nearest: app.brief" in words
    assert "keys.app.brief: q is the key of app.quit already" in words


def test_what_an_environment_holds_is_shown_safely(desk: Desk) -> None:
    hostile = "xterm\x1b]0;owned\x07\x1b[31m\n‮"
    done = doctor(desk, TERM=hostile, COLORTERM="\x1b[2J", EDITOR="vi\x1b[31m", LANG="\x9b31m", PAGER="'")
    assert not [char for char in done.stdout.replace("\n", "") if not char.isprintable()]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("said", "state"), [("on", "fine"), ("external", "mind"), ("off", "mind")])
def test_whether_tmux_lets_copies_through(desk: Desk, said: str, state: str) -> None:
    fake = desk.home / "bin" / "tmux"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ncase $1 in -V) echo tmux 3.4;; *) echo {said};; esac\n", encoding="utf-8")
    fake.chmod(0o755)
    path = f"{fake.parent}{os.pathsep}{desk.environment['PATH']}"
    found = findings(desk, PATH=path, TMUX="/tmp/none,1,0")
    assert found["terminal", "clipboard"]["state"] == state
    assert found["programs", "tmux"]["told"].startswith("3.4,")


def test_a_program_that_hangs_does_not_hang_the_doctor(desk: Desk) -> None:
    fake = desk.home / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nsleep 600\n", encoding="utf-8")
    fake.chmod(0o755)
    found = findings(desk, PATH=f"{fake.parent}{os.pathsep}{desk.environment['PATH']}")
    assert "timed out" in found["programs", "git"]["told"] or "did not answer" in found["programs", "git"]["told"]


def test_the_version_of_snakemake_is_read_and_not_asked(desk: Desk) -> None:
    home = desk.home / "conda"
    (home / "lib" / "python3.12" / "site-packages" / "snakemake-9.13.1.dist-info").mkdir(parents=True)
    (home / "bin").mkdir()
    fake = home / "bin" / "snakemake"
    fake.write_text(f"#!{home}/bin/python3.12\nraise SystemExit('asked')\n", encoding="utf-8")
    fake.chmod(0o755)
    found = findings(desk, PATH=f"{home}/bin{os.pathsep}{desk.environment['PATH']}")
    assert found["programs", "snakemake"]["told"].startswith("9.13.1, ")


def test_every_setting_is_told_with_its_source_and_what_it_takes(desk: Desk) -> None:
    config = desk.home / "config.toml"
    config.write_text('layout = "wide"\n', encoding="utf-8")
    done = doctor(desk, "--settings", INCIDENT_CONSOLE_CONFIG=str(config))
    assert done.returncode == 0 and done.stdout.startswith(f"{config}\n")
    assert f"layout = wide\n    from     file {config}\n" in done.stdout
    told = json.loads(doctor(desk, "--settings", "--json", INCIDENT_CONSOLE_CONFIG=str(config)).stdout)
    from incident_console.settings import KNOWN

    assert [one["key"] for one in told["settings"]] == [known.key for known in KNOWN]
    assert all(one["meaning"] and one["allowed"] and one["default"] for one in told["settings"])
