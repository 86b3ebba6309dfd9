"""The hand-off bundle: a BagIt 1.0 bag (RFC 8493) in a zip, that `sha256sum -c` checks with no tool of ours.

One folder named after the incident holds `data/` (HANDOFF.md first, the record as a page and as JSON, the journal,
the frozen runbook, the blobs that the journal names) and the manifests.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from incident_console.errors import InputError, RecordError, UsageError
from incident_console.record import files, zips
from incident_console.record.blobs import is_name
from incident_console.record.chain import JOURNAL_LIMIT, START
from incident_console.record.custody import maybe_named, named
from incident_console.record.store import RUNBOOK_LIMIT, Record
from incident_console.record.text import one_line

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_TAGS = ("bagit.txt", "bag-info.txt", MANIFEST)
_REQUIRED = ("HANDOFF.md", "journal.jsonl")
_MANIFEST_LIMIT = 8 << 20
_CHUNK = 1 << 20


class BrokenBagError(InputError):
    """A bundle that is altered or hostile; the message is the first broken place."""


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag as a folder."""

    path: Path
    info: dict[str, str] = field(default_factory=dict)
    """`bag-info.txt`."""

    @property
    def id(self) -> str:
        """The incident's, by the folder's name."""
        return self.path.name

    @property
    def data(self) -> Path:
        return self.path / "data"


def write(
    folder: Path,
    *,
    handoff: str,
    html: str,
    record: dict[str, Any],
    out: Path,
    now: datetime,
    events: int | None = None,
) -> Path:
    """Write the bundle of the record in `folder` to the new file `out`, whole or not at all, 0600.

    `handoff`, `html` and `record` are HANDOFF.md, record.html and record.json; of the journal the first `events` lines
    are taken, since it may go on growing. Raises UsageError when `out` is there
    already, InputError when the record is broken or a blob is missing or altered, RecordError when the disk fails.
    """
    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already: give another name, or move it away.")
    source = Record(folder)
    temporary = files.unpredictable(out)
    try:
        try:
            descriptor = files.create(temporary)
            with os.fdopen(descriptor, "wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
                    _Writer(archive, source.id, now).write(source, handoff, html, record, events)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(out)
            files.sync_folder(out.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        raise RecordError(f"The bundle {out} could not be written: {files.why(fault)}.") from None
    return out


class _Writer:
    """Adds files to the zip and keeps the manifests' lines."""

    def __init__(self, archive: zipfile.ZipFile, id: str, now: datetime) -> None:
        self._archive = archive
        self._id = id
        self._now = now.astimezone(UTC)
        self._lines: list[str] = []
        self._octets = 0

    def write(self, source: Record, handoff: str, html: str, record: dict[str, Any], events: int | None) -> None:
        reading = source.read()
        if reading.fault:
            raise InputError(f"{source.journal}, {reading.fault}. A broken record is not handed off.")
        lines = reading.lines[:events]
        if events is not None and len(lines) < events:
            raise InputError(f"{source.journal} ends with event {len(lines)}; event {events} is not on disk.")
        whole = files.read_plain(source.journal, JOURNAL_LIMIT)[: reading.size]
        journal = whole if events is None else b"".join(whole.splitlines(keepends=True)[:events])
        for name in ("", "data/", "data/evidence/"):
            self._archive.writestr(self._entry(name, folder=True), b"")
        self._add("data/HANDOFF.md", handoff.encode("utf-8", "backslashreplace"))
        self._add("data/record.html", html.encode("utf-8", "backslashreplace"))
        self._add("data/record.json", orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        self._add("data/journal.jsonl", journal)
        if source.runbook.exists():
            self._add("data/runbook.yaml", files.read_plain(source.runbook, RUNBOOK_LIMIT))
        wanted = {each.sha256 for each in named(lines)}
        newer = {sha256 for sha256 in maybe_named(lines) if source.blobs.holds(sha256)}
        for sha256 in sorted(wanted | newer):
            if wrong := source.blobs.check(sha256) if is_name(sha256) else "is no sha256":
                raise InputError(f"The blob evidence/{sha256:.64} {wrong}: the bundle would not verify.")
            self._blob(source.blobs.folder / sha256, sha256)
        tags = self._tags(lines[-1].hash if lines else START, len(lines), one_line(str(record.get("title", "")), 200))
        for name, text in tags.items():
            self._archive.writestr(self._entry(name), text)
        sums = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in tags.items())
        self._archive.writestr(self._entry(TAG_MANIFEST), sums)

    def _tags(self, head: str, events: int, title: str) -> dict[str, str]:
        info = {
            "Bag-Software-Agent": "incident-console",
            "Bagging-Date": f"{self._now:%Y-%m-%d}",
            "External-Identifier": self._id,
            "External-Description": title or "incident",
            "Payload-Oxum": f"{self._octets}.{len(self._lines)}",
            "Incident-Events": str(events),
            "Incident-Chain-Head": head,
        }
        return {
            "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in info.items()),
            MANIFEST: "".join(self._lines),
        }

    def _entry(self, name: str, folder: bool = False) -> zipfile.ZipInfo:
        when = max(self._now.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
        entry = zipfile.ZipInfo(f"{self._id}/{name}", when)
        entry.compress_type = zipfile.ZIP_STORED if folder else zipfile.ZIP_DEFLATED
        entry.create_system = 3  # Unix, so that unzip keeps the files private
        entry.external_attr = (0o40700 << 16 | 0x10) if folder else (0o100600 << 16)
        return entry

    def _add(self, name: str, data: bytes) -> None:
        self._archive.writestr(self._entry(name), data)
        self._lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        self._octets += len(data)

    def _blob(self, path: Path, sha256: str) -> None:
        """Streamed, and hashed again on the way: what stands in the manifest is what is in the zip."""
        name, digest = f"data/evidence/{sha256}", hashlib.sha256()
        with files.open_plain(path) as blob, self._archive.open(self._entry(name), "w", force_zip64=False) as to:
            while part := blob.read(_CHUNK):
                digest.update(part)
                to.write(part)
                self._octets += len(part)
        if digest.hexdigest() != sha256:
            raise InputError(f"The blob {path} changed while it was read.")
        self._lines.append(f"{sha256}  {name}\n")


def read(source: Path, into: Path, *, durable: bool = False) -> Bag:
    """Unpack the bundle `source` into the empty folder `into`, as a bag whose manifests are not checked yet.

    `durable`: to be kept, not only looked at.

    Raises BrokenBagError for a zip that is hostile or no bundle, RecordError when it cannot be unpacked here.
    """
    try:
        return opened(zips.unpack(source, into, durable=durable))
    except zips.UnsafeZipError as fault:
        raise BrokenBagError(str(fault)) from None
    except OSError as fault:
        raise RecordError(f"{source} could not be unpacked into {into}: {files.why(fault)}.") from None


def opened(path: Path) -> Bag:
    """The bag in a folder. Raises BrokenBagError when its declaration is not there."""
    try:
        declared = files.read_plain(path / "bagit.txt", 4096)
        raw = files.read_plain(path / "bag-info.txt", 64 << 10).decode("utf-8", "backslashreplace")
    except InputError as fault:
        raise BrokenBagError(f"{path.name} is not a bundle: {fault}") from None
    if not declared.startswith(b"BagIt-Version: "):
        raise BrokenBagError(f"{path.name} is not a bundle: bagit.txt does not declare a BagIt version.")
    pairs = (line.split(": ", 1) for line in raw.splitlines() if ": " in line)
    return Bag(path, {name: value.strip() for name, value in pairs})


def faults(found: Bag) -> Iterator[str]:
    """What is missing, added or altered, by the bag's own manifests; sentences."""
    try:
        tags = dict(_manifest(found.path, TAG_MANIFEST))
        payload = dict(_manifest(found.path, MANIFEST))
    except BrokenBagError as broken:
        yield str(broken)
        return
    for name in _TAGS:
        if name not in tags:
            yield f"{name} is not in {TAG_MANIFEST}."
    yield from _sums(found.path, tags)
    for name in _REQUIRED:
        if f"data/{name}" not in payload:
            yield f"data/{name} is missing from the bundle."
    yield from _sums(found.path, payload)
    listed = {*tags, *payload, TAG_MANIFEST}
    for path in sorted(found.path.rglob("*")):
        name = path.relative_to(found.path).as_posix()
        if (path.is_symlink() or not path.is_dir()) and name not in listed:
            yield f"{one_line(name, 200)} is in the bundle, but in no manifest: it was added."
    yield from _oxum(found, payload)


def _manifest(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    try:
        text = files.read_plain(folder / name, _MANIFEST_LIMIT).decode("utf-8")
    except (InputError, UnicodeError) as fault:
        raise BrokenBagError(f"{name} could not be read: {fault}") from None
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        sha256, _, path = line.partition("  ")
        parts = path.split("/")
        outside = path.startswith("data/") is (name == TAG_MANIFEST)
        if not is_name(sha256) or not all(map(zips.is_plain, parts)) or outside or path in seen:
            raise BrokenBagError(f"{name}, line {number}: it does not name one file of the bundle with its sha256.")
        seen.add(path)
        yield path, sha256


def _sums(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    for name, sha256 in listed.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            yield f"{name} is missing from the bundle."
            continue
        try:
            if files.sha256_of(path)[0] != sha256:
                yield f"{name} was altered: its sha256 is not the one in the manifest."
        except InputError as fault:
            yield str(fault)


def _oxum(found: Bag, payload: dict[str, str]) -> Iterator[str]:
    stated = found.info.get("Payload-Oxum")
    actual = f"{sum((found.path / name).stat().st_size for name in payload)}.{len(payload)}"
    if stated and stated != actual:
        yield f"bag-info.txt says the payload is {stated} (bytes.files), but it is {actual}."
