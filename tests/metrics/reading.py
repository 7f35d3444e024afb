"""What a page says, read by prometheus-client's own parsers and by promtool."""

import subprocess
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from tests.model.mibs import is_missing

needs_promtool = pytest.mark.skipif(is_missing("promtool"), reason="needs Debian's prometheus")
Labels = frozenset[tuple[str, str]]


class Series(NamedTuple):
    """`name`: of the sample."""

    name: str
    labels: Labels


def families(text: bytes, *, is_open: bool = False) -> dict[str, Metric]:
    """By name, as the parser has it (without `_total`). ValueError for what it cannot read."""
    parse = open_families if is_open else plain_families
    return {family.name: family for family in parse(text.decode())}


def values(text: bytes, *, is_open: bool = False) -> dict[Series, float]:
    """Every sample; none is there twice."""
    found: dict[Series, float] = {}
    for family in families(text, is_open=is_open).values():
        for sample in family.samples:
            series = Series(sample.name, frozenset(sample.labels.items()))
            assert series not in found, f"{series} is there twice"
            found[series] = sample.value
    return found


def value(text: bytes, name: str, **labels: str) -> float | None:
    """Of one series, `understudy_` left out; None: there is none."""
    return values(text).get(Series(f"understudy_{name}", frozenset(labels.items())))


def one_hot(text: bytes, name: str, label: str, **labels: str) -> Mapping[str, float]:
    """Word → 0 or 1, of a family that has these labels besides."""
    said = {}
    for series, number in values(text).items():
        known = dict(series.labels)
        word = known.pop(label, None)
        if series.name == f"understudy_{name}" and word is not None and known == labels:
            said[word] = number
    return said


def complaints(text: bytes) -> str:
    """What `promtool check metrics` says; empty: nothing. Who marks a test that asks it: `needs_promtool`."""
    ended = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    return (ended.stdout + ended.stderr).decode().strip() or ("" if ended.returncode == 0 else f"exit {ended.returncode}")
