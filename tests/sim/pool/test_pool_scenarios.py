"""The directed scenarios of N:M."""

from __future__ import annotations

import pytest

from tests.sim.pool.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    """Each names its requirement in its own docstring; all together S-07, S-08, S-18 to S-29, S-32, S-33, D-27, D-32 to D-42,

    Z-37, Z-39, C-02, C-05, C-07 to C-10, C-14 to C-16, C-22, C-26, F-5, F-7.
    """
    SCENARIOS[name]()
