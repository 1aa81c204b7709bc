"""`python -m bench [NAME …]`: the benchmarks whose names begin so, or all."""

import sys

from bench import (
    api,
    auth,
    cache,
    db,
    edge,
    importers,
    jobs,
    middleware,
    scan,
    sessions,
    stack,
    watch,
)
from bench.figures import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    "stack": stack.run,
    "edge": edge.run,
    "api": api.run,
    "auth": auth.run,
    "sessions": sessions.run,
    "db": db.run,
    "jobs": jobs.run,
    "middleware": middleware.run,
    "scan": scan.run,
    "importers": importers.run,
    "core": cache.run,
    "watch": watch.run,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        known = ", ".join(BENCHMARKS)
        sys.stderr.write(f"There is no benchmark {unknown[0]!r}; there are: {known}\n")
        return 2
    for name, benchmark in BENCHMARKS.items():
        if not names or name in names:
            for figure in benchmark():
                print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
