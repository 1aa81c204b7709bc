"""Two real connections that take rows off one queue."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.core.db.claims import claim
from apps.search.models import IndexRequest


def _requests(count: int) -> list[int]:
    rows = [IndexRequest(collection="films", object_id=uuid.uuid4()) for _ in range(count)]
    return [row.pk for row in IndexRequest.objects.bulk_create(rows)]


@pytest.mark.django_db(transaction=True)
def test_nobody_gets_what_another_has_claimed_and_nobody_waits() -> None:
    keys = _requests(5)
    claimed, let_go = threading.Event(), threading.Event()

    def first() -> list[int]:
        try:
            with transaction.atomic():
                rows = claim(IndexRequest.objects.all(), limit=2)
                claimed.set()
                assert let_go.wait(timeout=30)
                return [row.pk for row in rows]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        ours = pool.submit(first)
        assert claimed.wait(timeout=30)
        with transaction.atomic():
            theirs = [row.pk for row in claim(IndexRequest.objects.all(), limit=10)]
        let_go.set()
        assert ours.result(timeout=30) == keys[:2]
    assert theirs == keys[2:]
    with transaction.atomic():  # what was claimed and not worked off is free again
        assert [row.pk for row in claim(IndexRequest.objects.all(), limit=10)] == keys


def test_rows_come_in_the_order_that_was_asked_for(db: None) -> None:  # noqa: ARG001
    keys = _requests(4)
    latest = claim(IndexRequest.objects.order_by("-pk"), limit=3)
    assert [row.pk for row in latest] == keys[:0:-1]


@pytest.mark.django_db(transaction=True)
def test_a_claim_needs_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        claim(IndexRequest.objects.all(), limit=1)
