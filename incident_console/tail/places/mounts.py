"""Is this file on a network file system, where events do not arrive and a deleted file's text is gone at once?

`/proc/self/mountinfo` (proc(5)) names the type of each mount; without it (not Linux) nothing is called a network. The
answer never asks a network file system itself: one that hangs would hold up whoever asks.
"""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

NETWORK_TYPES = frozenset(
    (
        *("nfs", "nfs4", "lustre", "cifs", "smb3", "smbfs", "afs", "ceph", "beegfs", "gpfs", "pvfs2", "orangefs"),
        *("9p", "glusterfs", "ncpfs", "panfs", "davfs"),
    )
)
"""And every FUSE file system but the local ones below: sshfs, s3fs, glusterfs and their like."""
LOCAL_FUSE = frozenset({"fuseblk", "fuse.fuse-overlayfs", "fuse.ext2", "fuse.ntfs-3g", "fuse.lxcfs", "fuse.portal"})
MOUNTINFO = Path("/proc/self/mountinfo")
MOST_LINKS = 40
"""Symbolic links that are gone through in one path, as in Linux itself (path_resolution(7))."""


@dataclass(frozen=True, slots=True)
class Mount:
    point: str
    type: str

    @property
    def is_network(self) -> bool:
        return self.type in NETWORK_TYPES or (self.type.startswith("fuse") and self.type not in LOCAL_FUSE)


@dataclass(frozen=True)
class Mounts:
    """The mounts of one moment, as (mount point, type), later mounts last."""

    points: tuple[tuple[str, str], ...]

    def network_type(self, path: str | os.PathLike[str]) -> str | None:
        """The type of the network file system that the path is (or would be) on; None on a local disk."""
        found = self.network_mount(path)
        return None if found is None else found.type

    def network_mount(self, path: str | os.PathLike[str]) -> Mount | None:
        """The network file system that the path is (or would be) on; None on a local disk."""
        here, links = "/", 0
        ahead = os.path.abspath(path).split("/")[::-1]  # noqa: PTH100
        while True:
            found = self._holding(here)
            if found is not None and found.is_network:
                # A local disk may be mounted further inside; what lies between is not asked.
                whole = os.path.normpath("/".join([here, *ahead[::-1]]))
                inner = self._holding(whole)
                if inner is None or inner.point == found.point or not inner.point.startswith(here):
                    return found
                here, ahead = inner.point, whole[len(inner.point) :].split("/")[::-1]
                continue
            if not ahead:
                return None
            part = ahead.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = os.path.dirname(here)  # noqa: PTH120
                continue
            below = here.rstrip("/") + "/" + part
            # What is mounted here is looked up before the file system is asked whether it is a link.
            target = None if below in self._by_point or links == MOST_LINKS else _link(below)
            if target is None:
                here = below
                continue
            links += 1
            ahead.extend(target.split("/")[::-1])
            if target.startswith("/"):
                here = "/"

    @cached_property
    def _by_point(self) -> dict[str, Mount]:
        return {point: Mount(point, its_type) for point, its_type in self.points}

    def _holding(self, path: str) -> Mount | None:
        while path not in self._by_point and path != "/":
            path = os.path.dirname(path)  # noqa: PTH120
        return self._by_point.get(path)


def read_mounts(mountinfo: Path = MOUNTINFO) -> Mounts:
    """Read the mount table; an empty one where there is none."""
    try:
        text = mountinfo.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return Mounts(())
    points = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        fields, kinds = left.split(" "), right.split(" ")
        if len(fields) > 4 and kinds[0]:
            points.append((_unescape(fields[4]), kinds[0]))
    return Mounts(tuple(points))


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return None


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
