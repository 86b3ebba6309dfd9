"""Which settings are in force: defaults < config file < environment < flags.

The file is `config.toml` in the platform's config folder (or INCIDENT_CONSOLE_CONFIG), with `operator`, `records` and
`runbook`.
"""

from __future__ import annotations

import getpass
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from incident_console.errors import InputError
from incident_console.record.store import records_dir

KEYS = ("operator", "records", "runbook")
LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    operator: str
    records: Path
    runbook: str | None
    """The default runbook; None: what fits the folder."""

    @property
    def trust(self) -> Path:
        """Which runbooks this user has trusted.

        Never beside the records, which may lie where others write: a trusted runbook runs commands.
        """
        import platformdirs  # only when it is needed: `verify` and the like run in hooks

        return Path(platformdirs.user_state_dir("incident-console")) / "trusted-runbooks.jsonl"


def load(
    environ: Mapping[str, str],
    *,
    operator: str | None = None,
    records: Path | None = None,
    fallback: str | None = None,
) -> Settings:
    """`fallback`: the operator where nothing else says, before the login name.

    Raises InputError for a config file that is broken, naming the place.
    """
    said = _file(environ)
    names = (operator, environ.get("INCIDENT_CONSOLE_OPERATOR"), said.get("operator"), fallback)
    who = next((name.strip() for name in names if name and name.strip()), None) or _login()
    if records is None and not environ.get("INCIDENT_CONSOLE_RECORDS") and said.get("records"):
        records = Path(said["records"])
    return Settings(
        operator=who,
        records=_home(records or records_dir(environ)).absolute(),
        runbook=said.get("runbook"),
    )


def config_path(environ: Mapping[str, str]) -> Path:
    named = environ.get("INCIDENT_CONSOLE_CONFIG")
    if named:
        return _home(Path(named))
    import platformdirs  # only when it is needed: the gate runs in commit hooks

    return Path(platformdirs.user_config_dir("incident-console")) / "config.toml"


def _file(environ: Mapping[str, str]) -> dict[str, str]:
    path = config_path(environ)
    try:
        said = tomllib.loads(_text(path))
    except (FileNotFoundError, NotADirectoryError):
        if environ.get("INCIDENT_CONSOLE_CONFIG"):
            raise InputError(f"{path}: INCIDENT_CONSOLE_CONFIG names this file, and it is not there") from None
        return {}
    except OSError as fault:
        raise InputError(f"{path}: the settings cannot be read: {(fault.strerror or str(fault)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: the settings cannot be read: the file is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise InputError(f"{path}: {str(fault) or 'it is nested too deeply'}") from None
    for key, value in said.items():
        if key not in KEYS:
            raise InputError(f"{path}: there is no setting {key!r}; allowed: {', '.join(KEYS)}")
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise InputError(f"{path}: {key} must be text in quotes")
    return said


def _text(path: Path) -> str:
    """Raises OSError, UnicodeDecodeError; InputError for what is no plain file of a sensible size."""
    # Non-blocking: opening a named pipe that nobody writes to would wait for ever.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputError(f"{path}: the settings cannot be read: it is not a plain file")
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise InputError(f"{path}: the settings cannot be read: the file has more than {LIMIT} bytes")
    return data.decode("utf-8")


def _home(path: Path) -> Path:
    """`~` made whole; left as it stands where there is no such home."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid{os.getuid()}"
