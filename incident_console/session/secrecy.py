"""What is a sitting's redactor made of, and what is said where something is not redacted?

The key of the fingerprints is made once for each user, beside the list of trusted runbooks and never beside the
records, which may lie where others read. Each record has its own, derived from it: equal secrets are seen to be equal
within a record, at every resume, and not between records. Where the state folder cannot be written, the key lasts as
long as the console.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console import events
from incident_console.errors import InputError, RecordError, UsageError
from incident_console.evidence.named import SHORTEST, named
from incident_console.evidence.redact import found
from incident_console.evidence.redactor import Redactor
from incident_console.record import files

if TYPE_CHECKING:
    from incident_console.record.incident import Incident
    from incident_console.runbook.load import Loaded

KEY = "redaction.key"
SIZE = 32


@dataclass(frozen=True, slots=True)
class InRunbook:
    """Where a runbook holds what looks like a secret."""

    line: int
    column: int
    kind: str

    @property
    def told(self) -> str:
        return f"this looks like a secret ({self.kind}), and a runbook goes into the record and into bundles as it is"

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.told}"


def redactor(
    trust: Path,
    record: str,
    names: tuple[str, ...] = (),
    *,
    no_redact: str = "",
    environ: Mapping[str, str] = os.environ,
) -> Redactor:
    """What the record with this id is redacted with. `trust` is the user's list of trusted runbooks; `names` are the
    variables that the settings name; `no_redact` is the reason why nothing is to be redacted."""
    key = hmac.new(_key(trust.with_name(KEY)), record.encode("utf-8", "replace"), hashlib.sha256).digest()
    return Redactor(key, named(names, environ)[0], off=bool(no_redact))


def not_sought(names: tuple[str, ...], environ: Mapping[str, str] = os.environ) -> str:
    """What to say of the variables that the settings name and that are not looked for; empty where all are."""
    left_out = named(names, environ)[1]
    if not left_out:
        return ""
    return f"not redacted by value, because not set here, shorter than {SHORTEST} bytes or a common word: " + ", ".join(
        left_out
    )


def reason(given: str | None) -> str:
    """The reason given with `--no-redact`; empty when it was not. Raises UsageError for one that says nothing."""
    if given is None:
        return ""
    if not given.strip():
        raise UsageError("--no-redact needs a reason: it stands in the record, and secrets will, too")
    return given.strip()


def told(incident: Incident, no_redact: str) -> events.NoteAdded | None:
    """What the record must say of redaction when somebody begins to write: that it is off, or that it is on again."""
    if no_redact:
        return events.NoteAdded(text=f"⚠ not redacted from here on: {no_redact}", nature="decision", redacted=False)
    if incident.not_redacted:
        return events.NoteAdded(text="redacted again from here on", redacted=True)
    return None


def in_runbook(loaded: Loaded, sought: Redactor) -> tuple[InRunbook, ...]:
    """Where a runbook holds what looks like a secret, in its text or in a command's words.

    It is told and not replaced: a runbook is trusted, and pinned, by its very bytes. Nor is anything refused because of
    it: what only looks like a secret must not keep a hand-off from being made.
    """
    text = loaded.text
    places = {secret.start: secret.kind for secret in found(text, sought.named)}
    for rung in loaded.runbook.rungs:
        for item in rung.evidence:
            words = item.run or ()
            for word, clean in zip(words, sought.argv(words), strict=True):
                at = text.find(word.encode("utf-8", "replace"))
                if clean != word and at >= 0 and not any(at <= place <= at + len(word) for place in places):
                    places[at] = "in a command"
    return tuple(_place(text, start, kind) for start, kind in sorted(places.items()))


def _place(text: bytes, start: int, kind: str) -> InRunbook:
    column = len(text[text.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")) + 1
    return InRunbook(text.count(b"\n", 0, start) + 1, column, kind)


def _key(path: Path) -> bytes:
    """The user's key, made when it is first asked for."""
    try:
        return _read(path) or _made(path)
    except (OSError, InputError, RecordError):
        return secrets.token_bytes(SIZE)


def _read(path: Path) -> bytes | None:
    if not path.exists():
        return None
    key = files.read_plain(path, SIZE)
    if len(key) != SIZE:
        raise InputError(f"{path} is not a key")
    return key


def _made(path: Path) -> bytes:
    files.private_folder(path.parent)
    temporary = files.unpredictable(path)
    files.write_atomically(temporary, secrets.token_bytes(SIZE))
    try:
        # Of two consoles that begin at the same time, one makes the key and both take it.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
    return files.read_plain(path, SIZE)
