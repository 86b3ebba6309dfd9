"""How is a zip from somebody else unpacked without trusting it?

Everything is checked before the first byte is written: names, kinds, count and size. Nothing is made outside the
folder that is given, and nothing in it that is not a plain file or folder, 0600 and 0700.
"""

import os
import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from incident_console.record import files

SIZE_LIMIT = 4 << 30
"""Bytes of all files together, and of the zip itself."""
COUNT_LIMIT = 20_000
RATIO_LIMIT = 200
RATIO_FROM = 256 << 20
"""From this size on, a zip that grows more than 200 times is taken for a bomb. Real logs stay below."""
_DIRECTORY_LIMIT = 16 << 20
_HEADER = 30
"""Bytes of an entry's own header at least, without its name."""
_END = b"PK\x05\x06"
_STARTS = (b"PK\x03\x04", _END)
"""An entry, or the end of a zip that has none."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def is_plain(name: str) -> bool:
    """Whether a file or folder of a bundle may be called that: the same on every machine, and leading nowhere."""
    return _NAME.fullmatch(name) is not None


class UnsafeZipError(Exception):
    """Why the zip is not unpacked, as a sentence."""


def unpack(source: Path, into: Path, *, durable: bool = False) -> Path:
    """Unpack `source` into the empty folder `into`; the one folder that it holds. `durable`: every file is on disk.

    Raises UnsafeZipError, InputError when it cannot be read, OSError when it cannot be written.
    """
    try:
        with files.open_plain(source) as file:
            if not file.read(4).startswith(_STARTS):
                raise UnsafeZipError(f"{source.name} is not a zip file.")
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 42))
            _check_end(size, file.read())
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                top = _check(entries, size)
                _check_places(entries)
                (into / top).mkdir(mode=0o700)
                for entry in entries:
                    _write(archive, entry, into, durable)
                return into / top
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as fault:
        raise UnsafeZipError(f"{source.name} is not a sound zip file: {fault}.") from None


def _check_end(size: int, tail: bytes) -> None:
    """A list of contents that is huge, or hidden behind a comment, is refused before zipfile reads it into memory."""
    if size > SIZE_LIMIT:
        raise UnsafeZipError(f"The zip is {size} bytes: more than a bundle of this console can be.")
    end = tail[-22:]
    if len(end) < 22 or end[:4] != _END or tail[:4] == b"PK\x06\x07":
        raise UnsafeZipError(
            "The zip does not end as a zip of this size does: it is cut short, or something follows it."
        )
    if int.from_bytes(end[12:16], "little") > _DIRECTORY_LIMIT:
        raise UnsafeZipError("The zip's list of contents is too large for a bundle.")


def _check(entries: list[zipfile.ZipInfo], size: int) -> str:
    """The name of the one top folder. Raises UnsafeZipError for anything that a bundle does not hold."""
    if not entries:
        raise UnsafeZipError("The zip is empty.")
    if len(entries) > COUNT_LIMIT:
        raise UnsafeZipError(f"The zip holds {len(entries)} entries: more than the {COUNT_LIMIT} that are taken.")
    total = sum(entry.file_size for entry in entries)
    if total > SIZE_LIMIT or (total > RATIO_FROM and total > RATIO_LIMIT * size):
        raise UnsafeZipError(f"The zip would unpack to {total} bytes from {size}: that looks like a zip bomb.")
    seen: set[str] = set()
    tops: set[str] = set()
    plain: set[str] = set()
    inner: set[str] = set()
    for entry in entries:
        parts = _check_entry(entry)
        tops.add(parts[0])
        folded = "/".join(parts).casefold()
        if folded in seen:
            raise UnsafeZipError(f"The zip names {entry.filename!r:.200} twice (upper and lower case count as one).")
        seen.add(folded)
        inner |= {"/".join(parts[:depth]).casefold() for depth in range(1, len(parts))}
        if not entry.is_dir():
            plain.add(folded)
    if both := sorted(plain & inner):
        raise UnsafeZipError(f"The zip holds {both[0]!r:.200} as a file and as a folder.")
    if len(tops) != 1:
        raise UnsafeZipError("The zip holds more than one folder at its top.")
    return tops.pop()


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    """Every entry has its own bytes, the first at the very beginning: nothing is hidden before or read twice."""
    end = 0
    for number, entry in enumerate(sorted(entries, key=lambda entry: entry.header_offset)):
        if number == 0 and entry.header_offset != 0:
            raise UnsafeZipError("Something stands before the zip's first entry.")
        if entry.header_offset < end:
            raise UnsafeZipError(f"The zip holds {entry.filename!r:.200} over another entry: that looks like a bomb.")
        end = entry.header_offset + _HEADER + len(entry.orig_filename) + entry.compress_size


def _check_entry(entry: zipfile.ZipInfo) -> list[str]:
    name = entry.orig_filename
    shown = f"{name!r:.200}"
    folder = name.endswith("/")
    parts = (name[:-1] if folder else name).split("/")
    if not all(map(is_plain, parts)) or name != entry.filename:
        raise UnsafeZipError(f"The zip holds the path {shown}, which may lead elsewhere or is no plain name.")
    if len(parts) == 1 and not folder:
        raise UnsafeZipError(f"The zip holds {shown} outside the bundle's folder.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG):
        raise UnsafeZipError(f"The zip holds {shown}, which is a link or another special file.")
    if entry.flag_bits & 0x1:
        raise UnsafeZipError(f"The zip holds {shown} encrypted.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeZipError(f"The zip holds {shown} compressed in a way that is not read here.")
    return parts


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path, durable: bool) -> None:
    target = into / PurePosixPath(entry.filename)
    folder = target if entry.is_dir() else target.parent
    files.private_folder(folder)
    if entry.is_dir():
        return
    descriptor = files.create(target)
    try:
        left = entry.file_size
        with archive.open(entry) as content:
            while part := content.read(1 << 20):
                left -= len(part)
                if left < 0:
                    raise UnsafeZipError(f"The zip holds more in {entry.filename} than it says.")
                files.write_all(descriptor, part)
        if left:
            raise UnsafeZipError(f"The zip holds less in {entry.filename} than it says.")
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
