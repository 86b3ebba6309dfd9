"""Benchmarks and provenance, however they are written."""

import json
from pathlib import Path

import pytest
from runlogs import CORPUS, run_of

from incident_console.errors import InputError
from incident_console.snakemake.benchmarks import latest_benchmark, read_benchmark
from incident_console.snakemake.provenance import find_provenance, read_provenance

ZOO = CORPUS / "i-misc-formats-v9" / "wd" / "benchmarks"


def test_repeats_are_rows() -> None:
    rows = read_benchmark(ZOO / "run.tsv")
    assert [(row.s, row.max_rss_mib, row.cpu_s) for row in rows] == [
        (0.11, 78.84, 0.57),
        (0.10, 78.87, 0.58),
        (0.10, 78.89, 0.58),
    ]


def test_a_line_of_json_is_a_row() -> None:
    (row,) = read_benchmark(ZOO / "multi.jsonl")
    assert row.s == 0.0041


@pytest.mark.parametrize("text", ["", "s\th:m:s\n", "\x00\x01", "s\tcpu_time\nx\ty\n", "{not json}\n", "[1, 2]"])
def test_what_makes_no_sense_has_no_rows(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.tsv"
    path.write_text(text)
    assert read_benchmark(path) == ()


def test_what_was_not_measured_is_none(tmp_path: Path) -> None:
    path = tmp_path / "b.tsv"
    path.write_text("s\th:m:s\tmax_rss\tmean_load\trule_name\n3.5\t0:00:03\tNA\t-\talign\n1.0\n")
    first, second = read_benchmark(path)
    assert (first.s, first.max_rss_mib, first.mean_load_percent, first.columns["rule_name"]) == (
        3.5,
        None,
        None,
        "align",
    )
    assert second.s == 1.0


def test_a_missing_benchmark_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_benchmark(tmp_path / "none.tsv")


def test_the_latest_benchmark_is_that_of_the_job_that_ended_last() -> None:
    case = CORPUS / "e-slow-rule-v9" / "wd"
    name = ".snakemake/log/2026-11-22T132811.769172.snakemake.log"
    run = run_of((case / name).read_bytes(), log=name)
    assert latest_benchmark(run, case) == case / "benchmarks" / "merge.tsv"
    assert latest_benchmark(run, case / "data") is None


def test_provenance_is_found_below_publish_only_and_not_through_links(tmp_path: Path) -> None:
    inside = tmp_path / "publish" / "v1"
    inside.mkdir(parents=True)
    (inside / "provenance.json").write_text(json.dumps({"config": {"samples": ["A"]}, "cores": 2, "ok": None}))
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "provenance.json").write_text("{}")
    (tmp_path / "publish" / "link").symlink_to(outside)
    assert find_provenance(tmp_path) == (inside / "provenance.json",)
    values = read_provenance(inside / "provenance.json").values
    assert values == {"config.samples[0]": "A", "cores": "2", "ok": "null"}


def test_a_search_in_a_huge_tree_ends(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / "publish" / str(number) / "a" / "b" / "c" / "d" / "e").mkdir(parents=True)
    (tmp_path / "publish" / "0" / "a" / "b" / "c" / "d" / "e" / "provenance.json").write_text("{}")
    assert find_provenance(tmp_path) == ()


@pytest.mark.parametrize("text", [b"{", b"", b"\xff\xfe", b"[" * 3000])
def test_broken_provenance_is_told_in_a_sentence(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "provenance.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match="no JSON"):
        read_provenance(path)
