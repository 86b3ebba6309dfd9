"""Records to read in a browser: a real climb over a real run's own files, handed off; and one of hostile text."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from incident_console import events
from incident_console.record.clock import SystemClock
from incident_console.record.journal import Journal
from incident_console.record.page import record_html
from incident_console.record.store import Record
from incident_console.runbook.answers import loads_answers
from incident_console.runbook.load import loads
from incident_console.session.collect import collect
from incident_console.session.handoff import offer
from incident_console.session.opening import open_incident
from incident_console.session.who import Who

CORPUS = Path(__file__).parents[1] / "corpus"
CASE = "c2-deterministic-fail-keepgoing-v7"
RUNBOOK = """\
schema: incident-console/runbook/1
id: page
version: "1"
title: A run to read about
owner: tests
when: always
first: symptom
second: logs
stop: decide
watch: [Snakefile]
logs: ["logs/**/*.log"]
rungs:
  - id: symptom
    role: symptom
    title: Name the symptom
    question: Which surface changed?
    ask: [{id: sentence, type: text, prompt: "In one sentence?", required: true}]
  - id: scope
    role: scope
    title: Draw the scope
    question: Which targets?
    ask: [{id: targets, type: text, prompt: "Which?"}]
  - id: logs
    role: evidence
    title: Narrowest evidence
    question: Which log answers?
    evidence:
      - {id: failing-log, surface: rule-log, question: "What happened inside the failing job?", pick: failing-log}
      - {id: latest-benchmark, surface: benchmark, question: "What did one job cost?", pick: latest-benchmark}
      - {id: data, surface: discovery, question: "What does the workflow read?", run: [ls, data], effects: read-only}
      - {id: gone, surface: profile, question: "Which settings differ?", run: [ls, no-such-folder], effects: read-only}
  - id: classify
    role: classify
    title: Classify
    question: Where does it live?
    ask:
      - {id: class, type: choice, prompt: "Which class?", choices: [tool-behavior, undetermined]}
      - {id: cost, type: choice, prompt: "Which cost?", choices: [tool, undetermined]}
      - {id: ruled_out, type: text, prompt: "What is ruled out?"}
  - id: decide
    role: decide
    title: Decide
    question: What now?
    ask: [{id: decision, type: text, prompt: "What?"}]
"""
ANSWERS = b"""\
schema: incident-console/answers/1
rungs:
  symptom: {sentence: parse fails on sample B at every attempt}
  scope: {waive: the logs show one rule only}
  classify: {class: tool-behavior, cost: tool, ruled_out: chance as each attempt says the same}
  decide: {decision: local repair}
"""
DIFF = b"""\
--- Snakefile
+++ Snakefile
@@ -1,3 +1,3 @@
 rule parse:
-    retries: 0
+    retries: 3
"""


def real(folder: Path) -> Path:
    """`record.html` as it stands in the bundle of an incident that was climbed, and handed off."""
    workdir = folder / "wf"
    shutil.copytree(CORPUS / CASE / "wd", workdir)
    who = Who("olga", folder / "records", folder / "trusted")
    loaded = replace(loads(RUNBOOK.encode(), "page.yaml"), shipped=True)
    session = open_incident(who, workdir, loaded, title="")
    try:
        collect(session, loads_answers(ANSWERS, "answers.yaml"), say=lambda _: None)
        diff, size, _ = session.keep(DIFF)
        session.append(events.EditObserved(path="Snakefile", diff_sha256=diff, diff_size=size, gate_open=False))
        session.note("sample B has a line without a value", "fact")
        session.act("held the nightly run", "it would fail as well", "no more noise")
        session.escalate("profile review", "the parser", "storage", "the same incident keeps coming back")
        bundle = folder / "bundle.zip"
        offer(session, "Rosa, storage team", {"impact": "the morning report is late"}, bundle)
    finally:
        session.close()
    with zipfile.ZipFile(bundle) as found:
        page = next(name for name in found.namelist() if name.endswith("record.html"))
        (folder / "record.html").write_bytes(found.read(page))
    return folder / "record.html"


HOSTILE = (
    "<script>window.hit = 1</script> \"><img src=x onerror='window.hit = 2'> </pre></details></main> ]]> "
    "<!-- <svg onload=window.hit=3> &lt;b&gt; javascript:window.hit=4 "
    "\x1b[31mred\x1b]0;title\x07 \x00 \u202eevil\u2066 \x9b1m"
)


def hostile(folder: Path) -> Path:
    """`record.html` of a record in which every text that comes from outside is hostile, one with a line of 1 MB."""
    record = Record(folder / "hostile")
    record.make()
    put = record.blobs.put
    line, line_size = put(b"<script>window.hit = 5</script>" + b"x" * (1 << 20) + b"</pre><b>end</b>\n")
    text, size = put(f"{HOSTILE}\r\n{HOSTILE}\n".encode("utf-8", "surrogatepass") + b"\xff\xfe\n")
    diff, diff_size = put(f"--- a\n+++ b\n-{HOSTILE}\n+{HOSTILE}\n".encode())
    said = HOSTILE.replace("\x00", "")
    facts = [
        events.IncidentOpened(title=said, workdir=f"/srv/{said}", impact=said),
        events.RunbookFrozen(
            id=said,
            version=said,
            sha256="0" * 64,
            trusted=said,
            rungs=(events.RungOutline(id=said, role="symptom", title=said, question=said, prompts={said: said}),),
        ),
        events.RunSeen(log=said, status=said, figures={said: 1}),
        events.RunSeen(log=f"{said} again", status="failed", differs=(said,), figures={said: 1}),
        events.RungAnswered(rung=said, fields={said: said}),
        events.AttemptKept(
            rule=said, attempt=1, wildcards={said: said}, sha256=line, size=line_size, block_sha256=text,
            complete=False, missing=said, message=said, exit_code=1, run=f"{said} again", redactions={said: 1},
        ),
        events.LogPinned(path=said, lines=(1, 2), bytes=(0, 9), sha256=text, size=size, run=said),
        events.EditObserved(path=said, diff_sha256=diff, diff_size=diff_size, gate_open=False),
        events.EditExplained(of=(8,), text=said),
        events.NoteAdded(text=said + "z" * 5000),
        events.ActionTaken(text=said, why=said, expected=said, result=said, by_whom=said),
        events.ClassSet(class_=said, cost=said, confidence=said, for_=(said,), against=(said,), ruled_out=said),
        events.DecisionMade(decision=said, reason=said, owner=said),
        events.EscalationRaised(
            to=said, points_to=said, points_away_from=said, trigger=said, owner=said, due=said, evidence=(said,)
        ),
        events.EscalationAnswered(of=14, text=said, who=said, decision=said),
        events.HandoffOffered(to=said, missing=(said,), head="0" * 64, fields={said: said}),
        events.HandoffAccepted(readback=said, as_=said, head="0" * 64),
        events.IncidentClosed(outcome=said, proof=said, cause=said, check=said, left=(said,)),
    ]  # fmt: skip
    with Journal.create(record.journal, session="s", by=said, clock=SystemClock()) as journal:
        for fact in facts:
            journal.append(fact)
    page = folder / "hostile.html"
    page.write_text(record_html(record.incident(), record.blobs.peek), encoding="utf-8")
    return page
