"""A run that the console starts is nobody's child: it goes on without its starter, and how it ended is known later."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incident_console import events
from incident_console.errors import RecordError, Refused, UsageError
from incident_console.record.verify import verify
from incident_console.session.asofnow import as_of_now
from incident_console.session.core import Session
from incident_console.session.launch import Launch, launches, read_launch, refuse_second, runs_folder, start
from incident_console.session.live import Live, Picture
from incident_console.session.opening import resume_incident
from incident_console.session.plan import Plan
from incident_console.session.sources import words
from incident_console.session.started import Started
from incident_console.session.who import Who

NOW = datetime(2026, 11, 22, 14, 2, 7, tzinfo=UTC)
WAIT = "while [ ! -e go ]; do sleep 0.02; done"


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "records/runs"
    yield folder
    for launch in launches(folder):
        for process in (launch.command, launch.supervisor):
            if process.alive:
                os.kill(process.pid, signal.SIGKILL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "on call, Zürich"
    folder.mkdir()
    return folder


def until(holds: Callable[[], object], timeout: float = 20.0) -> None:
    give_up = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def sh(line: str, place: Path, runs: Path, incident: str = "INC-1") -> Launch:
    return start(("sh", "-c", line), place, runs, incident=incident, now=NOW)


def ended(launch: Launch) -> int | None:
    until(lambda: launch.state().kind != "running")
    return launch.state().exit_code


def test_a_run_is_told_from_its_folder_while_it_goes_on_and_when_it_ended(place: Path, runs: Path) -> None:
    launch = sh(f"echo begins; {WAIT}; echo fails >&2; exit 3", place, runs)
    assert launch.folder == runs / "RUN-20261122T140207Z-sh"
    assert launches(runs) == (launch,)
    assert (launch.state().kind, launch.cwd, launch.incident) == ("running", place, "INC-1")
    assert launch.line == shlex.join(["sh", "-c", launch.argv[2]])
    (place / "go").touch()
    assert ended(launch) == 3
    assert launch.output.read_text() == "begins\nfails\n"
    state = launch.state()
    assert state.ended_at is not None and state.ended_at >= launch.started_at
    assert launches(runs) == (launch,)


def test_it_has_its_own_session_no_terminal_no_input_and_the_environment_of_its_starter(
    place: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_OPERATOR", "yes")
    code = "import os, sys; print(os.getsid(0), os.getpid(), repr(sys.stdin.read()), os.environ['OF_THE_OPERATOR'])"
    launch = start((sys.executable, "-c", code), place, runs, incident="", now=NOW)
    assert ended(launch) == 0
    session, pid, read, told = launch.output.read_text().split()
    assert session == pid == str(launch.command.pid)
    assert session not in (str(os.getsid(0)), str(launch.supervisor.pid))
    assert (read, told) == ("''", "yes")


def test_everything_of_it_is_private_and_nothing_is_in_the_workdir(place: Path, runs: Path) -> None:
    before = os.umask(0)
    try:
        launch = sh("umask", place, runs)
    finally:
        os.umask(before)
    assert ended(launch) == 0
    assert stat.S_IMODE(runs.stat().st_mode) == stat.S_IMODE(launch.folder.stat().st_mode) == 0o700
    for path in launch.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(place.iterdir()) == []
    assert launch.output.read_text() == "0000\n"  # the command's own is the operator's


def test_no_signal_but_a_kill_keeps_the_exit_code_from_being_written_down(place: Path, runs: Path) -> None:
    launch = sh(f"{WAIT}; exit 4", place, runs)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        os.kill(launch.supervisor.pid, number)
    (place / "go").touch()
    assert ended(launch) == 4


def test_a_run_that_is_killed_leaves_its_signal(place: Path, runs: Path) -> None:
    launch = sh("sleep 60 & wait", place, runs)
    os.killpg(launch.command.pid, signal.SIGTERM)
    assert ended(launch) == 128 + signal.SIGTERM


def test_without_the_process_that_waits_a_run_goes_on_and_its_end_is_not_known(place: Path, runs: Path) -> None:
    launch = sh(f"{WAIT}; exit 4", place, runs)
    os.kill(launch.supervisor.pid, signal.SIGKILL)
    until(lambda: not launch.supervisor.alive)
    assert launch.state().kind == "running"
    (place / "go").touch()
    until(lambda: launch.state().kind == "lost")
    assert launch.state().exit_code is None


def test_a_starter_that_is_killed_at_once_ends_nothing(place: Path, runs: Path) -> None:
    script = f"""
import os, signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from incident_console.session.launch import start
start(("sh", "-c", {f"{WAIT}; exit 5"!r}), Path.cwd(), Path({str(runs)!r}), incident="", now=datetime.now(UTC))
os.killpg(0, signal.SIGKILL)
"""
    died = subprocess.run([sys.executable, "-c", script], cwd=place, start_new_session=True, timeout=30)
    assert died.returncode == -signal.SIGKILL
    (launch,) = launches(runs)
    assert launch.state().kind == "running"
    (place / "go").touch()
    assert ended(launch) == 5


def test_a_pid_that_was_used_again_or_another_boot_is_not_the_run(place: Path, runs: Path) -> None:
    launch = sh("exit 0", place, runs)
    assert ended(launch) == 0
    (launch.folder / "exit.json").unlink()
    told = json.loads((launch.folder / "run.json").read_text())
    ours = {"pid": os.getpid(), "began": launch.command.began}
    for change in ({"command": ours, "supervisor": ours}, {"boot": "another"}):
        (launch.folder / "run.json").write_text(json.dumps(told | change))
        again = read_launch(launch.folder)
        assert again is not None and again.state().kind == "lost"


def test_of_another_machine_nothing_is_known(place: Path, runs: Path) -> None:
    launch = sh(WAIT, place, runs)
    told = json.loads((launch.folder / "run.json").read_text())
    (launch.folder / "run.json").write_text(json.dumps(told | {"host": "node-17"}))
    again = read_launch(launch.folder)
    assert again is not None and again.state().kind == "elsewhere"
    (place / "go").touch()


def test_a_second_run_is_not_started_beside_the_first(place: Path, runs: Path, tmp_path: Path) -> None:
    first = sh(WAIT, place, runs)
    with pytest.raises(
        Refused, match=rf"still goes on: `sh -c .*`, pid {first.command.pid}, since .*nothing was started"
    ):
        sh("exit 0", place, runs)
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    assert ended(sh("exit 0", elsewhere, runs)) == 0
    (place / "go").touch()
    assert ended(first) == 0
    refuse_second(runs, place)
    assert sh("exit 0", place, runs).id == "RUN-20261122T140207Z-sh-3"


def test_of_two_that_start_at_once_one_is_refused(place: Path, runs: Path) -> None:
    refused = []

    def begin() -> None:
        try:
            sh(WAIT, place, runs)
        except Refused as fault:
            refused.append(fault)

    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(launches(runs)) == 1 and len(refused) == 2
    (place / "go").touch()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such-command", "there is no command no-such-command on PATH; nothing was started"),
        ("./no-such-file", "there is no command .*/no-such-file; nothing was started"),
        ("./plain", "plain is not executable"),
        (
            "./no-interpreter",
            "`./no-interpreter` cannot be started in .*: no such file or directory; nothing was started",
        ),
        ("./no-format", "`./no-format` cannot be started in .*: exec format error; nothing was started"),
        ("", "there is no command to start"),
    ],
)
def test_what_cannot_be_started_is_told_and_leaves_nothing(name: str, said: str, place: Path, runs: Path) -> None:
    for file, text, mode in (
        ("plain", "", 0o644),
        ("no-interpreter", "#!/no/such/interpreter\n", 0o755),
        ("no-format", "\x7fELF", 0o755),
    ):
        (place / file).write_text(text)
        (place / file).chmod(mode)
    with pytest.raises(UsageError, match=said):
        start((name,), place, runs, incident="", now=NOW)
    assert not list(runs.glob("RUN-*"))


def test_a_file_in_the_workdir_takes_no_module_s_place(place: Path, runs: Path) -> None:
    for name in ("json.py", "subprocess.py", "sitecustomize.py"):
        (place / name).write_text("raise SystemExit('hijacked')")
    assert ended(sh("exit 0", place, runs)) == 0


def test_a_folder_that_cannot_be_written_is_told(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError):
        sh("exit 0", place, tmp_path / "file/runs")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=60)
    | st.recursive(st.none() | st.text(max_size=3) | st.integers(), lambda inner: st.lists(inner, max_size=3)).map(
        lambda value: json.dumps(
            dict.fromkeys(
                ("incident", "argv", "cwd", "host", "boot", "started_at", "command", "supervisor", "exit_code"), value
            )
        ).encode()
    )
)
def test_files_that_make_no_sense_are_no_run(data: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "runs/RUN-1"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "exit.json"):
        (folder / name).write_bytes(data)
    assert launches(tmp_path / "runs") == ()


# -- in an incident ----------------------------------------------------------------------------------------------


class Watching:
    def __init__(self, session: Session, **how: object) -> None:
        self.pictures: list[Picture] = [Picture()]
        self._told = threading.Condition()
        self.live = Live(session, self._tell, **how)  # type: ignore[arg-type]

    def _tell(self, picture: Picture) -> None:
        with self._told:
            self.pictures.append(picture)
            self._told.notify_all()

    def until(self, holds: Callable[[Picture], object]) -> Picture:
        with self._told:
            assert self._told.wait_for(lambda: holds(self.pictures[-1]), 20), self.pictures[-1]
            return self.pictures[-1]

    def __enter__(self) -> Watching:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.close()


def actions(session: Session) -> list[events.ActionTaken]:
    return [line.event for line in session.incident.lines if isinstance(line.event, events.ActionTaken)]


@pytest.fixture
def plan(who: Who, place: Path, runs: Path) -> Plan:
    return Plan(who, place, "flaky-command", command=("sh", "-c", f"echo working; {WAIT}; exit 1"))


def test_opening_with_a_command_records_it_and_follows_its_output_to_its_end(plan: Plan, place: Path) -> None:
    session = plan.begin()
    with Watching(session) as watch:
        picture = watch.until(lambda now: any("working" in told for told in now.notices))
        (entry,) = (one for one in picture.logs if one.label.startswith("output of sh -c"))
        assert entry.state == "running" and entry.path is not None and entry.path.read_text() == "working\n"
        assert session.run_is_live
        (began,) = session.incident.actions.values()
        assert began.open and began.text.startswith("started `sh -c ")
        (place / "go").touch()
        picture = watch.until(lambda now: any("ended with exit 1 at" in told for told in now.notices))
        assert any(told.endswith(" Its last line: working") for told in picture.notices)
        (entry,) = (one for one in picture.logs if one.label.startswith("output of sh -c"))
        assert (entry.state, entry.told) == ("failed", "exit 1")
    (action,) = session.incident.actions.values()
    assert action.result.startswith("ended with exit 1 at ") and len(action.history) == 1
    now = as_of_now(session, {}).fields
    assert now["command"].text.startswith("sh -c ") and "environment" not in now
    session.close()
    assert verify(session.record.path).ok


def test_a_run_that_ended_well_is_news_and_no_warning(plan: Plan) -> None:
    session = replace(plan, command=("sh", "-c", "exit 0")).begin()
    with Watching(session) as watch:
        picture = watch.until(lambda now: any("ended with exit 0 at" in told for told in now.news))
        assert not any("ended with exit" in told for told in picture.notices)
    session.close()


def test_coming_back_tells_what_happened_since_once(plan: Plan, place: Path, who: Who) -> None:
    session = plan.begin()
    with Watching(session) as watch:
        watch.until(lambda now: now.notices)
    session.close()
    (place / "go").touch()
    assert ended(launches(runs_folder(who.records))[0]) == 1
    for _ in range(2):
        session = resume_incident(who, session.record.path)
        with Watching(session) as watch:
            watch.until(lambda now: any("ended with exit 1 at" in t and "minute ago" in t for t in now.notices))
        assert [action.result[:17] for action in actions(session)] == ["unknown", "ended with exit 1"]
        session.close()


def test_what_began_and_was_not_recorded_is_recorded_when_the_console_comes_back(plan: Plan, who: Who) -> None:
    session = plan.begin()
    session.close()
    session = resume_incident(who, session.record.path)
    started = Started(session)
    started.find()
    started.look()
    started.look()
    (action,) = actions(session)
    assert action.launch == launches(runs_folder(who.records))[0].id
    session.close()


def test_what_is_started_in_a_record_that_was_handed_off_is_recorded_and_what_went_on_before_is_not(
    plan: Plan, who: Who
) -> None:
    session = plan.begin()
    session.append(events.HandoffOffered(to="ben", head=session.head))
    started = Started(session)
    started.find()
    started.look()
    assert session.incident.rests and actions(session) == []
    ((id, (launch, state)),) = started._launches.items()
    started._launches[id] = replace(launch, started_at=launch.started_at + timedelta(hours=1)), state
    started.look()
    assert [action.launch for action in actions(session)] == [launch.id] and not session.incident.rests
    session.close()


def test_a_new_incident_takes_in_a_run_that_goes_on_but_none_that_ended_before(
    plan: Plan, place: Path, who: Who
) -> None:
    plan.begin().close()
    fresh = Plan(who, place, "flaky-command")
    session = fresh.begin()
    started = Started(session)
    started.find()
    assert started.running and len(started.entries()) == 1
    session.close()
    (place / "go").touch()
    ended(launches(runs_folder(who.records))[0])
    session = fresh.begin()
    started = Started(session)
    started.find()
    assert not started.running and started.entries() == ()
    session.close()


def test_a_command_that_cannot_be_started_leaves_no_incident(who: Who, place: Path) -> None:
    (place / "broken").write_text("#!/no/such/interpreter\n")
    (place / "broken").chmod(0o755)
    plan = Plan(who, place, "flaky-command", command=("./broken",))
    plan.check()
    with pytest.raises(UsageError, match="cannot be started"):
        plan.begin()
    assert not list(who.records.glob("INC-*"))


def test_a_second_one_is_refused_before_and_after_an_incident_is_begun(plan: Plan, place: Path, who: Who) -> None:
    session = plan.begin()
    session.close()
    with pytest.raises(Refused, match="still goes on"):
        plan.check()
    with pytest.raises(Refused, match="still goes on"):
        plan.begin()
    assert [path.name for path in who.records.glob("INC-*")] == [session.id]
    (place / "go").touch()


# -- sources -----------------------------------------------------------------------------------------------------


def test_a_source_is_followed_beside_the_logs_and_ends_with_the_console(session: Session, tmp_path: Path) -> None:
    argv = words("sh -c 'echo from afar; sleep 60'", tmp_path)
    with Watching(session, sources=(argv,)) as watch:
        picture = watch.until(lambda now: any(one.label.startswith("source: sh -c") and one.size for one in now.logs))
        (entry,) = (one for one in picture.logs if one.label.startswith("source: "))
        assert entry.path is not None and entry.path.read_text() == "from afar\n"
        (note,) = session.incident.notes.values()
        pid = int(note.text.split("pid ")[1].split(",")[0])
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert not entry.path.exists()


def test_the_end_of_a_source_is_told_and_recorded(session: Session, tmp_path: Path) -> None:
    with Watching(session, sources=(words("sh -c 'echo gone; exit 7'", tmp_path),)) as watch:
        picture = watch.until(lambda now: any(one.told == "exit 7" for one in now.logs))
        (entry,) = (one for one in picture.logs if one.told == "exit 7")
        assert entry.path is not None and entry.path.read_text() == "gone\n"
    assert [note.text for note in session.incident.notes.values()][1] == (
        "The source `sh -c 'echo gone; exit 7'` ended with exit 7."
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kubectl 'logs", "cannot be split into words: no closing quotation"),
        ("no-such-command -f", "there is no command no-such-command on PATH"),
        ("  ", "there is no command to start"),
    ],
)
def test_a_source_that_cannot_be_is_told_before_anything_is_done(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        words(line, tmp_path)
