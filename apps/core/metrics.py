"""What Prometheus is told. Every figure of the server is declared here; low cardinality only:
routes, never paths; names of queues, tasks and caches, never ids.

The figures of all processes are added up (`apps.core.monitoring`).
"""

from prometheus_client import Counter, Gauge, Histogram

from apps.core.monitoring import values

values.install()

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_QUERY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_PROBE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60)
_SCAN_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
_WATCH_SECONDS = (0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300)
_JOB_SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)

HTTP_REQUESTS = Counter("revenge_http_requests", "Requests answered", ["method", "route", "status"])
HTTP_REQUEST_SECONDS = Histogram(
    "revenge_http_request_duration_seconds",
    "Time until an answer's head",
    ["method", "route"],
    buckets=_REQUEST_SECONDS,
)
HTTP_IN_FLIGHT = Gauge(
    "revenge_http_requests_in_flight", "Requests being answered", multiprocess_mode="livesum"
)

CACHE_HITS = Counter("revenge_cache_hits", "Values found in a cache", ["cache", "layer"])
CACHE_MISSES = Counter("revenge_cache_misses", "Values not found in a cache", ["cache", "layer"])
CACHE_SECONDS = Histogram(
    "revenge_cache_operation_duration_seconds",
    "Time of an operation on the cache's server",
    ["operation"],
    buckets=_QUERY_SECONDS,
)

DB_QUERY_SECONDS = Histogram(
    "revenge_db_query_duration_seconds",
    "Time of a statement",
    ["operation"],
    buckets=_QUERY_SECONDS,
)
DB_POOL_CONNECTIONS = Gauge(
    "revenge_db_pool_connections",
    "Connections of the processes' pools",
    ["state"],
    multiprocess_mode="livesum",
)
DB_POOL_WAITING = Gauge(
    "revenge_db_pool_waiting", "Threads that wait for a connection", multiprocess_mode="livesum"
)
DB_POOL_EXHAUSTED = Counter("revenge_db_pool_exhausted", "Requests that got no connection in time")

JOBS_ENQUEUED = Counter("revenge_jobs_enqueued", "Jobs handed over", ["task", "queue"])
JOBS_COMPLETED = Counter("revenge_jobs_completed", "Jobs ended", ["task", "queue", "outcome"])
JOBS_SECONDS = Histogram(
    "revenge_jobs_duration_seconds", "Run time of jobs", ["task", "queue"], buckets=_JOB_SECONDS
)

SCANS = Counter("revenge_scans", "Scans of libraries ended", ["scan_type", "scope", "outcome"])
SCAN_SECONDS = Histogram(
    "revenge_scan_duration_seconds",
    "Time from a scan's start, or its last one, to its end",
    ["scan_type", "scope"],
    buckets=_SCAN_SECONDS,
)
SCAN_FILES = Counter("revenge_scan_files", "Files that scans found changed", ["change"])
PROBES = Counter("revenge_probes", "Files that scans read", ["outcome"])
PROBE_SECONDS = Histogram(
    "revenge_probe_duration_seconds", "Time of a probe", buckets=_PROBE_SECONDS
)

WATCH_ROOTS = Gauge(
    "revenge_watch_roots",
    "Folders of films by how they are watched",
    ["mode"],
    multiprocess_mode="livesum",
)
WATCH_FOLDERS = Gauge(
    "revenge_watch_folders", "Folders in which changes are told", multiprocess_mode="livesum"
)
WATCH_EVENTS = Counter("revenge_watch_events", "Changes told by file systems")
WATCH_SECONDS = Histogram(
    "revenge_watch_delay_seconds",
    "Time from a file's last change until a scan of it is asked for",
    buckets=_WATCH_SECONDS,
)

SEARCH_REQUESTS = Counter(
    "revenge_search_requests", "Searches answered", ["collection", "answered_by"]
)
SEARCH_SECONDS = Histogram(
    "revenge_search_duration_seconds", "Time of a search", ["collection"], buckets=_REQUEST_SECONDS
)

AUTH_ATTEMPTS = Counter("revenge_auth_attempts", "Attempts to sign in", ["method", "outcome"])
OUTCOMES = {True: "success", False: "failure"}
"""The label `outcome` of attempts."""

RATELIMIT_HITS = Counter("revenge_ratelimit_hits", "Requests refused by a limit", ["tier"])

EVENTS_PUBLISHED = Counter("revenge_events_published", "Events told", ["category"])
EVENTS_CONNECTIONS = Gauge(
    "revenge_events_connections", "Clients that listen to events", multiprocess_mode="livesum"
)
EVENTS_SLOW = Counter("revenge_events_slow", "Clients let go because they did not keep up")
