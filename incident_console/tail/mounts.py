"""Is this file on a network file system, where events do not arrive and a deleted file's text is gone at once?

`/proc/self/mountinfo` (proc(5)) names the type of each mount; without it (not Linux) nothing is called a network.
"""

import os
import re
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Mounts:
    """The mounts of one moment, as (mount point, type), later mounts last."""

    points: tuple[tuple[str, str], ...]

    def network_type(self, path: str | os.PathLike[str]) -> str | None:
        """The type of the network file system that the path is (or would be) on; None on a local disk."""
        real = os.path.realpath(path)
        best, kind = "", ""
        for point, its_kind in self.points:
            inside = point == "/" or real == point or real.startswith(point + "/")
            if inside and len(point) >= len(best):
                best, kind = point, its_kind
        if kind in NETWORK_TYPES or (kind.startswith("fuse") and kind not in LOCAL_FUSE):
            return kind
        return None


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


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)
