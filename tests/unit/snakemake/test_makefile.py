"""Would asking make run anything, and what would the commands do that it prints?"""

import pytest

from incident_console.snakemake.makefile import Call, call_of, read_makefile
from incident_console.snakemake.shelleffects import effects_of


def kinds(script: str) -> list[str]:
    return [one.kind for one in effects_of(script).found]


@pytest.mark.parametrize(
    "script",
    [
        "snakemake -n",
        "snakemake -pn --cores 1",
        "snakemake --dryrun -c4 all",
        "snakemake --summary > /dev/null 2>&1",
        "cd sub && python3 -m snakemake --list-changes code",
        "SNAKEMAKE_PROFILE=x time snakemake --lint || true",
        "sh -c 'snakemake -n; echo done'",
        "uv run --frozen snakemake --dag | head -3",
        "conda run -n wf snakemake -n",
        "if [ -f x ]; then echo yes; fi",
        "# rm -rf logs",
        "git -C . status --short; git clean -n",
        "find . -name '*.log' | wc -l",
        "timeout 30 snakemake -n",
        "",
    ],
)
def test_what_only_looks_has_no_effect(script: str) -> None:
    assert effects_of(script).none, effects_of(script)


@pytest.mark.parametrize(
    "script",
    [
        "snakemake -c4",
        "snakemake --cores all --rerun-incomplete",
        "python3.11 -m snakemake -j 4",
        "bash -euo pipefail -c 'cd wf && snakemake -c1'",
        "cd wf; env A=b nice -n 5 snakemake -jn1",
        "uv run snakemake -c1 2> /dev/null",
        'echo "$(snakemake -c1)"',
        "eval 'snakemake -c1'",
        "poetry run python -m snakemake -c1",
    ],
)
def test_what_runs_the_workflow_is_told(script: str) -> None:
    assert kinds(script) == ["runs-workflow"]


@pytest.mark.parametrize(
    ("script", "evidence"),
    [
        ("rm -rf logs benchmarks", True),
        ("rm -rf ./.snakemake", True),
        ("rm -f build/x.o", False),
        ("find logs -type f -delete", True),
        ("find . -name '*.log' -exec rm {} +", False),
        ("ls results/* | xargs rm -f", False),
        ("git clean -fdx", True),
        ("git checkout -- .", False),
        ("snakemake --delete-all-output -c1", True),
        ("if true; then rm -r publish/v1; fi", True),
        ("sh -c \"rm -rf 'results'\"", True),
        ("rsync -a --delete a/ b/", False),
    ],
)
def test_what_deletes_is_told_and_whether_it_is_evidence(script: str, evidence: bool) -> None:
    found = effects_of(script).found
    assert [(one.kind, one.evidence) for one in found] == [("deletes", evidence)]


@pytest.mark.parametrize(
    "script", ["snakemake -n > plan.txt", "mkdir -p x", "sed -i s/a/b/ config.yaml", "snakemake -t"]
)
def test_what_writes_is_told(script: str) -> None:
    assert kinds(script) == ["writes"]


@pytest.mark.parametrize(
    "script",
    ["./run.sh", "python scripts/plan.py", "bash run.sh", "$SNAKEMAKE -n", "make other", "echo 'open", "cat <<EOF"],
)
def test_what_is_not_known_is_not_guessed(script: str) -> None:
    seen = effects_of(script)
    assert seen.unclear and not seen.found


def test_a_flood_of_commands_or_of_nesting_is_not_read_to_its_end() -> None:
    assert effects_of("rm x\n" * 100_000).unclear
    nested = "rm x"
    for _ in range(12):
        nested = f'echo "$({nested})"'
    effects_of(nested)
    assert effects_of("$(" * 5000 + ")" * 5000) is not None


PLAIN = """\
.PHONY: plan tour
CORES ?= 4
REV := $(shell git rev-parse HEAD 2>/dev/null || echo none)
FILES := $(shell find data -name '*.txt' | sort)
plan:
\t@snakemake -n -p
tour: clean
\t$(MAKE) confirm
\tsnakemake --cores $(CORES)
# $(shell rm -rf x) is a comment
"""


def test_an_ordinary_makefile_may_be_asked() -> None:
    read = read_makefile(PLAIN)
    assert read.runs == () and read.calls == (Call(),) and not read.remakes("Makefile")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("\t+rm -rf logs", "line 2: a recipe line with +"),
        ("\t@-+rm -rf logs", "with +"),
        ("y: x; +rm z", "with +"),
        ("PRE = +", "PRE begins with +"),
        ("PRE := @+rm", "PRE begins with +"),
        ("\t$(MAKE) clean && rm -rf logs", "a line with $(MAKE)"),
        ("\t@rm x; ${MAKE} clean", "a line with $(MAKE)"),
        ("\t$(MAKE) -C $(DIR)", "a line with $(MAKE)"),
        ("X := $(shell rm -rf logs)", "$(shell rm -rf logs) is run"),
        ("X = $(shell echo a > b)", "is run while make reads"),
        ("X != ./setup.sh", "is run while make reads"),
        ("\techo $(shell python3 make_dirs.py)", "is run while make reads"),
        ("X := $(shell $(PYTHON) -c 'x')", "is run while make reads"),
        ("X := $(call shell,rm x)", "is run while make reads"),
        ("$(eval $(call rules,a))", "$(eval"),
        ("\t$(file >x,y)", "$(file"),
        ("load evil.so", "changes how"),
        (".RECIPEPREFIX = >", "changes how"),
        ("MAKEFLAGS = -k", "MAKEFLAGS is set"),
        ("X := \\", ""),
    ],
)
def test_what_make_would_run_although_it_shall_only_print_is_found(line: str, why: str) -> None:
    runs = read_makefile("all:\n" + line + "\n").runs
    assert (why in " ".join(runs)) if why else runs == ()


def test_a_makefile_that_rules_remake_is_found() -> None:
    assert read_makefile("config.mk: config.yaml\n\t./gen > $@\n").remakes("config.mk")
    assert read_makefile("%.mk: %.yaml\n\t./gen\n").remakes("config.mk")
    assert not read_makefile("%.o: %.c\n\tcc $<\nA := b:c\n").remakes("Makefile")


def test_no_bytes_make_it_raise() -> None:
    for text in ("\0" * 100, "$(shell " * 3000, "a:" * 10_000, "\\\n" * 1000, "include " + "x " * 1000, "\t\t+ $(MAKE"):
        read_makefile(text)


def test_the_words_of_a_call_say_which_makefile_is_meant() -> None:
    assert call_of(["-C", "wf", "plan"]) == Call("wf", None)
    assert call_of(["--directory=wf", "-fx.mk"]) == Call("wf", "x.mk")
    assert call_of(["plan", "CORES=4"]) == Call()
    assert call_of(["--eval", "x:=$(shell rm y)"]).opaque
    assert call_of(["plan", "X=$(shell rm y)"]).opaque
