from enum import StrEnum
from pathlib import Path

import pytest

from revenge import env
from revenge.env import EnvError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("X", "X_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_a_variable_that_is_not_set_gives_the_default() -> None:
    assert env.text("X", None) is None
    assert env.integer("X", 0) == 0
    assert env.boolean("X", default=False) is False
    assert env.csv("X", ()) == ()
    assert env.path("X", Path("/a")) == Path("/a")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "")
    assert env.integer("X", 7) == 7
    assert env.text("X", "d") == "d"


@pytest.mark.parametrize("value", ["0", "false", "No", "OFF"])
def test_false_is_a_value(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    assert env.boolean("X", default=True) is False


@pytest.mark.parametrize("value", ["1", "true", "Yes", "on"])
def test_true(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    assert env.boolean("X", default=False) is True


def test_zero_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "0")
    assert env.integer("X", 5) == 0
    assert env.number("X", 5.0) == 0.0
    assert env.text("X", "d") == "0"


def test_values_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "-3")
    assert env.integer("X", None) == -3
    monkeypatch.setenv("X", "0.25")
    assert env.number("X", None) == 0.25
    monkeypatch.setenv("X", " a, b ,,c ")
    assert env.csv("X", ()) == ("a", "b", "c")
    monkeypatch.setenv("X", "blue")
    assert env.choice("X", Colour, Colour.RED) is Colour.BLUE
    monkeypatch.setenv("X", "~/films")
    assert env.path("X", None) == Path("~/films").expanduser()
    monkeypatch.setenv("X", "redis://h:1/0")
    assert env.url("X", None, schemes=("redis", "unix")) == "redis://h:1/0"


@pytest.mark.parametrize("value", ["abc", "1.5", "1_000", "٣", "0x10", "9" * 30])
def test_an_integer_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(EnvError, match=r"^X=.*a whole number") as caught:
        env.integer("X", 1)
    assert value in str(caught.value)


@pytest.mark.parametrize("value", ["0", "70000"])
def test_bounds_are_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(EnvError, match="from 1 to 65535"):
        env.integer("X", 1, minimum=1, maximum=65535)


@pytest.mark.parametrize("value", ["nan", "inf", "ten", "-1"])
def test_a_number_must_be_finite_and_in_bounds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(EnvError, match="at least 0"):
        env.number("X", 1.0, minimum=0)


def test_boolean_and_choice_name_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "maybe")
    with pytest.raises(EnvError, match=r"'maybe'.*true.*false"):
        env.boolean("X", default=False)
    with pytest.raises(EnvError, match=r"'maybe'.*red or blue"):
        env.choice("X", Colour, None)


@pytest.mark.parametrize("value", ["ftp://h", "host:1", "http://", "http://h:port", "http://[h"])
def test_a_bad_url_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(EnvError, match="http:// or https://"):
        env.url("X", None)


def test_a_refused_url_shows_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "mysql://me:s3cr@t@host/db?password=hidden")
    with pytest.raises(EnvError) as caught:
        env.url("X", None, schemes=("postgres",))
    assert "host/db" in str(caught.value)
    assert "s3cr" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_value_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_text(" 42\n", encoding="utf-8")
    monkeypatch.setenv("X_FILE", str(file))
    assert env.integer("X", 1) == 42
    assert env.secret("X", None) == "42"
    file.write_text("\n", encoding="utf-8")
    assert env.integer("X", 1) == 1


def test_both_forms_are_refused_without_the_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "value"
    file.write_text("inner", encoding="utf-8")
    monkeypatch.setenv("X", "outer")
    monkeypatch.setenv("X_FILE", str(file))
    with pytest.raises(EnvError, match="X and X_FILE are both set") as caught:
        env.secret("X", None)
    assert "inner" not in str(caught.value)
    assert "outer" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("X_FILE", str(tmp_path / "missing"))
    with pytest.raises(EnvError, match=r"X_FILE=.*missing.*No such file"):
        env.text("X", None)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("X_FILE", str(tmp_path / "binary"))
    with pytest.raises(EnvError, match="UTF-8"):
        env.text("X", None)
