"""Which settings are in force: defaults < config file < environment < flags.

The file is `config.toml` in the platform's config folder (or INCIDENT_CONSOLE_CONFIG): `operator`, `records`, `runbook`.
"""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import InputError
from incident_console.record.store import records_dir

KEYS = ("operator", "records", "runbook")


@dataclass(frozen=True, slots=True)
class Settings:
    operator: str
    records: Path
    runbook: str | None
    """The default runbook; None: what fits the folder."""

    @property
    def trust(self) -> Path:
        """Which runbooks an operator has trusted."""
        return self.records.parent / "trusted-runbooks.jsonl"


def load(environ: Mapping[str, str], *, operator: str | None = None, records: Path | None = None) -> Settings:
    """Raises InputError for a config file that is broken, naming the place."""
    said = _file(environ)
    who = operator or environ.get("INCIDENT_CONSOLE_OPERATOR") or said.get("operator") or _login()
    if records is None and not environ.get("INCIDENT_CONSOLE_RECORDS") and said.get("records"):
        records = Path(said["records"]).expanduser()
    return Settings(
        operator=who,
        records=(records or records_dir(environ)).expanduser().absolute(),
        runbook=said.get("runbook"),
    )


def config_path(environ: Mapping[str, str]) -> Path:
    named = environ.get("INCIDENT_CONSOLE_CONFIG")
    if named:
        return Path(named).expanduser()
    import platformdirs  # only when it is needed: the gate runs in commit hooks

    return Path(platformdirs.user_config_dir("incident-console")) / "config.toml"


def _file(environ: Mapping[str, str]) -> dict[str, str]:
    path = config_path(environ)
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if environ.get("INCIDENT_CONSOLE_CONFIG"):
            raise InputError(f"{path}: INCIDENT_CONSOLE_CONFIG names this file, and it is not there") from None
        return {}
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: the settings cannot be read: {fault}") from None
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"{path}: {fault}") from None
    for key, value in said.items():
        if key not in KEYS:
            raise InputError(f"{path}: there is no setting {key!r}; allowed: {', '.join(KEYS)}")
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{path}: {key} must be text in quotes")
    return said


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"
