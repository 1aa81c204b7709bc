import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """`ratio` is value / baseline; `limit` says what it must hold, for the reader."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    limit: str = ""

    def line(self) -> str:
        numbers = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }
        return json.dumps(numbers)


def against(name: str, value: float, baseline: float, unit: str, limit: str) -> Figure:
    return Figure(name, value, unit, baseline, value / baseline, limit)


Benchmark = Callable[[], Iterator[Figure]]
