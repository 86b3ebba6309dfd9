"""A real run whose jobs fail and are tried again at once: is every failed attempt kept, though no log holds it?"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from incident_console.runbook.load import loads
from incident_console.session.opening import open_incident
from incident_console.session.who import Who
from tests.needs import needs
from tests.unit.session.conftest import RUNBOOK
from tests.unit.session.test_live import watching

pytestmark = [needs("snakemake"), pytest.mark.timeout(120)]

SNAKEFILE = """
rule all:
    input: expand("out/{s}", s=["once", "twice", "never", "well"])

rule work:
    output: "out/{s}"
    log: "logs/{s}.log"
    retries: 2
    params: tries=lambda wildcards: {"once": 1, "twice": 2, "never": 9, "well": 0}[wildcards.s]
    shell: "bash work.sh {wildcards.s} {params.tries} {output} 2> {log}"
"""
WORK = """
n=$(($(cat tried.$1 2>/dev/null || echo 0) + 1))
echo $n > tried.$1
echo "words of $1, attempt $n" >&2
sleep 0.2
if [ $n -le $2 ]; then echo "FATAL $1 $n" >&2; exit 3; fi
echo done > $3
"""


def test_all_failed_attempts_of_a_real_run_are_kept(who: Who, workdir: Path) -> None:
    (workdir / "Snakefile").write_text(SNAKEFILE)
    (workdir / "work.sh").write_text(WORK)
    session = open_incident(who, workdir, replace(loads(RUNBOOK.encode(), "r"), shipped=True), title="")
    with watching(session) as watch:
        run = subprocess.Popen(
            [sys.executable, "-m", "snakemake", "-c2", "--keep-going", "--scheduler", "greedy"],
            cwd=workdir,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert run.wait(60) == 1
        watch.until(lambda: [status for _, status in watch.runs()][-1:] == ["failed"])
        kept = {(event.wildcards["s"], event.attempt): event for event in watch.kept()}
        assert sorted(kept) == [("never", 1), ("never", 2), ("never", 3), ("once", 1), ("twice", 1), ("twice", 2)]
        for (sample, attempt), event in kept.items():
            text = session.record.blobs.get(event.sha256 or "").decode()
            assert text == f"words of {sample}, attempt {attempt}\nFATAL {sample} {attempt}\n", (sample, attempt)
            assert event.complete and event.exit_code == 3
        assert "FATAL" not in (workdir / "logs/once.log").read_text(), "no log holds it any more"
        # A question leaves a log of its own, which is not the run.
        before = session.run
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--summary"], cwd=workdir, capture_output=True, check=True, timeout=60
        )
        assert len(list((workdir / ".snakemake/log").iterdir())) == 2
        watch.until_searched_again()
        assert session.run == before and len({name for name, _ in watch.runs()}) == 1
    session.close()
