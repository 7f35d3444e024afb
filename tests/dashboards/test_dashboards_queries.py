"""Every query of the dashboards can be read by Prometheus."""

import subprocess
from pathlib import Path

import yaml

from dashboards.queries import Filled, Query, every_annotation, every_query, every_variable
from tests.dashboards.promtool import promtool

EVERYTHING = [*every_query(), *every_annotation(), *every_variable()]


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    """Issue 5: a broken query must fail the check. `promtool check rules` reads each as a rule."""
    written = _checked(EVERYTHING, tmp_path / "rules.yaml")
    assert written.returncode == 0, written.stdout + written.stderr
    assert f"SUCCESS: {len(EVERYTHING)} rules found" in written.stdout


def test_the_check_sees_a_broken_expression(tmp_path: Path) -> None:
    """It would be blind otherwise, and green."""
    broken = [*EVERYTHING, Query("fleet", "broken", "sum(rate(understudy_up[1m])", False)]
    assert _checked(broken, tmp_path / "rules.yaml").returncode != 0


def _checked(queries: list[Query], path: Path) -> subprocess.CompletedProcess[str]:
    rules = [{"record": f"check:{number}", "expr": query.expr} for number, query in enumerate(queries)]
    path.write_text(yaml.safe_dump({"groups": [{"name": "check", "rules": rules}]}))
    return promtool("check", "rules", path)


def test_no_variable_is_left_unfilled() -> None:
    """Prometheus would search for units named `$instance`, find none, and the panel would be empty."""
    filled = Filled(job="site", instance="rx-a:9742", group="7", rate_interval="20s", range="5m")
    for query in [*every_query(filled), *every_annotation(filled), *every_variable(filled)]:
        assert "$" not in query.expr, query
        assert 'job=~"' not in query.expr or 'job=~"site"' in query.expr
