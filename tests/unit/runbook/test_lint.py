"""What a maintainer should put right in a sound runbook, and what editors are told of the format."""

from __future__ import annotations

import jsonschema  # comes with snakemake, which the test extra installs
import pytest
import yaml

from incident_console.runbook import effects, lint, rehearsal, shelf, skeleton
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


@pytest.mark.parametrize(
    "text",
    [
        "Look at line 4 of the log.",
        "Check the sum again.",
        "More jobs than expected.",
        "Do not investigate further; the cursor is theirs.",
        "Never try something else here.",
        "Escalate instead of looking, and don't dig deeper.",
    ],
)
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
        (
            ["{when: {field: surface, present: true}, go: planned-work}"],
            ["warning: the branch to planned-work goes past scope", "no way leads to the rung scope"],
        ),
        (["{when: {field: how, is: slow}, go: prove}"], ["goes past scope, narrowest-evidence, classify, decide"]),
    ],
)
def test_branches_are_followed(branches: list[str], expected: list[str]) -> None:
    told = branched(*branches)
    assert len(told) == len(expected), told
    assert all(any(part in fault for fault in told) for part in expected), told


@pytest.mark.parametrize(
    ("condition", "unknown", "never"),
    [
        ("is: many", False, True),
        ("not: many", False, True),
        ("is: 3", False, False),
        ('is: "3"', False, False),
        ("is: unknown", True, False),
        ("is: unknown", False, True),
        ("present: true", False, False),
    ],
)
def test_a_condition_that_no_number_fulfils_is_told(condition: str, unknown: bool, never: bool) -> None:
    old = "      - {id: comparison,"
    asked = f"      - {{id: rows, type: number, prompt: How many?, required: true, unknown: {str(unknown).lower()}}}\n"
    text = SOUND.replace(old, asked + old).replace(
        "{fact: class, is: operating-context}", f"{{field: rows, {condition}}}"
    )
    found = [str(fault) for fault in lint.check(loads(text.encode(), "s.yaml"))]
    assert any("can never be the answer to `rows`, which is a number" in each for each in found) is never, found


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
        ("ssh -p 22 pg2 rm -rf /x", "read-only", True),
        ("ssh pg2 uptime", "read-only", False),
        ("ssh pg2", "read-only", False),
        ("crontab -r", "read-only", True),
        ("crontab -u olga -l", "read-only", False),
        ("sort -uo x x", "read-only", True),
        ("sort -k2,2n x", "read-only", False),
        ("awk 'BEGIN{system(\"rm x\")}'", "read-only", True),
        ("awk '{print $1}' x", "read-only", False),
        ("kubectl get pods", "read-only", False),
        ("scontrol show job 8123", "read-only", False),
        ("env A=b nice -n 5 rm x", "read-only", True),
        ("timeout 5 ls", "read-only", False),
        ("find . -name x -delete", "read-only", True),
        ("find . -exec rm {} +", "read-only", True),
        ("find . -exec sha256sum {} +", "read-only", False),
        ("sh check.sh", "read-only", True),
        ("env env env env env env rm x", "read-only", False),
        ("curl -X DELETE https://h/x", "read-only", True),
        ("curl -sXDELETE https://h/x", "read-only", True),
        ("curl --request=PUT https://h/x", "read-only", True),
        ("curl -d a=b https://h/x", "read-only", True),
        ("curl --data-binary @f https://h/x", "read-only", True),
        ("curl -T f https://h/x", "read-only", True),
        ("curl -sO https://h/x", "read-only", True),
        ("curl -G -d q=1 https://h/x", "read-only", False),
        ("curl -X GET https://h/x", "read-only", False),
        ("curl -sS -o /dev/null -w %{http_code} https://h/x", "read-only", False),
        ("curl -sI https://h/x", "read-only", False),
        ("curl -X DELETE https://h/x", "deletes", False),
        ("wget https://h/x", "read-only", True),
        ("wget -qO- https://h/x", "read-only", False),
        ("wget --post-data=a -qO- https://h/x", "read-only", True),
        ("aws s3 rm s3://b/k", "read-only", True),
        ("aws --profile p s3 sync a s3://b", "read-only", True),
        ("aws s3 ls s3://b", "read-only", False),
        ("aws s3 cp s3://b/k -", "read-only", False),
        ("aws s3 rm --dryrun s3://b/k", "read-only", False),
        ("aws s3api delete-object --bucket b", "read-only", True),
        ("aws s3api head-object --bucket b", "read-only", False),
        ("gsutil -m rm gs://b/k", "read-only", True),
        ("gsutil ls gs://b", "read-only", False),
        ("gcloud storage cp a gs://b", "read-only", True),
        ("rclone sync a b:c", "read-only", True),
        ("rclone lsl b:copy", "read-only", False),
        ("gzip -kf work/a.csv", "read-only", True),
        ("gunzip a.gz", "read-only", True),
        ("gzip -t a.gz", "read-only", False),
        ("xz --list a.xz", "read-only", False),
        ("bzip2 -dc a.bz2", "read-only", False),
        ("tar xf a.tar", "read-only", True),
        ("tar -tzf a.tar", "read-only", False),
        ("unzip -l a.zip", "read-only", False),
        ("unzip a.zip", "read-only", True),
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


@pytest.mark.parametrize(
    ("words", "understated"),
    [
        (["psql", "-c", "DELETE FROM exports"], True),
        (["psql", "--command=update exports set done = true"], True),
        (["psql", "-c", "SELECT 1; drop table exports"], True),
        (["psql", "-c", "WITH gone AS (DELETE FROM exports RETURNING id) SELECT * FROM gone"], True),
        (["mysql", "-e", "INSERT INTO t VALUES (1)"], True),
        (["sqlite3", "a.db", "CREATE TABLE t (a)"], True),
        (["sqlite3", "a.db", "alter table t add column b"], True),
        (["psql", "-c", "TRUNCATE exports"], True),
        (["psql", "-c", "SELECT * FROM log WHERE said = 'delete from exports'"], False),
        (["psql", "-c", "SELECT create_time, update_count FROM exports"], False),
        (["psql", "-c", "EXPLAIN DELETE FROM exports"], False),
        (["psql", "-c", "EXPLAIN ANALYZE DELETE FROM exports"], True),
        (["mysql", "-e", "SHOW CREATE TABLE exports"], False),
        (["python", "-c", "import os; os.remove('a')"], True),
        (["python3.11", "-c", "from pathlib import Path; Path('a').unlink()"], True),
        (["python3", "-c", "import shutil; shutil.rmtree('out')"], True),
        (["python3", "-c", "open('a', 'w').write('x')"], True),
        (["python3", "-c", "open('a', mode='ab')"], True),
        (["env", "A=b", "python3", "-c", "Path('a').write_text('x')"], True),
        (["python3", "-c", "print(open('a', 'rb').read())"], False),
        (["python3", "-c", "print(open('wax').read())"], False),
    ],
)
def test_a_statement_and_a_one_liner_are_read(words: list[str], understated: bool) -> None:
    item = {"id": "e", "surface": "diff", "question": "q", "run": words, "effects": "read-only"}
    assert (effects.understated(EvidenceItem.model_validate(item)) is not None) is understated


@pytest.mark.parametrize(
    ("words", "script"),
    [
        ("./export.sh dump tonight", "./export.sh"),
        ("scripts/show", "scripts/show"),
        ("bash script.sh", "script.sh"),
        ("python -u script.py", "script.py"),
        ("nice Rscript count.R", "count.R"),
        ("python -m json.tool a.json", ""),
        ("/usr/bin/uptime", ""),
        ("tail logs/a.log", ""),
        ("squeue --me", ""),
    ],
)
def test_a_script_declared_read_only_is_warned_of_and_a_program_of_the_machine_is_not(words: str, script: str) -> None:
    found = told("run: [make, -n]                #", f"run: [{', '.join(words.split())}]  #")
    if script:
        assert (
            len(found) == 1 and f"warning: what {script} does is not known to this check; say its effects" in found[0]
        )
    else:
        assert found == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("['make -n']", "the program is called 'make -n', blanks and all; [make, -n], or shell: true"),
        ("[ls, '|', wc]", "'|' is only a word here: no shell reads it; shell: true"),
        ("[make, -n, out, '&&', ls]", "'&&' is only a word here"),
        ("[df, '>', out]", "'>' is only a word here"),
        ("[df, '2>/dev/null']", "'2>/dev/null' is only a word here"),
        (
            "[gzip, -t, 'published/*.gz']",
            "'published/*.gz' is taken for a file's name: no shell fills it in; shell: true",
        ),
        ("[ls, ~/logs]", "'~/logs' is only a word here"),
        ("[ls, $HOME]", "'$HOME' is only a word here"),
    ],
)
def test_words_that_only_a_shell_would_read_are_told(words: str, expected: str) -> None:
    old = "run: [make, -n]                #"
    found = told(old, f"run: {words}  #")
    assert len(found) == 1 and expected in found[0] and "warning" not in found[0]


@pytest.mark.parametrize(
    "words",
    [
        "[find, ., -name, '*.log', -exec, wc, '{}', ';']",
        "[grep, -c, '|', a.log]",
        "[cut, -d, '|', a.log]",
        "[git, --no-pager, diff, --, '*.py']",
        "[ls, -I, '*.gz']",
        "['./my tool/show', a]",
    ],
)
def test_such_words_where_the_program_reads_them_itself_are_fine(words: str) -> None:
    assert not [each for each in told("run: [make, -n]                #", f"run: {words}  #") if "warning" not in each]


def test_a_line_for_a_shell_may_hold_them() -> None:
    assert told("run: [make, -n]                #", "shell: true\n        run: ['ls *.log | wc -l']  #") == []


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
    definitions |= rehearsal.schema_json()["$defs"] | {"Script": rehearsal.schema_json()}
    for name, definition in definitions.items():
        assert definition["description"], name
        for key, told in definition["properties"].items():
            assert told.get("description"), f"{name}.{key}"
    for name in (skeleton.SCHEMA_FILE, skeleton.REHEARSAL_SCHEMA_FILE):
        shipped = shelf.shipped()[0].with_name(name)
        assert shipped.read_text() == skeleton.schema_text(name), "renew it: incident-console runbook schema > …"
    for path in shelf.shipped():
        assert path.read_text().splitlines()[0] == f"# yaml-language-server: $schema={skeleton.SCHEMA_FILE}"
