"""How is an incident looked at that is not written here: one that another console writes, or a bundle nobody accepted?

Nothing is ever written: there is no pen, no command of the runbook runs, and nothing asks whether it is trusted. A
bundle is verified before anything of it is shown, and unpacked where nobody else can read it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from incident_console.errors import InputError
from incident_console.record import bag
from incident_console.record.chain import read_on
from incident_console.record.files import read_plain
from incident_console.record.incident import Incident, fold
from incident_console.record.pen import holder
from incident_console.record.store import Record
from incident_console.record.verify import verify_bag
from incident_console.runbook.load import loads
from incident_console.session.view import View

if TYPE_CHECKING:
    from incident_console.runbook.schema import Runbook

HANDOFF_LIMIT = 1 << 20
FREE = "nobody writes this record now"


class Review(View):
    """A record that somebody else has the pen of. `look` takes in what they wrote since."""

    def __init__(self, record: Record, runbook: Runbook, incident: Incident, size: int) -> None:
        """`size`: bytes of the journal that `incident` holds."""
        super().__init__(record, runbook, Path(incident.workdir), incident)
        self._follow_run()
        self._size = size
        self._signature: tuple[int, ...] = ()
        self.holder = holder(record.path)
        """Who has the pen, as `host, pid N`; None once nobody has."""
        self.fault = ""
        """Why the journal cannot be followed any more; what was read before stands."""

    @property
    def because(self) -> str:
        """Why nothing can be written here, as a sentence."""
        if self.holder is None:
            return f"read-only: {FREE}; take the pen to write"
        return f"read-only: {self.writer} writes this record"

    @property
    def writer(self) -> str:
        """Who writes, as `NAME on HOST, pid N`; the name is that of who wrote last on that host."""
        if self.holder is None:
            return "nobody"
        name, _, host = self.incident.lines[-1].by.rpartition("@") if self.incident.lines else ("", "", "")
        return f"{name} on {self.holder}" if name and self.holder.startswith(f"{host},") else self.holder

    @property
    def title(self) -> str:
        """The same in a few words, for the header."""
        return f"✎ {self.writer}" if self.holder is not None else "✎ the pen is free"

    def look(self) -> bool:
        """Take in what the journal has gained; whether anything is otherwise than before.

        Only what is new is read, and checked as links of the chain that was read so far. A line that is still being
        written is no fault: it is read when it is whole.
        """
        before = self.fault
        try:
            now = _state(self.record.journal)
            signature = (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns)
            if signature == self._signature:
                return False
            reading = read_on(self.record.journal, len(self.incident.lines), self.incident.head, self._size)
        except OSError:
            return self._broken(f"the journal {self.record.journal} is gone")
        except InputError as fault:
            return self._broken(str(fault))
        with self._lock:
            for line in reading.lines:
                self._take_in(line)
        self._size += reading.size
        self._signature = signature
        self._follow_run()
        self.fault = f"the journal is broken at {reading.fault}; what stood before is shown" if reading.fault else ""
        return bool(reading.lines) or self.fault != before

    def _broken(self, fault: str) -> bool:
        changed, self.fault = fault != self.fault, fault
        return changed

    def look_for_pen(self) -> bool:
        """Whether the pen went from one hand to another, or was laid down."""
        before, self.holder = self.holder, holder(self.record.path)
        return self.holder != before

    def _follow_run(self) -> None:
        seen = self.incident.run
        self.run = seen.event.log if seen is not None else None

    @property
    def is_free(self) -> bool:
        """Whether it may be taken over now."""
        return self.holder is None

    @property
    def is_reachable(self) -> bool:
        """Whether the workflow's own files may be looked at beside the record."""
        return self.workdir.is_dir()


class BundleReview(Review):
    """A verified bundle, before any read-back. What it says of this machine's files is not believed."""

    def __init__(self, source: Path, found: bag.Bag, unpacked: tempfile.TemporaryDirectory[str]) -> None:
        """Raises InputError where it holds no incident that could be shown."""
        record = Record(found.data)
        runbook, incident, size = _shown(record, found.id)
        super().__init__(record, runbook, incident, size)
        self.workdir = found.path / "no workflow"
        self.source = source
        self.handoff = read_plain(found.data / "HANDOFF.md", HANDOFF_LIMIT).decode("utf-8", "backslashreplace")
        self._unpacked = unpacked

    @property
    def id(self) -> str:
        return self.incident.id

    @property
    def because(self) -> str:
        return "read-only: this bundle is reviewed and not accepted; P accepts it"

    @property
    def title(self) -> str:
        return "bundle, not accepted"

    @property
    def is_free(self) -> bool:
        return True

    def look(self) -> bool:
        return False

    def look_for_pen(self) -> bool:
        return False

    @property
    def is_reachable(self) -> bool:
        return False

    def close(self) -> None:
        """The unpacked copy is removed."""
        super().close()
        self._unpacked.cleanup()


def _state(path: Path) -> os.stat_result:
    """Of the file as it is opened: a network file system may answer for its name from memory for seconds."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def review_record(folder: Path) -> Review:
    """Look at a record of this store. Raises InputError when it is none, or is broken."""
    record = Record(folder)
    runbook, incident, size = _shown(record, folder.name)
    return Review(record, runbook, incident, size)


def review_bundle(source: Path) -> BundleReview:
    """Verify and unpack the bundle `source`. Raises InputError naming the first broken place, RecordError."""
    unpacked = tempfile.TemporaryDirectory(prefix="incident-console-", ignore_cleanup_errors=True)
    try:
        found = bag.read(source, Path(unpacked.name))
        verdict = verify_bag(found)
        if not verdict.ok:
            raise bag.BrokenBagError(verdict.fault or "it does not verify")
        return BundleReview(source, found, unpacked)
    except bag.BrokenBagError as broken:
        unpacked.cleanup()
        raise InputError(f"{source.name} is not shown, because it is not what was sent: {broken}") from None
    except BaseException:
        unpacked.cleanup()
        raise


def _shown(record: Record, id: str) -> tuple[Runbook, Incident, int]:
    """The frozen runbook, the incident, and the bytes of the journal that it was read from."""
    reading = record.read()
    if reading.fault:
        raise InputError(f"{record.journal}, {reading.fault}. `incident-console verify` says more.")
    incident = fold(reading.lines, id)
    if incident.runbook is None:
        raise InputError(f"{id} holds no incident that could be shown: no runbook was frozen in it")
    loaded = loads(record.frozen_runbook(), str(record.runbook))
    if incident.runbook.sha256 != loaded.sha256:
        raise InputError(f"{record.runbook} is not the runbook that this incident froze: the file was altered")
    return loaded.runbook, incident, reading.size
