from pathlib import Path

import pytest

from incident_console.tail.places.mounts import Mounts, read_mounts

MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:50 / /data rw - nfs4 server:/data rw
41 40 0:51 / /data/local\040disk rw - xfs /dev/sdb rw
42 27 0:52 / /home/u/remote rw - fuse.sshfs u@h: rw
43 27 0:53 / /usb rw - fuseblk /dev/sdc rw
broken line
""".strip()


@pytest.fixture
def mounts(tmp_path: Path) -> Mounts:
    (tmp_path / "mountinfo").write_text(MOUNTINFO)
    return read_mounts(tmp_path / "mountinfo")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/run/logs/a.log", "nfs4"),
        ("/data/local disk/a.log", None),
        ("/database/a.log", None),
        ("/home/u/remote/x", "fuse.sshfs"),
        ("/usb/x", None),
        ("/x", None),
    ],
)
def test_the_nearest_mount_says_whether_a_path_is_on_the_network(mounts: Mounts, path: str, kind: str | None) -> None:
    assert mounts.network_type(path) == kind


def test_where_there_is_no_mount_table_nothing_is_called_a_network(tmp_path: Path) -> None:
    assert read_mounts(tmp_path / "none").network_type("/data") is None


def test_a_link_that_leads_to_the_network_is_on_the_network_and_one_out_of_it_is_not_asked(tmp_path: Path) -> None:
    far, near = tmp_path / "far", tmp_path / "near"
    far.mkdir()
    near.mkdir()
    (near / "scratch").symlink_to("../far/scratch")
    (far / "home").symlink_to(near)
    mounts = Mounts((("/", "ext4"), (str(far), "nfs4")))
    assert mounts.network_type(near / "scratch" / "a.log") == "nfs4"
    assert mounts.network_type(near / "a.log") is None
    assert mounts.network_type(far / "home" / "a.log") == "nfs4", "to read this link is to ask the network"


def test_links_that_lead_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert Mounts((("/", "ext4"),)).network_type(tmp_path / "a" / "x.log") is None
