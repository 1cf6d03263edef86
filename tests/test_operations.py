"""What operators are given: rules and a dashboard over metrics that there are, and a word for each alert at night."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from plixa.backing import OPERATIONS, write_operations
from plixa.engine.telemetry import Telemetry

ALERTS, DASHBOARD, RUNBOOK = (OPERATIONS / name for name in ("alerts.yml", "dashboard.json", "runbook.md"))
METRIC = re.compile(r"\b(?:plixa|process)_[a-z_]+\b")
LABELS = re.compile(r"(\w+)\{([^}]*)\}")
NAMED = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
OF_THE_SCRAPER = {"instance", "job", "le"}
NAMES = re.findall(r"- alert: (\w+)", ALERTS.read_text())


def expressions() -> list[str]:
    """Everything that is asked of Prometheus."""
    rules = re.findall(r"expr: (?:>-\n)?((?:.|\n(?=          ))+)", ALERTS.read_text())
    targets = [
        target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel.get("targets", ())
    ]
    assert len(rules) == len(NAMES)
    return [*rules, *targets]


def there() -> dict[str, set[str]]:
    """Each name that /metrics has, and its labels."""
    found = dict[str, set[str]]()
    telemetry = Telemetry()
    for name, each in telemetry.registry._names_to_collectors.items():
        labels = set(getattr(each, "_labelnames", ()))
        found[name] = labels
    for metric in telemetry.registry.collect():
        found |= {sample.name: set(sample.labels) for sample in samples(metric) if sample.name not in found}
    return found


def samples(metric: Metric) -> list[object]:
    return list(metric.samples)


def test_what_is_asked_for_is_measured() -> None:
    has, asked = there(), {name for each in expressions() for name in METRIC.findall(each)}
    assert len(asked) > 30
    assert asked - has.keys() == set()


def test_labels_are_those_that_there_are() -> None:
    has = there()
    for expression in expressions():
        for metric, inside in LABELS.findall(expression):
            if metric in has:
                assert set(NAMED.findall(inside)) <= has[metric] | OF_THE_SCRAPER, expression
        for by in re.findall(r"by \(([^)]*)\)", expression):
            known = OF_THE_SCRAPER.union(*(has[name] for name in METRIC.findall(expression)))
            assert set(by.replace(" ", "").split(",")) <= known, expression


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    assert len(NAMES) == len(set(NAMES)) > 20
    assert re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE) == NAMES
    sections = re.split(r"^## \w+$", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    assert [name for name, text in zip(NAMES, sections, strict=True) if "\n- " not in text] == []


def test_the_runbook_names_commands_that_there_are() -> None:
    """What somebody types at night."""
    program = (OPERATIONS.parent / "__main__.py").read_text() + (OPERATIONS.parent / "backing.py").read_text()
    for command in set(re.findall(r"`plixa ([a-z-]+)", RUNBOOK.read_text())):
        assert f"def {command}(" in program or f'"{command}"' in program, command


def test_the_dashboards_panels_lie_beside_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def test_they_are_written_where_somebody_wants_them(tmp_path: Path) -> None:
    assert [each.name for each in write_operations(tmp_path / "new")] == ["alerts.yml", "dashboard.json", "runbook.md"]
    assert (tmp_path / "new" / "runbook.md").read_bytes() == RUNBOOK.read_bytes()


FIRES = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'up{{job="plixa",instance="a"}}', values: '1x10 0x20'}}
      - {{series: 'plixa_backup_finished_timestamp{{instance="a"}}', values: '0x30'}}
      - {{series: 'plixa_outbox_oldest_seconds{{instance="a"}}', values: '0+120x40'}}
      - {{series: 'plixa_ingress_total{{instance="a",result="postponed"}}', values: '0+60x40'}}
      - {{series: 'plixa_ingress_total{{instance="a",result="stored"}}', values: '0+600x40'}}
    alert_rule_test:
      - {{eval_time: 5m, alertname: PlixaDown}}
      - {{eval_time: 20m, alertname: PlixaDown, exp_alerts: [{{exp_labels: {{severity: page, job: plixa, instance: a}},
          exp_annotations: {{summary: "a does not answer"}}}}]}}
      - {{eval_time: 20m, alertname: PlixaNoBackup}}
      - {{eval_time: 10m, alertname: PlixaOutboxStuck}}
      - {{eval_time: 35m, alertname: PlixaOutboxStuck, exp_alerts: [{{exp_labels: {{severity: page}}, exp_annotations:
          {{summary: "something has been waiting to go out for 1h 10m 0s"}}}}]}}
      - {{eval_time: 20m, alertname: PlixaWebhooksPostponed, exp_alerts: [{{exp_labels: {{severity: page}},
          exp_annotations: {{summary: "webhooks are answered 503: 1 a second"}}}}]}}
      - {{eval_time: 20m, alertname: PlixaWebhooksUnreadable}}
"""


def test_prometheus_takes_the_rules_and_they_fire(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: it comes with Debian's prometheus")
    subprocess.run([promtool, "check", "rules", str(ALERTS)], check=True, capture_output=True)
    (tmp_path / "fires.yml").write_text(FIRES.format(rules=ALERTS))
    ran = subprocess.run(
        [promtool, "test", "rules", "fires.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
