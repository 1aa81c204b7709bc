"""stack.warm_start and stack.idle_memory."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.server import server
from revenge.demo.media import make_demo_media
from revenge.stack.testing import scratch_folder


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=50)
        data = folder / "data"
        with server(data, media) as cold:
            cold.wait_for_films(40)
            cold_start = cold.ready_after
        with server(data, media) as warm:
            yield Figure(
                "stack.warm_start",
                warm.ready_after,
                "s",
                cold_start,
                warm.ready_after / cold_start,
                "value <= 8",
            )
            warm.wait_for_films(40)
            time.sleep(20)
            total = sum(_pss(pid) for pid in tree(warm.process.pid)) / 2**20
            yield Figure("stack.idle_memory", total, "MiB", limit="value <= 450")


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, pending = [], [root]
    while pending:
        pid = pending.pop()
        found.append(pid)
        pending.extend(children.get(pid, []))
    return found


def _pss(pid: int) -> int:
    """Proportional set size in bytes."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    line = next(line for line in text.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024
