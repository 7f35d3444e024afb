"""Rules for every test: what needs root says so when there is none, and in CI nothing is skipped in silence."""

import os
import shutil
from collections.abc import Generator, Iterator

import pytest

from tests.netns.harness.story import Told

NETNS_PROGRAMS = {"ip": "iproute2", "keepalived": "keepalived"}


def missing_for_netns() -> str:
    """What the tests with network namespaces lack here; empty: nothing."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    packages = [package for program, package in NETNS_PROGRAMS.items() if not shutil.which(program)]
    return f"needs {' and '.join(packages)} (Debian: apt-get install {' '.join(packages)})" if packages else ""


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """The stories among the selected tests."""
    stories = Told(item.function for item in request.session.items if isinstance(item, pytest.Function))
    yield stories
    stories.close()


@pytest.fixture
def alone(told: Told) -> None:
    """Nothing else runs: for tests that take the whole machine, or measure it."""
    told.wait_for_all()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here, naming what is missing."""
    missing = missing_for_netns()
    for item in items:
        if missing and item.get_closest_marker("netns"):
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skip is a failure: what CI has not run it has not proven. An expected failure (xfail) is none."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    if report.skipped:
        _fail_in_ci(report)
    return report


def _fail_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (CI=true: a skip is a failure)"
