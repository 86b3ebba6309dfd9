"""What does a new runbook begin as? A commented skeleton that passes `check`, and a first rehearsal of it.

It can be climbed as it is, for any workflow with a log; what is written after it makes it the runbook of one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import InputError, UsageError
from incident_console.runbook import rehearsal, schema, shelf

SCHEMA_FILE, REHEARSAL_SCHEMA_FILE = "runbook.schema.json", "rehearsal.schema.json"
"""The files of the JSON Schemas, beside the runbooks: a relative modeline works without a network."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files made; no schemas where a modeline names another, or a file was there."""

    runbook: Path
    rehearsal: Path
    schemas: tuple[Path, ...]
    stale: tuple[Path, ...] = ()
    """Schema files that were there and are those of another version."""


def new(name: str, out: Path | None = None, modeline: str | None = None) -> Written:
    """Write the skeleton of the runbook `name`, to NAME.yaml here unless `out` says where, and its rehearsal beside it.

    `modeline` is the path or URL of a runbook's JSON Schema for editors; without it the schemas are written beside it.
    Nothing is written over, and nothing is written unless all can be. Raises UsageError, InputError.
    """
    if not re.fullmatch(schema.ID_PATTERN, name):
        raise UsageError(f"{name!r} is no id: a-z first, then a-z, 0-9, - and _, at most 64 characters")
    if name in {path.stem for path in shelf.shipped()}:
        raise UsageError(f"a runbook {name} ships with the console; take a name of your own")
    if modeline is not None and not re.fullmatch(r"\S+", modeline):
        raise UsageError("--schema is a path or URL without blanks")
    runbook = out if out is not None else Path(f"{name}.yaml")
    if runbook.suffix not in (".yaml", ".yml") or runbook.name.endswith(rehearsal.SUFFIX):
        raise UsageError(f"{runbook}: a runbook's file ends with .yaml")
    script = runbook.with_name(f"{runbook.stem}{rehearsal.SUFFIX}")
    files = {
        runbook: text(name, modeline or SCHEMA_FILE),
        script: rehearsal_text(name, runbook.name, REHEARSAL_SCHEMA_FILE if modeline is None else None),
    }
    schemas = {runbook.with_name(file): schema_text(file) for file in (SCHEMA_FILE, REHEARSAL_SCHEMA_FILE)}
    schemas = schemas if modeline is None else {}
    written = {path: content for path, content in schemas.items() if not path.exists()}
    stale = tuple(path for path in schemas if path not in written and path.read_bytes() != schemas[path].encode())
    files |= written
    for path in files:
        if path.is_symlink() or path.exists():
            raise UsageError(f"{path} is there already; take another name, or --out FILE")
    for path, content in files.items():
        _write(path, content)
    return Written(runbook, script, tuple(written), stale)


def schema_text(file: str = SCHEMA_FILE) -> str:
    """The JSON Schema that stands in a file of this name, as `runbook schema` prints it."""
    told = schema.schema_json() if file == SCHEMA_FILE else rehearsal.schema_json()
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def text(name: str, modeline: str = SCHEMA_FILE) -> str:
    """The skeleton of the runbook `name`."""
    title = name.replace("-", " ").replace("_", " ").capitalize()
    return _SKELETON.replace("MODELINE", modeline).replace("NAME", name).replace("TITLE", title)


def rehearsal_text(name: str, file: str, modeline: str | None = REHEARSAL_SCHEMA_FILE) -> str:
    """The first rehearsal of the skeleton in `file`."""
    first = f"# yaml-language-server: $schema={modeline}\n#\n" if modeline is not None else ""
    return first + _REHEARSAL.replace("FILE", json.dumps(file)).replace("NAME", name)


def _write(path: Path, content: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(content)
    except FileExistsError:
        raise UsageError(f"{path} is there already; take another name, or --out FILE") from None
    except OSError as fault:
        raise InputError(f"{path}: cannot be written ({fault.strerror}); make its folder first") from None


_SKELETON = """\
# yaml-language-server: $schema=MODELINE
#
# A runbook is a ladder for the middle of an incident. Make each rung yours, then:
#   incident-console runbook check FILE    every fault with its place, and what to do
#   incident-console runbook test FILE     the rehearsals beside it: does it lead where you expect?
#   incident-console runbook trust FILE    exactly this content may run its commands
schema: incident-console/runbook/1
id: NAME
version: "1"
title: TITLE
owner: the workflow's maintainers      # who keeps this true
when: The run is slower, louder or less certain than it was.

# The three questions, answered with the ids of rungs, in the order in which they are climbed.
first: planned-work                    # what do I run first?
second: narrowest-evidence             # what do I look at second?
stop: decide                           # when do I stop and escalate?

contexts: [local, ci, escalation]      # where the runbook is used; where the trouble was seen is asked in `scope`
watch: ["Makefile", "config/**", "scripts/**"]    # the workflow's own files: an edit of these before its time is told
logs: ["logs/**/*.log"]                # the logs to follow

rungs:
  # -- Symptom check: what changed, said so that somebody else can look at the same thing -------------------------
  - id: symptom
    role: symptom
    title: Name the symptom
    question: Which surface changed, over which scope, compared with what?
    ask:
      # `unknown: true` lets `unknown` be an answer. Silence is none, so such a field is best required as well.
      - {id: surface, type: text, prompt: "Which output, step, log or number changed?", required: true}
      - {id: comparison, type: text, prompt: "Compared with what: which run, which day?", required: true, unknown: true}
    refuse:                            # answers that say nothing, and what to write instead
      - field: surface
        pattern: '^(the )?(pipeline|workflow|run|job|it|everything) (is|seems|looks) (broken|slow|flaky|bad)'
        because: "Name the output, step, log or number that changed."

  - id: scope
    role: scope
    title: Draw the scope
    question: Which outputs, and in which operating contexts?
    ask:
      - {id: targets, type: lines, prompt: "Which outputs or steps, and which are not?", required: true, unknown: true}
      - id: contexts                   # the same, written longer
        type: many
        prompt: In which operating contexts was it seen?
        choices: [local, ci, scheduler]
        required: true
        unknown: true

  # -- Evidence route: the smallest surface that answers the question, the plan before the logs --------------------
  - id: planned-work
    role: plan
    title: Planned work
    question: What does the workflow want to do, and why?
    evidence:
      - id: dry-run
        surface: dry-run
        question: What is planned, and why?
        run: [make, -n]                # a list of words; no shell reads them
        effects: read-only             # or engine-bookkeeping, writes, runs-workflow, deletes: understate nothing
        timeout: 60                    # seconds
        expect: Only what was edited, and what depends on it.
        warn: It shows the commands that would run, not why the last ones were slow.
    needs: [dry-run]                   # what must be there before the rung is completed; `a|b`: either will do

  - id: narrowest-evidence
    role: evidence
    title: Narrowest evidence
    question: Which one log answers the claim?
    help: Write the claim first, then open one log. The noisiest log is often not the slow step.
    ask:
      - {id: claim, type: text, prompt: "Which claim does this evidence answer?", required: true}
    evidence:
      - id: failing-log
        surface: rule-log
        question: What does the log of the failed step say?
        pick: failing-log              # the console picks it from what the run left; `file: GLOB` names one
        expect: A first error that names one cause.
        warn: After a retry the file tells of the try that worked.
      - id: seen
        surface: observation           # without run, file or pick: a person looks, and writes it down
        question: What do you see there? Give the file, the line numbers and the text.
        expect: Lines that somebody else finds in the same place.
    needs: ["failing-log|seen"]

  - id: classify
    role: classify                     # has the fields class, cost, ruled_out and next_measurement without asking
    title: Classify
    question: Where does the problem live, and what did the time go into?
    escalate:
      - when: {fact: class, is: operating-context}
        to: profile-or-storage review
        because: The difference lies between machines or settings, and a local repair would hide it.

  # -- Decision boundary: whose decision it still is -----------------------------------------------------------------
  - id: decide
    role: decide                       # has the fields decision, reason and owner without asking
    title: Decide
    question: Repair it here, or move it to which review?
    ask:
      - id: changes_meaning
        type: yes-no
        prompt: Does the repair change what the workflow means?
        required: true
        unknown: true
    # -- Escalation triggers: one question each, asked of a `field` or a `fact` with is, not, includes or present ----
    escalate:
      - when: {field: changes_meaning, is: "yes"}
        to: workflow review
        because: What the workflow means is for its maintainers to change.
      - when: {fact: class, is: publish-boundary}
        to: publish-boundary review
        because: The published contract may no longer be trusted.

  # -- Proof route: the same looks again, before and after -------------------------------------------------------------
  - id: prove
    role: prove
    title: Prove
    question: Did the repair work, and what stayed the same?
    ask:
      - {id: again, type: text, prompt: "What was run again, and what did it show?", required: true, unknown: true}
      - {id: same, type: text, prompt: "What stayed the same, and which file proves it?", required: true, unknown: true}
    evidence:
      - id: dry-run-after
        surface: dry-run
        question: Is the planned work back to what is expected?
        run: [make, -n]
        effects: read-only
        timeout: 60
        expect: Nothing to be done.
        warn: It knows file times, not whether the contents are right.
"""

_REHEARSAL = """\
# What was recorded, what was answered, and where the ladder must lead then. `incident-console runbook test` climbs it
# without running anything. More of them: NAME-OTHER.rehearsal.yaml, or rehearsals/NAME-OTHER.yaml.
schema: incident-console/rehearsal/1
runbook: FILE
title: A step fails in one context, and the repair is no longer ours
facts: {context: ci}                   # what the console knows, by the names that conditions use

evidence:                              # by item: `text`, or `file` beside this one, or `failed` with the reason
  dry-run: {exit: 0, text: "python export.py --all\\n"}
  failing-log: {failed: no log of a failed step was found}

answers:                               # as in an answers file; a list is tried one after another
  symptom:
    - {surface: the pipeline is slow, comparison: last week}
    - {surface: "step export, 40 min", comparison: 6 min last week}
  scope: {targets: [export], contexts: [ci]}
  narrowest-evidence: {claim: The export waits for storage., seen: "export.log, lines 12 to 80: waiting"}
  classify: {class: operating-context, cost: storage}
  decide: {decision: profile-or-storage review, reason: The waiting is in CI only., changes_meaning: "no"}
  prove: {again: unknown, same: unknown}

path:                                  # outcome: completed where not said, refused, lacking or waived
  - {rung: symptom, outcome: refused, because: Name the output, next: symptom, gate: closed}
  - {rung: symptom, next: scope}
  - {rung: scope}
  - {rung: planned-work}
  - {rung: narrowest-evidence, gate: closed}
  - {rung: classify, escalations: [profile-or-storage review], gate: open}
  - {rung: decide}
  - {rung: prove}
ending: {class: operating-context, escalations: [profile-or-storage review], unfinished: []}
"""
