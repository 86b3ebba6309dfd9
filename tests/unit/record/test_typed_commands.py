"""A command of the record can be typed again: an argument list is quoted, a line for a shell is not."""

from pathlib import Path

import pytest

from incident_console import events
from incident_console.record.handknown import known
from incident_console.record.incident import fold
from incident_console.record.journal import Journal
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


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ls -l | wc", "ls -l | wc"),
        ("cd logs; tail -n1 *.log", "sh -c 'cd logs; tail -n1 *.log'"),
        ("sort a || exit 3", "sh -c 'sort a || exit 3'"),
        ("for f in a b; do\n  cat $f\ndone", "# watch, event 2: a script of 3 lines, which stands in the record"),
    ],
)
def test_what_is_typed_to_check_again_leaves_nothing_behind(tmp_path: Path, clock, line: str, told: str) -> None:
    facts = {"item": "watch", "surface": "summary", "question": "?", "started_at": "t", "ended_at": "t", "exit_code": 0}
    got = events.EvidenceCaptured(**facts, sha256="a" * 64, size=1, argv=(line,), shell=True)
    with Journal.create(tmp_path / "journal.jsonl", session="s", by="ana@node", clock=clock) as journal:
        lines = [journal.append(each) for each in (events.IncidentOpened(title="x", workdir="/srv/wf"), got)]
    assert known(fold(lines, "INC-1"))["recheck"].text.split("\n") == ["cd /srv/wf", told]
