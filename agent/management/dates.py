"""Times of day beside core's monotonic times. Pure."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from agent.management.viewer_numbers import SET_ANEW_NS

DATED = ("last_transition", "last_takeover", "alarms")
"""What of a member has times in it. The rest, most of it numbers, is not even looked at: there may be 255 members a second."""
JsonObject = dict[str, object]


class Dates:
    """Who says the same of a member as before has the same times of day: reckoned anew they would tremble."""

    def __init__(self, monotonic_ns: Callable[[], int], wall_ns: Callable[[], int]) -> None:
        self._monotonic_ns, self._wall_ns = monotonic_ns, wall_ns
        self._known: dict[int, tuple[tuple[object, ...], JsonObject]] = {}
        """By group: what core said under the names of DATED, and the same with times of day."""
        self._ahead_ns = wall_ns() - monotonic_ns()
        """The time of day, less core's."""

    def of_member(self, group: int, member: JsonObject) -> JsonObject:
        """With dates in what is DATED."""
        self._look_at_clock()
        said = tuple(member.get(name) for name in DATED)
        known = self._known.get(group)
        if known is None or known[0] != said:
            known = self._known[group] = said, {name: self._inside(member[name]) for name in DATED if name in member}
        return {**member, **known[1]}

    def _look_at_clock(self) -> None:
        """One that was set makes all dates anew."""
        ahead_ns = self._wall_ns() - self._monotonic_ns()
        if abs(ahead_ns - self._ahead_ns) >= SET_ANEW_NS:
            self._ahead_ns = ahead_ns
            self._known.clear()

    def forget_all_but(self, groups: Collection[int]) -> None:
        """Of these there are members."""
        self._known = {group: known for group, known in self._known.items() if group in groups}

    def of(self, value: JsonObject) -> JsonObject:
        """Beside each monotonic time (`at_ns`, `…_at_ns`) the UTC time (`time`, `…_at`)."""
        dated: JsonObject = {}
        for key, inner in value.items():
            dated[key] = self._inside(inner)
            if isinstance(inner, int) and not isinstance(inner, bool) and (key == "at_ns" or key.endswith("_at_ns")):
                dated.setdefault("time" if key == "at_ns" else key.removesuffix("_ns"), self._utc(inner))
        return dated

    def _inside(self, value: object) -> object:
        """Alarms are a list of objects."""
        if isinstance(value, list):
            return [self._inside(element) for element in value]
        return self.of(value) if isinstance(value, dict) else value

    def _utc(self, at_ns: int) -> str | None:
        """A monotonic time as ISO 8601 in UTC, to the ms; None when it is none of this machine's."""
        wall_s = (self._wall_ns() - self._monotonic_ns() + at_ns) / 1e9
        try:
            return datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        except (ValueError, OverflowError, OSError):
            return None
