"""Nobody may ask more often than a limit allows; the server counts, or else the process."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from apps.core import policy
from apps.core.ratelimit.checking import check
from apps.core.ratelimit.limits import Algorithm, Limit, Tier, Window
from apps.core.ratelimit.memory import MemoryWindows
from apps.libraries.models import Library
from apps.users.models import User
from tests.core.conftest import OwnValkey
from tests.core.test_policy import ROUTES
from tests.metadata.pictures import make_image
from tests.waiting import until

HOUR = 3600
BOTH = pytest.mark.parametrize("algorithm", list(Algorithm))


def slow(burst: int, algorithm: Algorithm = Algorithm.SLIDING) -> Limit:
    """So slow that no window ends while a test runs."""
    return Limit(burst / (100 * HOUR), burst, algorithm)


class TestCounting:
    @BOTH
    def test_the_burst_and_no_more(self, algorithm: Algorithm) -> None:
        limit = slow(5, algorithm)
        verdicts = [check("test", limit, f"burst-{algorithm}") for _ in range(7)]
        assert [verdict.is_allowed for verdict in verdicts] == [True] * 5 + [False] * 2
        assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]
        assert {verdict.limit for verdict in verdicts} == {5}
        assert verdicts[0].retry_after == 0
        assert 0 < verdicts[-1].retry_after <= 2 * limit.window
        assert 0 < verdicts[-1].reset_after <= 2 * limit.window

    @BOTH
    def test_subjects_are_counted_apart(self, algorithm: Algorithm) -> None:
        limit = slow(1, algorithm)
        for subject in (("10.0.0.1",), ("10.0.0.2",), ("user", 1), ("user", 2), ("user", 1, "x")):
            assert check("test", limit, algorithm, *subject).is_allowed
            assert not check("test", limit, algorithm, *subject).is_allowed
        assert check("another", limit, algorithm, "10.0.0.1").is_allowed

    @BOTH
    def test_many_threads_get_no_more_than_one(self, algorithm: Algorithm) -> None:
        limit = slow(50, algorithm)
        with ThreadPoolExecutor(16) as pool:
            verdicts = list(
                pool.map(lambda _: check("test", limit, f"race-{algorithm}"), range(200))
            )
        assert sum(verdict.is_allowed for verdict in verdicts) == 50

    @BOTH
    def test_after_its_time_one_may_ask_again(self, algorithm: Algorithm) -> None:
        limit = Limit(rate=10, burst=2, algorithm=algorithm)
        subject = f"again-{algorithm}"
        until(lambda: not check("test", limit, subject).is_allowed)
        until(lambda: check("test", limit, subject).is_allowed)

    def test_what_is_refused_does_not_count(self) -> None:
        limit = Limit(rate=20, burst=4)
        verdicts: list[bool] = []

        def several_windows_have_passed() -> bool:
            verdicts.append(check("test", limit, "impatient").is_allowed)
            return sum(verdicts) > 12

        until(several_windows_have_passed)


class TestWindow:
    @given(
        burst=st.integers(1, 1000),
        rate=st.floats(0.1, 1000),
        share=st.floats(0, 0.999),
        filled=st.floats(0, 1),
        before=st.integers(1, 1000),
    )
    def test_who_waits_as_told_is_allowed_and_not_much_earlier(
        self, burst: int, rate: float, share: float, filled: float, before: int
    ) -> None:
        limit = Limit(rate, burst)
        window = Window(int(filled * burst), min(before, burst), share * limit.window)
        if window.used(limit) + 1 <= burst:
            return
        wait = window.verdict(limit, is_allowed=False).retry_after
        assert 0 < wait <= 2 * limit.window
        tolerance = 1e-6 * burst + 1e-9

        def used_after(seconds: float) -> float:
            elapsed = window.elapsed + seconds
            if elapsed < limit.window:
                return Window(window.count, window.before, elapsed).used(limit)
            return Window(0, window.count, elapsed - limit.window).used(limit)

        assert used_after(wait) + 1 <= burst + tolerance
        assert used_after(wait * 0.99) + 1 >= burst - tolerance

    @pytest.mark.parametrize("text", ["", "5", "0/5", "5/0", "-1/5", "5/5/5", "1.5/2", "on"])
    def test_a_bad_limit(self, text: str) -> None:
        with pytest.raises(ValueError, match="RATE/BURST"):
            Limit.parse(text)

    def test_a_good_one(self) -> None:
        assert Limit.parse("50/100") == Limit(50, 100)
        assert Limit(50, 100).window == 2
        assert Limit.parse("off") is None


class TestMemory:
    def test_it_counts_as_the_server_does(self) -> None:
        memory, limit = MemoryWindows(), slow(3)
        verdicts = [memory.check("a", limit) for _ in range(5)]
        assert [verdict.is_allowed for verdict in verdicts] == [True] * 3 + [False] * 2
        assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
        assert memory.check("b", limit).is_allowed

    def test_it_forgets_windows_that_have_passed(self) -> None:
        memory, limit = MemoryWindows(), Limit(rate=20, burst=2)
        until(lambda: not memory.check("a", limit).is_allowed)
        until(lambda: memory.check("a", limit).is_allowed)

    def test_it_does_not_grow_without_end(self) -> None:
        memory, limit = MemoryWindows(size=100), slow(1)
        for number in range(1000):
            assert memory.check(str(number), limit).is_allowed
        assert len(memory._windows) <= 100

    def test_without_the_server_the_process_counts(self, own_valkey: OwnValkey) -> None:
        limit = slow(3)
        assert check("test", limit, "away").remaining == 2
        own_valkey.stop()
        verdicts = [check("test", limit, "away").is_allowed for _ in range(5)]
        assert verdicts == [True] * 3 + [False] * 2
        own_valkey.start()
        until(lambda: check("test", limit, "away").is_allowed)  # the server counts its own


@pytest.fixture
def limits(settings: LazySettings) -> Callable[..., None]:
    """Set the limits of tiers; the others have none."""

    def set_limits(**by_tier: Limit) -> None:
        settings.RATE_LIMITS = {Tier(name): limit for name, limit in by_tier.items()}

    return set_limits


def caller(address: str) -> Client:
    return Client(headers={"X-Forwarded-For": address})


@pytest.mark.django_db
class TestRoutes:
    def test_headers_say_what_is_left(self, limits: Callable[..., None]) -> None:
        limits(**{"global": slow(3)})
        response = caller("192.0.2.1").get("/api/v1/movies")
        assert response.status_code == 401
        assert response.headers["X-RateLimit-Limit"] == "3"
        assert response.headers["X-RateLimit-Remaining"] == "2"
        assert int(response.headers["X-RateLimit-Reset"]) > time.time()
        assert "Retry-After" not in response.headers

    def test_the_api_refuses_in_its_shape(self, limits: Callable[..., None]) -> None:
        limits(**{"global": slow(1)})
        client = caller("192.0.2.2")
        client.get("/api/v1/movies")
        response = client.get("/api/v1/movies")
        assert response.status_code == 429
        assert response.json() == {
            "code": 429,
            "message": "Too many requests: try again in a moment",
        }
        assert int(response.headers["Retry-After"]) >= 1
        assert response.headers["X-RateLimit-Remaining"] == "0"
        assert response.headers["X-Request-ID"]

    def test_a_browser_gets_a_page(self, limits: Callable[..., None]) -> None:
        limits(auth=slow(1))
        client = caller("192.0.2.3")
        client.get("/setup/")
        response = client.get("/sign-in/")
        assert response.status_code == 429
        assert response.headers["Content-Type"].startswith("text/html")
        assert "That was a little fast" in response.content.decode()
        assert int(response.headers["Retry-After"]) >= 1
        assert response.headers["Content-Security-Policy"]

    def test_addresses_are_counted_apart_and_sites_of_ipv6_together(
        self, limits: Callable[..., None]
    ) -> None:
        limits(**{"global": slow(1)})

        def is_refused(address: str) -> bool:
            return caller(address).get("/api/v1/movies").status_code == 429

        assert not is_refused("192.0.2.4")
        assert is_refused("192.0.2.4")
        assert not is_refused("192.0.2.5")
        assert not is_refused("2001:db8::1")
        assert is_refused("2001:db8::ffff")
        assert not is_refused("2001:db8:0:1::1")

    def test_what_is_not_there_is_limited_too(self, limits: Callable[..., None]) -> None:
        limits(**{"global": slow(2)})
        client = caller("192.0.2.6")
        statuses = [client.get("/no/such/page/").status_code for _ in range(3)]
        assert statuses == [404, 404, 429]

    def test_health_is_never_refused(self, limits: Callable[..., None]) -> None:
        limits(**{"global": slow(1)})
        for path in ("/healthz", "/readyz", "/startupz"):
            for _ in range(3):
                response = caller("192.0.2.7").get(path)
                assert response.status_code == 200
                assert "X-RateLimit-Limit" not in response.headers

    def test_a_wall_of_posters_is_not_refused(
        self, films: Library, image_cache: object, settings: LazySettings
    ) -> None:
        del image_cache
        settings.RATE_LIMITS = {
            Tier.GLOBAL: Limit(50, 100),
            Tier.AUTH: Limit(5, 10),
            Tier.MEDIA: Limit(200, 1000, Algorithm.FIXED),
        }
        image = make_image(films)
        client = caller("192.0.2.8")
        for _ in range(150):
            path = f"/api/v1/images/poster/w342/{image.file_name}"
            assert client.get(path).status_code == 200

    def test_tiers_are_counted_apart(self, limits: Callable[..., None]) -> None:
        limits(**{"global": slow(1), "auth": slow(1)})
        client = caller("192.0.2.9")
        assert client.post("/api/v1/auth/login").status_code == 415
        assert client.get("/api/v1/movies").status_code == 401
        assert client.post("/api/v1/auth/refresh").status_code == 429
        assert client.get("/api/v1/movies").status_code == 429

    def test_refusals_are_counted(self, limits: Callable[..., None]) -> None:
        limits(auth=slow(1))

        def refused() -> float:
            labels = {"tier": "auth"}
            return REGISTRY.get_sample_value("revenge_ratelimit_hits_total", labels) or 0

        before = refused()
        for _ in range(3):
            caller("192.0.2.10").post("/api/v1/auth/login")
        assert refused() == before + 2

    def test_one_user_may_search_only_so_often(
        self, api: Callable[[User | None], APIClient], member: User, admin: User
    ) -> None:
        clients = [api(member), api(member)]
        for number in range(5000):
            response = clients[number % 2].get("/api/v1/movies/search?query=film")
            if response.status_code != 200:
                break
        assert response.status_code == response.json()["code"] == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert api(admin).get("/api/v1/movies/search?query=film").status_code == 200


def test_the_tier_of_every_route() -> None:
    by_tier = {tier: set[str]() for tier in Tier}
    for route in ROUTES:
        by_tier[policy.tier_of(route.view)].add(route.path)
    assert by_tier[Tier.AUTH] == {
        "account/data/delete",
        "account/password",
        "api/v1/auth/change-password",
        "api/v1/auth/forgot-password",
        "api/v1/auth/login",
        "api/v1/auth/refresh",
        "api/v1/auth/register",
        "api/v1/auth/resend-verification",
        "api/v1/auth/reset-password",
        "api/v1/auth/step-up",
        "api/v1/auth/verify-email",
        "api/v1/sessions/refresh",
        "forgotten/",
        "invitation/<str:token>",
        "new-password/",
        "register/",
        "setup/",
        "sign-in/",
        "step-up/",
        "verify-email/",
        "verify-email/again",
    }
    assert by_tier[Tier.NONE] == {"healthz", "readyz", "startupz", "api/v1/events/health"}
    assert by_tier[Tier.MEDIA] == {
        "api/v1/images/<slug:kind>/<slug:size>/<str:name>",
        "api/v1/users/<uuid:user_id>/avatar",
        "download/<uuid:file_id>/",
        "stream/<uuid:file_id>/",
        "subtitles/<uuid:side_file_id>.vtt",
    }
    assert len(by_tier[Tier.GLOBAL]) > 40
