"""The mixin: the same dashboards and rules, for those who build their monitoring with jsonnet."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.pages import HERE, pages

MIXIN = HERE / "mixin"
Json = dict[str, Any]


@cache
def evaluated(config: str = "") -> Json:
    """Its hidden fields, as a user of the mixin takes them. jsonnet comes with ./dev test (root on Debian)."""
    assert shutil.which("jsonnet"), "jsonnet is missing: apt-get install jsonnet (./dev test does it as root)"
    fields = "{ dashboards: m.grafanaDashboards, alerts: m.prometheusAlerts, rules: m.prometheusRules, config: m._config }"
    program = f"local m = (import 'mixin.libsonnet') + {{ _config+:: {{ {config} }} }}; {fields}"
    done = subprocess.run(["jsonnet", "-e", program], cwd=MIXIN, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: Json = json.loads(done.stdout)
    return found


def rules(name: str) -> Json:
    """As Prometheus reads them."""
    found: Json = yaml.safe_load((HERE / "rules" / f"{name}.yaml").read_text())
    return found


def test_the_mixin_has_what_a_plain_import_has() -> None:
    """Issue 5: `grafanaDashboards::`, `prometheusAlerts::`, `prometheusRules::`."""
    shown = evaluated()["dashboards"]
    assert shown == {Path(name).name: json.loads(text) for name, text in pages().items() if name.startswith("json/")}
    assert evaluated()["rules"] == rules("recording")
    assert evaluated()["alerts"] == rules("alerts")


@pytest.mark.parametrize("job", ["rx", "broadcast/.+"])
def test_a_site_gives_its_job_and_tags_its_names(job: str) -> None:
    """Issue 5: `_config::`."""
    found = evaluated(f"job: '{job}', tags: ['site'], refresh: ''")
    assert {dashboard["tags"][0] for dashboard in found["dashboards"].values()} == {"site"}
    assert {dashboard["links"][0]["tags"][0] for dashboard in found["dashboards"].values()} == {"site"}
    asked = [rule["expr"] for group in found["alerts"]["groups"] for rule in group["rules"]]
    assert [expression for expression in asked if f'job=~"{job}"' in expression]
    assert not [expression for expression in asked if 'job=~"understudy.*"' in expression]
