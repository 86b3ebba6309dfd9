"""Evidence in a pager on a real terminal: a private file that goes again, and a terminal that is sane afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.e2e.test_editor_on_terminal import wait_for
from tests.ui.scene import RunLog

PAGER = """\
#!/bin/sh
stty raw -echo
cp "$1" "{home}/seen"
stat -c '%a %n' "$1" "$(dirname "$1")" > "{home}/modes"
kill -9 $$
"""


def test_a_piece_of_evidence_is_paged_and_the_terminal_is_as_it_was(desk: Desk) -> None:
    workdir = desk.home / "flow"
    workdir.mkdir()
    run = RunLog(workdir)
    log = run.starts("align", 1, says="begun\n")
    program = desk.home / "pager"
    program.write_text(PAGER.format(home=desk.home))
    program.chmod(0o700)
    words = [COMMAND, "open", str(workdir), "--records", str(desk.records)]
    with Terminal(words, cwd=desk.home, env={**desk.environment, "PAGER": str(program)}) as console:
        console.wait_for("INC-", "no failure so far")
        log.write_text("begun\n\x1b[31mFATAL: no index\n")
        run.fails("align", 1, again=True)
        wait_for(desk.record() / "journal.jsonl", '"attempt.kept"')
        console.press("v")
        console.wait_for("align (sample=A) attempt 1")
        console.press("|")
        wait_for(desk.home / "modes", "700")
        console.wait_for("align (sample=A) attempt 1")
        assert "FATAL: no index" in (desk.home / "seen").read_text()
        assert "\x1b" not in (desk.home / "seen").read_text()
        modes = dict(reversed(line.split(" ", 1)) for line in (desk.home / "modes").read_text().splitlines())
        assert sorted(modes.values()) == ["600", "700"]
        console.press("q")
        assert console.wait_end() == 0
        assert console.echoes() and "1049" not in console.modes()
    assert not any(Path(path).exists() for path in modes)
