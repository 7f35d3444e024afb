"""What a page is made of besides the view: what the unit counts, its processes, its faces."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from agent.management.exposition.counts import Counts
from agent.management.exposition.naming import PeerLabels
from agent.management.exposition.processes import Processes
from agent.management.face_up import FacesUp
from agent.management.memory import Memory


@dataclass(slots=True)
class Sources:
    """Of one unit, the same for all of its pages. What is None is left out."""

    counts: Counts | None = None
    processes: Processes | None = None
    memory: Memory | None = None
    faces_up: FacesUp = field(default_factory=FacesUp)
    labels: PeerLabels = field(default_factory=PeerLabels)


@runtime_checkable
class Exposing(Protocol):
    """A model that has more to tell than its view."""

    exposed: Sources


def sources_of(model: object) -> Sources:
    """Of a unit; of a model without one, nothing."""
    return model.exposed if isinstance(model, Exposing) else Sources()
