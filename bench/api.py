"""api.list_ratio: the list of films, against a bare view that sends the same bytes."""

from collections.abc import Iterator

from bench.figures import Figure, against
from bench.load import Load
from bench.server import server, web
from revenge.demo.media import make_demo_media
from revenge.stack.testing import scratch_folder

FILMS = 2000


def run() -> Iterator[Figure]:
    with scratch_folder() as folder:
        media = folder / "media"
        make_demo_media(media, count=FILMS)
        with server(folder / "data", media) as running:
            running.wait_for_films(int(FILMS * 0.9))
            headers = {"Authorization": f"Bearer {running.token()}"}
            with web(running) as port:
                listed = Load(port, "/api/v1/movies?limit=50", headers)
                bare = Load(port, "/bench/bare-list")
                _warm_up(listed, bare)
                value, baseline = listed.rate(), bare.rate()
            yield against("api.list_ratio", value, baseline, "requests/s", "ratio >= 0.5")


def _warm_up(*loads: Load) -> None:
    for load in loads:
        Load(load.port, load.path, load.headers, seconds=1).rate()
