"""auth.request_overhead: who asks for the own account, against a view of that size for anybody;
auth.revoke_latency: until another process refuses the access token of a session that was ended."""

import http.client
import re
import time
import urllib.parse
from collections.abc import Iterator
from statistics import median

from bench.figures import Figure, against
from bench.load import Load
from bench.server import PASSWORD, Server, server, web
from revenge.stack.testing import scratch_folder

ME = "/api/v1/users/me"
ROUNDS = 12
REVOCATIONS = 100


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        media.mkdir()
        with server(folder / "data", media) as running:
            with web(running) as port:
                yield from _overhead(running, port)
            with web(running, workers=1) as one, web(running, workers=1) as other:
                yield _revoke_latency(running, one, other)


def _overhead(running: Server, port: int) -> Iterator[Figure]:
    bearer = {"Authorization": f"Bearer {running.token()}"}
    callers = {
        "auth.request_overhead": bearer,
        "auth.request_overhead_cookie": {"Cookie": _cookie(port)},
        "auth.request_overhead_key": {"X-API-Key": _key(running)},
    }
    loads = {"": ("/bench/bare-me", {}), **{name: (ME, who) for name, who in callers.items()}}
    rates: dict[str, list[float]] = {name: [] for name in loads}
    for round_ in range(ROUNDS + 1):
        # In turns, so that what else the machine does slows all; the first round warms up.
        for name, (path, headers) in loads.items():
            rate = Load(port, path, headers, threads=4, seconds=1).rate()
            if round_:
                rates[name].append(rate)
    for name in callers:
        ratios = [ours / bare for ours, bare in zip(rates[name], rates[""], strict=True)]
        limit = "ratio >= 0.6" if name == "auth.request_overhead" else ""
        value, baseline = median(rates[name]), median(rates[name]) / median(ratios)
        yield against(name, value, baseline, "requests/s", limit)


def _revoke_latency(running: Server, one: int, other: int) -> Figure:
    """From the answer that a session is ended to the first refusal of the other process."""
    seconds = sorted(_revoked_after(running.token(), one, other) for _ in range(REVOCATIONS))
    p99 = seconds[int(REVOCATIONS * 0.99) - 1]
    return Figure("auth.revoke_latency", p99 * 1000, "ms", limit="<= 200")


def _revoked_after(token: str, one: int, other: int) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", other, timeout=30)

    def status() -> int:
        connection.request("GET", ME, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    # From the second time on it is kept in the process's own memory.
    assert [status() for _ in range(5)] == [200] * 5
    ending = http.client.HTTPConnection("127.0.0.1", one, timeout=30)
    ending.request("DELETE", "/api/v1/sessions/current", headers=headers)
    assert ending.getresponse().status == 204
    ended = time.perf_counter()
    while status() == 200:
        pass
    refused = time.perf_counter()
    connection.close()
    ending.close()
    return refused - ended


def _key(running: Server) -> str:
    body = {"name": "bench", "scopes": ["read"]}
    answer = running.json("/api/v1/apikeys", token=running.token(), body=body)
    assert isinstance(answer, dict)
    return str(answer["api_key"])


def _cookie(port: int) -> str:
    """The session cookie of a browser that has signed in."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/sign-in/")
    page = connection.getresponse()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    csrf = str(page.headers["Set-Cookie"]).partition(";")[0]
    form = {"csrfmiddlewaretoken": token[1], "username": "bench", "password": PASSWORD}
    headers = {"Cookie": csrf, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/sign-in/", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    assert answer.status == 302
    cookies = answer.headers.get_all("Set-Cookie") or []
    connection.close()
    return next(c.partition(";")[0] for c in cookies if c.startswith("revenge_session="))
