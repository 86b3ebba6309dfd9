"""Which of the watched files differ from what they held before?"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from incident_console.errors import InputError
from incident_console.gate.formatting import same_but_for_layout
from incident_console.gate.git import Repository, text_at
from incident_console.gate.watch import MAX_FILES, expand, is_source, on_disk, state
from incident_console.globs import Listings, parts

MAX_TEXT = 1024 * 1024
"""Bytes of a file whose text is kept for a diff; a larger one is only hashed."""
MAX_TEXTS = 16 * 1024 * 1024
"""Bytes of all texts together."""

_MAX_JSON = 4 * 1024 * 1024
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A watched file as it was; figures that are not known are -1, and then its content is looked at again."""

    sha256: str
    size: int = -1
    mtime_ns: int = -1
    inode: int = -1


@dataclass(frozen=True, slots=True)
class Baseline:
    """The watched files at one moment. Only `files` is written down, as `{path: sha256}`."""

    files: Mapping[str, Seen] = field(default_factory=dict)
    """By path relative to the workdir, a byte that is not UTF-8 as `\\xNN`."""
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """What the smaller files held, for a diff where git cannot give one. Never stored: not redacted."""
    complete: bool = True
    """False when a limit cut the walk short: deeper files are not watched."""
    repository: Repository = field(default_factory=Repository)
    """What git knew then. Its tracked sources are watched beside what the runbook names."""


Change = Literal["content", "layout", "commit"]
"""What an edit changed: what the file says; only its layout or its comments; or git did it, with another commit."""


@dataclass(frozen=True, slots=True)
class Edit:
    path: str
    before_sha256: str | None
    """None: the file is new."""
    after_sha256: str | None
    """None: the file is gone."""


def take(
    workdir: Path,
    globs: Iterable[str],
    before: Baseline | None = None,
    repository: Repository | None = None,
    listings: Listings | None = None,
) -> Baseline:
    """The watched files as they are now; `repository` is that of `before` unless it is given, `listings` as `expand`.

    Every one is read, except those that stand in `before` with the same size, time and inode. A file of `before` is
    looked at even where a limit cut the walk short. One that cannot be read is left out. Raises InputError as `expand`.
    """
    names, complete = expand(globs, workdir, listings)
    known = before or Baseline()
    repository = known.repository if repository is None else repository
    sources = sorted(name for name in repository.tracked.difference(names, known.files) if is_source(name))
    files: dict[str, Seen] = {}
    texts: dict[str, bytes] = {}
    room = MAX_TEXTS
    for name in sorted({*names, *known.files, *sources[: max(0, MAX_FILES - len(names))]}):
        old, now = known.files.get(name), state(on_disk(workdir, name))
        if now is None:
            continue
        if old is not None and _stands(old, now):
            files[name], text = old, known.texts.get(name)
        else:
            read = _read(on_disk(workdir, name))
            if read is None:
                continue
            files[name], text = read
        if text is not None and len(text) <= room:
            texts[name] = text
            room -= len(text)
    return Baseline(files, texts, complete, repository)


def edits(before: Baseline, after: Baseline) -> tuple[Edit, ...]:
    """What differs in content between two baselines, by path.

    A file that only came into reach counts as new, unless git says that it stood there before.
    """
    found = []
    for name in sorted({*before.files, *after.files}):
        old, new = before.files.get(name), after.files.get(name)
        edit = Edit(name, old.sha256 if old else None, new.sha256 if new else None)
        if edit.before_sha256 == edit.after_sha256 or (old is None and _stood_before(name, before, after)):
            continue
        found.append(edit)
    return tuple(found)


def _stood_before(name: str, before: Baseline, after: Baseline) -> bool:
    was, now = before.repository, after.repository
    return _as_committed(name, now) and (now.commit == was.commit or name in was.tracked)


def _as_committed(name: str, repository: Repository) -> bool:
    return repository.commit is not None and name in repository.tracked and name not in repository.dirty


def change_of(edit: Edit, before: Baseline, after: Baseline, workdir: Path) -> tuple[Change, bytes | None]:
    """What an edit changed, and the text before it where that is known: it was kept, or git has it."""
    was, now = before.repository.commit, after.repository.commit
    text = before.texts.get(edit.path)
    if text is None and was is not None and edit.before_sha256 is not None:
        found = text_at(workdir, was, edit.path)
        text = found if hashlib.sha256(found).hexdigest() == edit.before_sha256 else None
    gone = edit.after_sha256 is None and edit.path not in after.repository.tracked
    if None not in (was, now) and was != now and (gone or _as_committed(edit.path, after.repository)):
        return "commit", text
    new = after.texts.get(edit.path)
    if text is not None and new is not None and same_but_for_layout(edit.path, text, new):
        return "layout", text
    return "content", text


def is_inside(name: str) -> bool:
    """Whether a record may name a watched file so: somebody else's must not lead out of the workdir."""
    return not name.startswith("/") and bool(parts(name)) and _UNWRITABLE.search(name) is None


def to_json(baseline: Baseline) -> bytes:
    """`{path: sha256}`, sorted. Sizes and times are left out: on another machine they mean nothing."""
    return json.dumps({name: seen.sha256 for name, seen in sorted(baseline.files.items())}, indent=1).encode()


def from_json(data: bytes) -> Baseline:
    """The baseline that `to_json` wrote; each file is read again before it is called unchanged. Raises InputError."""
    if len(data) > _MAX_JSON:
        raise InputError(
            f"the list of watched files is larger than {_MAX_JSON} bytes; it was not written by this console"
        )
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("the list of watched files is not JSON; it was not written by this console") from None
    if not isinstance(found, dict):
        raise InputError("the list of watched files is not an object of path and sha256")
    for name, sha256 in found.items():
        if not is_inside(name):
            raise InputError(f"the list of watched files names {name!r}, which is not inside the workdir")
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise InputError(f"the list of watched files gives no sha256 for {name!r}")
    return Baseline({name: Seen(sha256) for name, sha256 in found.items()})


def read_text(path: Path) -> bytes | None:
    """A watched file's text; None when it is too large for one or cannot be read."""
    now = state(path)
    read = _read(path) if now and now.st_size <= MAX_TEXT else None
    return read[1] if read else None


def _stands(old: Seen, now: os.stat_result) -> bool:
    return (old.size, old.mtime_ns, old.inode) == (now.st_size, now.st_mtime_ns, now.st_ino)


def _read(path: Path) -> tuple[Seen, bytes | None] | None:
    """The file's hash and, when it is small, its text; None when it cannot be read."""
    digest = hashlib.sha256()
    text: bytes | None = b""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return None
            while chunk := os.read(descriptor, MAX_TEXT):
                digest.update(chunk)
                text = text + chunk if text is not None and len(text) + len(chunk) <= MAX_TEXT else None
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None
    return Seen(digest.hexdigest(), found.st_size, found.st_mtime_ns, found.st_ino), text
