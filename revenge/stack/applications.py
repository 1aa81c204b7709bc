"""The parts that run revenge itself, and the edge before them."""

import json
import re
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from revenge.stack import workers
from revenge.stack.config import PROJECT, StackConfig
from revenge.stack.engines import caddy
from revenge.stack.failure import StackError
from revenge.stack.files import write_atomically
from revenge.stack.folders import Folders
from revenge.stack.parts import Part, Probe, StopStep
from revenge.stack.readiness import Address, Tcp, accepts, http_get
from revenge.stack.workers import WorkerGroup

_TERM = StopStep(signal.SIGTERM, 10)
# Granian's own set-up would replace Django's; so it changes nothing but its logger's level.
_GRANIAN_LOGGING = {"incremental": True, "formatters": {}, "handlers": {}, "loggers": {}}
# Celery finishes running jobs after the first; after the second it gives them back to the queue.
_CELERY_STOPS = (StopStep(signal.SIGTERM, 8), StopStep(signal.SIGQUIT, 5))


def environment_of(inherited: Mapping[str, str]) -> dict[str, str]:
    """What a Python part runs with, over what its starter was given."""
    ours = {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "revenge.settings"}
    frugal = {
        # Two heaps a process instead of eight a core: many threads, little memory.
        "MALLOC_ARENA_MAX": "2",
        # Seconds until a worker's process that found no more jobs ends.
        "AUTOSCALE_KEEPALIVE": "5",
    }
    return frugal | dict(inherited) | ours


@dataclass(frozen=True, slots=True)
class Applications:
    """Makes the parts; `environment` is what all of them get.

    `addresses` says where web and realtime listen; without one it is a unix socket in the folders.
    """

    config: StackConfig
    folders: Folders
    environment: Mapping[str, str]
    addresses: Mapping[str, Tcp] = field(default_factory=dict)

    def part(self, name: str) -> Part:
        """The part of that name. Raises StackError, also when there is none."""
        if name == "edge":
            return self.edge()
        others = (
            *(self.prepare(), self.web(), self.realtime()),
            *(*self.workers(), self.beat(), self.watcher()),
        )
        for part in others:
            if part.name == name:
                return part
        known = ", ".join([*(part.name for part in others), "edge"])
        raise StackError(f"there is no part {name!r}: there are {known}")

    def preload(self) -> Part | None:
        """The process that the others are forked from; None where they are started alone."""
        if self._zygote is None:
            return None
        return Part(
            name="preload",
            command=(sys.executable, "-m", "revenge.preload", str(self._zygote)),
            environment=self.environment,
            directory=PROJECT,
            log=self.folders.logs / "preload.log",
            stops=(StopStep(signal.SIGKILL, 5),),
            ready=_listens(self._zygote),
        )

    @property
    def _zygote(self) -> Path | None:
        # Elsewhere a fork without exec is not safe with the system's libraries.
        return self._socket("preload") if sys.platform == "linux" else None

    def prepare(self) -> Part:
        """Migrations, static files, first administrator and library; ends by itself."""
        return self._python("prepare", ("-m", "django", "prepare"), (StopStep(signal.SIGTERM, 30),))

    def web(self) -> Part:
        config = self.config
        return self._granian(
            "web",
            ("--interface", "wsgi", "revenge.wsgi:application"),
            ("--workers", str(config.web_workers), "--blocking-threads", str(config.web_threads)),
            # What waits beyond the threads waits in the edge, not in a worker's memory.
            ("--backpressure", str(config.web_threads), "--backlog", "1024", "--no-ws"),
            ("--workers-kill-timeout", "5"),
        )

    def realtime(self) -> Part:
        return self._granian(
            "realtime",
            ("--interface", "asginl", "revenge.asgi:application"),
            ("--workers", "1", "--backlog", "4096", "--backpressure", "4096"),
            # Streams of events end with the process alone; their clients come back for the rest.
            ("--workers-kill-timeout", "1"),
        )

    def workers(self) -> tuple[Part, ...]:
        return tuple(self._worker(group) for group in workers.GROUPS)

    def beat(self) -> Part:
        command = ("-m", "revenge.jobs", "beat")
        line = re.compile(r"beat: Starting")
        return self._python("beat", command, (_TERM,), ready_line=line, required=False)

    def watcher(self) -> Part:
        command = ("-m", "revenge.jobs", "watch")
        line = re.compile(r"watcher ready")
        return self._python("watcher", command, (_TERM,), ready_line=line, required=False)

    def edge(self) -> Part:
        """Raises StackError without Caddy."""
        # Certificates are to keep; without a domain there are none.
        storage = (self.folders.data if self.config.domain else self.folders.run) / "caddy"
        file = self.folders.run / "caddy.json"
        write_atomically(file, caddy.configuration(self._edge_config(storage)))

        async def ready(_pid: int) -> bool:
            return await accepts(self.config.local_address)

        return Part(
            name="edge",
            command=(str(caddy.binary()), "run", "--config", str(file)),
            environment={
                "HOME": str(storage),
                "XDG_CONFIG_HOME": str(storage),
                "XDG_DATA_HOME": str(storage),
                "GOMEMLIMIT": "64MiB",
            },
            directory=self.folders.data,
            log=self.folders.logs / "edge.log",
            stops=(_TERM,),
            ready=ready,
        )

    def _edge_config(self, storage: Path) -> caddy.EdgeConfig:
        storage.mkdir(mode=0o700, exist_ok=True)
        return caddy.EdgeConfig(
            host=self.config.host,
            port=self.config.port,
            domain=self.config.domain,
            static=self.folders.data / "static",
            storage=storage,
            web=self._address("web"),
            realtime=self._address("realtime"),
            trusted_proxies=self.config.trusted_proxies,
            metrics_host=self.config.metrics_host,
            metrics_port=self.config.metrics_port,
            log_format=self.config.log_format,
        )

    def _granian(self, name: str, *options: tuple[str, ...]) -> Part:
        address = self._address(name)
        logging = self.folders.run / "granian-logging.json"
        write_atomically(logging, json.dumps(_GRANIAN_LOGGING))
        command = (
            *("-m", "granian", *_listening(address)),
            *("--no-access-log", "--log-config", str(logging)),
            *(word for group in options for word in group),
        )
        return self._python(name, command, (_TERM,), ready=_answers(address), address=address)

    def _worker(self, group: WorkerGroup) -> Part:
        command = ("-m", *group.command(self.config.workers))
        line = re.compile(r"\bready\.")
        return self._python(group.name, command, _CELERY_STOPS, ready_line=line, required=False)

    def _python(
        self,
        name: str,
        command: tuple[str, ...],
        stops: tuple[StopStep, ...],
        *,
        ready: Probe | None = None,
        ready_line: re.Pattern[str] | None = None,
        address: Address | None = None,
        required: bool = True,
    ) -> Part:
        return Part(
            name=name,
            command=(sys.executable, *command),
            environment=self.environment,
            directory=PROJECT,
            log=self.folders.logs / f"{name}.log",
            stops=stops,
            ready=ready,
            ready_line=ready_line,
            before_start=_unlinking(address) if isinstance(address, Path) else None,
            zygote=self._zygote,
            required=required,
        )

    def _address(self, name: str) -> Address:
        return self.addresses.get(name) or self._socket(name)

    def _socket(self, name: str) -> Path:
        return self.folders.sockets / f"{name}.sock"


def _listening(address: Address) -> tuple[str, ...]:
    """Granian's options."""
    if isinstance(address, Tcp):
        return ("--host", address.host, "--port", str(address.port))
    return ("--uds", str(address), "--uds-permissions", "0600")


def _unlinking(socket_file: Path) -> Callable[[], None]:
    return lambda: socket_file.unlink(missing_ok=True)


def _listens(path: Path) -> Probe:
    async def ready(_pid: int) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            return connection.connect_ex(str(path)) == 0

    return ready


def _answers(address: Address) -> Probe:
    """Any answer will do: what it says is for /readyz."""

    async def ready(_pid: int) -> bool:
        return await http_get(address, "/healthz") is not None

    return ready
