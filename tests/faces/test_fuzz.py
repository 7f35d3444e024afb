"""A sample of `./dev fuzz faces`."""

from functools import partial

import pytest

from tests.faces.fuzz import LEAST, fuzz
from tests.faces.scene import FacesScene
from tests.netns.harness.story import story

pytestmark = pytest.mark.netns
SECONDS, SEED = 3.0, 7421


@story(partial(FacesScene, may_x_write=False))
def test_mutated_requests_to_every_face_crash_hang_and_move_nothing(scene: FacesScene) -> None:
    """Issue 4: no crash, no hang, no growth of memory or connections, and no change of role."""
    sent = fuzz(scene, SECONDS, SEED)
    assert min(sent.values()) >= LEAST, sent
