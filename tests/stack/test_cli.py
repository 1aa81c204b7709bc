"""`manage.py up` and `manage.py stack`, as a person uses them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from revenge.stack import engines_env, folders, record
from revenge.stack.config import PROJECT, from_environment
from revenge.stack.record import PartRecord, StackRecord


def _manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, PROJECT / "manage.py", *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _refused(data: Path, **environment: str) -> str:
    """The one line that `up` says when it does not start anything."""
    run = _manage("up", **({"REVENGE_DATA_DIR": str(data)} | environment))
    assert run.returncode == 1
    assert run.stderr == ""
    assert run.stdout.count("\n") == 1
    assert not (data / "postgres").exists()
    return run.stdout


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        line = _refused(tmp_path / "data", REVENGE_PORT=port)
        same = _refused(tmp_path / "data", REVENGE_PORT=port, REVENGE_HOST="127.0.0.1")
    assert line == same
    assert line == f"error: port {port} is taken by another program: set REVENGE_PORT to another\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("REVENGE_PORT", "http", "REVENGE_PORT='http' is not accepted: give a whole number"),
        ("REVENGE_PORT", "0", "from 1 to 65535"),
        ("REVENGE_HOST", "everywhere", "REVENGE_HOST='everywhere' is not accepted"),
        ("REVENGE_HOST", "192.0.2.1", "no address 192.0.2.1: change REVENGE_HOST"),
        ("REVENGE_TRUSTED_PROXIES", "10.0.0.0/8,proxy", "holds 'proxy'"),
        ("DATABASE_URL", "mysql://u:hidden@h/db", "postgres:// or postgresql://"),
        ("REVENGE_MEDIA", "/no/such/folder", "/no/such/folder does not exist (REVENGE_MEDIA"),
        ("REVENGE_MEDIA", "/etc/hostname", "/etc/hostname is not a folder"),
    ],
)
def test_a_value_that_cannot_be_used(tmp_path: Path, name: str, value: str, said: str) -> None:
    line = _refused(tmp_path / "data", **{name: value})
    assert said in line
    assert "hidden" not in line


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("", encoding="utf-8")
    assert f"the data folder {file} cannot be used" in _refused(file)


def test_a_data_folder_that_cannot_be_written() -> None:
    # Root may write nearly everywhere, but makes no folders in /proc.
    data = Path("/proc/revenge" if os.geteuid() == 0 else "/revenge")
    assert f"the data folder {data} cannot be used" in _refused(data)


def test_a_second_instance_is_told_of_the_first(short_folder: Path) -> None:
    data = short_folder / "data"
    folders.prepare(data)
    held = folders.lock(data)
    try:
        line = _refused(data)
    finally:
        os.close(held)
    assert line == f"error: revenge already runs on {data} (process {os.getpid()})\n"


def test_status_of_nothing(tmp_path: Path) -> None:
    run = _manage("stack", "status", REVENGE_DATA_DIR=str(tmp_path))
    assert run.returncode == 1
    assert run.stdout == f"revenge does not run on {tmp_path}\n"


def test_status_of_a_running_stack(short_folder: Path) -> None:
    data = short_folder / "data"
    folders.prepare(data)
    parts = (PartRecord("web", "ready", 4711, "1", 1_700_000_000, 2),)
    record.write_state(data, StackRecord(4710, "", "http://localhost:8096", parts))
    held = folders.lock(data)
    try:
        run = _manage("stack", "status", REVENGE_DATA_DIR=str(data))
    finally:
        os.close(held)
    assert run.returncode == 0
    assert "http://localhost:8096 · process 4710" in run.stdout
    assert run.stdout.splitlines()[-1].split() == [
        *("web", "ready", "4711", "2023-11-14", run.stdout.split()[-2], "2")
    ]
    assert _manage("stack", "status", REVENGE_DATA_DIR=str(data)).returncode == 1


def test_logs_of_one_part_and_of_all(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "web.log").write_text("one\ntwo\nthree\n", encoding="utf-8")
    (logs / "beat.log").write_text("tick\n", encoding="utf-8")
    environment = {"REVENGE_DATA_DIR": str(tmp_path)}
    one = _manage("stack", "logs", "web", "-n", "2", **environment)
    assert one.stdout == "two\nthree\n"
    every = _manage("stack", "logs", **environment).stdout
    assert every.splitlines()[0].split() == ["beat", "|", "tick"]
    missing = _manage("stack", "logs", "wbe", **environment)
    assert missing.returncode == 1
    assert "there are beat, web" in missing.stdout


def test_followed_logs_go_on_after_a_rotation(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "web.log"
    log.parent.mkdir()
    log.write_text("old\n", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, PROJECT / "manage.py", "stack", "logs", "web", "-f"],
        env={"PATH": os.defpath, "REVENGE_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        try:
            assert following.stdout
            assert following.stdout.readline() == "old\n"
            log.rename(log.with_name("web.log.1"))
            log.write_text("new\n", encoding="utf-8")
            assert following.stdout.readline() == "new\n"
        finally:
            following.kill()


def test_psql_needs_a_database(tmp_path: Path) -> None:
    run = _manage("stack", "psql", REVENGE_DATA_DIR=str(tmp_path))
    assert run.returncode == 1
    assert "manage.py up" in run.stdout


def test_unknown_arguments_are_refused(tmp_path: Path) -> None:
    run = _manage("up", "--prot", "80", REVENGE_DATA_DIR=str(tmp_path))
    assert run.returncode == 2
    assert "unrecognized arguments: --prot 80" in run.stderr


def test_commands_in_other_terminals_learn_of_the_engines(short_folder: Path) -> None:
    data = short_folder / "data"
    assert engines_env(data) == {}
    folders.prepare(data)
    environment = {"DATABASE_URL": "postgres://r:p@/r?host=%2Frun", "REVENGE_PORT": "8096"}
    record.write_engines_env(data, environment)
    assert engines_env(data) == environment
    assert (data / "run" / "engines.env").stat().st_mode & 0o777 == 0o600
    record.remove(data)
    assert engines_env(data) == {}


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://localhost:8096"),
        ({"REVENGE_HOST": "0.0.0.0"}, "http://localhost:8096"),  # noqa: S104
        ({"REVENGE_HOST": "::1", "REVENGE_PORT": "80"}, "http://[::1]:80"),
        ({"REVENGE_DOMAIN": "films.example"}, "https://films.example"),
    ],
)
def test_the_address_for_people(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str
) -> None:
    for name in ("REVENGE_HOST", "REVENGE_PORT", "REVENGE_DOMAIN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert from_environment().address == address


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("part", "kitchen"), "error: there is no part 'kitchen': there are prepare, web"),
        (("part", "web"), "error: the part web needs --web\n"),
        (("part", "edge", "--web", "web:8000"), "error: the part edge needs --realtime\n"),
        (("check", "realtime"), "error: the part realtime needs --realtime\n"),
    ],
)
def test_a_part_that_cannot_be_started_alone(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    run = _manage("stack", *arguments, REVENGE_DATA_DIR=str(tmp_path))
    assert run.returncode == 1
    assert run.stdout.startswith(said)


@pytest.mark.parametrize("address", ["8000", "web:", ":8000", "web:http", "web:65536"])
def test_an_address_that_cannot_be_used(address: str) -> None:
    run = _manage("stack", "part", "web", "--web", address)
    assert run.returncode == 2
    assert f"'{address}' is no HOST:PORT" in run.stderr


def test_a_part_that_does_not_answer_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _manage("stack", "check", "web", "--web", f"127.0.0.1:{port}").returncode == 1
    assert _manage("stack", "check", "edge", REVENGE_PORT=str(port)).returncode == 1
