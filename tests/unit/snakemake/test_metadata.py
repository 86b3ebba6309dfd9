"""What `.snakemake/metadata` says, whatever lies there."""

import json
import os
import sqlite3
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from runlogs import CORPUS
from stories import record

from incident_console.snakemake.metadata import incomplete_outputs, locks, read_records, record_path


def test_a_record_of_each_version_is_read() -> None:
    nine = read_records(CORPUS / "e-slow-rule-v9" / "wd", ["out/B.aln"])["out/B.aln"]
    seven = read_records(CORPUS / "h-stale-lock-v7" / "wd", ["out/A.txt"])["out/A.txt"]
    assert (nine.rule, nine.input, nine.started, nine.ended) == (
        "align",
        ("data/B.txt",),
        1795354092.435002,
        1795354099.5828924,
    )
    assert (seven.rule, seven.started) == ("slow", 1795354113.2893019)


def test_a_name_too_long_for_the_file_system_is_found_in_its_folders(tmp_path: Path) -> None:
    output = "out/" + "x" * 400 + ".txt"
    record(tmp_path, output, 1, 2)
    assert record_path(Path(), output).parts[0].startswith("@")
    assert read_records(tmp_path, [output])[output].output == output


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'{"starttime": "x", "input": 7, "rule": null}', b"\x80\x04pickle"]
)
def test_a_broken_record_is_no_record_of_times(tmp_path: Path, content: bytes) -> None:
    path = record_path(tmp_path / ".snakemake" / "metadata", "out/a")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = read_records(tmp_path, ["out/a"]).get("out/a")
    assert found is None or (found.started, found.ended) == (None, None)


def test_a_pipe_in_the_place_of_a_record_does_not_block(tmp_path: Path) -> None:
    path = record_path(tmp_path / ".snakemake" / "metadata", "out/a")
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert read_records(tmp_path, ["out/a", "out/\x00b"]) == {}


def test_a_time_that_is_none_is_left_out(tmp_path: Path) -> None:
    path = record_path(tmp_path / ".snakemake" / "metadata", "out/a")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"starttime": -5, "endtime": 1e300}))
    found = read_records(tmp_path, ["out/a"])["out/a"]
    assert (found.started, found.ended) == (None, None)


def database(folder: Path, rows: list[tuple[str, str, float, float]]) -> Path:
    path = folder / ".snakemake" / "metadata.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as base:
        base.execute(
            "create table snakemake_metadata"
            " (rule, input, starttime float, endtime float, namespace, target primary key)"
        )
        base.executemany(
            "insert into snakemake_metadata values ('r', ?, ?, ?, '/srv', ?)",
            [(inputs, started, ended, target) for target, inputs, started, ended in rows],
        )
    return path


def test_the_db_backend_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    path = database(tmp_path, [("out/a", '["in/a"]', 10.5, 11.5)])
    before = (path.read_bytes(), sorted(path.parent.iterdir()))
    found = read_records(tmp_path, ["out/a", "out/b"])
    assert (found["out/a"].started, found["out/a"].input) == (10.5, ("in/a",))
    assert list(found) == ["out/a"]
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"\xff" * 4096, b"no database at all"])
def test_a_broken_db_is_no_db(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".snakemake" / "metadata.db"
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_records(tmp_path, ["out/a"]) == {}


def test_leftovers_are_named(tmp_path: Path) -> None:
    wd = CORPUS / "g-sigkill-v9" / "wd"
    assert incomplete_outputs(wd) == ("out/B.txt", "out/C.txt")
    assert locks(wd) == (".snakemake/locks/0.input.lock", ".snakemake/locks/0.output.lock")
    assert (incomplete_outputs(tmp_path), locks(tmp_path)) == ((), ())


def test_an_incomplete_marker_that_is_no_base64_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake" / "incomplete"
    folder.mkdir(parents=True)
    (folder / "%%%x").write_text("")
    (folder / urlsafe_b64encode(b"out/a").decode()).write_text("")
    assert incomplete_outputs(tmp_path) == ("out/a",)
