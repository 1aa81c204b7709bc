"""What the kernel says, as proc_pid_mountinfo(5) writes it, and of watches of this process."""

import sys
from pathlib import Path

import pytest

from apps.libraries.watch import kernel
from apps.libraries.watch.listening import Event, Listener
from tests.scans import as_nobody, open_folder

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas rw,relatime shared:5 - nfs4 nas:/films rw,vers=4.2
31 22 0:41 / /mnt/two\040words rw - cifs //nas/films rw
32 22 0:42 / /mnt/pool rw,nosuid - fuse.mergerfs a:b rw
33 22 8:2 / /mnt/disk rw - fuseblk /dev/sdb1 rw
34 22 0:43 / /mnt/over rw - nfs nas:/a rw
35 22 8:3 / /mnt/over rw - xfs /dev/sdc1 rw
"""
needs_inotify = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTS.lstrip())
    monkeypatch.setattr(kernel, "_MOUNTS", tmp_path / "mountinfo")


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize(
    ("root", "types"),
    [
        ("/srv/films", []),
        ("/mnt/nas", ["nfs4"]),
        ("/mnt/nas/films", ["nfs4"]),
        ("/mnt/nasty", []),
        ("/mnt/two words/a", ["cifs"]),
        ("/mnt/pool/films", ["fuse.mergerfs"]),
        ("/mnt/disk", []),
        ("/mnt/over", []),
        ("/mnt", ["nfs4", "cifs", "fuse.mergerfs", "nfs"]),
    ],
)
def test_file_systems_that_tell_of_no_changes(root: str, types: list[str]) -> None:
    assert [mount.type for mount in kernel.silent_mounts(root)] == types


@pytest.mark.usefixtures("mounts")
def test_a_place_may_hold_what_looks_like_the_end_of_a_line() -> None:
    odd = "/mnt/odd\x0bname\rof\u2028lines"
    with kernel._MOUNTS.open("a", newline="") as file:
        file.write(f"36 22 0:44 / {odd} rw - nfs nas:/odd rw\n")
    assert [mount.type for mount in kernel.silent_mounts(odd)] == ["nfs"]


def test_without_proc_every_file_system_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_MOUNTS", Path("/nowhere"))
    assert kernel.silent_mounts("/srv") == []


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize(
    ("mount", "is_steady"),
    [("- ext4 /dev/sda1", True), ("- nfs4 nas:/a", False), ("- fuse.mergerfs a:b", False),
     ("- fuseblk /dev/sdb1", False), ("- vfat /dev/sdb1", False)],
)  # fmt: skip
def test_file_systems_that_number_files_for_good(
    tmp_path: Path, mount: str, *, is_steady: bool
) -> None:
    line = f"40 22 8:9 / {tmp_path} rw {mount} rw\n"
    (tmp_path / "mountinfo").write_text(MOUNTS.lstrip() + line)

    device = kernel.steady_device(str(tmp_path))

    assert device == (tmp_path.stat().st_dev if is_steady else None)


@needs_inotify
def test_the_advice_has_room_for_the_folders() -> None:
    present = kernel.limit("max_user_watches")
    assert present is not None
    number = kernel.enough_watches(50_000)
    assert number >= present + 100_000
    assert number.bit_count() == 1


@needs_inotify
def test_a_folder_that_may_not_be_read_ends_not_the_watching_of_others() -> None:
    with open_folder() as root:
        for name in ("a", "lost", "z/deep"):
            (root / name).mkdir(parents=True)
        (root / "lost").chmod(0)
        with as_nobody(), Listener(str(root)) as listener:
            assert listener.unreadable == (str(root / "lost"),)
            assert listener.unwatched == 0
            assert kernel.watches(next(iter(kernel.inotify_descriptors()))) == 4
        (root / "lost").chmod(0o755)


@needs_inotify
def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "in" / "deep").mkdir(parents=True)
    (root / "loop").symlink_to(root)
    with Listener(str(root)) as listener:
        assert (listener.watched, listener.sees_new_folders) == (3, True)
    (outside / "far" / "away").mkdir(parents=True)
    (root / "in" / "out").symlink_to(outside)
    with Listener(str(root)) as listener:
        assert (listener.watched, listener.unwatched) == (3, 0)
        assert not listener.sees_new_folders
        (outside / "secret.mkv").touch()
        (root / "in" / "deep" / "Film.mkv").touch()
        seen = until_told(listener)
    assert seen == [(True, f"{root}/in/deep/Film.mkv")]


@needs_inotify
def test_each_knows_its_descriptor_and_gives_it_back(tmp_path: Path) -> None:
    before = kernel.inotify_descriptors()
    for _ in range(100):
        with Listener(str(tmp_path)) as listener:
            assert listener._descriptor is not None
        assert kernel.inotify_descriptors() == before


def until_told(listener: Listener) -> list[Event]:
    while not (seen := listener.wait(1.0)):
        pass
    return seen


@needs_inotify
def test_no_event_is_lost_between_two_waits(tmp_path: Path) -> None:
    with Listener(str(tmp_path)) as listener:
        assert listener.wait(0.0) == []
        (tmp_path / "a").mkdir()
        seen: list[tuple[bool, str]] = []
        while not seen:
            seen = listener.wait(0.0)
        assert seen == [(True, str(tmp_path / "a"))]
        assert not listener.is_flooded
