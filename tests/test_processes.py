"""Work that gives way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_GROUP = Path("/proc/self/autogroup")
_PROGRAM = """
import os, subprocess
from pathlib import Path
from revenge.processes import give_way
give_way(7)
group = Path("/proc/self/autogroup")
print(os.nice(0), *(group.read_text().split()[-1:] if group.exists() else [7]))
subprocess.run(["nice"], check=True)
"""


def _run(*, start_new_session: bool) -> list[str]:
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        start_new_session=start_new_session,
    )
    return answer.stdout.split()


def test_a_part_gives_way_with_all_that_it_starts() -> None:
    mine = str(os.nice(0) + 7)
    assert _run(start_new_session=True) == [mine, "7", mine]


@pytest.mark.skipif(not _GROUP.exists(), reason="it is Linux's")
def test_who_shares_a_session_does_not_slow_down_the_others_in_it() -> None:
    """Processes that no `setsid` came before have no group: the file is empty then."""
    mine = str(os.nice(0) + 7)
    group = _GROUP.read_text().split()[-1:]
    assert _run(start_new_session=False) == [mine, *group, mine]
