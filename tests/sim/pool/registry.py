"""Every directed scenario of the pool by its name."""

from __future__ import annotations

from collections.abc import Callable

Scenario = Callable[[], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    """Register it under its name."""
    SCENARIOS[function.__name__] = function
    return function
