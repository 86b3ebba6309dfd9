"""The hand-off in an editor on a real terminal: recording goes on meanwhile, and the terminal is sane afterwards."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.e2e.conftest import COMMAND, Desk
from tests.e2e.terminal import Terminal
from tests.ui.scene import RunLog

EDITOR = """\
#!/bin/sh
stty raw -echo
touch "{home}/open"
while [ ! -e "{home}/go" ]; do sleep 0.05; done
rm "{home}/go" "{home}/open"
if [ -e "{home}/die" ]; then kill -9 $$; fi
sed -i 's/^\\[told\\]$/[told]\\nthe night shift/' "$1"
"""


def wait_for(path: Path, text: str = "", seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not (path.exists() and text in path.read_text()):
        assert time.monotonic() < end, f"{text!r} did not come to stand in {path}"
        time.sleep(0.02)


def test_recording_goes_on_and_the_terminal_is_as_it_was(desk: Desk) -> None:
    workdir = desk.home / "flow"
    workdir.mkdir()
    run = RunLog(workdir)
    run.starts("align", 1, says="begun\n")
    program = desk.home / "editor"
    program.write_text(EDITOR.format(home=desk.home))
    program.chmod(0o700)
    words = [COMMAND, "open", str(workdir), "--records", str(desk.records)]
    with Terminal(words, cwd=desk.home, env={**desk.environment, "EDITOR": str(program)}) as console:
        console.wait_for("INC-", "no failure so far")
        console.press("h")
        console.wait_for("9 of 9 that only you can say")
        console.press("E")
        wait_for(desk.home / "open")
        (workdir / "logs/A/align.log").write_text("begun\nFATAL: no index\n")
        run.fails("align", 1, again=True)
        wait_for(desk.record() / "journal.jsonl", '"attempt.kept"')
        (desk.home / "go").touch()
        console.wait_for("8 of 9 that only you can say")
        assert json.loads((desk.record() / "drafts.json").read_text()) == {"handoff/told": "the night shift"}
        (desk.home / "die").touch()
        console.press("E")
        wait_for(desk.home / "open")
        (desk.home / "go").touch()
        console.wait_for("SIGKILL")
        console.close_page("hand-off")
        console.press("q")
        assert console.wait_end() == 0
        assert console.echoes() and "1049" not in console.modes()
