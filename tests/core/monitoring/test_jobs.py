"""What workers tell of themselves."""

from types import SimpleNamespace

from celery import current_app
from django.conf import settings

from apps.core.monitoring import jobs


def test_a_worker_is_heard_beside_its_wait_for_jobs() -> None:
    """Its connection that waits has no other question asked: the answer could be a job."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel
        pool = channel.client.connection_pool
        waiting = channel.client.connection = pool.get_connection()
        waiting.send_command("BRPOP", f"{prefix}waited-for", 60)
        jobs._tell(SimpleNamespace(connection=connection, hostname="worker@test"))
        with channel.conn_or_acquire() as client:
            client.lpush("waited-for", "a job")
        assert waiting.read_response()[1] == b"a job"
        pool.release(waiting)
    assert "worker@test" in jobs.last_heard()
