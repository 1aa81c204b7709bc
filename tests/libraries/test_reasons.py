"""Why something cannot be used, in words."""

import pytest

from apps.libraries import reasons
from apps.libraries.models import LibraryRoot, MediaFile, ScanIssue
from apps.libraries.reasons import BesideProblem, RootProblem, phrase
from apps.libraries.scan.probe_types import ProbeFailure
from apps.libraries.scan.walk import WalkProblem

CODES = [*RootProblem, *BesideProblem, *WalkProblem, *ProbeFailure, reasons.UNSTORABLE]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words(code: str) -> None:
    assert len(code) <= 32
    assert phrase(code, "")[0].isupper()
    assert "%" not in phrase(code, "")


def test_what_the_system_said_stays_as_it_is() -> None:
    root = LibraryRoot(problem=RootProblem.UNREADABLE, problem_detail="Permission denied")
    assert root.reason == "The folder cannot be read (Permission denied)"


def test_own_words_are_not_said_twice() -> None:
    issue = ScanIssue(reason=WalkProblem.TOO_LONG, message="The path is too long")
    assert issue.text == "The path is too long"


def test_rows_from_before_there_were_codes_show_their_text() -> None:
    old = "2 of 3 files are gone at once"
    assert LibraryRoot(problem=old).reason == old
    assert ScanIssue(reason="root_unavailable", message=old).text == old
    assert ScanIssue(reason="of_later").text == "of_later"


def test_what_is_well_has_no_words() -> None:
    assert LibraryRoot().reason == ""
    assert MediaFile().failure_text == ""
