"""Where do records live, how is one named, and how is it found?"""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from incident_console.errors import InputError
from incident_console.record import files

SLUG_LIMIT = 40


def records_dir(environ: Mapping[str, str]) -> Path:
    """INCIDENT_CONSOLE_RECORDS, else `records` in the user's state folder for incident-console."""
    named = environ.get("INCIDENT_CONSOLE_RECORDS")
    if named:
        return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111  (an unknown ~name stays as it is)
    import platformdirs  # only when it is needed: the gate runs in commit hooks

    return Path(platformdirs.user_state_dir("incident-console")) / "records"


def slug(text: str) -> str:
    """At most 40 lower-case ASCII letters, digits and dashes; `incident` when nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:SLUG_LIMIT].strip("-") or "incident"


def new_id(records: Path, now: datetime, title: str) -> str:
    """`INC-20261122T134501Z-align-retries`, or with `-2`, `-3` … one that is not taken in `records`."""
    base = f"INC-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{slug(title)}"
    number, id = 1, base
    while (records / id).exists() or (records / id).is_symlink():
        number += 1
        id = f"{base}-{number}"
    return id


def all_records(records: Path) -> tuple[Path, ...]:
    """Every record folder, oldest first; symlinks and anything else are passed over. None when there is no folder."""
    try:
        found = [path for path in records.iterdir() if path.name.startswith("INC-") and _is_record(path)]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as fault:
        raise InputError(f"The records folder {records} could not be read: {files.why_unread(fault)}.") from None
    return tuple(sorted(found, key=lambda path: path.name))


def find(records: Path, id: str) -> Path:
    """The record that `id` stands for: its name or a unique start of it. Raises InputError naming the candidates."""
    if not id or "/" in id or "\\" in id or "\0" in id or id in (".", ".."):
        raise InputError(f"{id!r} is not the id of a record: give a name that `list` shows, or the start of one.")
    known = all_records(records)
    found = [path for path in known if path.name == id] or [path for path in known if path.name.startswith(id)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found[:8]) + (", …" if len(found) > 8 else "")
        raise InputError(f"{id} may be any of {len(found)} records: {names}. Give more of the name.")
    names = ", ".join(path.name for path in known[-8:]) or "there are none"
    raise InputError(f"No record in {records} begins with {id}. The latest: {names}.")


def _is_record(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
