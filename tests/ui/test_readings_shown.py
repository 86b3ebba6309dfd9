"""A captured plan is read aloud: a line in the rung, a table above the raw text, and nothing of that is lost."""

from dataclasses import replace
from pathlib import Path

from incident_console.session.readings import Reading
from incident_console.snakemake.dryrun import read_dry_run
from incident_console.snakemake.summary import read_summary
from incident_console.tui import readings
from tests.needs import needs
from tests.ui.scene import CORPUS, MEDIUM, SMALL, WIDE, closed, kinds, opened, place, shows, until

RUNBOOK = """\
schema: incident-console/runbook/1
id: tiny
version: "1"
title: Tiny
owner: the tests
when: In a test.
first: look
second: look
stop: look
rungs:
  - id: look
    role: plan
    question: What is there?
    evidence:
      - {id: plan, surface: dry-run, question: "What?", run: [RUN], effects: read-only, warn: "Beware."}
"""


def scripted(tmp_path: Path, script: str) -> str:
    """A runbook with one command, called snakemake, that does what `script` says."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "snakemake"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return RUNBOOK.replace("RUN", f'"{program}", "-n"')


async def test_a_plan_is_told_in_the_rung_and_above_its_raw_text(tmp_path: Path) -> None:
    here = place(tmp_path)
    text = scripted(tmp_path, f"cat {CORPUS}/a-discovery-widened-v9/cmd/10-dryrun.stdout")
    async with opened(here.tiny(text=text), WIDE) as (_, pilot):
        await pilot.press("1", "c")
        await shows(pilot, "5 jobs: 3 missing output, 2 updated upstream", "Beware.", pane="#rung")
        await shows(
            pilot,
            "5 jobs: 3 missing output, 2 updated upstream",
            "missing output       3  clean C.txt.md5",
            "by rule: clean 3, all 1, summarize 1",
            "-- as captured --",
            pane="#log-view",
        )


async def test_a_resumed_incident_reads_what_was_captured_before(tmp_path: Path) -> None:
    here = place(tmp_path)
    plan = here.tiny(text=scripted(tmp_path, f"cat {CORPUS}/m-slow-planning-v8/cmd/30-dryrun-after.stdout"))
    async with opened(plan, SMALL) as (_, pilot):
        await pilot.press("1", "c")
        await shows(pilot, "nothing to be done", pane="#rung")
    async with opened(replace(plan, resume=here.record), SMALL) as (_, pilot):
        await pilot.press("1")
        await shows(pilot, "nothing to be done", pane="#rung")


async def test_a_plan_that_half_written_files_stop_is_asked_for_in_another_form(tmp_path: Path) -> None:
    here = place(tmp_path)
    cmd = CORPUS / "g-sigkill-v9" / "cmd"
    script = (
        f'case "$*" in *--nolock*) cat {cmd}/15-dryrun-nolock-ignore-incomplete.stdout;; '
        f"*) cat {cmd}/11-dryrun-while-running.stdout; exit 1;; esac"
    )
    async with opened(here.tiny(text=scripted(tmp_path, script)), MEDIUM) as (app, pilot):
        await pilot.press("1", "c")
        await shows(pilot, "It could not answer: IncompleteFilesException", "--nolock --ignore-incomplete")
        await pilot.press("enter")
        await shows(pilot, "2 jobs: 1 missing output, 1 updated upstream", pane="#rung")
        assert kinds(app).count("evidence.captured") == 2


@needs("make")
async def test_a_make_target_that_deletes_is_asked_about_though_the_runbook_does_not_know(tmp_path: Path) -> None:
    here = place(tmp_path)
    (here.workdir / "Makefile").write_text("plan:\n\trm -rf logs\n")
    (here.workdir / "logs").mkdir()
    text = RUNBOOK.replace("RUN", "make, plan")
    async with opened(here.tiny(text=text), MEDIUM) as (app, pilot):
        await pilot.press("1", "c")
        await shows(pilot, "make plan — by its makefile it deletes evidence (rm -rf logs). Run it?")
        await pilot.press("enter")  # the first choice is no
        await closed(pilot)
        assert (here.workdir / "logs").exists() and "evidence.captured" not in kinds(app)
        await pilot.press("c")
        await shows(pilot, "Run it?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "evidence.captured" in kinds(app))
        assert not (here.workdir / "logs").exists()


def test_a_reading_is_lines_that_fit_and_holds_nothing_that_a_terminal_obeys() -> None:
    rows = "".join(f"out/{'x' * 90}{n}\x1b[31m\t-\tr{n}\t-\tstatus {n} \x07\tno update\n" for n in range(40))
    told = read_summary((b"output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n" + rows.encode(),))
    text = readings.text(Reading(told, told.line, "", lies=("word " * 60,), offer=("snakemake", "-n\x1b")))
    assert max(map(len, text.split("\n"))) <= readings.WIDTH
    assert text.isprintable() or all(character == "\n" or character.isprintable() for character in text)
    assert text.endswith("-- as captured --\n") and "and 28 more" in text
    empty = read_dry_run((b"Building DAG of jobs...\nNothing to be done.\n",))
    assert readings.text(Reading(empty, empty.line(), "")) == "nothing to be done\n\n-- as captured --\n"
