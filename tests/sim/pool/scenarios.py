"""All directed scenarios of the pool: one sentence of the requirements each. They raise AssertionError."""

from tests.sim.pool import scenarios_busy, scenarios_order, scenarios_return, scenarios_set_up, scenarios_takeover
from tests.sim.pool.registry import SCENARIOS

MODULES = (scenarios_busy, scenarios_order, scenarios_return, scenarios_set_up, scenarios_takeover)
__all__ = ["MODULES", "SCENARIOS"]
