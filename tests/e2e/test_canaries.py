"""Thirty-six made-up secrets are planted wherever text comes into a record; afterwards no byte of it holds one."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from incident_console import cli
from incident_console.record.store import Record
from incident_console.session.capture import Pinned, pin
from incident_console.session.opening import resume_incident
from incident_console.session.who import Who

CASE = Path(__file__).parent.parent / "corpus" / "c2-deterministic-fail-stop-v9" / "wd"
NAMED = "kettle/of fish&42"
RUNBOOK = """\
schema: incident-console/runbook/1
id: canaries
version: "1"
title: Where secrets come in
owner: tests
when: always
first: one
second: two
stop: three
watch: [Snakefile, "config/*"]
logs: ["logs/**/*.log"]
rungs:
  - {id: one, role: symptom, question: Which?, ask: [{id: what, type: text, prompt: "What?", required: true}]}
  - id: two
    role: evidence
    question: What is said?
    ask: [{id: vault_password, type: text, prompt: "Which one?"}]
    evidence:
      - {id: says, surface: dry-run, question: "What?", run: [PYTHON, says.py], effects: read-only}
      - {id: config, surface: profile, question: "What?", file: "config/*.yaml"}
      - {id: log, surface: rule-log, question: "What?", pick: failing-log}
      - {id: seen, surface: observation, question: "What?"}
  - id: three
    role: classify
    question: Where does it live?
    ask: [{id: confidence, type: text, prompt: "How sure?"}, {id: against, type: text, prompt: "Against?"}]
  - {id: four, role: decide, question: What now?}
"""


class Planted:
    """Gives a secret that nothing else holds, again and again."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def __call__(self) -> str:
        self.all.append(f"canary{len(self.all):02d}Zq7x")
        return self.all[-1]


def test_no_canary_is_in_any_byte_of_a_record_or_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = Planted()
    home, records = tmp_path / "home", tmp_path / "records"
    workdir = home / "flow"
    shutil.copytree(CASE, workdir)
    for name, value in {
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "INCIDENT_CONSOLE_RECORDS": str(records),
        "INCIDENT_CONSOLE_CONFIG": str(home / "config.toml"),
        "LAB_KETTLE": NAMED,
        "NOBODY_NAMED_IT": new(),  # reaches no command
        "SNAKEMAKE_S3_SECRET": new(),
    }.items():
        monkeypatch.setenv(name, value)
    (home / "config.toml").write_text('secrets = ["LAB_KETTLE"]\n')
    _plant_in_repository(workdir, new)
    _plant_in_logs(workdir, new)
    runbook = home / "runbook.yaml"
    runbook.write_text(RUNBOOK.replace("PYTHON", sys.executable))
    answers = home / "answers.yaml"
    answers.write_text(
        "schema: incident-console/answers/1\noperator: nightly\nrungs:\n"
        f'  one: {{what: "summary.tsv is late, password={new()}"}}\n'
        f"  two: {{vault_password: {new()}, seen: 'the URL is https://u:{new()}@host/x and {NAMED}'}}\n"
        f'  three: {{class: tool-behavior, confidence: "token={new()}", against: "secret={new()}",'
        f' ruled_out: "api_key={new()}", next_measurement: "curl -u bob:{new()} host"}}\n'
        f'  four: {{decision: "rotate password={new()}", reason: "token={new()}", owner: "ops, secret={new()}"}}\n'
    )
    assert cli.main(["runbook", "trust", str(runbook), "--yes"]) == 0
    assert cli.main(["collect", str(workdir), "--runbook", str(runbook), "--answers", str(answers)]) in (0, 1, 4)
    (folder,) = records.glob("INC-*")
    _type(folder, home / "state", records, workdir, new)
    bundle = tmp_path / "bundle.zip"
    fields = [f"impact=the lab, password={new()}", f"told=ops by https://u:{new()}@chat/x, {NAMED}"]
    said = [word for field in fields for word in ("--set", field)]
    assert cli.main(["handoff", folder.name, "--to", f"ben, password={new()}", "-o", str(bundle), *said]) == 0
    readback = f"rotate, token={new()}"
    there = ["--as", "ben", "--readback", readback, "--records", str(tmp_path / "there")]
    assert cli.main(["accept", str(bundle), *there]) == 0
    capsys.readouterr()

    held = {
        path: path.read_bytes()
        for store in (records, tmp_path / "there")
        for path in store.rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(bundle) as archive:
        held |= {Path(name): archive.read(name) for name in archive.namelist()}
    forms = [NAMED, quote(NAMED, safe=""), base64.b64encode(NAMED.encode()).decode().rstrip("=")[:-1]]
    assert len(new.all) >= 30
    for what in (*new.all, *forms):
        assert [str(path) for path, data in held.items() if what.encode() in data] == [], what
    journal = Record(folder).read().lines
    marks = b"".join(held.values())
    assert b"[redacted env LAB_KETTLE:" in marks and b"[redacted password:" in marks
    assert sum(sum((line.event.redactions or {}).values()) for line in journal) >= len(new.all) - 2
    assert not any(path.name == "redaction.key" for path in held)


def _plant_in_repository(workdir: Path, new: Planted) -> None:
    (workdir / "config").mkdir(exist_ok=True)
    config = workdir / "config" / "lab.yaml"
    config.write_text("user: bob\n")
    (workdir / "says.py").write_text(
        "import os, sys\n"
        "print(dict(os.environ))\n"
        f"print('secret=' + {new()!r})\n"
        f"print({json.dumps({'db': {'password': new()}})!r})\n"
        f"print('passphrase: |\\n  {new()}\\n  {new()}\\nnext: x')\n"
        f"print('api_key=' + {new()!r}, file=sys.stderr)\n"
    )
    git = ["git", "-C", str(workdir), "-c", "user.name=x", "-c", "user.email=x@y"]
    for words in (["init", "-q"], ["add", "config"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    config.write_text(f"user: bob\ndb_password: {new()}\nkettle: {NAMED}\n")


def _plant_in_logs(workdir: Path, new: Planted) -> None:
    for run_log in (workdir / ".snakemake" / "log").glob("*.snakemake.log"):
        text = run_log.read_text()
        text = text.replace("--show-failed-logs", f"--show-failed-logs --config db_password={new()}", 1)
        text = text.replace("    message: None", f"    message: login with password={new()} failed")
        text = text.replace("    shell:\n", f"    shell:\n        curl -u bob:{new()} https://host/x\n")
        run_log.write_text(text)
    for log in (workdir / "logs").rglob("*.log"):
        with log.open("a") as file:
            file.write(
                f"Authorization: Bearer {new()}\nCookie: sid={new()}; a=b\nGET https://host/x?token={new()}&n=1\n"
                f"mysql -ubob -p{new()} lab\nkettle {NAMED} {quote(NAMED, safe='')}\n"
                f"{base64.b64encode(NAMED.encode()).decode()}\n"
            )


def _type(folder: Path, state: Path, records: Path, workdir: Path, new: Planted) -> None:
    """What an operator types, pins and edits."""
    trust = state / "incident-console" / "trusted-runbooks.jsonl"
    session = resume_incident(Who("ana", records, trust, secrets=("LAB_KETTLE",)), folder)
    try:
        noted = session.note(f"password={new()}, and {NAMED}")
        session.correct(noted.seq, f"it was token={new()}")
        acted = session.act(f"mysql -p{new()} lab", f"secret={new()}", f"token={new()}")
        session.result(acted.seq, f"password={new()}")
        session.describe("high", f"passwd={new()}", f"noon, token={new()}")
        pin(session, Pinned(workdir / "x.log", None, (1, 1), (0, 9), f"password={new()} {NAMED}\n".encode()), None)
        (workdir / "Snakefile").write_text(f"# db_password: {new()}\n")
        session.look_for_edits()
        session.escalate(f"ops, token={new()}", f"password={new()}", f"secret={new()}", f"token={new()}")
    finally:
        session.close()
