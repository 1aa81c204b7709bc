from collections.abc import Iterator
from contextlib import contextmanager, suppress

from celery import current_app

from apps.core.jobs.sender import sender


@contextmanager
def broker_away() -> Iterator[None]:
    """Nobody listens at the broker's address."""
    conf = current_app.conf
    address = conf.broker_url
    _connect("redis://127.0.0.1:1/0")
    try:
        yield
        sender().flush()
    finally:
        _connect(address)


def received(queue: str) -> list[str]:
    """Take what the broker holds for a queue: the jobs' ids, the first first."""
    ids = []
    with current_app.connection_for_read() as connection:
        waiting = connection.SimpleQueue(queue)
        with suppress(waiting.Empty):
            while message := waiting.get_nowait():
                message.ack()
                ids.append(message.headers["id"])
        waiting.close()
    return ids


def _connect(address: str) -> None:
    current_app.conf.broker_url = current_app.conf.broker_write_url = address
    current_app._after_fork()  # forgets the pools of connections to the other address
    sender().forget_broker()
