from collections.abc import Iterator
from contextlib import contextmanager

from celery import current_app


@contextmanager
def broker_away() -> Iterator[None]:
    """Nobody listens at the broker's address."""
    conf = current_app.conf
    address = conf.broker_url
    _connect("redis://127.0.0.1:1/0")
    try:
        yield
    finally:
        _connect(address)


def _connect(address: str) -> None:
    current_app.conf.broker_url = current_app.conf.broker_write_url = address
    current_app._after_fork()  # forgets the pools of connections to the other address
