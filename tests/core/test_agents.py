"""What programs are called."""

import sys
from subprocess import run

import pytest

from apps.core.agents import device_name

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("name", "agent", "shown"),
    [
        ("Kitchen", "Mozilla/5.0 (X11; Linux x86_64)", "Kitchen"),
        (
            "",
            IPHONE,
            "Mobile Safari on iOS",
        ),
        ("", "curl/8.5.0", "curl"),
        ("", "", "Unknown device"),
        ("", "x" * 400, "Unknown device"),
        ("", "<script>", "Unknown device"),
    ],
)
def test_a_name_for_people(name: str, agent: str, shown: str) -> None:
    assert device_name(name, agent) == shown


def test_the_list_of_programs_is_loaded_when_it_is_needed() -> None:
    code = (
        "import django; django.setup(); import revenge.urls, sys; print('ua_parser' in sys.modules)"
    )
    loaded = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split()[-1] == "False"
