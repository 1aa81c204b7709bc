"""The Dockerfile and what is sent to its build. deploy/check-image.sh runs its steps."""

import json
import re

from revenge.stack import cli, config
from revenge.stack.config import PROJECT

DOCKERFILE = re.sub(r"\\\n\s*", "", (PROJECT / "Dockerfile").read_text(encoding="utf-8"))
_IGNORE = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
CONTEXT = [line.removeprefix("!") for line in _IGNORE if line.startswith("!")]


def _instructions(name: str) -> list[str]:
    return re.findall(rf"^\s*{name} (.+)$", DOCKERFILE, flags=re.MULTILINE)


def test_the_build_gets_the_code_and_nothing_else() -> None:
    assert _IGNORE[1] == "*"
    assert all((PROJECT / path).exists() for path in CONTEXT)
    assert set(CONTEXT) >= {"manage.py", "revenge", "apps", "requirements/base.txt"}
    assert not set(CONTEXT) & {".", ".env", "secrets", "data", "media", "tests", "bench"}


def test_what_the_steps_name_exists() -> None:
    sources = [source.split()[-2] for source in _instructions("COPY") if "--from" not in source]
    assert sources == ["requirements/base.txt", "."]
    pinned = (PROJECT / "requirements" / "base.txt").read_text(encoding="utf-8")
    (removed,) = re.findall(r"uninstall --yes (.+)", DOCKERFILE)
    for package in removed.split():
        assert re.search(rf"^{package}==", pinned, flags=re.MULTILINE), package
    for module in re.findall(r"-m (revenge[.\w]*)", DOCKERFILE):
        assert (PROJECT / f"{module.replace('.', '/')}.py").exists(), module


def test_the_image_runs_commands_that_exist() -> None:
    (entrypoint,) = _instructions("ENTRYPOINT")
    assert json.loads(entrypoint) == ["python", "manage.py"]
    check, command = map(json.loads, re.findall(r"CMD (\[.+\])$", DOCKERFILE, flags=re.MULTILINE))
    assert cli.parse(command).command == "up"
    assert check[:2] == json.loads(entrypoint)
    asked = cli.parse(check[2:])
    assert (asked.action, asked.name) == ("check", "edge")
    assert _instructions("EXPOSE") == [str(config.from_environment().port)]


def test_the_image_has_no_privileges() -> None:
    (user,) = _instructions("USER")
    (made,) = re.findall(r"useradd --uid (\d+)", DOCKERFILE)
    assert user == f"{made}:{made}"
