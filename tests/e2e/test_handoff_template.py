"""The hand-off from a file: the template that is printed, edited, and given back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from incident_console.runbook import shelf
from incident_console.session.opening import open_incident
from incident_console.session.who import Who

HEADED = "incident-console/list/1"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one open incident."""
    (tmp_path / "flow").mkdir()
    who = Who("ana", tmp_path / "records", tmp_path / "trusted.jsonl")
    open_incident(who, tmp_path / "flow", shelf.find("flaky-command"), title="it is late").close()
    return who.records


def run(*words: object, store: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "incident_console", *map(str, words), "--records", str(store)]
    environ = {**os.environ, "HOME": str(store.parent), "XDG_STATE_HOME": str(store.parent)}
    return subprocess.run(argv, input=text, capture_output=True, text=True, env=environ)


def test_the_template_is_edited_and_given_back(store: Path, tmp_path: Path) -> None:
    (folder,) = store.glob("INC-*")
    before = (folder / "journal.jsonl").read_bytes()
    done = run("handoff", "INC", "--template", store=store)
    assert done.returncode == 0 and "[told]\n" in done.stdout
    assert (folder / "journal.jsonl").read_bytes() == before
    text = done.stdout.replace("[told]\n", "[told]\nthe lab\n").replace("[to]\n", "[to]\nben\n")
    faulty = run("handoff", "INC", "-o", tmp_path / "x.zip", "--from", "-", store=store, text=text + "[tolled]\nx\n")
    assert faulty.returncode == 3 and "there is no field [tolled]" in faulty.stderr and "-:" in faulty.stderr
    assert not (tmp_path / "x.zip").exists() and (folder / "journal.jsonl").read_bytes() == before
    (tmp_path / "fields.txt").write_text(text)
    words = ("handoff", "INC", "-o", tmp_path / "x.zip", "--from", tmp_path / "fields.txt", "--set", "impact=late")
    done = run(*words, "--json", store=store)
    told = json.loads(done.stdout)
    assert {"told", "impact", "to"}.isdisjoint(told["missing"]) and "deadline" in told["missing"]
    event = json.loads((folder / "journal.jsonl").read_text().splitlines()[-1])
    assert (event["data"]["to"], event["data"]["said"], event["hash"]) == (
        "ben",
        ["to", "impact", "told"],
        told["head"],
    )
    with zipfile.ZipFile(tmp_path / "x.zip") as zipped:
        document = zipped.read(f"{folder.name}/data/HANDOFF.md").decode()
    assert "- **Who was told**: the lab" in document and told["head"] in document
    listed = json.loads(run("list", "--json", store=store).stdout)
    assert listed["schema"] == HEADED
    assert [(row["head"], row["events"]) for row in listed["incidents"]] == [(told["head"], told["events"])]
    last = (folder / "note.md").read_text().rstrip().splitlines()[-1]
    assert last.startswith(f"head {told['head']} after {told['events']} events, as of ")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--to", "ben"), 2, "-o FILE.zip"),
        (("-o", "x.zip"), 2, "--to needs the name"),
        (("-o", "x.zip", "--from", "no-such-file"), 3, "no-such-file"),
    ],
)
def test_what_is_lacking_is_said(store: Path, words: tuple[str, ...], code: int, told: str) -> None:
    done = run("handoff", "INC", *words, store=store)
    assert done.returncode == code and told in done.stderr and "Traceback" not in done.stderr
