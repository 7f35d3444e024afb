"""The state of a service on the fleet's dashboard, evaluated by Prometheus' own engine (promtool) on scenes of two units."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.model.words import PROTECTION, ROLE
from dashboards.expressions import CHANGES, NO_MASTER, RESTS, TWO_MASTERS, coded, service_state
from dashboards.queries import Filled, every_annotation
from tests.dashboards.promtool import promtool

NOW_S = 60
LONG_AGO_S = 5
PROTECTED, UNPROTECTED = PROTECTION.words["protected"], PROTECTION.words["unprotected"]
Series = list[dict[str, Any]]


def unit(
    name: str, role: str, protection: str = "unknown", *, changed_s: float = LONG_AGO_S, up: int = 1, seat: str = "ordinary"
) -> Series:
    """What a unit shows at every scrape, one a second, from the beginning."""
    common = f'job="understudy", instance="{name}"'
    of_group = f'{common}, group="7"'
    shown = {
        f"understudy_up{{{common}}}": up,
        f'understudy_member_info{{{of_group}, seat="{seat}"}}': 1,
        f"understudy_member_last_transition_timestamp_seconds{{{of_group}}}": changed_s,
        **{f'understudy_member_role{{{of_group}, role="{word}"}}': int(word == role) for word in ROLE.words},
        **{
            f'understudy_member_protection{{{of_group}, protection="{word}"}}': int(word == protection)
            for word in PROTECTION.words
        },
    }
    return [{"series": series, "values": f"{value}x{NOW_S}"} for series, value in shown.items()]


def evaluated(folder: Path, expression: str, series: Series, labels: str, value: float) -> None:
    """At the end of the scene."""
    expected = [{"labels": labels, "value": value}]
    question = {"expr": Filled().into(expression), "eval_time": f"{NOW_S}s", "exp_samples": expected}
    checked(folder, {"interval": "1s", "input_series": series, "promql_expr_test": [question]})


def checked(folder: Path, test: dict[str, Any]) -> None:
    """Fails with what promtool says."""
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1s", "tests": [test]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


BACKUP = unit("b", "backup")


@pytest.mark.parametrize(
    ("series", "state"),
    [
        (unit("a", "master", "protected") + BACKUP, PROTECTED),
        (unit("a", "master", "unprotected") + BACKUP, UNPROTECTED),
        (BACKUP, NO_MASTER),
        (unit("a", "fault") + BACKUP, NO_MASTER),
        (unit("a", "master", "protected") + unit("b", "master", "protected"), TWO_MASTERS),
        # b was scraped after it had become master, a before it heard of it: that is one master.
        (unit("a", "master", "protected") + unit("b", "master", changed_s=NOW_S + 0.4), CHANGES),
        (unit("a", "backup", changed_s=NOW_S + 0.4) + BACKUP, CHANGES),
        # Just changed, and what they say adds up all the same.
        (unit("a", "master", "protected") + unit("b", "backup", changed_s=NOW_S + 0.4), PROTECTED),
        # Core is away: its unit's last words count for nothing.
        (unit("a", "master", "protected", up=0) + BACKUP, NO_MASTER),
        (unit("a", "backup", seat="resting"), RESTS),
    ],
    ids=[
        "protected",
        "unprotected",
        "alone",
        "fault",
        "two",
        "two at two moments",
        "none at two moments",
        "new",
        "away",
        "resting",
    ],
)
def test_the_state_of_a_service_is_what_its_units_say_of_one_moment(tmp_path: Path, series: Series, state: int) -> None:
    """Issue 5: which services are protected; S-15: two masters are shown when there are two, and only then."""
    evaluated(tmp_path, service_state(), series, '{job="understudy", group="7"}', state)


@pytest.mark.parametrize("role", ROLE.words)
def test_a_role_is_the_number_of_its_word(tmp_path: Path, role: str) -> None:
    """S-11: one-hot series become the number that the mapping of the state timeline knows."""
    labels = '{job="understudy", instance="a", group="7"}'
    evaluated(tmp_path, coded("member_role", "role", ROLE), unit("a", role), labels, ROLE.words[role])


def test_a_failover_of_200_ms_is_marked_by_a_scraper_that_comes_every_60_s(tmp_path: Path) -> None:
    """Issue 5: at both scrapes around it the unit says that it is master; the time of its last change tells."""
    labels = '{job="understudy", instance="a", group="7"}'
    shown = f"understudy_member_last_transition_timestamp_seconds{labels}"
    series = [{"series": shown, "values": "5 5 5 150.2 150.2 150.2"}]
    [mark] = [one for one in every_annotation(Filled(rate_interval="4m")) if (one.dashboard, one.panel) == ("group", "Failovers")]
    before = {"expr": mark.expr, "eval_time": "2m", "exp_samples": []}
    after = {"expr": mark.expr, "eval_time": "3m", "exp_samples": [{"labels": labels, "value": 1}]}
    checked(tmp_path, {"interval": "60s", "input_series": series, "promql_expr_test": [before, after]})
