"""Every directed scenario of the 1:1 simulator: importing the files that hold them registers them."""

from tests.sim import scenarios, scenarios_controls

SCENARIOS = scenarios.SCENARIOS
assert all(module.__doc__ for module in (scenarios, scenarios_controls))
