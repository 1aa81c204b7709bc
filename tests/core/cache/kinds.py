"""The caches of the tests, in this process and in `peer`."""

from apps.core.cache.caches import Cache
from apps.core.cache.numbers import Counter, Versioned
from apps.core.cache.tags import Tag

SHELF = Tag("tests", "shelf")

PLAIN: Cache[object] = Cache("tests", "plain")
BRIEF: Cache[object] = Cache("tests", "brief", ttl=0.2)
LOCAL: Cache[object] = Cache("tests", "local", local_size=100)
LOCAL_BRIEF: Cache[object] = Cache("tests", "local-brief", ttl=0.2, local_size=100)
SMALL: Cache[object] = Cache("tests", "small", local_size=10)
# The id's first part is its shelf: "a/1" lies on "a".
TAGGED: Cache[object] = Cache(
    "tests", "tagged", local_size=100, tags_of=lambda each: (SHELF.key(each.partition("/")[0]),)
)
COUNTER = Counter("tests", "counter", ttl=60)
VERSIONED: Versioned[str] = Versioned("tests", "versioned", ttl=60)

KINDS = {"plain": PLAIN, "local": LOCAL, "tagged": TAGGED}
