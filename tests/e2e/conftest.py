"""A person's own folders: nothing of the machine's, and records in a folder whose name needs quoting."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("incident-console"))


@dataclass(frozen=True)
class Desk:
    """Somebody who has the command installed."""

    home: Path
    name: str

    @property
    def records(self) -> Path:
        return self.home / "my records"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing is activated: the command is called by its path, as the README does."""
        folders = [one for one in os.environ["PATH"].split(os.pathsep) if one != str(Path(COMMAND).parent)]
        path = os.pathsep.join(folders)
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "INCIDENT_CONSOLE_OPERATOR": self.name}

    def console(self, *words: str | Path, columns: int = 80, lines: int = 24) -> Terminal:
        """The command on a terminal of this person's, with their records."""
        command = [COMMAND, *map(str, words), "--records", str(self.records)]
        return Terminal(command, columns=columns, lines=lines, cwd=self.home, env=self.environment)

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """The command without a terminal."""
        command = [COMMAND, *map(str, words)]
        return subprocess.run(command, cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=60)

    def record(self) -> Path:
        """The only record there is."""
        (found,) = self.records.glob("INC-*")
        return found


def heard() -> None:
    """For a child that is to be stopped by a signal: whoever runs the tests, `nohup` for instance, may ignore it."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    home = tmp_path / "home"
    seen = home / ".local" / "state" / "incident-console"
    seen.mkdir(parents=True, mode=0o700)
    (seen / "first-run-seen").touch()  # the card of the first run has tests of its own
    return Desk(home, "mira")
