"""The machine: room on its disks, and watches of the kernel's inotify."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.probes import Check, Health, Probe, worst

_GIB = 2**30
# (free bytes, free share): below both it is full, or soon.
_FULL = (1 * _GIB, 0.02)
_SOON_FULL = (10 * _GIB, 0.10)
_MOST_WATCHES = 0.8
_WATCHES_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")


def disks(folders: Iterable[Path], *, is_written: bool) -> Check:
    """Room below each folder. Where the server writes, little room is a warning, and none an
    error; a folder of films may be full."""
    facts, states = {}, [Health.HEALTHY]
    for folder in folders:
        try:
            usage = shutil.disk_usage(folder)
        except OSError as error:
            facts[str(folder)] = error.strerror or str(error)
            states.append(Health.DEGRADED)
            continue
        sizes = {"free": filesizeformat(usage.free), "total": filesizeformat(usage.total)}
        facts[str(folder)] = _("%(free)s of %(total)s free") % sizes
        if is_written:
            states.append(_room(usage.free, usage.total))
    status = worst(states)
    message = "" if status is Health.HEALTHY else _("Little room, or a folder that is away")
    return Check(status, message, facts=facts)


def _room(free: int, total: int) -> Health:
    for (size, share), state in ((_FULL, Health.UNHEALTHY), (_SOON_FULL, Health.DEGRADED)):
        if free < size and free < share * total:
            return state
    return Health.HEALTHY


def data_disk() -> Check:
    return disks([settings.DATA_DIR], is_written=True)


def watches() -> Check:
    """Those of this account's processes against the limit, which the kernel sets per account."""
    try:
        most = int(_WATCHES_LIMIT.read_text())
    except (OSError, ValueError):
        return Check(Health.HEALTHY, _("This system has no inotify"))
    used = sum(_watches_of(process) for process in Path("/proc").glob("[0-9]*"))
    facts = {
        _("Folders that the kernel watches"): _("%(used)s of %(most)s")
        % {"used": used, "most": most}
    }
    if used > _MOST_WATCHES * most:
        message = _("Raise fs.inotify.max_user_watches, or changes of folders are missed")
        return Check(Health.DEGRADED, message, facts=facts)
    return Check(Health.HEALTHY, facts=facts)


def _watches_of(process: Path) -> int:
    count = 0
    try:
        if process.stat().st_uid != os.getuid():
            return 0
        for descriptor in (process / "fd").iterdir():
            if os.readlink(descriptor) == "anon_inode:inotify":  # noqa: PTH115  (it is no path)
                about = (process / "fdinfo" / descriptor.name).read_text()
                count += len(re.findall(r"^inotify ", about, re.MULTILINE))
    except OSError:
        return count  # it has ended meanwhile
    return count


_AWAY = gettext_lazy("Does not answer")
PROBES = {
    "data_folder": Probe(data_disk, Check(Health.DEGRADED, _AWAY), gettext_lazy("Data folder")),
}
