"""core.cache_l1_get, core.cache_l2_get, core.lock_cycle and core.ratelimit_check: the toolkit
against the bare calls beneath it."""

import os
import secrets
import time
from collections.abc import Callable, Iterator

import django
import redis

from bench.figures import Figure, against
from revenge.stack.testing import embedded_engines, scratch_folder

ROUNDS = 400

Work = Callable[..., object]


def run() -> Iterator[Figure]:
    with embedded_engines(names={"valkey"}) as engines, scratch_folder() as data:
        url = engines.environment["REDIS_URL"]
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "revenge.settings",
            "REDIS_URL": url,
            "REVENGE_DATA_DIR": str(data),
            "REVENGE_SECRET_KEY": secrets.token_urlsafe(48),
        }
        django.setup()
        bare = redis.Redis.from_url(url, protocol=2)
        yield _l1_get()
        yield _l2_get(bare)
        yield _lock_cycle(bare)
        yield _ratelimit_check(bare)
        from apps.core.cache import listener  # noqa: PLC0415

        listener.end()


def _l1_get() -> Figure:
    from apps.core.cache.caches import Cache  # noqa: PLC0415  (after the set-up, as below)

    local: Cache[str] = Cache("bench", "local", local_size=1000)
    while "7" not in local._entries:  # noqa: SLF001
        local.get_or_set("7", lambda: "value")
    plain = {"7": "value"}
    value, baseline = _compared(local.get, plain.get, "7", times=2000)
    return against("core.cache_l1_get", value * 1e9, baseline * 1e9, "ns", "ratio <= 5")


def _l2_get(bare: redis.Redis) -> Figure:
    from apps.core.cache.caches import Cache  # noqa: PLC0415
    from apps.core.cache.keys import key  # noqa: PLC0415

    shared: Cache[str] = Cache("bench", "shared")
    shared.set("7", "v" * 1000)
    name = key("bench", "shared", "7")
    value, baseline = _compared(lambda: shared.get("7"), lambda: bare.get(name), times=20)
    return against("core.cache_l2_get", value * 1e6, baseline * 1e6, "us", "ratio <= 1.3")


def _lock_cycle(bare: redis.Redis) -> Figure:
    from redis.lock import Lock  # noqa: PLC0415

    from apps.core.locks import lock  # noqa: PLC0415

    script = bare.script_load(Lock.LUA_RELEASE_SCRIPT)

    def ours() -> None:
        with lock("bench", 7):
            pass

    def plain() -> None:
        token = secrets.token_hex(16)
        assert bare.set("bench-lock", token, nx=True, px=30_000)
        assert bare.evalsha(script, 1, "bench-lock", token)

    value, baseline = _compared(ours, plain, times=10)
    return against("core.lock_cycle", value * 1e6, baseline * 1e6, "us", "ratio <= 1.3")


def _ratelimit_check(bare: redis.Redis) -> Figure:
    from apps.core.ratelimit.checking import SLIDING, check  # noqa: PLC0415
    from apps.core.ratelimit.limits import Limit  # noqa: PLC0415

    limit = Limit(rate=100_000, burst=1_000_000)
    value, baseline = _compared(
        lambda: check("bench", limit, "192.0.2.1"),
        lambda: bare.eval(SLIDING.text, 1, "bench-limit", limit.burst, 10_000),
        times=20,
    )
    return against("core.ratelimit_check", value * 1e6, baseline * 1e6, "us", "ratio <= 1.3")


def _compared(work: Work, baseline: Work, *arguments: str, times: int) -> tuple[float, float]:
    """Seconds of a call: the best of many short rounds that take turns, because what else the
    machine does can only add to them."""
    pairs = [
        (_seconds(work, arguments, times), _seconds(baseline, arguments, times))
        for _ in range(ROUNDS)
    ]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def _seconds(work: Work, arguments: tuple[str, ...], times: int) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        work(*arguments)
    return (time.perf_counter() - begin) / times
