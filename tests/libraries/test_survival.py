"""Films are moved about while disks, engines and the worker fail; nothing is lost or twice there.

A long run by hand: `python -m bench.scan_survival SEED 5000`.
"""

import json
import os
import subprocess
import sys

import pytest

from bench.processes import PROJECT

pytestmark = pytest.mark.unmeasured


def test_nothing_is_lost_in_two_hundred_steps() -> None:
    ours = ("REVENGE_", "DATABASE_URL", "REDIS_URL", "TYPESENSE_", "DJANGO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    run = subprocess.run(
        [sys.executable, "-m", "bench.scan_survival", "1", "200"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    done = json.loads(run.stdout.splitlines()[-1])
    assert sum(done.values()) == 201
    assert {"kill_worker", "kill_postgres", "kill_valkey", "unmount", "swap", "move"} <= done.keys()
