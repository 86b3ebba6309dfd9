"""Commands that misbehave are told about, bounded and ended; nothing they do raises or hangs."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident_console.evidence import command as commands
from incident_console.evidence.command import Command, Outcome, Progress, run
from incident_console.evidence.environment import allowed

ENV = allowed(os.environ)


def python(code: str, cwd: Path, *, timeout_s: float = 20, cap: int = 100_000) -> Command:
    return Command((sys.executable, "-c", code), cwd, timeout_s, cap=cap, env=ENV)


def shell(line: str, cwd: Path, *, timeout_s: float = 20) -> Command:
    return Command((line,), cwd, timeout_s, shell=True, env=ENV)


def is_running(pid: int) -> bool:
    """A zombie that nobody reaps has ended as well."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


def cancel_when_it_says(word: bytes, command: Command, path: Path) -> Outcome:
    """Run the command and cancel it once it has written `word` to `path`."""
    cancel = threading.Event()

    def watch(_: Progress) -> None:
        if path.exists() and word in path.read_bytes():
            cancel.set()

    return run(command, cancel=cancel, progress=watch)


def test_a_missing_command_says_which_and_where_it_was_looked_for(tmp_path: Path) -> None:
    outcome = run(Command(("snakemaek", "-n"), tmp_path, 5, env={"PATH": "/nowhere:/usr/bin"}))
    assert outcome.ended == "could not run"
    assert outcome.reason == "there is no command snakemaek; PATH was searched: /nowhere:/usr/bin"
    assert outcome.exit_code is None and outcome.started_at == outcome.ended_at


def test_a_missing_script_is_not_looked_for_on_path(tmp_path: Path) -> None:
    outcome = run(Command(("./check.sh",), tmp_path, 5, env=ENV))
    assert (outcome.ended, outcome.reason) == ("could not run", f"there is no file ./check.sh, seen from {tmp_path}")


def test_a_workdir_that_vanished_is_named(tmp_path: Path) -> None:
    outcome = run(Command(("true",), tmp_path / "gone", 5, env=ENV))
    assert outcome.ended == "could not run"
    assert f"the directory {tmp_path / 'gone'} is not there" in outcome.reason


def test_a_script_whose_interpreter_is_gone_is_not_called_missing(tmp_path: Path) -> None:
    script = tmp_path / "tool"
    script.write_text("#!/moved/env/bin/python\n")
    script.chmod(0o755)
    assert "the interpreter that its first line names is not" in run(Command(("./tool",), tmp_path, 5, env=ENV)).reason
    outcome = run(Command(("tool",), tmp_path, 5, env={"PATH": str(tmp_path)}))
    assert outcome.reason == "tool is there, but the interpreter that its first line names is not"


def test_a_file_that_may_not_be_executed_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert "is it executable?" in run(Command(("./notes.txt",), tmp_path, 5, env=ENV)).reason


@pytest.mark.parametrize(
    "argv", [(), ("",), ("a\0b",), ("true", "a\0b"), ("true", "\ud800"), ("x" * 100_000,), ("true", "y" * 5_000_000)]
)
def test_an_impossible_argv_is_a_sentence(argv: tuple[str, ...], tmp_path: Path) -> None:
    outcome = run(Command(argv, tmp_path, 5, env=ENV))
    assert outcome.ended == "could not run"
    assert outcome.reason.encode("utf-8")


def test_streams_are_kept_apart_and_the_exit_code_is_told(tmp_path: Path) -> None:
    outcome = run(shell("echo out; echo err >&2; exit 3", tmp_path))
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err\n")
    assert (outcome.ended, outcome.exit_code, outcome.signal, outcome.reason) == ("exited", 3, None, "exit code 3")


def test_a_command_killed_by_a_signal_names_it(tmp_path: Path) -> None:
    outcome = run(python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path))
    assert (outcome.ended, outcome.exit_code, outcome.signal) == ("exited", None, "SIGSEGV")
    assert outcome.reason == "ended by SIGSEGV"


def test_a_command_that_waits_for_input_gets_none(tmp_path: Path) -> None:
    assert run(shell("cat; echo end", tmp_path)).stdout == b"end\n"


def test_a_command_has_no_terminal_and_only_its_environment(tmp_path: Path) -> None:
    command = Command(("env",), tmp_path, 5, env={"PATH": os.environ["PATH"], "A": "1"})
    names = {line.split(b"=")[0] for line in run(command).stdout.splitlines()}
    assert names == {b"PATH", b"A"}
    assert run(shell("(exec 3</dev/tty) || echo none", tmp_path)).stdout == b"none\n"


def test_bytes_that_are_no_text_are_kept_as_they_are(tmp_path: Path) -> None:
    data = bytes(range(256))
    assert run(python("import sys; sys.stdout.buffer.write(bytes(range(256)))", tmp_path)).stdout == data


def test_long_output_keeps_head_and_tail_and_tells_what_was_left_out(tmp_path: Path) -> None:
    outcome = run(python("for i in range(100000): print('line', i)", tmp_path, cap=4000))
    lines = outcome.stdout.splitlines()
    assert (lines[0], lines[-1]) == (b"line 0", b"line 99999")
    assert f"[... {outcome.stdout_dropped} bytes left out here ...]".encode() in lines
    assert all(line.startswith((b"line ", b"[...")) for line in lines), "only whole lines stand beside the mark"
    total = sum(len(f"line {i}\n") for i in range(100000))
    mark = len(f"[... {outcome.stdout_dropped} bytes left out here ...]\n")
    assert len(outcome.stdout) - mark + outcome.stdout_dropped == total
    assert outcome.stderr_dropped == 0


def test_a_flood_neither_grows_memory_nor_is_held_up(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = run(Command(("head", "-c", "1000000000", "/dev/zero"), tmp_path, 60, env=ENV))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert outcome.ended == "exited"
    assert outcome.stdout_dropped >= 1_000_000_000 - commands.CAP
    assert grown_kib < 64 * 1024


def test_a_timeout_ends_the_command_and_its_grandchildren(tmp_path: Path) -> None:
    outcome = run(shell("echo before; sleep 600 & echo $! > pid; wait", tmp_path, timeout_s=0.5))
    assert (outcome.ended, outcome.exit_code, outcome.stdout) == ("timed out", None, b"before\n")
    assert outcome.reason == "0.5 s passed; it and what it had started were ended"
    assert 0.5 <= outcome.duration_s < 5
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_what_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "GRACE_S", 0.3)
    line = (
        "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $! > pid; wait; while :; do sleep 0.1; done"
    )
    outcome = cancel_when_it_says(b"\n", shell(line, tmp_path), tmp_path / "pid")
    assert (outcome.ended, outcome.signal) == ("cancelled", "SIGKILL")
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_a_command_may_tidy_up_when_it_is_cancelled(tmp_path: Path) -> None:
    line = "trap 'echo tidied; exit 9' TERM; echo > ready; while :; do sleep 0.05; done"
    outcome = cancel_when_it_says(b"\n", shell(line, tmp_path), tmp_path / "ready")
    assert (outcome.ended, outcome.exit_code, outcome.stdout) == ("cancelled", 9, b"tidied\n")


def test_a_background_process_that_holds_the_output_does_not_hang_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "DRAIN_S", 0.3)
    outcome = run(shell("sleep 600 & echo $! > pid; echo done", tmp_path))
    pid = int((tmp_path / "pid").read_text())
    try:
        assert (outcome.ended, outcome.exit_code, outcome.stdout) == ("exited", 0, b"done\n")
        assert "still holds its output open" in outcome.reason
        assert outcome.duration_s < 5
        assert is_running(pid), "what was meant to stay in the background is left alone"
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_grandchild_that_left_the_group_cannot_hold_up_a_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "DRAIN_S", 0.3)
    code = (
        "import os, subprocess, time\n"
        "p = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "open('pid', 'w').write(str(p.pid) + '\\n')\n"
        "time.sleep(600)"
    )
    outcome = cancel_when_it_says(b"\n", python(code, tmp_path), tmp_path / "pid")
    try:
        assert outcome.ended == "cancelled"
        assert "still holds its output open" in outcome.reason
    finally:
        with suppress(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_a_command_cancelled_before_it_began_is_ended_at_once(tmp_path: Path) -> None:
    cancel = threading.Event()
    cancel.set()
    assert run(Command(("sleep", "600"), tmp_path, 600, env=ENV), cancel=cancel).ended == "cancelled"


def test_a_command_that_closes_its_output_is_still_waited_for(tmp_path: Path) -> None:
    assert run(shell("exec >&- 2>&-; sleep 0.2; exit 4", tmp_path)).exit_code == 4


def test_progress_tells_the_process_group_at_once(tmp_path: Path) -> None:
    seen: list[Progress] = []
    run(shell("ps -o pgid= -p $$ > pgid; echo hello; sleep 0.4", tmp_path), progress=seen.append)
    assert seen[0].elapsed_s < 0.3
    assert seen[0].pid == int((tmp_path / "pgid").read_text())
    assert seen[-1].stdout_bytes == 6


def test_a_fault_of_the_caller_does_not_leave_the_command_running(tmp_path: Path) -> None:
    pids: list[int] = []

    def broken(now: Progress) -> None:
        pids.append(now.pid)
        raise RuntimeError("a view broke")

    with pytest.raises(RuntimeError, match="a view broke"):
        run(Command(("sleep", "600"), tmp_path, 600, env=ENV), progress=broken)
    assert wait_until_gone(pids[0])


def test_times_come_from_the_clock_as_rfc3339(tmp_path: Path) -> None:
    outcome = run(Command(("true",), tmp_path, 5, env=ENV), clock=lambda: datetime(2026, 11, 22, 13, 45, 1, 7, UTC))
    assert outcome.started_at == outcome.ended_at == "2026-11-22T13:45:01.000007Z"


def test_a_shell_command_is_one_line_of_its_words(tmp_path: Path) -> None:
    command = Command(("echo", "a", "|", "tr", "a", "b"), tmp_path, 5, shell=True, env=ENV)
    assert run(command).stdout == b"b\n"
    assert run(Command(("echo", "a", "|", "b"), tmp_path, 5, env=ENV)).stdout == b"a | b\n"


def test_a_command_gets_exactly_its_variables_and_the_usual_signals(tmp_path: Path) -> None:
    """What stands at its gate before it is an interpreter, which adds a variable and ignores signals itself."""
    env = {"A": "b=c", "PATH": "/usr/bin:/bin"}
    outcome = run(Command(("cat", "/proc/self/environ", "/proc/self/status"), tmp_path, 20, env=env))
    variables, status = outcome.stdout.rsplit(b"\0", 1)
    assert sorted(variables.split(b"\0")) == [b"A=b=c", b"PATH=/usr/bin:/bin"]
    (ignored,) = (line for line in status.splitlines() if line.startswith(b"SigIgn"))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        assert not int(ignored.split()[1], 16) & 1 << number - 1


def test_commands_run_when_the_interpreter_of_the_console_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when an environment is replaced under a console that is open."""
    for executable in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", executable)
        outcome = run(Command(("echo", "here"), tmp_path, 20, env=ENV))
        assert (outcome.exit_code, outcome.stdout) == (0, b"here\n")
