"""The dashboard, the alerts and Prometheus' configuration can be used as they are."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from apps.core import metrics
from apps.core.jobs.models import Queue
from apps.core.jobs.running import Outcome
from apps.core.metrics import OUTCOMES
from apps.libraries.models import FileState
from revenge.stack.config import PROJECT

DEPLOY = PROJECT / "deploy"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    return found


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    return list(group["rules"])


def expressions() -> dict[str, str]:
    """Every PromQL expression by where it stands."""
    panels = {
        f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "5m")
        for panel in dashboard()["panels"]
        for target in panel.get("targets", [])
    }
    return panels | {rule["alert"]: rule["expr"] for rule in alerts()}


def names_in(expression: str) -> set[str]:
    """The metrics that an expression names."""
    without_labels = re.sub(r"\{[^}]*\}", "", expression)
    return set(re.findall(r"\b(?:revenge|django)_\w+|\bup\b", without_labels))


def test_every_panel_names_a_figure() -> None:
    assert len(expressions()) > 40
    assert [where for where, text in expressions().items() if not names_in(text)] == []


def test_every_figure_is_shown() -> None:
    declared = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(declared) > 20
    shown = "\n".join(expressions().values())
    assert [str(each) for each in declared if each._name not in shown] == []


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in panels):
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells
        assert place["x"] + place["w"] <= 24
        cells |= own


def test_brackets_are_closed() -> None:
    for expression in expressions().values():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing)
        assert expression.count('"') % 2 == 0


def test_every_alert_says_how_urgent_it_is_and_why() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert rule["annotations"]["summary"].endswith(".")


def test_alerts_ask_for_the_values_that_labels_have() -> None:
    known = {
        "revenge_jobs_completed_total": {*Outcome},
        "revenge_auth_attempts_total": {*OUTCOMES.values()},
        "revenge_library_files": {*FileState},
        "revenge_jobs_queue_oldest_seconds": {*Queue},
    }
    asked = {
        (name, value)
        for rule in alerts()
        for name, matchers in re.findall(r"(revenge_\w+)\{([^}]*)\}", rule["expr"])
        for value in re.findall(r'!?="([^"]*)"', matchers)
        if name in known
    }
    assert {name for name, _ in asked} == known.keys()
    assert [(name, value) for name, value in asked if value not in known[name]] == []


def test_prometheus_finds_the_alerts_and_the_port() -> None:
    configuration = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    assert configuration["rule_files"] == ["alerts.yml"]
    (job,) = configuration["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["localhost:9096"]}]
    assert any(f'job="{job["job_name"]}"' in rule["expr"] for rule in alerts())


@needs_promtool
def test_prometheus_takes_them(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel_{number}", "expr": text}
        for number, text in enumerate(expressions().values())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert PROMTOOL is not None
    for words in (
        ["check", "rules", str(file)],
        ["check", "config", str(DEPLOY / "prometheus.yml")],
    ):
        run = subprocess.run([PROMTOOL, *words], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
