"""Committed jobs on their way to the broker: several at a time, in a thread beside the caller.

Nobody waits for the broker, and what it does not take is due in the database at once.
"""

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from celery import current_app
from django.db import connection
from kombu import Producer
from kombu.exceptions import KombuError, OperationalError

from apps.core.jobs import messages
from apps.core.jobs.models import JobMessage

logger = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""How long a broker that did not answer is left alone."""
_EXIT_SECONDS = 5.0
# Messages that follow one another go together, which costs half as much.
_LINGER_SECONDS = 0.005


@dataclass(frozen=True)
class Parcel:
    """A message and the context it comes from, in which tracers find whose it is."""

    message: JobMessage
    context: Context = field(default_factory=copy_context)

    def post(self, producer: Producer) -> None:
        self.context.run(
            current_app.send_task,
            self.message.task,
            self.message.args,
            self.message.kwargs,
            task_id=str(self.message.id),
            queue=self.message.queue,
            producer=producer,
        )


class Sender:
    """One for a process. Its thread starts with the first message."""

    def __init__(self) -> None:
        self._parcels: deque[Parcel] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jobs-sender")
        self._last: Future[None] | None = None
        self._broker_back_at = 0.0

    def pass_on(self, message: JobMessage) -> None:
        """Send it soon."""
        self._parcels.append(Parcel(message))
        self._last = self._thread.submit(self._send_waiting)

    def flush(self, seconds: float = _EXIT_SECONDS) -> None:
        """Wait until all is sent, or could not be."""
        if self._last is not None:
            wait([self._last], timeout=seconds)

    def send(self, several: Iterable[JobMessage]) -> bool:
        """Send now; False when the broker did not take them, and they are due again."""
        return self._post([Parcel(message) for message in several])

    def forget_broker(self) -> None:
        """Ask it again at once."""
        self._broker_back_at = 0.0

    def _send_waiting(self) -> None:
        if not self._parcels:
            return
        time.sleep(_LINGER_SECONDS)
        parcels = [self._parcels.popleft() for _ in range(len(self._parcels))]
        try:
            self._post(parcels)
        finally:
            connection.close()

    def _post(self, parcels: list[Parcel]) -> bool:
        if not parcels:
            return True
        if time.monotonic() >= self._broker_back_at:
            try:
                with current_app.producer_or_acquire() as producer, producer.batch():
                    for parcel in parcels:
                        parcel.post(producer)
            except (OperationalError, KombuError, OSError):
                self._broker_back_at = time.monotonic() + REST_SECONDS
                logger.warning("the broker is away: jobs wait in the database")
            else:
                return True
        messages.not_sent([parcel.message.pk for parcel in parcels])
        return False


_sender = Sender()


def sender() -> Sender:
    return _sender


def _in_fork() -> None:
    """A fork has no thread, and the messages are its parent's."""
    global _sender  # noqa: PLW0603  (each process has one)
    _sender = Sender()


os.register_at_fork(after_in_child=_in_fork)
atexit.register(lambda: sender().flush())
