"""Where runbooks come from, which of them may run commands, and what the shipped ones promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from incident_console.errors import InputError
from incident_console.runbook import lint, shelf, skeleton
from incident_console.runbook.faults import RunbookFaults
from incident_console.runbook.ladder import Standing, missing, refusals
from incident_console.runbook.load import load, loads
from incident_console.runbook.show import render

SHIPPED = ("flaky-command", "slow-or-flaky-run", "surprise-reruns", "suspicious-published-output")
EIGHT = ["symptom", "scope", "plan", "state", "evidence", "classify", "decide", "prove"]


def test_these_runbooks_ship_each_under_its_own_id() -> None:
    assert tuple(path.stem for path in shelf.shipped()) == SHIPPED
    assert tuple(load(path).runbook.id for path in shelf.shipped()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_runbook_is_sound_and_lints_clean(name: str) -> None:
    loaded = shelf.find(name)
    assert loaded.shipped
    assert lint.check(loaded) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_runbook_says_what_to_expect_of_evidence_and_how_it_misleads(name: str) -> None:
    for rung in shelf.find(name).runbook.rungs:
        for item in rung.evidence:
            assert item.expect, item.id
            assert item.warn or item.is_observation, item.id


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_runbook_runs_nothing_that_changes_the_scene(name: str) -> None:
    items = [item for rung in shelf.find(name).runbook.rungs for item in rung.evidence]
    assert {item.effects for item in items} <= {"read-only", "engine-bookkeeping"}
    assert not any(item.shell for item in items)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("vague", ["the pipeline is broken", "It is broken", "everything is broken"])
def test_a_symptom_that_names_nothing_is_refused(name: str, vague: str) -> None:
    if name == "suspicious-published-output":
        vague = "the results are wrong"
    elif name == "flaky-command":
        vague = vague.replace("pipeline", "build")
    (refusal,) = refusals(shelf.find(name).runbook, "symptom", {"surface": vague})
    assert refusal.field == "surface"
    assert refusal.because.startswith("Name the ") or "Name" in refusal.because
    assert refusals(shelf.find(name).runbook, "symptom", {"surface": "publish/v1/summary.tsv was rebuilt"}) == ()


def test_the_main_runbook_has_the_eight_rungs_in_order() -> None:
    assert [rung.role for rung in shelf.find("slow-or-flaky-run").runbook.rungs] == EIGHT


def test_the_runbook_without_snakemake_runs_no_snakemake() -> None:
    loaded = shelf.find("flaky-command")
    assert not any(item.run[0] == "snakemake" for rung in loaded.runbook.rungs for item in rung.evidence if item.run)


def test_the_narrowest_evidence_is_one_of_several_so_a_run_without_failures_can_be_climbed() -> None:
    runbook = shelf.find("slow-or-flaky-run").runbook
    standing = Standing(
        answers={"narrowest-evidence": {"claim": "align is slow"}},
        captured={"narrowest-evidence": frozenset({"latest-benchmark"})},
    )
    assert missing(runbook, "narrowest-evidence", standing) == ()


def test_a_copy_of_a_shipped_runbook_counts_as_shipped_and_a_changed_one_does_not(tmp_path: Path) -> None:
    data = load(shelf.shipped()[0]).text
    (tmp_path / "copy.yaml").write_bytes(data)
    (tmp_path / "changed.yaml").write_bytes(data + b"# mine\n")
    assert shelf.find(tmp_path / "copy.yaml").shipped
    assert not shelf.find("changed.yaml", workdir=tmp_path).shipped


def test_an_unknown_name_is_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="slow-or-flaky-run, surprise-reruns"):
        shelf.find("slow-run", workdir=tmp_path)
    with pytest.raises(InputError, match="no such runbook"):
        shelf.find("x" * 5000)


def test_a_broken_runbook_is_found_and_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("id: x\n")
    with pytest.raises(RunbookFaults):
        shelf.find("x.yaml", workdir=tmp_path)


def test_the_page_shows_the_three_questions_and_every_command_with_its_effects() -> None:
    loaded = shelf.find("slow-or-flaky-run")
    page = render(loaded)
    assert "What do I run first?          3 Planned work" in page
    assert "What do I look at second?     5 Narrowest evidence" in page
    assert "When do I stop and escalate?  7 Decide" in page
    assert "$ snakemake -n -p --nolock --ignore-incomplete  [engine-bookkeeping, at most 300 s]" in page
    assert "! escalate to publish-boundary review when class is publish-boundary" in page
    for rung in loaded.runbook.rungs:
        assert f"[{rung.id}, {rung.role}]" in page


@pytest.mark.parametrize("width", [20, 60, 80, 300])
def test_the_page_fits_the_terminal_and_leaves_nothing_out(width: int) -> None:
    loaded = shelf.find("slow-or-flaky-run")
    page = render(loaded, width)
    assert max(len(line) for line in page.splitlines()) <= min(max(width, 40), 120)
    squeezed = "".join(page.split())
    for rung in loaded.runbook.rungs:
        for text in (
            rung.question,
            *(item.expect for item in rung.evidence),
            *(each.because for each in rung.escalate),
        ):
            assert "".join(text.split()) in squeezed


def test_the_page_as_markdown_has_a_heading_for_each_rung_and_code_for_each_command() -> None:
    loaded = shelf.find("slow-or-flaky-run")
    page = render(loaded, format="md")
    assert page.startswith("# Slow, noisy or flaky Snakemake run\n")
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == [f"## {number}. {rung.title}" for number, rung in enumerate(loaded.runbook.rungs, 1)]
    assert "  - `snakemake --summary` (engine-bookkeeping, at most 300 s)\n" in page, "what is copied runs"


def test_hostile_text_of_a_runbook_is_neither_markup_nor_seen_by_the_terminal() -> None:
    text = skeleton.text("sound").replace("title: Sound", "title: '<b>`x` [a](javascript:y)\u200b'")
    text = text.replace("help: Write", "help: <script>alert(1)</script> Write").replace(
        "[make, -n]  ", "['m`a``ke', -n]"
    )
    loaded = loads(text.encode(), "evil\x1b[2J`.yaml")
    page = render(loaded)
    assert "\x1b" not in page and "\u200b" not in page and "\\x1b[2J" in page
    page = render(loaded, format="md")
    assert "\x1b" not in page and "<script" not in page and "<b>" not in page and "[a](" not in page
    assert "``` 'm`a``ke' -n ``` (read-only, at most 60 s)" in page
