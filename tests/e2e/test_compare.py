"""`compare` on real runs of Snakemake: two folders, two logs, a captured state; what it prints and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.conftest import Desk
from tests.needs import needs, program

pytestmark = needs("snakemake")

SNAKEFILE = """\
configfile: "config/config.yaml"
rule all:
    input: "publish/v1/summary.txt"
rule count:
    input: "data/{sample}.txt", "data/ref.txt"
    output: "out/{sample}.n"
    log: "logs/{sample}.log"
    benchmark: "benchmarks/{sample}.tsv"
    shell: "sleep SECONDS; wc -c < {input[0]} > {output} 2> {log}"
rule summary:
    input: expand("out/{sample}.n", sample=config["samples"])
    output: "publish/v1/summary.txt"
    shell: "cat {input} > {output}"
"""
PAIR = {"type": "array", "minItems": 2, "maxItems": 2}
CHANGES = {
    "type": "object",
    "required": ["added", "removed"],
    "properties": {name: {"type": "array", "items": {"type": "string"}} for name in ("added", "removed")},
}
SHAPE = {
    "type": "object",
    "required": ["schema", "speed", "meaning", "verdict", "because"],
    "properties": {
        "schema": {"const": "incident-console/comparison/1"},
        "speed": {
            "type": "object",
            "required": ["elapsed_s", "by_rule", "by_cost"],
            "properties": {"elapsed_s": PAIR, "by_rule": {"type": "array"}, "by_cost": {"type": "object"}},
        },
        "meaning": {
            "type": "object",
            "required": ["targets", "outputs", "published", "inputs_removed", "evidence_lost", "config_changed"],
            "properties": {
                "targets": CHANGES,
                "outputs": CHANGES,
                "published": {
                    "type": "object",
                    "properties": {
                        "changed": {
                            "type": "array",
                            "items": {"required": ["path", "before_sha256", "after_sha256"]},
                        }
                    },
                },
                "inputs_removed": {"type": "array"},
                "evidence_lost": {"type": "array", "items": {"type": "string"}},
                "policy_changed": {"type": "array", "items": {"required": ["setting", "before", "after"]}},
                "config_changed": {"type": "array"},
            },
        },
        "verdict": {"enum": ["same-meaning", "meaning-changed", "cannot-tell"]},
        "because": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    },
}


def snakemake(workdir: Path, *words: str) -> None:
    command = [program("snakemake") or "snakemake", "-c2", *words]
    subprocess.run(command, cwd=workdir, check=True, capture_output=True, timeout=90)


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """before: as it was. quick: the tool is faster. cheat: faster because an input and the benchmarks were dropped."""
    root = tmp_path_factory.mktemp("flows")
    before = root / "before"
    for name, text in {
        "Snakefile": SNAKEFILE.replace("SECONDS", "2.2"),
        "config/config.yaml": "samples: [A, B]\n",
        "data/A.txt": "a\n",
        "data/B.txt": "bb\n",
        "data/ref.txt": "ref\n",
    }.items():
        path = before / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    snakemake(before)
    quick, cheat = root / "quick", root / "cheat"
    for folder in (quick, cheat):
        shutil.copytree(before, folder)
        text = SNAKEFILE.replace("SECONDS", "0.1")
        if folder is cheat:
            text = text.replace(', "data/ref.txt"', "").replace('    benchmark: "benchmarks/{sample}.tsv"\n', "")
        (folder / "Snakefile").write_text(text)
        snakemake(folder, "--forceall", *(("--retries", "2") if folder is cheat else ()))
    return {"before": before, "quick": quick, "cheat": cheat}


def test_an_honest_speed_up_is_the_same_meaning(desk: Desk, flows: dict[str, Path]) -> None:
    done = desk.run("compare", flows["before"], flows["quick"], "--json")
    found = json.loads(done.stdout)
    jsonschema.validate(found, SHAPE)
    assert (done.returncode, found["verdict"]) == (0, "same-meaning"), found["because"]
    count = next(row for row in found["speed"]["by_rule"] if row["rule"] == "count")
    assert count["change"] == "faster" and count["jobs"] == [2, 2]
    assert found["meaning"]["outputs"]["same"] == 3


def test_doing_less_is_not(desk: Desk, flows: dict[str, Path]) -> None:
    done = desk.run("compare", flows["before"], flows["cheat"], "--json")
    found = json.loads(done.stdout)
    jsonschema.validate(found, SHAPE)
    assert (done.returncode, found["verdict"]) == (1, "meaning-changed")
    assert found["meaning"]["inputs_removed"] == [{"rule": "count", "input": "data/ref.txt", "jobs": 2}]
    assert found["meaning"]["evidence_lost"] == ["benchmarks/A.tsv", "benchmarks/B.tsv"]
    assert {"setting": "retries", "before": 0, "after": 2} in found["meaning"]["policy_changed"]


def test_it_fits_a_terminal(desk: Desk, flows: dict[str, Path]) -> None:
    done = desk.run("compare", flows["before"], flows["cheat"])
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("verdict  meaning-changed", "speed", "cost", "meaning", "evidence lost: benchmarks/A.tsv"):
        assert word in done.stdout


def test_the_review_note(desk: Desk, flows: dict[str, Path]) -> None:
    done = desk.run("compare", "--md", flows["before"], flows["quick"])
    assert done.returncode == 0 and done.stdout.startswith("## Same meaning\n")
    assert "| count | 2 |" in done.stdout and "### How we know" in done.stdout


def test_two_logs_of_a_folder_are_two_runs(desk: Desk, flows: dict[str, Path]) -> None:
    logs = sorted((flows["quick"] / ".snakemake" / "log").iterdir())
    done = desk.run("compare", logs[0], logs[-1], "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"]) == (1, "cannot-tell")
    assert found["speed"]["change"] != "slower" and found["settled_by"]  # on a busy machine it may be noise


def test_a_captured_state_stands_for_the_folder_as_it_was(desk: Desk, flows: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "flow"
    shutil.copytree(flows["before"], folder)
    state = tmp_path / "before.json"
    captured = desk.run("compare", folder, "--capture", state)
    assert (captured.returncode, captured.stdout) == (0, f"{state}\n") and state.stat().st_mode & 0o777 == 0o600
    assert desk.run("compare", folder, "--capture", state).returncode == 2
    assert desk.run("compare", state, folder).returncode == 0
    (folder / "publish/v1/summary.txt").write_text("3\n")
    done = desk.run("compare", state, folder, "--json")
    (changed,) = json.loads(done.stdout)["meaning"]["published"]["changed"]
    assert done.returncode == 1 and changed["path"] == "publish/v1/summary.txt"


def test_what_cannot_be_read_ends_with_three(desk: Desk, flows: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"schema": "other"}')
    for side in (tmp_path / "gone", tmp_path / "state.json", flows["before"] / "Snakefile"):
        done = desk.run("compare", flows["before"], side)
        assert done.returncode == 3 and done.stdout == "" and str(side) in done.stderr
        assert "Traceback" not in done.stderr
    assert desk.run("compare", flows["before"]).returncode == 2
