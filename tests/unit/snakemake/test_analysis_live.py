"""A real run looked at again and again while it goes: does what is said on the way agree with its end?"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from incident_console.snakemake.analysis import Analyst
from incident_console.snakemake.find import watched_run
from tests.needs import needs

pytestmark = [needs("snakemake"), pytest.mark.timeout(120)]

SNAKEFILE = """
rule all:
    input: expand("out/{s}", s=["A", "B", "C"])

rule work:
    output: "out/{s}"
    log: "logs/{s}.log"
    benchmark: "benchmarks/{s}.tsv"
    retries: 1
    resources: attempt=lambda wildcards, attempt: attempt
    shell: "echo attempt {resources.attempt} > {log}; sleep 0.5; "
        "if [ {wildcards.s}{resources.attempt} = B1 ]; then echo 'FATAL index is locked' >> {log}; exit 7; fi; "
        "touch {output}"
"""


def test_what_is_said_at_each_moment_agrees_with_the_end(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    command = [sys.executable, "-m", "snakemake", "-c1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as engine:
        until = time.monotonic() + 60
        while (found := watched_run(tmp_path)) is None and time.monotonic() < until:
            engine.poll()
        assert found is not None
        analyst = Analyst(tmp_path, found.path)
        looks = [analyst.look()]
        while engine.poll() is None:
            looks.append(analyst.look())
    looks.append(analyst.look())
    last = looks[-1]
    assert (last.run.status, last.run.planned, last.run.finished, last.run.retried) == ("succeeded", 4, 4, 1)
    assert [(one.rule, one.wildcards, one.exit_code) for one in last.failures] == [("work", {"s": "B"}, 7)]
    assert {look.run.status for look in looks} <= {"running", "succeeded"}
    finished = [look.run.finished for look in looks]
    assert finished == sorted(finished) and len(set(finished)) > 2
    known = {(one.jobid, one.attempt, one.exit_code) for one in last.failures}
    for look in looks:
        assert look.run.finished + look.run.running <= last.run.planned
        assert {(one.jobid, one.attempt, one.exit_code) for one in look.failures} <= known
        assert look.incident_class in ("undetermined", last.incident_class)
        cost = look.cost
        parts = cost.planning_s + cost.scheduler_s + cost.storage_s + cost.tool_s
        assert parts == pytest.approx(cost.elapsed_s, abs=0.02)
