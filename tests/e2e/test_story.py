"""One incident from the first look to the hand-over: the installed command on a real terminal, on a real flaky run.

The story is played once for each size of terminal, by keys alone; the tests look at what it left behind.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Desk
from tests.e2e.flaky import BROKEN, CLUE, Flaky
from tests.e2e.terminal import Terminal
from tests.needs import needs

pytestmark = [needs("snakemake", "sha256sum"), pytest.mark.timeout(180)]

NOTE = "storage was slow at noon: ask Ira [b]"


@dataclass
class Told:
    """What the story left behind."""

    desk: Desk
    run: Flaky
    screens: dict[str, str] = field(default_factory=dict)
    killed: int = 0
    run_went_on: bool = False
    record_before: list[str] = field(default_factory=list)
    """The journal's lines when the console was killed."""
    left: bytes = b""
    """What the terminal got after the operator pressed q."""
    modes: set[str] = field(default_factory=set)
    echoes: bool = False
    bundle: Path = Path()
    run_exit: int = -1

    @property
    def journal(self) -> list[dict[str, Any]]:
        lines = (self.desk.record() / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line["data"] for line in self.journal if line["kind"] == kind]


@pytest.fixture(scope="module", params=[(80, 24), (200, 50)], ids=["80x24", "200x50"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    columns, lines = request.param
    folder = tmp_path_factory.mktemp("story")
    desk = Desk(folder, "mira")
    with Flaky.start(folder) as run:
        run.wait_for_file("logs/B/align.log", "aligning")
        story = Told(desk, run)
        with desk.console("open", run.workdir, columns=columns, lines=lines) as console:
            _see_the_facts(story, console)
            _name_the_symptom(story, console)
            _look_at_the_plan(story, console)
            _look_at_the_state(story, console)
            _read_the_logs(story, console)
            _lose_the_console_in_the_middle_of_a_note(story, console)
        with desk.console("resume", columns=columns, lines=lines) as console:
            _go_on(story, console)
            _hand_over(story, console)
            _leave(story, console)
        story.run_exit = run.finish()
        yield story


def _see_the_facts(story: Told, console: Terminal) -> None:
    story.screens["opened"] = console.wait_for("● running", "✓ saved", "align B", "settle", f"pid {story.run.pid}")
    story.run.open("align")
    console.wait_for("↻ align × 1", "being tried again")
    story.run.open("again")
    console.wait_for("recovered on retry")
    story.run.open("count")
    story.screens["facts"] = console.wait_for("✗ count × 1", "failed for good", BROKEN, CLUE)


def _answer(console: Terminal, row: str, text: str) -> None:
    """Answer the row under the cursor: what is drafted, and this typed after it."""
    console.wait_highlighted(row)
    console.press("enter")
    console.wait_for("Enter takes")
    console.type(text)
    console.wait_for("Enter takes", text)
    console.press("enter")
    console.wait_for(f"✓ {row}")


def _asks(console: Terminal, question: str) -> bool:
    """Whether the panel at the foot asks this."""
    return question in console.screen().rpartition("╭")[2]


def _name_the_symptom(story: Told, console: Terminal) -> None:
    """Enter on the first question; the others are asked by themselves, each with what the run suggests."""
    console.press("1")
    console.wait_highlighted("Which surface changed: which")
    console.press("enter")
    said = {"Which surface changed": "", "Over which scope": "", "Compared with what": "the run of yesterday"}
    for question, text in (said | {"The symptom in one sentence": ""}).items():
        console.wait_until(lambda _, asked=question: _asks(console, asked), f"{question!r} to be asked")
        console.type(text)
        console.wait_for("Enter takes", text)
        console.press("enter")
        console.wait_for(f"✓ {question}")
    console.wait_highlighted("complete this rung")
    console.press("enter")
    story.screens["symptom done"] = console.wait_for("2 Draw the scope", "1✓")


def _look_at_the_plan(story: Told, console: Terminal) -> None:
    console.press("3")
    console.wait_highlighted("dry-run")
    console.press("c")
    story.screens["plan"] = console.wait_for("✓ captured", "rc 0", timeout=60)
    console.move_to("complete this rung")
    console.press("enter")
    console.wait_for("4 State and change cause", "3✓")


def _look_at_the_state(story: Told, console: Terminal) -> None:
    console.wait_highlighted("summary")
    console.press("c")
    console.wait_until(lambda _: len(story.of("evidence.captured")) == 2, "the summary in the journal", timeout=60)
    console.move_to("What is stale or missing")
    _answer(console, "What is stale or missing", "out/F.tsv is missing")
    console.wait_highlighted("complete this rung")
    console.press("enter")
    story.screens["state done"] = console.wait_for("5 Narrowest evidence", "4✓ 5▸")


def _read_the_logs(story: Told, console: Terminal) -> None:
    console.press("tab")
    console.wait_for("≡ run log")
    console.move_to("✗ count F failed")
    story.screens["logs"] = console.screen()
    console.press("enter")
    console.wait_for("counting F", "following")
    console.press("p")
    console.wait_for("pinned")
    console.press("shift+tab")
    console.move_to("◂ align B attempt 1")
    console.press("enter")
    story.screens["kept attempt"] = console.wait_for("evidence #", "aligning B", CLUE)


def _lose_the_console_in_the_middle_of_a_note(story: Told, console: Terminal) -> None:
    console.press("n")
    console.wait_for("Note", "Enter takes")
    console.type(NOTE)
    console.wait_for(NOTE)
    drafts = story.desk.record() / "drafts.json"
    console.wait_until(lambda _: drafts.exists() and NOTE in drafts.read_text(encoding="utf-8"), "the draft on disk")
    story.screens["before"] = console.screen()
    console.process.kill()
    story.killed = console.wait_end()
    story.run_went_on = story.run.goes_on
    story.record_before = (story.desk.record() / "journal.jsonl").read_text(encoding="utf-8").splitlines()


def _go_on(story: Told, console: Terminal) -> None:
    story.screens["resumed"] = console.wait_for("5 Narrowest evidence", "✓ saved", "● running", "Which one log")
    console.press("n")
    story.screens["draft"] = console.wait_for("Note", NOTE)
    console.press("f2")
    console.wait_for("Note", "◉ inference")
    console.press("enter")
    console.wait_gone("Enter takes")


def _hand_over(story: Told, console: Terminal) -> None:
    console.press("h")
    console.wait_for("that only you can say")
    console.press("w")
    console.wait_for("Who takes it", "Before it is given")
    console.type("Rosa, storage team")
    console.wait_for("Rosa, storage team")
    console.press("enter")
    console.wait_for("It goes to Rosa, storage team", "Enter gives it")
    console.press("enter")
    console.wait_for("and-off written")
    (story.bundle,) = story.desk.home.glob("INC-*.zip")


def _leave(story: Told, console: Terminal) -> None:
    if "─ Hand-off written ─" in console.screen():
        console.close_page("Hand-off written")
    before = len(console.raw)
    console.press("q")
    assert console.wait_end() == 0
    story.left = console.raw[before:]
    story.modes = console.modes()
    story.echoes = console.echoes()


def test_the_first_screen_tells_which_run_it_is_and_what_runs(told: Told) -> None:
    shown = told.screens["opened"]
    assert told.desk.record().name[:20] in shown
    assert re.search(r"\d\d:\d\d:\d\dZ", shown)
    assert "no rung open" in shown and "gate ◌ closed" in shown
    assert "no failure so far" in shown


def test_failures_stand_by_cause_with_the_line_that_says_why(told: Told) -> None:
    shown = told.screens["facts"]
    assert shown.index("✗ count × 1  F") < shown.index(BROKEN) < shown.index("↻ align × 1  B") < shown.index(CLUE)
    assert "↻ 1" in shown and "✗ 1" in shown


def test_three_rungs_are_climbed_and_the_second_is_not_done_in_silence(told: Told) -> None:
    completed = [data["rung"] for data in told.of("rung.completed")]
    assert completed == ["symptom", "planned-work", "state"]
    assert "1✓ 2○ 3✓ 4✓ 5▸" in told.screens["state done"]
    answers = {name: value for data in told.of("rung.answered") for name, value in data["fields"].items()}
    assert answers["comparison"] == "the run of yesterday"
    assert "align" in answers["sentence"] and "count" in answers["sentence"]
    assert answers["reading"] == "out/F.tsv is missing"


def test_dry_run_and_summary_are_kept_with_their_figures(told: Told) -> None:
    captured = {data["item"]: data for data in told.of("evidence.captured")}
    assert list(captured) == ["dry-run", "summary"]
    evidence = told.desk.record() / "evidence"
    assert b"rule count:" in (evidence / captured["dry-run"]["sha256"]).read_bytes()
    assert b"out/F.tsv" in (evidence / captured["summary"]["sha256"]).read_bytes()
    assert {data["exit_code"] for data in captured.values()} == {0}
    assert {data["run"] for data in captured.values()} == {data["log"] for data in told.of("run.seen")}


def test_the_line_under_the_cursor_is_pinned(told: Told) -> None:
    (pinned,) = told.of("log.pinned")
    assert (pinned["path"], pinned["rung"]) == ("logs/F/count.log", "narrowest-evidence")
    assert BROKEN in (told.desk.record() / "evidence" / pinned["sha256"]).read_text(encoding="utf-8")


def test_a_retry_deletes_the_log_but_the_attempt_is_kept(told: Told) -> None:
    kept = next(data for data in told.of("attempt.kept") if data["rule"] == "align")
    assert (kept["attempt"], kept["complete"]) == (1, True)
    assert CLUE in (told.desk.record() / "evidence" / kept["sha256"]).read_text(encoding="utf-8")
    files = [path for path in told.run.workdir.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if CLUE.encode() in path.read_bytes()] == []


def test_the_list_of_logs_shows_the_attempts_side_by_side(told: Told) -> None:
    shown = told.screens["logs"]
    assert re.search(r"↻ align B.*①✗ ②✓", shown)
    assert re.search(r"◂ align B attempt 1.*kept", shown)
    assert re.search(r"✗ count F.*failed", shown)


def test_killing_the_console_does_not_touch_the_run(told: Told) -> None:
    assert told.killed == -9
    assert told.run_went_on
    assert told.run_exit == 1
    assert "aligned 812 reads" in (told.run.workdir / "logs/B/align.log").read_text(encoding="utf-8")


def test_resuming_finds_the_same_rung_the_same_inbox_and_the_draft(told: Told) -> None:
    before, after = told.screens["before"], told.screens["resumed"]
    place = re.compile(r"5 Narrowest evidence +inbox \d+")
    marks = re.compile(r"1✓ 2○ 3✓ 4✓ 5▸ 6· 7· 8·")
    assert place.findall(before) == place.findall(after) != []
    assert marks.search(before) and marks.search(after)
    assert NOTE in told.screens["draft"]
    (note,) = told.of("note.added")
    assert (note["text"], note["nature"]) == (NOTE, "inference")
    assert not (told.desk.record() / "drafts.json").exists()


def test_what_was_recorded_before_the_kill_is_untouched(told: Told) -> None:
    now = (told.desk.record() / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert now[: len(told.record_before)] == told.record_before
    assert "journal.repaired" not in {line["kind"] for line in told.journal}


def test_leaving_says_that_all_is_saved_and_how_to_come_back(told: Told) -> None:
    said = told.left[told.left.rindex(b"\x1b[?1049l") :].decode()
    plain = re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", said).replace("\r\n", "\n")
    record = told.desk.record()
    assert f"All is saved in {record}\n" in plain
    (line,) = re.findall(r"Go on with: (.*)", plain)
    program, *words = shlex.split(line)
    assert Path(program).name == "incident-console"  # by its path, where nothing is activated
    assert words == ["resume", record.name, "--records", str(record.parent)]


def test_leaving_gives_back_a_sane_terminal(told: Told) -> None:
    assert told.modes <= {"7", "25"} and "25" in told.modes
    assert told.echoes


def test_the_bundle_is_checked_with_sha256sum_alone(told: Told, tmp_path: Path) -> None:
    with zipfile.ZipFile(told.bundle) as zipped:
        zipped.extractall(tmp_path)
    bag = tmp_path / told.desk.record().name
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=bag, check=True, capture_output=True)
    handoff = (bag / "data/HANDOFF.md").read_text(encoding="utf-8")
    assert "Rosa, storage team" in handoff and f"**Engine pid**: `{told.run.pid}`" in handoff
    assert NOTE in (bag / "data/record.html").read_text(encoding="utf-8")
    assert (bag / "data/journal.jsonl").read_text(encoding="utf-8").splitlines()[-1].count('"handoff.offered"') == 1


def test_the_rung_that_was_entered_and_left_undone_is_told_to_the_receiver(told: Told) -> None:
    handoff = zipfile.Path(told.bundle, f"{told.desk.record().name}/data/HANDOFF.md").read_text(encoding="utf-8")
    assert 'Rung "Draw the scope"' in handoff


def test_the_receiver_carries_the_same_record_on(told: Told, tmp_path: Path) -> None:
    rosa = Desk(tmp_path, "rosa")
    taken = rosa.run(
        "accept", told.bundle, "--as", "Rosa", "--readback", "F is cut short; B recovered", "--records", rosa.records
    )
    assert taken.returncode == 0, taken.stderr
    folder = Path(taken.stdout.strip())
    assert folder == rosa.record()
    last = json.loads((folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert last["kind"] == "handoff.accepted" and last["data"]["readback"] == "F is cut short; B recovered"
    for path in (told.bundle, told.desk.record(), folder):
        verdict = rosa.run("verify", path)
        assert (verdict.returncode, verdict.stdout.split()[0]) == (0, "ok"), f"{path}: {verdict.stdout}{verdict.stderr}"
