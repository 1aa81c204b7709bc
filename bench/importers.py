"""scan.beside_minidlna and scan.beside_gerbera: the same films imported for the first time by other
servers of media, where these are installed (Debian: `minidlna`, `gerbera`). They read less of a
file than is read here, and identify no film.

Each runs in a network of its own, which leads nowhere; making one takes the rights of root.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from bench.figures import Figure, against
from bench.server import server
from revenge.demo.media import make_demo_media
from revenge.stack.testing import scratch_folder

FILES: Final = 5000
_QUIET_SECONDS: Final = 10.0
"""An import that has written nothing for so long has ended with what it wrote last."""
_NETWORK: Final = """
ip link set lo up && ip link add films1 type veth peer name films0 && ip link set films1 up &&
ip addr add 10.99.0.1/24 dev films0 && ip link set films0 up &&
ip route add 239.0.0.0/8 dev films0 && sleep 3 && exec "$@"
"""


def run() -> Iterator[Figure]:
    present = {name: importer for name, importer in _IMPORTERS.items() if shutil.which(importer[0])}
    if not present or os.geteuid() != 0:
        return
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=FILES)
        ours = _ours(folder / "data", media)
        for name, (_program, start) in present.items():
            (folder / name).mkdir()
            theirs = start(folder / name, media)
            yield against(f"scan.beside_{name}", ours, theirs, "s", "none: they read less")


def _ours(data: Path, media: Path) -> float:
    """Seconds that the first scan takes."""
    with server(data, media) as running:
        running.wait_for_films(int(FILES * 0.9))
        listed = running.json("/api/v1/libraries", token=running.token())
        assert isinstance(listed, dict)
        scan = listed["libraries"][0]["latest_scan"]
    began, ended = (datetime.fromisoformat(scan[name]) for name in ("started_at", "completed_at"))
    return (ended - began).total_seconds()


def _minidlna(folder: Path, media: Path) -> float:
    (folder / "conf").write_text(
        f"media_dir=V,{media}\ndb_dir={folder}\nlog_dir={folder}\nport=18200\ninotify=no\n"
        "network_interface=films0\n"
    )
    command = ["minidlnad", "-S", "-f", f"{folder}/conf", "-P", f"{folder}/pid"]
    return _import_time(command, folder / "files.db", "SELECT count(*) FROM DETAILS")


def _gerbera(folder: Path, media: Path) -> float:
    (folder / "conf").write_text(_GERBERA % {"folder": folder, "types": _types(_TYPES)})
    command = [
        *("gerbera", "--config", f"{folder}/conf", "--home", str(folder), "--interface", "films0"),
        *("--port", "49990", "--add", str(media), "--logfile", f"{folder}/log"),
    ]
    return _import_time(
        command, folder / "gerbera.db", "SELECT count(*) FROM mt_cds_object WHERE object_type = 2"
    )


_IMPORTERS: Final[Mapping[str, tuple[str, Callable[[Path, Path], float]]]] = {
    "minidlna": ("minidlnad", _minidlna),
    "gerbera": ("gerbera", _gerbera),
}


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", _NETWORK, "sh", *command],  # noqa: S607
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def _import_time(command: list[str], database: Path, count: str) -> float:
    """Seconds from the making of the database to what is written last; `count` is the query of how
    many films it holds then. Gerbera lets nobody read it while it runs."""
    with _running(command) as process:
        while not database.exists():
            assert process.poll() is None, f"{command[0]} has ended"
            time.sleep(0.05)
        begin = time.time()
        while time.time() - (last := _written_at(database)) < _QUIET_SECONDS:
            time.sleep(0.1)
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (films,) = connection.execute(count).fetchone()
    assert films >= FILES, f"only {films} films are imported"
    return last - begin


def _written_at(database: Path) -> float:
    """With its journal."""
    files = database.parent.glob(f"{database.name}*")
    return max((file.stat().st_mtime for file in files), default=0.0)


_TYPES: Final = {
    "mkv": "video/x-matroska",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "webm": "video/webm",
    "ts": "video/mp2t",
}


def _types(names: Mapping[str, str]) -> str:
    return "".join(f'<map from="{name}" to="{kind}"/>' for name, kind in names.items())


_GERBERA: Final = """<?xml version="1.0" encoding="UTF-8"?>
<config version="2" xmlns="http://mediatomb.cc/config/2">
  <server>
    <name>films</name><udn>uuid:6b1f0d4e-0000-4000-8000-000000000001</udn>
    <home>%(folder)s</home><webroot>/usr/share/gerbera/web</webroot><ui enabled="no"/>
    <storage><sqlite3 enabled="yes"><database-file>gerbera.db</database-file></sqlite3></storage>
  </server>
  <import hidden-files="no">
    <scripting script-charset="UTF-8"><virtual-layout type="disabled"/></scripting>
    <mappings><extension-mimetype ignore-unknown="yes">%(types)s</extension-mimetype></mappings>
  </import>
</config>
"""
