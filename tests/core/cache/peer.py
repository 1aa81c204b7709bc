"""Another process with the same caches: it does what the lines of its input say."""

import json
import sys
from typing import Any

import django


def main() -> None:
    django.setup()
    from tests.core.cache.kinds import KINDS, SHELF  # noqa: PLC0415  (after the set-up)

    def make() -> str:
        """Says that it has begun, and waits to be told what to make."""
        _say("making")
        return str(json.loads(sys.stdin.readline()))

    _say("ready")
    for line in sys.stdin:
        order = json.loads(line)
        cache: Any = KINDS.get(order.get("cache", ""))
        match order["do"]:
            case "get":
                _say(repr(cache.get(order["id"])))
            case "in process":
                _say(order["id"] in cache._entries)
            case "make":
                _say(cache.get_or_set(order["id"], make))
            case "drop":
                cache.drop(order["id"])
                _say("dropped")
            case "drop shelf":
                SHELF.drop(order["id"])
                _say("dropped")


def _say(word: object) -> None:
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
