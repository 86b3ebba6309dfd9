"""The tab key, in real shells: what is offered is what the command line takes."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND, Desk
from tests.needs import needs

ID = "INC-20261122T134501Z-align-retries"


@pytest.fixture
def work(desk: Desk) -> Path:
    """A home with a record, a folder and a file in it, and the command on PATH."""
    (desk.home / "state" / ID).mkdir(parents=True)
    (desk.home / "runs").mkdir()
    (desk.home / "run.log").write_text("", encoding="utf-8")
    return desk.home


def environment(desk: Desk) -> dict[str, str]:
    own = desk.environment
    own["PATH"] = f"{Path(COMMAND).parent}{os.pathsep}{own['PATH']}"
    return {**own, "INCIDENT_CONSOLE_RECORDS": str(desk.home / "state"), "TERM": "xterm"}


def run(desk: Desk, *command: str) -> list[str]:
    done = subprocess.run(
        command, cwd=desk.home, env=environment(desk), capture_output=True, text=True, timeout=60, check=True
    )
    return [line.rstrip() for line in done.stdout.splitlines()]


def in_bash(desk: Desk, *words: str) -> list[str]:
    """What bash would offer in the place of the last word; `=` is a word of its own, as readline cuts lines."""
    line = " ".join(shlex.quote(word) for word in ("incident-console", *words))
    script = (
        "set -u; source <(incident-console completion bash 2>/dev/null); "
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; _incident_console; "
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    return run(desk, "bash", "--norc", "-c", script)


def in_fish(desk: Desk, line: str) -> list[str]:
    script = f"incident-console completion fish 2>/dev/null | source; complete -C {shlex.quote(line)}"
    return [found.partition("\t")[0] for found in run(desk, "fish", "--no-config", "-c", script)]


def in_zsh(line: str) -> str:
    """A script. Zsh completes only in its line editor: one on a terminal of its own, with the tab key pressed."""
    return f"""
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -Uz compinit && compinit -u -D && source <(incident-console completion zsh 2>/dev/null)'
zpty -w z 'setopt noautomenu; zstyle ":completion:*" list-colors ""; print ready-$((1+1))'
zpty -r z out '*ready-2*'
zpty -w -n z {shlex.quote(line)}$'\\t\\t'
zpty -r z out '*$WANTED*' && print -r -- "$out"
zpty -d z
"""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["re"], ["resume", "record"]),
        (["runbook", "sch"], ["schema"]),
        (["record", "--format", ""], ["md", "json", "html", "brief"]),
        (["record", "--format", "=", "h"], ["html"]),
        (["record", "INC"], [ID]),
        (["resume", ""], [ID]),
        (["collect", "runs", "--runbook", "sur"], ["surprise-reruns"]),
        (["collect", "--context", "c"], ["ci"]),
        (["open", "--no"], ["--no-redact"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["analyze", "ru"], ["runs"]),
        (["verify", "run"], ["runs", "run.log"]),
        (["collect", "--answers", "run."], ["run.log"]),
        (["open", "runs", "--", "snak_nothing_is_called_that"], [""]),
        (["handoff", ID, "--to", ""], [""]),
        (["nothing-of-that-name", ""], [""]),
    ],
)
def test_bash_offers_what_fits(desk: Desk, work: Path, words: list[str], offered: list[str]) -> None:
    assert sorted(in_bash(desk, *words)) == sorted(offered)


def test_an_option_is_offered_once_and_one_that_may_be_repeated_again(desk: Desk, work: Path) -> None:
    offered = in_bash(desk, "open", "--runbook", "x", "--log", "y", "--")
    assert "--runbook" not in offered and "--log" in offered and "--operator" in offered


def test_a_records_folder_that_is_named_on_the_line_is_looked_in(desk: Desk, work: Path) -> None:
    (work / "elsewhere" / "INC-20260101T000000Z-other").mkdir(parents=True)
    assert in_bash(desk, "record", "--records", "elsewhere", "I") == ["INC-20260101T000000Z-other"]


def test_a_records_name_with_a_line_end_is_not_two_offers(desk: Desk, work: Path) -> None:
    (work / "state" / "INC-1\nrm -rf").mkdir()
    assert in_bash(desk, "record", "INC") == [ID]


def test_broken_settings_say_nothing_in_the_middle_of_a_line(desk: Desk, work: Path) -> None:
    config = work / ".config" / "incident-console" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("theme = [", encoding="utf-8")
    done = subprocess.run(
        [COMMAND, "completion", "bash", "--", "incident-console", "record", ""],
        env=environment(desk),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "") and "INC" not in done.stdout


def test_an_answer_loads_nothing_slow(desk: Desk, work: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            COMMAND,
            *["completion", "bash", "--", "incident-console", "collect", "--runbook"],
            "",
        ],
        env=environment(desk),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "slow-or-flaky-run" in done.stdout
    assert loaded & {"textual", "rich", "pydantic", "yaml", "watchfiles"} == set()


def test_the_line_that_installs_it_works(desk: Desk, work: Path) -> None:
    told = subprocess.run(
        [COMMAND, "completion", "bash"], env=environment(desk), capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stderr == "", "each new shell reads the script, and none is told again how it is installed"
    line = run(desk, COMMAND, "completion", "--help")[-3].strip().partition(" ")[2].strip()
    subprocess.run(["bash", "--norc", "-c", line], env=environment(desk), cwd=work, check=True, timeout=60)
    found = run(desk, "bash", "-c", "source ~/.bashrc; complete -p incident-console")
    assert found == ["complete -F _incident_console incident-console"]


@needs("fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("incident-console re", {"resume", "record"}),
        ("incident-console record --format ", {"md", "json", "html", "brief"}),
        ("incident-console record --format=h", {"--format=html"}),
        ("incident-console record INC", {ID}),
        ("incident-console collect runs --runbook sur", {"surprise-reruns"}),
        ("incident-console analyze ru", {"runs/"}),
    ],
)
def test_fish_offers_what_fits(desk: Desk, work: Path, line: str, offered: set[str]) -> None:
    assert set(in_fish(desk, line)) == offered


@needs("zsh")
@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("incident-console runbook sch", "schema"),
        ("incident-console record INC", ID),
        ("incident-console record --format=h", "--format=html"),
        ("incident-console re", "go on with an incident"),
        ("incident-console verify run.", "run.log"),
    ],
)
def test_zsh_offers_what_fits(desk: Desk, work: Path, line: str, shown: str) -> None:
    script = in_zsh(line).replace("$WANTED", shown)
    assert shown in "\n".join(run(desk, "zsh", "-f", "-c", script))
