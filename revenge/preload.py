"""`python -m revenge.preload SOCKET`: the process that every Python part is forked from.

It has loaded the application once. Web, realtime, workers and beat share that memory, which makes
the whole about half as large, and they start at once. Chromium and Android call this a zygote.

The supervisor connects for each part (SOCK_SEQPACKET): it sends a `ForkRequest` as JSON with one
descriptor, the part's output; the answer is the part's process id and, when it has ended, its exit
code. A connection that closes without one says that this process died, and its children with it.
"""

import atexit
import ctypes
import gc
import json
import logging
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from revenge.stack.zygote import MAX_MESSAGE, ForkRequest

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_MODULES = (
    "apps.core.jobs.beat",
    "apps.core.jobs.running",
    "apps.libraries.scan.pipeline",
    "apps.libraries.watch.standby",
    "apps.movies.catalogue",
    "billiard.heap",
    "billiard.popen_fork",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery",
    "celery.worker.loops",
    "celery.worker.strategy",
    "django_celery_beat.schedulers",
    "granian.cli",
    "kombu.mixins",
    "kombu.transport.redis",
    "psycopg_pool",
    "revenge.asgi",
    "revenge.jobs",
    "revenge.urls",
    "revenge.wsgi",
)

# Libraries load it where it happens to be installed, as the tools of developers do.
_UNWANTED = ("rich",)


def main(path: str) -> None:
    _load()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        Path(path).unlink(missing_ok=True)
        listener.bind(path)
        listener.listen()
        _Nursery(listener).run()


def _load() -> None:
    for name in _UNWANTED:
        # Then it counts as not installed.
        sys.modules[name] = None  # type: ignore[assignment]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenge.settings")
    import_module("django").setup()
    for name in _MODULES:
        import_module(name)
    celery = import_module("revenge.celery").app
    celery.loader.import_default_modules()
    celery.finalize()
    # What is there now is never garbage; untouched, its pages stay shared.
    gc.collect()
    gc.freeze()


class _Nursery:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._children: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> NoReturn:
        """Fork what is asked for, and tell of every end."""
        wake, waker = socket.socketpair()
        for end in (wake, waker):
            end.settimeout(0)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    wake.recv(4096)
            self._reap()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        message, descriptors, _, _ = socket.recv_fds(connection, MAX_MESSAGE, 1)
        if not message or not descriptors:
            connection.close()
            return
        request = ForkRequest(**json.loads(message))
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._listener.close()
            _become(request, descriptors[0], parent)
        os.close(descriptors[0])
        self._children[pid] = connection
        _tell(connection, pid)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._children.pop(pid) as connection:
                _tell(connection, os.waitstatus_to_exitcode(status))


def _tell(connection: socket.socket, number: int) -> None:
    try:
        connection.send(str(number).encode())
    except OSError:
        return  # nobody waits for it any more


def _become(request: ForkRequest, output: int, parent: int) -> NoReturn:
    """Turn a fork into the part: as if it had been started with `python -m`."""
    code = 1
    try:
        _detach(request, output, parent)
        sys.argv = [request.module, *request.arguments]
        # As is meant here: what it is run with has been imported before.
        warnings.filterwarnings("ignore", ".* found in sys.modules", RuntimeWarning, "runpy")
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001  (the last frame of the process)
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()  # noqa: SLF001  (os._exit skips them)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _detach(request: ForkRequest, output: int, parent: int) -> None:
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for target in (1, 2):
        os.dup2(output, target)
    os.close(output)
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_NAME, f"revenge-{request.name}".encode()[:15])
    libc.prctl(_PR_SET_PDEATHSIG, request.death_signal)
    if os.getppid() != parent:  # it died before the request
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
