"""`python -m revenge.demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from revenge.demo.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


def test_media_reports_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["media", "--dir", str(tmp_path), "--count", "3", "--folders"]) == 0

    assert capsys.readouterr().out.startswith("3 files, ")
    assert len([path for path in tmp_path.rglob("*") if path.suffix != ".nfo"]) >= 3


def test_library_names_its_folder(demo_library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["library", str(demo_library)]) == 0

    assert capsys.readouterr().out == f"demo library: {demo_library}\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "command"),
        (["paint"], "'paint'"),
        (["library"], "DIR"),
        (["library", ""], "'' is not a directory"),
        (["library", "FILE"], "is not a directory"),
        (["media", "--count", "3"], "--dir"),
        (["media", "--dir", "DIR"], "--count"),
        (["media", "--dir", "DIR", "--count", "0"], "'0' is not a whole number above 0"),
        (["media", "--dir", "DIR", "--count", "-5"], "'-5' is not a whole number above 0"),
        (["media", "--dir", "DIR", "--count", "many"], "'many' is not a whole number above 0"),
        (["media", "--dir", "DIR", "--count", "1", "--seed", "x"], "--seed"),
    ],
)
def test_bad_arguments_get_one_line(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    places = {"DIR": str(tmp_path / "new"), "FILE": str(tmp_path / "file")}

    with pytest.raises(SystemExit) as stop:
        main([places.get(argument, argument) for argument in arguments])

    line = capsys.readouterr().err
    assert stop.value.code == 2
    assert complaint in line
    assert line.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["library", "media"])
def test_a_folder_that_cannot_be_made_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "below")
    arguments = (
        ["library", place] if command == "library" else ["media", "--dir", place, "--count", "1"]
    )

    assert main(arguments) == 1

    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert str(tmp_path / "file") in line
