"""A command of the record can be typed again: an argument list is quoted, a line for a shell is not."""

import pytest

from incident_console import events
from incident_console.record.timeline import typed


@pytest.mark.parametrize(
    ("argv", "shell", "line"),
    [
        (("grep", "-c", "a b", "logs/x.log"), False, "grep -c 'a b' logs/x.log"),
        (("ls -l; wc -l out/*.csv",), True, "ls -l; wc -l out/*.csv"),
        (("ls", "-l", "|", "wc"), True, "ls -l | wc"),
        (("ls -l; wc -l out/*.csv",), False, "ls -l; wc -l out/*.csv"),  # of a console that did not tell which it was
        (None, False, ""),
    ],
)
def test_a_command_reads_as_one_would_type_it(argv: tuple[str, ...] | None, shell: bool, line: str) -> None:
    event = events.EvidenceStarted(
        item="x", surface="observation", question="?", argv=argv, shell=shell, started_at="2026-11-22T14:00:00Z"
    )
    assert typed(event) == line
