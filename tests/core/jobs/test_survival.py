"""A real worker and a real broker are killed while jobs run; none is lost."""

import json
import os
import subprocess
import sys

import pytest

from bench.processes import PROJECT

pytestmark = pytest.mark.unmeasured


def test_no_job_is_lost() -> None:
    ours = ("REVENGE_", "DATABASE_URL", "REDIS_URL", "TYPESENSE_", "DJANGO_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    run = subprocess.run(
        [sys.executable, "-m", "bench.survival", "40", "2", "2", "2"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        timeout=400,
    )
    assert json.loads(run.stdout.splitlines()[-1])["lost"] == 0
