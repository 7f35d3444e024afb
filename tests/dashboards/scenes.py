"""All scenes for the alert rules, in the order in which they were written."""

from tests.dashboards import scenes_masters, scenes_units
from tests.dashboards.scene_kit import FAULT_S, SCENES, Ring, Scene

__all__ = ["FAULT_S", "SCENES", "Ring", "Scene", "scenes_masters", "scenes_units"]
