"""Where does kept evidence lie? In `evidence/<sha256>` beside the journal, named by what it holds."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from incident_console.errors import DiskError, InputError, RecordError
from incident_console.record import files

BLOB_LIMIT = 1 << 30
"""Bytes of one blob that are read here."""
_NAME = re.compile("[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether `text` may name a blob: 64 lower-case hex digits."""
    return _NAME.fullmatch(text) is not None


class Blobs:
    """The content-addressed files of one record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unsure: set[str] = set()
        """Names that were given to a file, and may not be on disk."""

    def put(self, data: bytes) -> tuple[str, int]:
        """Keep `data` (redacted already); its sha256 and size. It is on disk when this returns; twice is once.

        Raises DiskError when the disk does not take it or the record's folder is not there, RecordError when a symlink
        stands where the evidence should.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.folder / sha256
        try:
            if self.folder.is_symlink() or target.is_symlink():
                raise RecordError(f"{target} is or lies behind a symbolic link: evidence is kept in real files only.")
            if not self.folder.parent.is_dir():
                # Where a disk was pulled out, evidence must not land in what is left of its place.
                raise DiskError(f"Evidence could not be kept: the record's folder {self.folder.parent} is not there.")
            files.private_folder(self.folder)
            if sha256 in self._unsure or not self._is(target, data):
                self._unsure.add(sha256)
                files.write_atomically(target, data)
                self._unsure.discard(sha256)
        except OSError as fault:
            raise DiskError(f"Evidence could not be kept in {self.folder}: {files.why(fault)}.") from None
        return sha256, len(data)

    def get(self, sha256: str, limit: int = BLOB_LIMIT) -> bytes:
        """The blob, whole. Raises InputError: no such name, not there, a symlink, larger than `limit`, or altered."""
        if not is_name(sha256):
            raise InputError(f"{sha256[:80]!r} does not name a blob: that takes 64 lower-case hex digits.")
        if self.folder.is_symlink():
            raise InputError(f"{self.folder} is a symbolic link: it is not followed.")
        data = files.read_plain(self.folder / sha256, limit)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError(f"{self.folder / sha256} was altered: its content does not fit its name.")
        return data

    def peek(self, sha256: str, limit: int = BLOB_LIMIT) -> bytes | None:
        """`get` for documents, which go on without what is not there."""
        try:
            return self.get(sha256, limit)
        except InputError:
            return None

    def check(self, sha256: str, size: int | None = None) -> str | None:
        """What is wrong with a blob, as the rest of a sentence; None when it is what it should be. Any size."""
        if self.folder.is_symlink():
            return "lies behind a symbolic link, which is not followed"
        try:
            found, length = files.sha256_of(self.folder / sha256)
        except InputError as fault:
            return f"is missing or not sound ({str(fault).rstrip('.')})"
        if size is not None and length != size:
            return f"was altered: {length} bytes where {size} were recorded"
        return None if found == sha256 else "was altered: its content does not fit its name"

    def holds(self, sha256: str) -> bool:
        """Whether there is a file of that name; what it holds is for `check`."""
        return is_name(sha256) and not self.folder.is_symlink() and (self.folder / sha256).is_file()

    def names(self) -> Iterator[str]:
        """Every name in the folder, blob or not, sorted; none when there is no folder."""
        try:
            yield from sorted(path.name for path in self.folder.iterdir())
        except OSError:
            return

    def _is(self, target: Path, data: bytes) -> bool:
        """Whether the blob is there, sound and on disk. One that is damaged is put again."""
        try:
            return files.read_plain(target, len(data)) == data
        except InputError:
            return False
