"""The installed command without a terminal: exit codes, stdout for data and stderr for talk, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from incident_console import cli
from incident_console.demo.fates import NEWCOMER, SAMPLES, fates
from tests.e2e.conftest import COMMAND, Desk, heard
from tests.needs import needs

RUNBOOK = """\
schema: incident-console/runbook/1
id: short
version: "1"
title: A short climb
owner: tests
when: always
first: one
second: two
stop: three
watch: [Snakefile]
logs: ["logs/*.log"]
rungs:
  - {id: one, role: symptom, question: Which?, ask: [{id: what, type: text, prompt: "What?", required: true}]}
  - id: two
    role: plan
    question: What is planned?
    evidence:
      - {id: plan, surface: dry-run, question: "What?", run: [cat, Snakefile], effects: read-only}
      - {id: slow, surface: summary, question: "What?", run: [SLEEP], effects: read-only}
    needs: [plan]
  - {id: three, role: classify, question: Where does it live?}
"""
ANSWERS = """\
schema: incident-console/answers/1
operator: nightly-ci
rungs:
  one: {what: "summary.tsv is late"}
  three: {class: tool-behavior}
"""

Finished = subprocess.CompletedProcess[str]


@pytest.fixture
def workdir(desk: Desk) -> Path:
    folder = desk.home / "a workflow"
    folder.mkdir()
    (folder / "Snakefile").write_text("rule all:\n")
    (folder / "answers.yaml").write_text(ANSWERS)
    (folder / "runbook.yaml").write_text(RUNBOOK.replace("SLEEP", "'true'"))
    return folder


@pytest.fixture
def run(desk: Desk) -> Callable[..., Finished]:
    """The command with this desk's records; whatever it does, it shows no traceback."""

    def call(*words: str | Path, records: bool = True) -> Finished:
        done = desk.run(*words, *(["--records", str(desk.records)] if records else []))
        assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done.stderr
        return done

    return call


@pytest.fixture
def collected(run: Callable[..., Finished], workdir: Path) -> Path:
    """A record, made by `collect`."""
    assert run("runbook", "trust", "--yes", workdir / "runbook.yaml").returncode == 0
    done = run("collect", workdir, "--runbook", "runbook.yaml", "--answers", workdir / "answers.yaml")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


Run = Callable[..., Finished]


# -- what is there to say of nothing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "usage"),
        (("frobnicate",), 2, "invalid choice"),
        (("collect",), 2, "--runbook"),
        (("list",), 0, ""),
        (("gate",), 0, ""),
        (("gate", "/no/such/folder"), 3, "there is no folder /no/such/folder"),
        (("record", "INC-1"), 3, "No record in"),
        (("record", "../../etc"), 3, "is not the id of a record"),
        (("resume",), 3, "no incident is open"),
        (("resume", "INC-1"), 3, "No record in"),
        (("open",), 2, "incident-console collect"),
        (("demo",), 2, "demo --headless"),
        (("handoff", "INC-1", "--to", "ben", "-o", "x.zip"), 3, "No record in"),
        (("accept", "nothing.zip", "--as", "ben", "--readback", "mine"), 3, "no bundle at"),
        (("collect", "/no/such/folder", "--runbook", "flaky-command"), 3, "there is no folder"),
        (("collect", ".", "--runbook", "no-such-runbook"), 3, "no such runbook"),
        (("collect", ".", "--runbook", "flaky-command", "--answers", "none.yaml"), 3, "none.yaml"),
        (("collect", ".", "--runbook", "flaky-command", "--allow", "everything"), 2, "invalid choice"),
        (("runbook", "show", "no-such-runbook"), 3, "no such runbook"),
        # Where there is no terminal either, what is wrong with the words comes first: it would be wrong on one, too.
        (("accept", "nothing.zip", "--as", "ben"), 3, "nothing.zip could not be read: it is not there"),
        (("accept", "no.zip", "--as", "ben", "--workdir", "nowhere"), 3, "there is no folder nowhere"),
        (("open", "nothing.zip"), 3, "there is no folder and no bundle nothing.zip"),
        (("open", __file__), 3, "is not a zip file"),
        (("open", ".", "--runbook", "no-such-runbook"), 3, "no such runbook"),
        (("open", ".", "--run", "no.log"), 3, "there is no run log no.log"),
        (("demo", "--dir", "/"), 2, "is not an empty folder"),
        (("tail", "no.log"), 2, "there is no no.log; besides, tail shows logs on a terminal"),
        (("tail", "no.log", "*.log", "."), 2, "there is no no.log; besides"),
        (("tail", "*.log", "."), 2, "incident-console: tail shows logs on a terminal"),
    ],
)
def test_nothing_there_is_told_in_a_sentence_with_its_exit_code(
    words: tuple[str, ...],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Called in this process, because there are many."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INCIDENT_CONSOLE_RECORDS", str(tmp_path / "records"))
    assert cli.main(words) == code
    shown = capsys.readouterr()
    assert told in shown.err and "Traceback" not in shown.err
    assert code == 0 or shown.out == ""


def test_verify_of_what_is_no_record(run: Run, workdir: Path) -> None:
    for wrong in (workdir / "nothing", workdir, workdir / "Snakefile"):
        done = run("verify", wrong, records=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert str(wrong) in done.stderr


def test_an_empty_workdir_is_an_incident_all_the_same(run: Run, desk: Desk, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run("collect", empty, "--runbook", "flaky-command")
    assert done.returncode in (1, 4)
    assert Path(done.stdout.splitlines()[-1]) == desk.record()
    assert list(empty.iterdir()) == []


# -- climbing --------------------------------------------------------------------------------------------------------


def test_a_whole_climb_prints_the_record_last_and_talks_on_stderr(run: Run, collected: Path, desk: Desk) -> None:
    assert collected == desk.record()
    listed = run("list").stdout
    assert listed == f"{collected.name}  open  tool-behavior  a workflow  A short climb\n"
    rows = json.loads(run("list", "--json").stdout)["incidents"]
    assert len(rows[0].pop("head")) == 64 and rows[0].pop("events") > 10
    assert rows == [
        {
            "id": collected.name,
            "state": "open",
            "class": "tool-behavior",
            "workflow": "a workflow",
            "title": "A short climb",
        }
    ]
    verdict = json.loads(run("verify", collected, "--json", records=False).stdout)
    assert verdict["ok"] and verdict["items"] == 2
    assert (collected / "note.md").is_file() and (collected / "record.md").is_file()


def test_collect_in_json_says_where_the_record_is(run: Run, workdir: Path) -> None:
    done = run("collect", workdir, "--runbook", "flaky-command", "--json")
    told = json.loads(done.stdout)
    assert told["exit"] == done.returncode == 4
    assert Path(told["record"]).is_dir()


def test_collect_says_what_must_be_escalated(run: Run, workdir: Path) -> None:
    held = "escalate: [{when: {fact: class, is: tool-behavior}, to: the owner, because: It is theirs.}]"
    text = RUNBOOK.replace("SLEEP", "'true'").replace("Where does it live?}", f"Where does it live?, {held}}}")
    (workdir / "runbook.yaml").write_text(text)
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    words = ("collect", workdir, "--runbook", "runbook.yaml", "--answers", workdir / "answers.yaml")
    assert "⚑ escalate to the owner: It is theirs." in run(*words).stderr
    told = json.loads(run(*words, "--json").stdout)
    assert told["escalate"] == [{"to": "the owner", "because": "It is theirs."}]


def test_a_runbook_that_nobody_trusts_runs_nothing(run: Run, desk: Desk, workdir: Path) -> None:
    words = ("collect", workdir, "--runbook", "runbook.yaml", "--answers", workdir / "answers.yaml")
    done = run(*words)
    assert done.returncode == 3 and "incident-console runbook trust" in done.stderr
    assert not desk.records.exists()
    trusted = json.loads(run("runbook", "trust", "--yes", workdir / "runbook.yaml", "--json").stdout)
    assert trusted["by"] == "mira"
    assert run(*words).returncode == 0
    (workdir / "runbook.yaml").write_text(RUNBOOK.replace("SLEEP", "'false'"))
    assert run(*words).returncode == 3, "changed content asks again"


def test_open_rungs_and_missing_evidence_have_their_codes(run: Run, workdir: Path) -> None:
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    words = ("collect", workdir, "--runbook", "runbook.yaml")
    assert run(*words).returncode == 1
    (workdir / "runbook.yaml").write_text(RUNBOOK.replace("SLEEP", "'true'").replace("cat,", "no-such-command,"))
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    done = run(*words)
    assert done.returncode == 4 and "no-such-command" in done.stderr


def test_the_last_words_of_collect_say_how_the_incident_is_gone_on_with_and_closed(run: Run, workdir: Path) -> None:
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    for answers, waiting in (
        (("--answers", workdir / "answers.yaml"), "every rung is completed or waived"),
        ((), "1 "),
    ):
        done = run("collect", workdir, "--runbook", "runbook.yaml", *answers)
        record = Path(done.stdout.splitlines()[-1])
        still, resume, closes, hands = done.stderr.splitlines()[-4:]
        assert still.startswith("The incident is open still, collecting does not close it; ") and waiting in still
        assert ("to be completed or waived: 1 " in still) is (not answers)
        assert f"resume {record.name} --records {shlex.quote(str(record.parent))}" in resume
        assert "K closes it" in closes
        assert f"handoff {record.name} --to WHO" in hands


def test_faults_of_an_answers_file_are_told_with_their_place(run: Run, desk: Desk, workdir: Path) -> None:
    (workdir / "answers.yaml").write_text(ANSWERS.replace("what:", "waht:"))
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    done = run("collect", workdir, "--runbook", "runbook.yaml", "--answers", workdir / "answers.yaml")
    assert done.returncode == 3 and re.search(r"answers\.yaml:4:\d+: .*waht", done.stderr)
    assert not desk.records.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_interrupted_the_record_is_whole_and_can_be_resumed(
    run: Run, desk: Desk, workdir: Path, number: signal.Signals
) -> None:
    (workdir / "runbook.yaml").write_text(RUNBOOK.replace("[SLEEP]", "[sh, -c, 'touch begun; sleep 60']"))
    run("runbook", "trust", "--yes", workdir / "runbook.yaml")
    process = subprocess.Popen(
        [COMMAND, "collect", str(workdir), "--runbook", "runbook.yaml", "--records", str(desk.records)],
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heard,
    )
    give_up = time.monotonic() + 30
    while not (workdir / "begun").exists():
        assert time.monotonic() < give_up and process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (130, False), err
    assert Path(out.splitlines()[-1]) == desk.record()
    assert run("verify", desk.record(), records=False).returncode == 0
    last = [json.loads(line) for line in (desk.record() / "journal.jsonl").read_text().splitlines()][-1]
    assert (last["kind"], last["data"]["item"]) == ("evidence.failed", "slow")
    assert last["data"]["reason"].startswith("cancelled")


@needs("snakemake")
def test_snakemake_is_found_beside_a_console_that_nobody_activated(desk: Desk, workdir: Path) -> None:
    (workdir / "Snakefile").write_text('rule all:\n    output: "a"\n    shell: "touch a"\n')
    (workdir / "runbook.yaml").write_text(RUNBOOK.replace("SLEEP", "'true'").replace("cat, Snakefile", "snakemake, -n"))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(desk.home)}
    for words in (("runbook", "trust", "--yes"), ("collect", str(workdir), "--runbook")):
        done = subprocess.run(
            [COMMAND, *words, str(workdir / "runbook.yaml")], env=environment, capture_output=True, text=True
        )
    assert done.returncode == 1, done.stderr
    journal = (Path(done.stdout.splitlines()[-1]) / "journal.jsonl").read_text().splitlines()
    (planned,) = (json.loads(line)["data"] for line in journal if '"evidence.captured"' in line and '"plan"' in line)
    assert planned["exit_code"] == 0
    assert planned["argv"] == ["snakemake", "-n"]


# -- reading records -------------------------------------------------------------------------------------------------


def test_a_record_is_printed_in_every_format(run: Run, collected: Path, tmp_path: Path) -> None:
    id = collected.name[:12]
    assert run("record", id).stdout.startswith("#")
    assert json.loads(run("record", id, "--json").stdout) == json.loads(run("record", id, "--format", "json").stdout)
    assert run("record", id, "--format", "html").stdout.lstrip().lower().startswith("<!doctype html")
    brief = run("record", id, "--format", "brief").stdout
    assert len(brief.splitlines()) <= 12 and "summary.tsv is late" in brief
    done = run("record", id, "--out", tmp_path / "out.md")
    assert done.stdout == "" and (tmp_path / "out.md").read_text().startswith("#")
    assert run("record", id, "--out", tmp_path / "no/such/out.md").returncode == 5


def test_listing_passes_over_what_is_broken(run: Run, desk: Desk, collected: Path) -> None:
    def broken(name: str, text: bytes | None) -> None:
        (desk.records / name).mkdir()
        if text is not None:
            (desk.records / name / "journal.jsonl").write_bytes(text)

    broken("INC-1-garbage", b"\xff\xfe garbage\n")
    broken("INC-2-empty", b"")
    broken("INC-3-nothing", None)
    broken("INC-4-deep", b"[" * 100_000 + b"\n")
    (desk.records / "INC-5-file").write_text("x")
    altered = (collected / "journal.jsonl").read_bytes().replace(b"summary.tsv is late", b"summary.tsv is fine")
    broken("INC-6-altered", altered)
    done = run("list")
    assert done.returncode == 0
    assert [line.split("  ")[:2] for line in done.stdout.splitlines()] == [
        [collected.name, "open"],
        ["INC-6-altered", "open, journal broken"],
    ]
    assert all(f"INC-{number}" in done.stderr for number in (1, 2, 3, 4))
    assert run("verify", desk.records / "INC-6-altered", records=False).returncode == 1
    assert run("resume").returncode == 2
    assert run("gate", desk.home).returncode == 0


def test_verify_tells_ok_from_broken_and_checks_the_head(run: Run, collected: Path) -> None:
    done = run("verify", collected, records=False)
    head = re.search(r"^head ([0-9a-f]{64})$", done.stdout, re.M)
    assert done.returncode == 0 and head and done.stdout.startswith("ok")
    assert run("verify", collected, "--head", head[1], records=False).returncode == 0
    assert run("verify", collected, "--head", "0" * 64, records=False).returncode == 1
    first = json.loads((collected / "journal.jsonl").read_text().splitlines()[0])["hash"]
    done = run("verify", collected, "--head", first, records=False)
    assert done.returncode == 1 and done.stdout.startswith("ok up to event 1, and it went on")
    assert "went on: The head that was given is event 1" in done.stdout and "NOT OK" not in done.stdout
    blob = next((collected / "evidence").iterdir())
    blob.write_bytes(b"altered")
    done = run("verify", collected, records=False)
    assert done.returncode == 1 and "broken: " in done.stdout and done.stderr == ""


def test_several_open_incidents_are_listed_without_a_terminal(run: Run, collected: Path, workdir: Path) -> None:
    assert "needs a terminal" in run("resume").stderr
    run("collect", workdir, "--runbook", "flaky-command")
    done = run("resume")
    assert done.returncode == 2 and len(done.stdout.splitlines()) == 2
    assert collected.name in done.stdout and "name one" in done.stderr
    assert len(json.loads(run("resume", "--json").stdout)["incidents"]) == 2


# -- the gate --------------------------------------------------------------------------------------------------------


def test_the_gate_says_what_the_note_lacks_and_takes_an_explanation(run: Run, workdir: Path) -> None:
    assert run("gate", workdir).stdout.startswith("the gate is open: nobody")
    assert run("collect", workdir, "--runbook", "flaky-command").returncode == 4, "there is no failing log"
    done = run("gate", workdir)
    assert done.returncode == 1 and "does not name symptom, scope, class" in done.stdout
    told = json.loads(run("gate", workdir, "--json").stdout)
    assert (told["open"], told["incidents"][0]["missing"]) == (False, ["symptom", "scope", "class"])
    assert "no edit waits" in run("gate", workdir, "--explain", "just because").stderr
    (workdir / "Makefile").write_text("all:\n")
    assert run("gate", workdir, "--explain", "the build was on fire").returncode == 1
    journal = Path(told["incidents"][0]["id"])
    text = (next(workdir.parent.glob(f"*/{journal}")) / "journal.jsonl").read_text()
    assert "the build was on fire" in text and "just because" not in text and '"edit.observed"' in text


def test_the_gate_is_open_once_the_note_is_complete(run: Run, collected: Path, workdir: Path) -> None:
    done = run("gate", workdir)
    assert (done.returncode, done.stdout) == (0, "the gate is open\n")


# -- handing over ----------------------------------------------------------------------------------------------------


@needs("sha256sum")
def test_a_hand_off_with_fields_missing_is_sound_and_is_accepted_elsewhere(
    run: Run, desk: Desk, collected: Path, tmp_path: Path
) -> None:
    bundle, store = tmp_path / "out.zip", tmp_path / "elsewhere"
    done = run("handoff", collected.name, "--to", "ben", "-o", bundle, "--set", "impact=the report is late")
    assert done.returncode == 0 and "unknown: deadline" in done.stdout and "unknown: impact" not in done.stdout
    head = re.search(r"^head ([0-9a-f]{64})$", done.stdout, re.M)
    assert head and run("verify", bundle, "--head", head[1], records=False).returncode == 0
    with zipfile.ZipFile(bundle) as opened:
        opened.extractall(tmp_path / "bag")
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "-c", "--quiet", manifest], cwd=tmp_path / "bag" / collected.name, check=True)
    accept = ("accept", bundle, "--as", "ben", "--readback", "I watch it", "--records", store)
    done = run(*accept, records=False)
    assert (done.returncode, done.stdout) == (0, f"{store / collected.name}\n")
    lines = [json.loads(line) for line in (store / collected.name / "journal.jsonl").read_text().splitlines()]
    assert (lines[-1]["kind"], lines[-1]["prev"]) == ("handoff.accepted", head[1])
    again = run(*accept, "--json", records=False)
    assert again.returncode == 0 and json.loads(again.stdout)["new"] is False
    assert run("verify", store / collected.name, records=False).returncode == 0
    run("collect", collected, "--runbook", "flaky-command")
    run("gate", desk.home / "a workflow", "--explain", "x")
    assert run("handoff", collected.name, "--to", "eve", "-o", tmp_path / "two.zip").returncode == 0
    forked = run("accept", tmp_path / "two.zip", "--as", "ben", "--readback", "x", "--records", store, records=False)
    assert forked.returncode == 3 and "part ways at event" in forked.stderr


def test_a_hand_off_that_is_wrongly_asked_for_leaves_no_trace(run: Run, collected: Path, tmp_path: Path) -> None:
    before = (collected / "journal.jsonl").read_bytes()
    there = tmp_path / "there.zip"
    there.write_text("precious")
    words = ("handoff", collected.name, "--to", "ben")
    assert run(*words, "-o", there).returncode == 2 and there.read_text() == "precious"
    assert run(*words, "-o", tmp_path / "no/folder.zip").returncode == 2
    assert run(*words, "-o", tmp_path / "out.zip", "--set", "impact").returncode == 2
    assert run(*words, "-o", tmp_path / "out.zip", "--set", "colour=red").returncode == 3
    assert run("handoff", collected.name, "--to", " ", "-o", tmp_path / "out.zip").returncode == 2
    assert (collected / "journal.jsonl").read_bytes() == before and not (tmp_path / "out.zip").exists()


# -- runbooks --------------------------------------------------------------------------------------------------------


def test_runbooks_are_listed_shown_and_checked(run: Run, workdir: Path) -> None:
    shipped = {book["id"] for book in json.loads(run("runbook", "list", "--json").stdout)["runbooks"]}
    assert {"slow-or-flaky-run", "surprise-reruns", "suspicious-published-output", "flaky-command"} <= shipped
    assert run("runbook", "list").stdout.count("\n") == len(shipped)
    assert json.loads(run("runbook", "show", "flaky-command", "--json").stdout)["id"] == "flaky-command"
    assert "Flaky command" in run("runbook", "show", "flaky-command").stdout
    assert "$schema" in json.loads(run("runbook", "schema").stdout)
    assert run("runbook", "check", "flaky-command").returncode == 0
    (workdir / "runbook.yaml").write_text(RUNBOOK.replace("owner: tests\n", "onwer: tests\n"))
    done = run("runbook", "check", workdir / "runbook.yaml")
    assert done.returncode == 1 and re.search(r"runbook\.yaml:\d+:\d+: .*onwer", done.stdout)
    faults = json.loads(run("runbook", "check", workdir / "runbook.yaml", "--json").stdout)["faults"]
    assert faults and {"line", "column"} <= faults[0].keys()
    assert run("runbook", "check", workdir / "none.yaml").returncode == 3


def test_an_option_before_the_verb_is_not_forgotten(run: Run, workdir: Path) -> None:
    done = run("runbook", "--json", "--operator", "ira", "trust", "--yes", workdir / "runbook.yaml", records=False)
    assert json.loads(done.stdout)["by"] == "ira"


# -- bad disks and bad streams ---------------------------------------------------------------------------------------


def test_a_store_that_cannot_be_written_ends_with_its_code(run: Run, desk: Desk, workdir: Path) -> None:
    (desk.home / "a file").write_text("x")
    for store in ("/proc/records", desk.home / "a file", "/dev/null"):
        done = run("collect", workdir, "--runbook", "flaky-command", "--records", store, records=False)
        assert (done.returncode, done.stdout) == (5, ""), done.stderr


def test_a_store_that_is_read_only_can_still_be_read(desk: Desk, run: Run, collected: Path) -> None:
    """Root may write everywhere, so a read-only mount of one's own says what permissions say to others."""
    if os.geteuid() != 0:
        collected.chmod(0o500)
    try:
        done = run("record", collected.name)
        assert done.returncode == 0 and done.stdout.startswith("#")
    finally:
        collected.chmod(0o700)


def test_a_disk_that_fills_up_ends_with_its_code_and_what_was_recorded_stands(desk: Desk, workdir: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    done = subprocess.run(
        [COMMAND, "collect", str(workdir), "--runbook", "flaky-command", "--records", str(desk.records)],
        env=desk.environment,
        capture_output=True,
        text=True,
        preexec_fn=small_files,
        timeout=60,
    )
    assert done.returncode == 5 and "Traceback" not in done.stderr, done.stderr
    assert "Not recorded" in done.stderr or "could not be" in done.stderr
    assert desk.run("verify", desk.record()).returncode == 0


def test_a_full_file_system_ends_with_its_code_and_what_was_recorded_stands(
    run: Run, workdir: Path, tmp_path: Path
) -> None:
    store = tmp_path / "small"
    store.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40k", "none", str(store)], capture_output=True
    )
    if not mounted or mounted.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("a small file system can be mounted by root only")
    try:
        done = run("collect", workdir, "--runbook", "flaky-command", "--records", store, records=False)
        assert done.returncode == 5 and "disk" in done.stderr
        (record,) = store.iterdir()
        assert run("verify", record, records=False).returncode == 0
    finally:
        subprocess.run(["umount", str(store)], check=True)


def test_stdout_that_is_full_is_told(desk: Desk, run: Run, collected: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "list", "--records", str(desk.records)],
            env=desk.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1 and "No space left" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", [("list",), ("runbook", "schema"), ("--version",), ("verify",)])
def test_a_reader_that_has_left_is_no_trouble(desk: Desk, collected: Path, words: tuple[str, ...]) -> None:
    command = [COMMAND, *words, *([str(collected)] if words[0] == "verify" else [])]
    if words[0] == "list":
        command += ["--records", str(desk.records)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, env=desk.environment, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_do_no_harm(desk: Desk, workdir: Path, closed: str) -> None:
    script = f'"$1" collect "$2" --runbook flaky-command --records "$3" {closed}'
    done = subprocess.run(
        ["sh", "-c", script, "sh", COMMAND, str(workdir), str(desk.records)],
        env=desk.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 4 and "Traceback" not in done.stderr, done.stderr
    assert desk.run("verify", desk.record()).returncode == 0


def test_talk_that_nobody_hears_does_not_stop_the_climb(desk: Desk, workdir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [COMMAND, "collect", str(workdir), "--runbook", "flaky-command", "--records", str(desk.records)],
        env=desk.environment,
        stdout=subprocess.PIPE,
        stderr=writing,
        text=True,
    )
    os.close(writing)
    assert done.returncode == 4 and Path(done.stdout.splitlines()[-1]) == desk.record()


def test_text_that_the_terminal_cannot_show_is_escaped(desk: Desk, run: Run, tmp_path: Path) -> None:
    odd = tmp_path / "Zürich → B"
    odd.mkdir()
    done = subprocess.run(
        [COMMAND, "collect", str(odd), "--runbook", "flaky-command", "--records", str(desk.records)],
        env={**desk.environment, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert done.returncode == 4 and b"Traceback" not in done.stderr, done.stderr
    listed = run("list")
    assert listed.returncode == 0 and "Zürich → B" in listed.stdout


def test_a_broken_settings_file_is_told(desk: Desk, run: Run) -> None:
    config = desk.home / ".config/incident-console/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("operator = \n")
    done = run("list")
    assert done.returncode == 3 and str(config) in done.stderr
    config.write_text('thmee = "nord"\n')
    done = run("list")
    assert done.returncode == 0 and f"settings, left out: {config}:1: thmee is no setting" in done.stderr


# -- faults of the console itself ------------------------------------------------------------------------------------


def test_a_fault_of_the_console_is_a_sentence_and_a_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from incident_console.commands import records

    def broken(arguments: object) -> int:
        raise KeyError("surprise")

    monkeypatch.setattr(records, "list_", broken)
    assert cli.main(["list"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "incident-console: a fault of the console itself, KeyError: 'surprise'; --debug shows where\n"
    assert cli.main(["list", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_debug_shows_the_traceback_and_keeps_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["record", "INC-1", "--records", str(tmp_path), "--debug"]) == 3
    told = capsys.readouterr().err
    assert "Traceback" in told and "No record in" in told


# -- what is loaded --------------------------------------------------------------------------------------------------


def loaded(desk: Desk, *words: str) -> set[str]:
    """The packages that the command has imported when it ends."""
    script = (
        "import sys\nfrom incident_console.cli import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n    print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], env=desk.environment, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stderr.split()}


def test_what_hooks_call_loads_no_screen(desk: Desk, collected: Path, workdir: Path) -> None:
    records = ("--records", str(desk.records))
    for words in (
        ("list", *records),
        ("gate", str(workdir), *records),
        ("gate", str(workdir), "--explain", "x", *records),
        ("record", collected.name, *records),
        ("record", collected.name, "--format", "html", *records),
        ("verify", str(collected)),
        ("--version",),
    ):
        assert not loaded(desk, *words) & {"textual", "rich"}, words
    assert not loaded(desk, "--version") & {"pydantic", "msgspec", "orjson", "yaml", "platformdirs", "watchfiles"}


# -- the demo --------------------------------------------------------------------------------------------------------


@needs("snakemake", "git")
@pytest.mark.timeout(200)
def test_the_demo_climbs_headless_on_a_real_run_and_keeps_what_no_log_holds(desk: Desk) -> None:
    workdir = desk.home / "demo"
    command = [COMMAND, "demo", "--headless", "--short", "--dir", str(workdir), "--records", str(desk.records)]
    done = subprocess.run(command, env=desk.environment, capture_output=True, text=True, timeout=190)
    assert done.returncode == 0, done.stderr
    record = Path(done.stdout.splitlines()[-1])
    assert record == desk.record()
    assert desk.run("verify", record).returncode == 0
    lines = [json.loads(line) for line in (record / "journal.jsonl").read_text().splitlines()]
    kept = {
        (line["data"]["rule"], line["data"]["wildcards"]["sample"], line["data"]["attempt"]): line["data"]
        for line in lines
        if line["kind"] == "attempt.kept"
    }
    tale = fates(7)
    failed = {("align", tale.held_once): 1, ("align", tale.held_twice): 2, ("count", NEWCOMER): 3}
    assert sorted(kept) == sorted((*job, n) for job, times in failed.items() for n in range(1, times + 1))
    assert all(data["complete"] for data in kept.values())
    for sample, pids in tale.index_held().items():
        assert sample in SAMPLES
        for attempt, pid in enumerate(pids, 1):
            blob = record / "evidence" / kept["align", sample, attempt]["sha256"]
            assert f"locked by pid {pid} " in blob.read_text()
        assert "FATAL" not in (workdir / f"logs/{sample}/align.log").read_text()
    kinds = [line["kind"] for line in lines]
    ended = next(n for n, line in enumerate(lines) if line["kind"] == "run.seen" and line["data"]["status"] == "failed")
    assert kinds.index("rung.entered") > ended, "the answers are true only after the run has ended"
    plans = [n for n, line in enumerate(lines) if line["data"].get("item") == "dry-run" and "captured" in line["kind"]]
    assert len(plans) == 2 and plans[0] < ended < plans[1], "what was planned while it ran, and after"
    assert lines[0]["by"].startswith("demo@"), "the answers name who gave them"
