"""May the runbook of this incident run its commands? Asked again each time, since trust may be given or withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import InputError
from incident_console.evidence.redactor import Redactor
from incident_console.runbook import shelf, trust
from incident_console.runbook.review import review
from incident_console.session.secrecy import in_runbook

if TYPE_CHECKING:
    from incident_console.runbook.load import Loaded

NOT_TRUSTED = "this runbook did not ship with the console and nobody has trusted it, so it runs nothing"


class RunbookTrust:
    """Of one content, in the trust file of one operator."""

    def __init__(self, loaded: Loaded, operator: str, file: Path) -> None:
        self.loaded = loaded
        self._operator = operator
        self._file = file
        self.known: str | None = None
        """What `why` said last: for a screen, which must not wait for a disk."""
        self.refusal = NOT_TRUSTED
        """Why nothing may run, while nothing may: a sentence without its end."""

    def why(self) -> str | None:
        """Why its commands may run: `shipped`, or `trusted by NAME`; None: they may not, `refusal` says why."""
        by, self.refusal = None, NOT_TRUSTED
        try:
            by = None if self.loaded.shipped else trust.trusted_by(self.loaded.sha256, self._file)
        except InputError as fault:
            self.refusal = str(fault)
        self.known = "shipped" if self.loaded.shipped else f"trusted by {by}" if by else None
        return self.known

    def review(self) -> str:
        """What it would run, and what changed since an earlier version was trusted. Raises InputError."""
        return "".join(f"! {line}\n" for line in secrets_told(self.loaded)) + reviewed(self.loaded, self._file)

    def give(self, at: str) -> None:
        """The operator trusts this content. Raises InputError, RecordError."""
        trust.give(self.loaded, self._operator, at, self._file)
        self.why()


def reviewed(loaded: Loaded, file: Path) -> str:
    """The page to read before trusting. Raises InputError for a trust file that cannot be relied on."""
    return review(loaded, trust.earlier(loaded, file), frozenset(path.stem for path in shelf.shipped()))


def secrets_told(loaded: Loaded) -> tuple[str, ...]:
    """Where the runbook holds what looks like a secret, each as a sentence with its line."""
    return tuple(map(str, in_runbook(loaded, Redactor())))
