"""What a library's scanner settings may say."""

import pytest

from apps.core.errors import InvalidInputError
from apps.libraries.scanner_config import MAX_GLOBS, ScannerConfig


def test_nothing_said_is_the_default() -> None:
    assert ScannerConfig.checked({}) == ScannerConfig((), "", trusts_folder_times=True)
    assert ScannerConfig().to_json() == {}
    assert ScannerConfig().crontab is None


def test_all_is_kept() -> None:
    said = {"exclude": ["*.part"], "schedule": "0 3 * * 1-5", "trusts_folder_times": False}
    config = ScannerConfig.checked(said)
    assert config.to_json() == said
    assert config.crontab is not None
    assert config.crontab.hour == {3}


def test_globs_and_schedules_are_tidied() -> None:
    config = ScannerConfig.checked({"exclude": [" a ", "a", " "], "schedule": " 0  3 * * * "})
    assert (config.exclude, config.schedule) == (("a",), "0 3 * * *")


@pytest.mark.parametrize(
    "given",
    [
        {"schedul": "0 3 * * *"},
        {"exclude": "*.part"},
        {"exclude": [1]},
        {"exclude": ["a\0"]},
        {"exclude": ["a" * 201]},
        {"exclude": ["a"] * (MAX_GLOBS + 1)},
        {"schedule": "daily"},
        {"schedule": "0 3 * *"},
        {"schedule": "61 3 * * *"},
        {"schedule": 3},
        {"trusts_folder_times": "yes"},
    ],
)
def test_what_does_not_fit_is_refused_and_counts_as_not_said(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        ScannerConfig.checked(given)
    assert "scanner_config" in (refused.value.details or {})
    assert ScannerConfig.of(given) == ScannerConfig()
