"""What does the config file say? Values checked against the table, every fault told with file, line and remedy."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from incident_console.errors import InputError
from incident_console.settings.checks import NotAllowed, near
from incident_console.settings.known import KNOWN

LIMIT = 1 << 20
FAULTS_TOLD = 20
_KEY_SHOWN = 64
ALSO_GRAVE = ("redact", "redaction", "user")
"""What others call those whose faults are grave."""
_TABLE = r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$"


def config_path(environ: Mapping[str, str]) -> Path:
    named = environ.get("INCIDENT_CONSOLE_CONFIG")
    if named:
        return home(Path(named))
    import platformdirs  # only when it is needed: the gate runs in commit hooks

    return Path(platformdirs.user_config_dir("incident-console")) / "config.toml"


class Said(NamedTuple):
    values: dict[str, Any]
    """By a setting's key, as the table's check gives it."""
    untaken: tuple[str, ...]
    """A line for every fault that is not grave: what it is of holds its default."""


def read(path: Path, *, required: bool) -> Said:
    """What the file says; nothing where there is none.

    Raises InputError for a file that cannot be read, and with a line for every fault where one is grave; `required`:
    also when the file is not there.
    """
    try:
        text = _text(path)
        said = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        if required:
            raise InputError(f"{path}: INCIDENT_CONSOLE_CONFIG names this file, and it is not there") from None
        return Said({}, ())
    except OSError as fault:
        raise InputError(f"{path}: the settings cannot be read: {(fault.strerror or str(fault)).lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: the settings cannot be read: the file is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as fault:
        raise InputError(f"{path}: {str(fault) or 'it is nested too deeply'}") from None
    values, faults = _checked(said)
    lines = [f"{path}{_place(text, keys)}: {_shown(keys)} {wrong}" for keys, wrong in faults[:FAULTS_TOLD]]
    if len(faults) > FAULTS_TOLD:
        lines.append(f"{path}: and {len(faults) - FAULTS_TOLD} faults more")
    if any(_is_grave(key) for keys, _ in faults for key in (*keys, *_keys_in(said, keys))):
        raise InputError("\n".join(lines))
    return Said(values, tuple(lines))


def _is_grave(key: str) -> bool:
    """Also where the key only looks like a slip of one whose faults are, or stands below a table's header."""
    grave = [*(known.key for known in KNOWN if known.grave), *ALSO_GRAVE]
    return "." not in key and bool(near(key.casefold(), grave))  # with a dot it is a binding's id


def _keys_in(said: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """Every key below the one that is at fault, however deep."""
    for key in keys:
        said = said.get(key) if isinstance(said, dict) else None
    waiting = [said]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield from here
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here


def home(path: Path) -> Path:
    """`~` made whole; left as it stands where there is no such home."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


Fault = tuple[tuple[str, ...], str]
"""The key's parts, and what is wrong with it."""


def _checked(said: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    known = {entry.key: entry for entry in KNOWN}
    tables = {key.partition(".")[0] for key in known if "." in key}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in said.items():
        # Below `[keys]` anything might be an id, and a setting that slipped below it would go unseen.
        astray = [(key, name) for name in value if name in known] if isinstance(value, dict) and key in known else []
        faults += [(keys, _unknown(keys, tuple(known), tables)) for keys in astray]
        if astray:
            continue
        if key in tables and isinstance(value, dict):
            parts: dict[tuple[str, ...], Any] = {(key, name): below for name, below in value.items()}
        else:
            parts = {(key,): value}
        for keys, given in parts.items():
            entry = known.get(".".join(keys))
            if entry is None:
                faults.append((keys, _unknown(keys, tuple(known), tables)))
                continue
            try:
                values[entry.key] = entry.check(given)
            except NotAllowed as fault:
                faults.append(((*keys, *fault.under), str(fault)))
    return values, faults


def _unknown(keys: tuple[str, ...], known: tuple[str, ...], tables: set[str]) -> str:
    if len(keys) == 1 and keys[0] in tables:
        return f"must be a table: [{keys[0]}]"
    if len(keys) > 1 and keys[-1] in known:
        return f"is no setting: {keys[-1]} stands above the first [table]"
    beside = [key for key in known if key.startswith(keys[0] + ".")] if len(keys) > 1 else list(known)
    return f"is no setting{near('.'.join(keys), beside) or '; allowed: ' + ', '.join(beside)}"


def _place(text: str, keys: tuple[str, ...]) -> str:
    """`:7`, the line where a key or the nearest table around it is set; empty where that is not plain to see."""
    found, deepest = 0, 0
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header, (key, set_, _) = re.match(_TABLE, line), line.partition("=")
        if header:
            table = _parts(header[1])
        here = table if header else (*table, *_parts(key)) if set_ else ()
        if len(here) > deepest and here == keys[: len(here)]:
            found, deepest = number, len(here)
    return f":{found}" if found else ""


def _shown(keys: tuple[str, ...]) -> str:
    return ".".join(key[:_KEY_SHOWN] if key.isprintable() else ascii(key[:_KEY_SHOWN]) for key in keys)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


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
