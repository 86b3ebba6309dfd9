import pytest

from incident_console.tail.finding.errors_in import is_error

ERRORS = """
ERROR index is locked
2026-11-22 13:20:35,120 ERROR align: index is locked
[2026-11-22T13:20:35Z] [error] worker died
2026-11-22 CRITICAL out of disk
FATAL: database system is shut down
level=error msg="no route"
Error in rule align:
Traceback (most recent call last):
ValueError: 399 is not a line
subprocess.CalledProcessError: Command died
java.lang.NullPointerException: null
error: could not compile
main.c:12:3: error: expected ';'
make: *** [all] Error: stopped
fatal error: boost.h: No such file
    (command exited with non-zero exit code)
Command exited with status 2
exit code: 137
Segmentation fault (core dumped)
/bin/bash: line 1: samtools: command not found
OSError: [Errno 28] No space left on device
Killed
ERROR no INFO field in the VCF
RuntimeError: bad INFO field in the VCF
cp: cannot open 'x': Permission denied
""".strip().splitlines()

CALM = """
INFO done, ERROR_RATE=0
2026-11-22 13:20:35,120 INFO retrying after ERROR from the scheduler
INFO: 0 errors
WARNING Error: ignored
errors: 0
error_rate 0.01
reading error_profile.tsv
log: logs/ERROR/align.log
logs/error.log
exit code 0
exit code: 0
exited with status 0
--on-error=continue
The ERROR-RATE stayed low
12 of 19 steps (63%) done
mean error rate of the run
killed jobs: 0
""".strip().splitlines()


@pytest.mark.parametrize("line", ERRORS)
def test_a_line_that_states_a_failure_is_an_error(line: str) -> None:
    assert is_error(line.encode())


@pytest.mark.parametrize("line", [*CALM, "", "\x00\xff" * 10])
def test_a_line_that_only_mentions_one_is_not(line: str) -> None:
    assert not is_error(line.encode())


@pytest.mark.timeout(5)
@pytest.mark.parametrize("filler", [b"a", b"a.", b"Error", b"error ", b"[", b" ", b"exit "])
def test_a_hostile_line_costs_no_more_than_another(filler: bytes) -> None:
    for _ in range(20):
        is_error(filler * 1_000_000 + b"!")
