"""`manage.py up` and `manage.py stack`."""

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from revenge.env import EnvError
from revenge.stack import alone, config, folders, leftovers, ports, record, tail
from revenge.stack.console import Console
from revenge.stack.engines import postgres
from revenge.stack.failure import StackError
from revenge.stack.keys import stored_secret
from revenge.stack.readiness import Tcp
from revenge.stack.supervisor import Supervisor

_UP = """Start revenge: its engines (PostgreSQL, Valkey, Typesense; not those that DATABASE_URL,
REDIS_URL or TYPESENSE_URL name elsewhere), its web, realtime and worker processes, and the edge on
REVENGE_PORT (8096). Ctrl-C stops everything."""
_LISTENING = ("web", "realtime")


def main(arguments: Sequence[str]) -> int:
    """Run `up …` or `stack …`; returns the exit code."""
    options = parse(arguments)
    console = Console(output_of_parts=options.command == "up" and options.logs)
    try:
        return _up(console) if options.command == "up" else _stack(options, console)
    except EnvError as error:
        console.failure(StackError(str(error)))
    except StackError as error:
        console.failure(error)
    except KeyboardInterrupt:
        return 130
    return 1


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `rest` is what psql gets. Raises SystemExit when they are wrong."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and getattr(options, "action", None) != "psql":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything", description=_UP)
    up.add_argument("--logs", action="store_true", help="show the output of all parts")
    stack = commands.add_parser("stack", help="look at the running stack")
    actions = stack.add_subparsers(dest="action", required=True)
    actions.add_parser("status", help="list the parts; exit code 1 when nothing runs")
    logs = actions.add_parser("logs", help="show the log of one part, or of all")
    logs.add_argument("part", nargs="?", help="its name in `stack status`")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument("-n", "--lines", type=int, default=100, help="how many (default: 100)")
    part = actions.add_parser("part", help="become one part, for containers")
    check = actions.add_parser("check", help="exit code 0 when the part here can work")
    for action in (part, check):
        action.add_argument(
            "name", help="web, realtime, edge, beat, watcher, prepare or a worker's name"
        )
        for name in _LISTENING:
            action.add_argument(f"--{name}", type=_address, metavar="HOST:PORT")
    actions.add_parser("psql", help="open the database in psql; takes psql's own options")
    return parser


def _address(text: str) -> Tcp:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        msg = f"{text!r} is no HOST:PORT"
        raise argparse.ArgumentTypeError(msg)
    return Tcp(host.removeprefix("[").removesuffix("]"), int(port))


def _addresses(options: argparse.Namespace) -> dict[str, Tcp]:
    given = {name: getattr(options, name) for name in _LISTENING}
    return {name: address for name, address in given.items() if address}


def _stack(options: argparse.Namespace, console: Console) -> int:
    match options.action:
        case "status":
            return _status(console)
        case "logs":
            return _logs(options.part, lines=options.lines, follow=options.follow)
        case "part":
            return alone.become(options.name, _addresses(options))
        case "check":
            return alone.check(options.name, _addresses(options))
        case _:
            return _psql(options.rest)


def _up(console: Console) -> int:
    wanted = config.from_environment()
    if wanted.media:
        folders.check_media(wanted.media)
    made = folders.prepare(wanted.data)
    lock = folders.lock(wanted.data)
    try:
        leftovers.end(record.state_path(wanted.data))
        ports.check_free(wanted)
        stored_secret(wanted.data, "secret_key")
        asyncio.run(_supervise(wanted, made, console))
    finally:
        os.close(lock)
    return 0


async def _supervise(wanted: config.StackConfig, made: folders.Folders, console: Console) -> None:
    await Supervisor(wanted, made, console).run()


def _status(console: Console) -> int:
    data = config.data_dir()
    state = record.read_state(data) if folders.is_locked(data) else None
    if state is None:
        console.line(f"revenge does not run on {data}")
        return 1
    console.line(f"{state.address} · process {state.supervisor} · data {data}")
    console.line(f"{'part':<16}{'state':<12}{'pid':>8}  {'since':<19}  restarts")
    for part in state.parts:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(part.since))
        pid = str(part.pid or "-")
        console.line(f"{part.name:<16}{part.state:<12}{pid:>8}  {since}  {part.restarts}")
    return 0


def _logs(part: str | None, *, lines: int, follow: bool) -> int:
    folder = config.data_dir() / "logs"
    known = sorted(path.stem for path in folder.glob("*.log"))
    if part is not None and part not in known:
        msg = f"there is no log of {part!r}: there are {', '.join(known) or 'none'}"
        raise StackError(msg)
    names = [part] if part else known
    tail.show([folder / f"{name}.log" for name in names], lines=lines, follow=follow)
    return 0


def _psql(arguments: Sequence[str]) -> int:
    environment = record.engines_env(config.data_dir()) | os.environ
    url = environment.get("DATABASE_URL")
    if not url:
        raise StackError("revenge does not run: start it with manage.py up, or set DATABASE_URL")
    try:
        program = postgres.psql()
    except StackError:
        program = shutil.which("psql") or ""
    if not program:
        raise StackError("psql is not installed")
    parts = urlsplit(url)
    if parts.password:
        # Not an argument, because everybody may read those of a process.
        environment["PGPASSWORD"] = unquote(parts.password)
        netloc = parts.netloc.replace(f":{parts.password}@", "@", 1)
        url = parts._replace(netloc=netloc).geturl()
    sys.stdout.flush()
    os.execve(program, [program, url, *arguments], environment)  # noqa: S606 - no shell is wanted
