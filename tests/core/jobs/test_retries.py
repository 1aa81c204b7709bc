from datetime import timedelta

import httpx
import pytest
import requests
from django.db import IntegrityError, OperationalError

from apps.core.errors import ConflictError, UnavailableError
from apps.core.jobs.retries import Retry
from apps.search.errors import SearchUnavailableError


@pytest.mark.parametrize(
    ("rule", "error", "is_tried_again"),
    [
        (Retry.TRANSIENT_NETWORK, ConnectionResetError(), True),
        (Retry.TRANSIENT_NETWORK, requests.ReadTimeout(), True),
        (Retry.TRANSIENT_NETWORK, requests.ConnectionError(), True),
        (Retry.TRANSIENT_NETWORK, httpx.ConnectTimeout("slow"), True),
        (Retry.TRANSIENT_NETWORK, SearchUnavailableError("away"), True),
        (Retry.TRANSIENT_NETWORK, requests.HTTPError(), False),
        (Retry.TRANSIENT_NETWORK, FileNotFoundError(), False),
        (Retry.TRANSIENT_NETWORK, OperationalError(), False),
        (Retry.DATABASE, OperationalError(), True),
        (Retry.DATABASE, UnavailableError("away"), True),
        (Retry.DATABASE, IntegrityError(), False),
        (Retry.DATABASE, ConflictError("taken"), False),
        (Retry.NEVER, ConnectionError(), False),
        (Retry.NEVER, OperationalError(), False),
    ],
)
def test_only_what_is_named_is_tried_again(
    rule: Retry,
    error: Exception,
    is_tried_again: bool,  # noqa: FBT001
) -> None:
    assert (rule.value.delay(error, tried=1) is not None) is is_tried_again


def test_the_waits_are_random_and_grow_to_a_ceiling() -> None:
    rule = Retry.DATABASE.value
    for tried in range(1, rule.tries):
        most = min(rule.ceiling, rule.base * 2 ** (tried - 1))
        waits = {rule.delay(OperationalError(), tried=tried) for _ in range(50)}
        assert len(waits) > 10
        for wait in waits:
            assert wait is not None
            assert timedelta() <= wait <= timedelta(seconds=most)
    assert rule.delay(OperationalError(), tried=rule.tries) is None
