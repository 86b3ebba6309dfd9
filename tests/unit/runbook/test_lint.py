"""What a maintainer should put right in a sound runbook, and what editors are told of the format."""

from __future__ import annotations

import jsonschema  # comes with snakemake, which the test extra installs
import pytest
import yaml

from incident_console.runbook import effects, lint, shelf, skeleton
from incident_console.runbook.faults import RunbookFaults
from incident_console.runbook.load import loads
from incident_console.runbook.schema import EvidenceItem, schema_json

BARE = """\
schema: incident-console/runbook/1
id: bare
version: "1"
title: Bare
owner: me
when: Always.
first: look
second: look
stop: sort
rungs:
  - id: look
    role: state
    question: What is there?
    ask: [{id: what, type: choice, prompt: What?, choices: [a, b]}]
    next:
      - {when: {field: what, is: a}, go: sort}
      - {when: {field: what, is: a}, go: sort}
      - {when: {field: what, is: c}, go: sort}
    evidence:
      - {id: run, surface: dry-run, question: What is planned?, run: [snakemake, -c1], effects: read-only}
  - id: sort
    role: classify
    question: What is it?
    help: Otherwise investigate further.
    ask: [{id: class, type: choice, prompt: Which?, choices: [tool-behaviour]}]
"""


def test_every_weakness_is_told_at_its_place() -> None:
    told = [str(fault) for fault in lint.check(loads(BARE.encode(), "b.yaml"))]
    assert told == [
        "b.yaml:8:9: `first` and `second` both name look; a rung of its own for: what do I look at second?",
        "b.yaml:11:3: there is no symptom check; a rung with the role symptom",
        "b.yaml:11:3: there is no evidence route; a rung with the role evidence",
        "b.yaml:11:3: there is no decision boundary; a rung with the role decide",
        "b.yaml:11:3: there is no proof route; a rung with the role prove",
        "b.yaml:11:3: nothing says when to escalate; `escalate` triggers in at least one rung",
        "b.yaml:17:9: this branch is never taken; an earlier one takes all it asks for; drop it",
        "b.yaml:18:16: 'c' can never be the answer to `what`; allowed: a, b",
        "b.yaml:20:9: warning: run says nothing of what to expect; expect: what a healthy run shows",
        "b.yaml:20:97: snakemake without -n or a query runs the workflow; effects: runs-workflow",
        "b.yaml:24:11: 'investigate further' is no next step; name the measurement, or who to escalate to",
        "b.yaml:25:11: tool-behaviour: no such class; allowed: workflow-semantics, operating-context,"
        " storage-visibility, tool-behavior, publish-boundary, undetermined",
    ]


# -- the skeleton, changed in one place: every lint is told of a runbook that is sound otherwise ----------------------

SOUND = skeleton.text("sound")


def told(old: str, new: str) -> list[str]:
    assert SOUND.count(old) == 1, f"{old!r} must stand once in the skeleton"
    return [str(fault) for fault in lint.check(loads(SOUND.replace(old, new).encode(), "s.yaml"))]


def test_the_skeleton_lints_clean() -> None:
    assert lint.check(loads(SOUND.encode(), "s.yaml")) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("first: planned-work ", "first: prove ", "which is climbed before prove, named by `first`"),
        ("second: narrowest-evidence", "second: planned-work", "`first` and `second` both name planned-work"),
        ("owner: the workflow's maintainers", "owner: TBD", "warning: the owner 'TBD' is nobody"),
        ("to: profile-or-storage review", "to: somebody", "'somebody' is nobody; a review, a team or a person"),
        ("title: Sound", f"title: {'S' * 73}", "warning: `title` has 73 characters and is cut on the screen"),
        ("title: Planned work", f"title: {'P' * 41}", "warning: `title` has 41 characters"),
        ("expect: Nothing to be done.", "expect: ''", "warning: dry-run-after says nothing of what to expect"),
        ("role: classify ", "role: prove ", "the rung for prove stands before the one for decide"),
        ("is: operating-context", "is: operating-contxt", "'operating-contxt' can never be the answer to `class`"),
        ("is: operating-context", "not: operating-contxt", "'operating-contxt' can never be the answer to `class`"),
        ("fact: class, is: operating-context", "fact: status, is: done", "'done' can never be the answer to `status`"),
        ("fact: class, is: operating-context", "fact: confidence, is: low", "nothing ever sets the fact confidence"),
        ('changes_meaning, is: "yes"', "changes_meaning, is: maybe", "allowed: yes, no, unknown"),
        ("[make, -n]                #", "[make, clean]             #", "`make` may run anything"),
    ],
)
def test_a_weakness_of_a_sound_runbook_is_told(old: str, new: str, expected: str) -> None:
    assert any(expected in fault for fault in told(old, new)), told(old, new)


@pytest.mark.parametrize(
    "ending",
    [
        "investigate further",
        "Look into it.",
        "look into the issue",
        "further analysis is needed",
        "Figure it out.",
        "then find out why",
        "keep digging",
        "see what happens",
        "Analyse it deeper",
        "Use your judgement.",
        "debug the issue, and troubleshoot it",
    ],
)
def test_an_ending_that_sends_the_reader_away_is_told_in_other_words_too(ending: str) -> None:
    assert any("is no next step" in fault for fault in told("help: Write the claim first", f"help: {ending} Write"))


@pytest.mark.parametrize("text", ["Look at line 4 of the log.", "Check the sum again.", "More jobs than expected."])
def test_a_step_is_no_such_ending(text: str) -> None:
    assert told("help: Write the claim first", f"help: {text} Write") == []


def test_a_refusal_of_such_words_is_none_either() -> None:
    assert told("'^(the )?(pipeline|workflow|run|job|it|everything)", "'investigate further|^(it)") == []


RUNGS = """\
    next:
      - {branches}
  - id: scope
"""


def branched(*branches: str) -> list[str]:
    """Faults of the skeleton whose symptom rung asks `how` (fast, slow) and has these branches."""
    asked = 'surface, type: text, prompt: "Which output, step, log or number changed?", required: true}'
    text = SOUND.replace(
        asked, asked + "\n      - {id: how, type: choice, prompt: How?, choices: [fast, slow], required: true}"
    )
    text = text.replace("  - id: scope\n", RUNGS.format(branches="\n      - ".join(branches)))
    assert text != SOUND
    return [str(fault) for fault in lint.check(loads(text.encode(), "s.yaml"))]


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        (["{when: {field: how, is: slow}, go: scope}"], []),
        (["{when: {field: how, present: false}, go: scope}"], ["`how` must be answered here, so it is never absent"]),
        (
            ["{when: {field: claim, present: true}, go: scope}"],
            ["`claim` is answered only later, in narrowest-evidence"],
        ),
        (["{when: {fact: class, is: undetermined}, go: scope}"], ["`class` is answered only later, in classify"]),
        (
            ["{when: {field: how, not: slow}, go: scope}", "{when: {field: how, is: fast}, go: planned-work}"],
            ["this branch is never taken"],
        ),
        (
            ["{when: {field: how, present: true}, go: planned-work}"],
            ["warning: the branch to planned-work goes past scope", "no way leads to the rung scope"],
        ),
        (
            ["{when: {field: how, is: slow}, go: planned-work}", "{when: {field: how, is: fast}, go: planned-work}"],
            ["goes past scope", "goes past scope", "no way leads to the rung scope"],
        ),
        (["{when: {field: how, is: slow}, go: prove}"], ["goes past scope, narrowest-evidence, classify, decide"]),
    ],
)
def test_branches_are_followed(branches: list[str], expected: list[str]) -> None:
    told = branched(*branches)
    assert len(told) == len(expected), told
    assert all(any(part in fault for fault in told) for part in expected), told


def test_a_branch_that_goes_round_in_a_circle_is_told() -> None:
    back = "    next: [{when: {field: again, is: unknown}, go: scope}]\n    evidence:\n      - id: dry-run-after\n"
    text = SOUND.replace("    evidence:\n      - id: dry-run-after\n", back)
    (fault,) = lint.check(loads(text.encode(), "s.yaml"))
    assert "goes round in a circle: scope was climbed on the way to prove" in str(fault)


def test_a_rung_that_asks_and_looks_at_nothing_is_warned_of() -> None:
    text = SOUND.replace("  - id: scope\n", "  - {id: empty, question: And now?}\n  - id: scope\n")
    (fault,) = lint.check(loads(text.encode(), "s.yaml"))
    assert fault.severity == "warning" and "the rung empty asks nothing and looks at nothing" in str(fault)


def test_a_question_that_may_be_left_empty_and_that_nothing_reads_is_warned_of() -> None:
    asked = "\n      - {id: mood, type: text, prompt: How is it?}\n    evidence:\n      - id: failing-log"
    (fault,) = told("\n    evidence:\n      - id: failing-log", asked)
    assert "warning: `mood` may be left empty, and nothing reads it" in fault


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "declared", "understated"),
    [
        ("rm -r out", "read-only", True),
        ("/bin/mv a b", "engine-bookkeeping", True),
        ("rm -r out", "deletes", False),
        ("sed -i s/a/b/ x", "read-only", True),
        ("sed -n 5p x", "read-only", False),
        ("snakemake -c1", "engine-bookkeeping", True),
        ("snakemake --snakefile x --cores 4", "engine-bookkeeping", True),
        ("snakemake --unlock", "engine-bookkeeping", True),
        ("snakemake -np", "read-only", True),
        ("snakemake -np", "engine-bookkeeping", False),
        ("snakemake --list-changes code", "engine-bookkeeping", False),
        ("snakemake --dry-run", "engine-bookkeeping", False),
        ("make verify-report", "read-only", True),
        ("make -n verify-report", "read-only", False),
        ("git checkout .", "read-only", True),
        ("git --no-pager diff HEAD", "read-only", False),
        ("git -C . reset --hard", "read-only", True),
        ("git push", "engine-bookkeeping", True),
        ("snakemake --touch", "engine-bookkeeping", True),
        ("snakemake -n --unlock", "engine-bookkeeping", True),
        ("snakemake --cleanup-shadow", "engine-bookkeeping", True),
        ("scancel 8123", "read-only", True),
        ("kill -9 4121", "read-only", True),
        ("kill -0 4121", "read-only", False),
        ("docker rm web", "read-only", True),
        ("docker ps", "read-only", False),
        ("kubectl delete pod x", "read-only", True),
        ("kubectl get pods", "read-only", False),
        ("scontrol show job 8123", "read-only", False),
        ("env A=b nice -n 5 rm x", "read-only", True),
        ("timeout 5 ls", "read-only", False),
        ("find . -name x -delete", "read-only", True),
        ("find . -exec rm {} +", "read-only", True),
        ("find . -exec sha256sum {} +", "read-only", False),
        ("sh check.sh", "read-only", True),
        ("env env env env env env rm x", "read-only", False),
    ],
)
def test_a_command_that_does_more_than_it_declares_is_told(command: str, declared: str, understated: bool) -> None:
    item = {"id": "e", "surface": "diff", "question": "q", "run": command.split(), "effects": declared}
    assert (effects.understated(EvidenceItem.model_validate(item)) is not None) is understated


@pytest.mark.parametrize(
    ("line", "understated"),
    [
        ("ls > files", True),
        ("ls 2>&1", False),
        ("ls 2>/dev/null", False),
        ("rm -r x; ls", True),
        ("ls && git clean -fd", True),
        ("ls | tee files", True),
        ("grep '>' log", False),
        ("A=b sh -c 'cd x; rm y'", True),
        ("echo 'unfinished", False),
    ],
)
def test_a_shell_line_is_read_too(line: str, understated: bool) -> None:
    item = {"id": "e", "surface": "diff", "question": "q", "run": [line], "shell": True, "effects": "read-only"}
    assert (effects.understated(EvidenceItem.model_validate(item)) is not None) is understated


# -- the JSON Schema --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = schema_json()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_json_schema_takes_the_shipped_runbooks_and_the_skeleton(
    validator: jsonschema.Draft202012Validator,
) -> None:
    for text in (*(path.read_bytes() for path in shelf.shipped()), SOUND.encode()):
        assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: sound", "id: Not An Id"),
        ("title: Sound", "titel: Sound"),
        ('version: "1"', "version: 1"),
        ("role: classify ", "role: classfy "),
        ("type: yes-no", "type: maybe"),
        ("type: yes-no", "type: choice"),
        ("type: yes-no", "type: text\n        choices: [a]"),
        ("fact: class, is: operating-context", "fact: klass, is: operating-context"),
        ("fact: class, is: operating-context", "fact: class, field: claim, is: operating-context"),
        ("fact: class, is: operating-context", "fact: class, is: operating-context, not: tool-behavior"),
        ("fact: class, is: operating-context", "fact: class"),
        ("effects: read-only             #", "effects: harmless            #"),
        ("        effects: read-only             #", "        #"),
        ("timeout: 60                    #", "timeout: 3601                  #"),
        ("pick: failing-log              #", "pick: anything                 #"),
        ("pick: failing-log              #", "pick: failing-log\n        file: x    #"),
        ("[make, -n]                #", "make -n                   #"),
        ("contexts: [local, ci, escalation]", "contexts: local"),
    ],
)
def test_the_json_schema_refuses_what_the_reader_refuses(
    validator: jsonschema.Draft202012Validator, old: str, new: str
) -> None:
    assert SOUND.count(old) == 1, f"{old!r} must stand once in the skeleton"
    broken = SOUND.replace(old, new)
    assert list(validator.iter_errors(yaml.safe_load(broken)))
    with pytest.raises(RunbookFaults):
        loads(broken.encode(), "s.yaml")


def test_the_json_schema_describes_every_key_and_the_file_that_ships_is_up_to_date() -> None:
    definitions = schema_json()["$defs"] | {"Runbook": schema_json()}
    for name, definition in definitions.items():
        assert definition["description"], name
        for key, told in definition["properties"].items():
            assert told.get("description"), f"{name}.{key}"
    shipped = shelf.shipped()[0].with_name(skeleton.SCHEMA_FILE)
    assert shipped.read_text() == skeleton.schema_text(), "renew it: incident-console runbook schema > runbooks/…"
    for path in shelf.shipped():
        assert path.read_text().splitlines()[0] == f"# yaml-language-server: $schema={skeleton.SCHEMA_FILE}"
