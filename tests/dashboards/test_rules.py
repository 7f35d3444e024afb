"""The rules as promtool plays them: every alert rings in its scene, no other does, and it ends; scraped every 1 s or 60 s."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.promtool import RULE_FILES, RULES, expectation, play, promtool
from tests.dashboards.scenes import FAULT_S, SCENES, Ring, Scene
from tests.dashboards.tape import JOB, Tape
from tests.dashboards.test_dashboards_names import SELECTOR, declared, labels_by_name

RUNBOOKS = RULES.parents[1] / "docs" / "runbooks.md"
SEVERITIES = {"critical", "warning", "info"}
FIRING = 'ALERTS{alertstate="firing"}'
NAMED_IN_THE_ISSUE = {
    "UnderstudyTwoMasters",
    "UnderstudyNoMaster",
    "UnderstudyUnprotected",
    "UnderstudyNotReady",
    "UnderstudyMarginThin",
    "UnderstudyFlapping",
    "UnderstudyConfigurationConflict",
    "UnderstudyTrackingLate",
    "UnderstudyNotFenced",
    "UnderstudyAgentDown",
}


def rules() -> Iterator[dict[str, Any]]:
    """All, recorded ones first."""
    for file in RULE_FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}


def labels_of(ring: Ring) -> str:
    known = {"alertname": ring.alert, "alertstate": "firing", "job": JOB, "severity": ring.severity, **ring.labels}
    return ", ".join(f'{name}="{value}"' for name, value in known.items())


def as_promtool_has_it(scene: Scene, scrape_s: int) -> dict[str, object]:
    """Nothing rings before the fault or at the end, each alert when it has to, and at no time any other."""
    tape = Tape(scrape_s)
    scene.tell(tape)
    ever = f"max by (alertname, alertstate, job, group, instance, alarm, severity) (max_over_time({FIRING}[{scene.length_s}s]))"
    checks = [
        expectation(FAULT_S - 1, FIRING, []),
        expectation(scene.length_s, ever, [(f"{{{labels_of(ring)}}}", 1) for ring in scene.rings]),
        expectation(scene.length_s, FIRING, []),
    ]
    for ring in scene.rings:
        one = FIRING.replace("{", f'{{alertname="{ring.alert}", ')
        sample = (f"ALERTS{{{labels_of(ring)}}}", 1.0)
        checks += [expectation(FAULT_S + ring.after_s, one, [sample]), expectation(ring.over_s, one, [])]
    return {"name": scene.name, "interval": "1s", "input_series": tape.series(scene.length_s), "promql_expr_test": checks}


@pytest.mark.parametrize("scrape_s", [1, 60])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_right_alerts_ring_and_no_others(scene: Scene, scrape_s: int, tmp_path: Path) -> None:
    """Issue 5: fires in its scenario, silent in the quiet one, resolves; whatever the scrape interval."""
    against = play(tmp_path / f"{scene.name}.yaml", [as_promtool_has_it(scene, scrape_s)])
    if against:
        pytest.fail(against)


def test_promtool_takes_the_rules() -> None:
    """Issue 5: `promtool check rules`."""
    done = promtool("check", "rules", *RULE_FILES)
    assert done.returncode == 0, done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout
    assert "duplicate" not in done.stdout


def test_every_alert_has_a_scene() -> None:
    """Issue 5: every alert fires in the scenario made for it."""
    assert {ring.alert for scene in SCENES for ring in scene.rings} == set(ALERTS)
    assert set(ALERTS) >= NAMED_IN_THE_ISSUE


def test_a_scene_that_is_wrong_is_seen(tmp_path: Path) -> None:
    """It would be blind otherwise, and green."""
    quiet, dies = (next(scene for scene in SCENES if scene.name == name) for name in ("a_healthy_pair", "a_master_that_dies"))
    for wrong in (Scene("never rings", quiet.tell, dies.rings[:1]), Scene("rings", dies.tell)):
        assert "FAILED" in play(tmp_path / "wrong.yaml", [as_promtool_has_it(wrong, 60)])


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_tells_what_happened_where_and_what_to_do(name: str) -> None:
    """Issue 5: runbook text. The page of an alert stands under its own name."""
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert {"summary", "description", "runbook_url"} == set(alert["annotations"])
    assert alert["annotations"]["runbook_url"] == f"docs/runbooks.md#{name.lower()}"
    page = RUNBOOKS.read_text().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert page.startswith(f"\n{alert['labels']['severity'].capitalize()}. **What happened:**"), "as severe as the rule says"
    assert all(f"**{word}:**" in page for word in ("What happened", "Where", "Do"))


def test_no_page_is_of_an_alert_that_is_gone() -> None:
    """A page that nobody is sent to grows old."""
    assert set(re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)) == set(ALERTS)


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.get("alert") or rule["record"])
def test_every_metric_and_label_is_one_that_the_agent_has(rule: dict[str, Any]) -> None:
    """Issue 5: names derive from the one model; a rule that asks for one that is gone would be silent for ever."""
    asked = rule["expr"] + " ".join(rule.get("annotations", {}).values())
    recorded = {one["record"] for one in rules() if "record" in one}
    used = set(re.findall(r"\b\w+:understudy_\w+:\w+", asked))
    assert used <= recorded
    selectors = SELECTOR.findall(re.sub(r"\b\w+:understudy_\w+:\w+(\{[^}]*\})?", "", asked))
    assert selectors or used
    for name, matchers in selectors:
        assert declared(name) in labels_by_name(), name
        assert set(re.findall(r"(\w+)[=!]~?[\"']", matchers)) - {"job", "instance"} <= labels_by_name()[declared(name)], name
