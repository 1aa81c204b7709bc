import time
from collections.abc import Callable


def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait until the condition holds; the limit is generous, because the machine may be busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)
