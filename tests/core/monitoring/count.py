"""A process that counts as a part of the stack does: `count.py FORKS`; then waits to be ended.

It declares the figures, forks, and each fork counts one request more than the one before.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from apps.core.metrics import HTTP_IN_FLIGHT, HTTP_REQUEST_SECONDS, HTTP_REQUESTS


def count(requests: int) -> None:
    HTTP_IN_FLIGHT.inc()
    for _ in range(requests):
        HTTP_REQUESTS.labels("GET", "/films", "200").inc()
        HTTP_REQUEST_SECONDS.labels("GET", "/films").observe(0.02)


def main(forks: int) -> None:
    children = []
    for number in range(1, forks + 1):
        pid = os.fork()
        if pid == 0:
            count(number)
            sys.stdout.write(f"{os.getpid()}\n")
            sys.stdout.flush()
            sys.stdin.read()
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


main(int(sys.argv[1]))
