"""The dashboards ask for metrics and labels that the agent has."""

import re
from functools import cache

import pytest

from agent.model.metrics import told
from agent.model.metrics_counted import EVERY
from dashboards.queries import Query, every_annotation, every_query, every_variable

EVERYTHING = [*every_query(), *every_annotation(), *every_variable()]
ADDED_BY_PROMETHEUS = {"job", "instance"}
OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")
SELECTOR = re.compile(r"understudy_(\w+)(?:\{([^}]*)\})?")


@cache
def labels_by_name() -> dict[str, set[str]]:
    """Every metric that /metrics can have, without the prefix."""
    families = [*(one.family for one in told()), *EVERY]
    return {family.name.removeprefix("understudy_"): set(family.labels) for family in families}


def declared(name: str) -> str:
    """The name of the family that this series is of."""
    whole = next((name.removesuffix(ending) for ending in OF_A_HISTOGRAM if name.endswith(ending)), name)
    return whole if whole in labels_by_name() else name


@pytest.mark.parametrize("query", EVERYTHING, ids=lambda query: f"{query.dashboard}-{query.panel}-{query.ref_id}")
def test_every_metric_and_label_is_one_that_the_agent_has(query: Query) -> None:
    """Issue 5: names derive from the one model; a panel that asks for one that is gone would stay empty for ever."""
    selectors = SELECTOR.findall(query.expr)
    assert selectors
    assert len(selectors) == query.expr.count("understudy_")
    for name, matchers in selectors:
        assert declared(name) in labels_by_name(), name
        asked = set(re.findall(r'(\w+)(?:=~?|!~)"', matchers)) - ADDED_BY_PROMETHEUS
        assert asked <= labels_by_name()[declared(name)], name


def test_the_check_knows_a_name_that_is_not_there() -> None:
    """It would be blind otherwise, and green."""
    assert declared("member_advert_distances") not in labels_by_name()
    assert declared("member_changeover_seconds_bucket") == "member_changeover_seconds"
