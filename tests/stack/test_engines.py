"""The embedded engines, really started."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from revenge.stack import account, folders, keys, leftovers
from revenge.stack.child import Child
from revenge.stack.engines import postgres, typesense, valkey
from revenge.stack.failure import StackError
from revenge.stack.folders import Folders
from revenge.stack.logs import LogWriter
from revenge.stack.parts import Engine
from revenge.stack.testing import embedded_engines

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@contextmanager
def _running(engine: Engine) -> Iterator[Child]:
    """One engine, kept running while the block runs."""
    with asyncio.Runner() as runner:
        logs = LogWriter()
        child = Child(engine.part, logs=logs)

        async def start() -> None:
            child.start()
            await child.ready()

        try:
            runner.run(start())
            yield child
        finally:
            runner.run(child.stop())
            logs.close()


def _postgres(made: Folders) -> Engine:
    return asyncio.run(postgres.engine(made, durable=False))


def _query(engine: Engine, sql: str) -> object:
    with psycopg.connect(engine.exports["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row and row[0]


def test_all_engines_stop_and_start_again_at_the_same_address() -> None:
    with embedded_engines() as engines:
        url = engines.environment["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS n")
        client = redis.Redis.from_url(engines.environment["REDIS_URL"])
        client.set("key", "value")
        client.close()
        for name in ("postgres", "valkey"):
            engines.stop(name)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        with pytest.raises(redis.ConnectionError):
            client.get("key")
        for name in ("postgres", "valkey"):
            engines.start(name)
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT n FROM t").fetchone() == (7,)
        assert client.get("key") == b"value"
        client.close()


def test_the_database_is_checked_private_and_for_one_role(made: Folders) -> None:
    engine = _postgres(made)
    with _running(engine) as child:
        assert _query(engine, "SHOW data_checksums") == "on"
        assert _query(engine, "SHOW server_encoding") == "UTF8"
        assert _query(engine, "SHOW listen_addresses") == ""
        assert _query(engine, "SELECT current_user") == "revenge"
        assert _query(engine, "SELECT rolsuper FROM pg_roles WHERE rolname = 'revenge'") is False
        assert _query(engine, "SELECT upper('ä')") == "Ä"
        with psycopg.connect(engine.exports["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE DATABASE another")
        wrong = engine.exports["DATABASE_URL"].replace("revenge:", "revenge:x", 1)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        assert Path(f"/proc/{child.pid}").stat().st_uid != 0
    assert not (postgres.locate(made).cluster / "postmaster.pid").exists()


def test_a_stale_pid_file_of_a_number_that_lives_is_no_obstacle(made: Folders) -> None:
    """As after a crash in a container, where the numbers begin again."""
    engine = _postgres(made)
    cluster = postgres.locate(made).cluster
    with subprocess.Popen(
        ["/bin/sleep", "60"], user=engine.part.account.uid if engine.part.account else None
    ) as other:
        stale = cluster / "postmaster.pid"
        stale.write_text(f"{other.pid}\n{cluster}\n1\n5432\n\n\n\nready\n", encoding="utf-8")
        try:
            with _running(engine):
                assert _query(engine, "SELECT 1") == 1
            assert other.poll() is None
        finally:
            other.kill()


def test_a_postmaster_that_was_left_behind_is_ended_first(made: Folders) -> None:
    engine = _postgres(made)
    with _running(engine) as left, _running(engine) as child:
        assert child.pid != left.pid
        assert _query(engine, "SELECT 1") == 1


def test_data_survives_a_kill(made: Folders) -> None:
    engine = asyncio.run(postgres.engine(made))
    with _running(engine) as child:
        with psycopg.connect(engine.exports["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS n")
        os.kill(child.pid, signal.SIGKILL)
    with _running(engine):
        assert _query(engine, "SELECT n FROM t") == 7


def test_a_half_made_cluster_is_made_anew(made: Folders) -> None:
    half = postgres.locate(made).home / "cluster.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n", encoding="ascii")
    with _running(engine := _postgres(made)):
        assert _query(engine, "SELECT 1") == 1


def test_a_cluster_of_another_version_is_refused(made: Folders) -> None:
    cluster = postgres.locate(made).cluster
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(StackError, match=r"is of PostgreSQL 15 and this version brings \d+") as e:
        _postgres(made)
    assert "\n" not in str(e.value)


@needs_root
def test_below_a_folder_for_root_alone_the_cluster_lives_elsewhere(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_SHARED", short_folder / "shared")
    closed = short_folder / "closed"
    closed.mkdir(mode=0o700)
    made = folders.prepare(closed / "data")
    engine = _postgres(made)
    home = postgres.locate(made).home
    assert home.parent == short_folder / "shared"
    with _running(engine):
        assert _query(engine, "SELECT 1") == 1
    closed.rename(short_folder / "moved")
    moved = folders.prepare(short_folder / "moved" / "data")
    assert postgres.locate(moved).home == home


@needs_root
def test_the_programs_are_copied_for_who_cannot_reach_the_wheel(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_SHARED", short_folder / "shared")
    monkeypatch.setattr(
        postgres,
        "can_use",
        lambda who, path: path.name != "postgres" and account.can_use(who, path),
    )
    made = folders.prepare(short_folder / "data")
    engine = _postgres(made)
    assert engine.part.command[0].startswith(str(short_folder / "shared" / "postgres-"))
    with _running(engine):
        assert _query(engine, "SELECT 1") == 1


@needs_root
def test_the_owner_of_a_cluster_stays_its_account(made: Folders) -> None:
    home = made.data / "postgres"
    home.mkdir()
    owner = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, 65534})
    os.chown(home, owner.pw_uid, owner.pw_gid)
    with _running(engine := _postgres(made)) as child:
        assert _query(engine, "SELECT 1") == 1
        assert Path(f"/proc/{child.pid}").stat().st_uid == owner.pw_uid


def _python_for_everybody() -> str | None:
    """A Python of this version that the account `nobody` may execute."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    nobody = account.unprivileged(Path("/nonexistent"))
    places = (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin"))
    for place in filter(None, places):
        if nobody and account.can_use(nobody, Path(place).resolve()):
            return place
    return None


@needs_root
def test_an_ordinary_user_can_run_the_engines(short_folder: Path) -> None:
    python = _python_for_everybody()
    if python is None:
        pytest.skip("nobody else may execute this Python")
    nobody = account.unprivileged(Path("/nonexistent"))
    assert nobody
    os.chown(short_folder, nobody.uid, nobody.gid)
    run = subprocess.run(
        [python, Path(__file__).with_name("ordinary_user.py"), short_folder / "data"],
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        user=nobody.uid,
        group=nobody.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    words = run.stdout.split()
    assert words[:2] == [str(nobody.uid), "1"], run.stderr
    assert {"DATABASE_URL", "REDIS_URL"} <= set(words[2].split(","))


def test_sockets_move_where_the_path_is_too_long_or_not_plain(short_folder: Path) -> None:
    data = short_folder / ("x" * 90) / "it's a folder"
    made = folders.prepare(data)
    assert made.sockets != made.run
    assert folders.prepare(data).sockets == made.sockets
    made.sockets.chmod(0o777)  # somebody else could have put sockets there
    assert folders.prepare(data).sockets != made.sockets
    shutil.rmtree(made.sockets)
    again = folders.prepare(data)
    try:
        with _running(engine := valkey.engine(again)):
            client = redis.Redis.from_url(engine.exports["REDIS_URL"])
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            client.close()
    finally:
        shutil.rmtree(again.sockets)


def test_valkey_wants_its_password_and_has_no_port(made: Folders) -> None:
    with _running(engine := valkey.engine(made)):
        url = engine.exports["REDIS_URL"]
        parts = urlsplit(url)
        assert parse_qs(parts.query) == {"db": ["0"]}
        anonymous = redis.Redis(unix_socket_path=parts.path, retry=None)
        with pytest.raises(redis.AuthenticationError):
            anonymous.ping()
        anonymous.close()
        client = redis.Redis.from_url(url)
        assert client.config_get("port") == {"port": "0"}
        client.close()


def test_typesense_keeps_its_ports_where_they_are_free(tmp_path: Path) -> None:
    file = tmp_path / "ports"
    first = typesense._ports(file)
    assert typesense._ports(file) == first
    with socket.create_server(("127.0.0.1", first[0])):
        other = typesense._ports(file)
    assert other[0] != first[0]
    assert other[1] == first[1]


def test_typesense_is_put_together_once_and_whole(tmp_path: Path) -> None:
    halves = (tmp_path / "1", tmp_path / "2")
    halves[0].write_bytes(b"#!/bin/sh\necho ")
    halves[1].write_bytes(b"whole\n")
    (tmp_path / "typesense-server-0.1").write_bytes(b"outdated")
    (tmp_path / ".typesense-server-0.2").write_bytes(b"half")
    program = typesense._joined(halves, tmp_path)
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"whole\n"
    assert program.stat().st_mode & 0o777 == 0o700
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1", "2", program.name]
    halves[0].unlink()
    assert typesense._joined(halves, tmp_path) == program


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    value = keys.stored_secret(tmp_path, "secret_key")
    assert len(value) >= 64
    assert keys.stored_secret(tmp_path, "secret_key") == value
    assert keys.stored_secret(tmp_path, "other") != value
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in (tmp_path / "secrets").iterdir()) == ["other", "secret_key"]


def test_a_process_is_known_by_its_argument() -> None:
    with subprocess.Popen(["/bin/sleep", "61"]) as process:
        try:
            deadline = time.monotonic() + 60  # the arguments appear a little after the process
            while not leftovers.runs(process.pid, "61") and time.monotonic() < deadline:
                time.sleep(0.01)
            assert leftovers.runs(process.pid, "61")
            assert not leftovers.runs(process.pid, "62")
        finally:
            process.kill()
    assert not leftovers.runs(process.pid, "61")
