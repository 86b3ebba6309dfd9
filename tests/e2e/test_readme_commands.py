"""Does every command that the README tells somebody to type do what it says there?

The blocks are run from top to bottom as they stand, by a shell, in the folder of a real run that failed. What opens a
screen is given a terminal, and is left with `q`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from incident_console.cli import main
from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.needs import needs

pytestmark = [needs("snakemake", "bash"), pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ON_A_SCREEN = re.compile(r"incident-console (open|resume|tail)\b|incident-console accept (?!.*--readback)")
ANSWERS_NO = {
    "collect": "rungs are left open in an unfinished answers file",
    "compare .*--md": "that run failed, so nobody can tell what it would have made",
    "gate": "that record's note does not name a class yet",
}
"""The commands that rightly end with 1 here."""
RUN = ROOT / "tests/corpus/c2-deterministic-fail-stop-v9/wd"
ANSWERS = """schema: incident-console/answers/1
operator: nightly
rungs:
  symptom: {surface: out/summary.tsv is old, scope: sample B, comparison: unknown, sentence: align of B failed.}
"""


def blocks() -> Iterator[list[str]]:
    """The commands of each block, without what is said of them."""
    for block in README.split("```")[1::2]:
        lines = [re.split(r"\s+# ", line)[0].strip() for line in block.splitlines()]
        commands = [line for line in lines if re.match(r"(snakemake .*\| )?incident-console ", line)]
        if commands and "WORKDIR" not in block and not block.startswith("sh\n"):
            yield commands


@dataclass(frozen=True)
class Place:
    """Somebody at the workflow."""

    desk: Desk
    workdir: Path

    @property
    def environment(self) -> dict[str, str]:
        path = f"{Path(COMMAND).parent}:{self.desk.environment['PATH']}"
        return {**self.desk.environment, "PATH": path}

    def typed(self, line: str) -> int:
        """What the line ended with."""
        if not (ON_A_SCREEN.search(line) or "runbook trust" in line):
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=self.workdir,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=90,
            )
            print(line, done.stdout[-2000:], done.stderr[-2000:], sep="\n")
            assert "Traceback" not in done.stderr
            return done.returncode
        with Terminal(["bash", "-c", line], cwd=self.workdir, env=self.environment) as terminal:
            if "runbook trust" in line:
                terminal.wait_for("May exactly this content run its commands?")
                terminal.type("yes\r")
                return terminal.process.wait(30)
            terminal.wait_until(lambda shown: "? Help" in shown or "F1 Help" in shown, f"{line!r} to open", 60)
            if "incident-console open " in line:  # else `q` may be typed into a question that comes a moment later
                there = ("Go on with it?", "saved", "read-only")
                terminal.wait_until(lambda shown: any(text in shown for text in there), f"{line!r} to ask", 60)
            terminal.wait_quiet()
            if "Go on with it?" in terminal.screen():
                terminal.press("enter")
                terminal.wait_gone("Go on with it?")
            terminal.press("q")
            return terminal.process.wait(30)


def somebody(home: Path, name: str) -> Desk:
    seen = home / ".local/state/incident-console"
    seen.mkdir(parents=True, mode=0o700)
    (seen / "first-run-seen").touch()
    return Desk(home, name)


def test_what_the_readme_says_to_type_works_from_top_to_bottom(tmp_path: Path) -> None:
    workdir = tmp_path / "panel"
    shutil.copytree(RUN, workdir)
    (workdir / "answers.yaml").write_text(ANSWERS, encoding="utf-8")
    shutil.copy(next((workdir / ".snakemake/log").glob("*.log")), workdir / "run.log")
    mira, ben = (Place(somebody(tmp_path / name, name), workdir) for name in ("mira", "ben"))
    typed = 0
    for commands in blocks():
        place = ben if any("accept" in line for line in commands) else mira
        for line in commands:
            no = any(re.search(f"incident-console {command}", line) for command in ANSWERS_NO)
            assert place.typed(line) == (1 if no else 0), line
            typed += 1
    assert typed > 20
    assert (workdir / "back.zip").is_file() and (workdir / "summary.md").stat().st_size
    assert mira.typed("incident-console accept back.zip --as mira --readback 'the file is fetched, I close it'") == 0


@pytest.mark.parametrize(
    "line", re.findall(r"^incident-console .*", README.split("\n## Commands")[1].split("```")[1], re.M)
)
def test_every_option_of_the_list_of_commands_is_one_that_the_command_has(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = line.split("    ")[0].removeprefix("incident-console ")
    for part in re.split(r" \| (?=[a-z]+ )", usage):
        words = part.split()
        if words[0] == "runbook":
            words = words[:1]
        main([words[0], "--help"])
        told = capsys.readouterr().out
        assert [option for option in re.findall(r"--?[a-z][a-z-]*", part) if option not in told] == []


def test_every_verb_of_runbook_is_one_that_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    (verbs,) = re.findall(r"^incident-console runbook ([a-z |]+)$", README, re.M)
    main(["runbook", "--help"])
    told = capsys.readouterr().out
    assert [verb for verb in verbs.split(" | ") if not re.search(rf"^ +{verb}\b", told, re.M)] == []
