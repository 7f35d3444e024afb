"""Which notifications are due: told from the events of a view, and from what differs between one view and the next. Pure.

Transitions, alarms and commands come from the event table. Peers, colours, decisions and links are compared with what was last
told (`Told`), which is kept on disk with the queue: what happened while management was away is told when it is back, once.
What is only *missing* from a view (a peer, an alarm) counts as gone after SETTLE_NS: core may be just starting.
"""

from dataclasses import dataclass

from agent.management.alerts_events import event_alerts
from agent.management.alerts_state import state_alerts
from agent.management.alerts_told import Alert, Told
from agent.model.view import View


@dataclass(slots=True)
class Watch:
    """Looks at views, one after the other. `told` is what must last."""

    told: Told

    def look(self, view: View, now_ns: int, at_ns: int) -> list[Alert]:
        """What is to be told now, in order; `told` counts it as told from now on. `now_ns`: monotonic; `at_ns`: time of day."""
        return [*event_alerts(self.told, view), *state_alerts(self.told, view, now_ns, at_ns)]

    @property
    def is_in_doubt(self) -> bool:
        """Something is missing, and not yet for long enough to be told: look again in a second, even at the same view."""
        return bool(self.told.missing)
