"""Alarms as rows: core's own, and those that only management can see. Pure, but for what is remembered of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from agent.management.viewer_numbers import Numbers, Steady
from agent.management.viewer_read import Object, moment, table, tables, text
from agent.management.viewer_telling import Telling
from agent.model import words
from agent.model.kinds import Value

UNIT_WIDE = -1
_WARNING, _CRITICAL = words.SEVERITY.words["warning"], words.SEVERITY.words["critical"]
_SHORT = "capacity is short"
"""How agent.handover.readiness begins that reason."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """`word`: as core has it. `at_ns`: monotonic, with `since` its time of day; both None: since it is seen."""

    group: int
    word: str
    severity: int
    text: str
    at_ns: object = None
    since: int | None = None
    is_acknowledged: bool = False

    @property
    def key(self) -> tuple[int, str]:
        """One of a kind in a group."""
        return self.group, self.word

    @property
    def number(self) -> int:
        """In the list of alarm names."""
        return words.ALARM.words.get(self.word, words.ALARM.words["other"])


def alarms_of(telling: Telling, lost: Sequence[str]) -> list[Alarm]:
    """Of one member; what core raises itself is not said twice."""
    group = telling.member.get("group")
    assert isinstance(group, int)
    own = [_of_core(group, alarm) for alarm in tables(telling.member.get("alarms"))]
    known = {alarm.word for alarm in own}
    return own + [alarm for alarm in _of_management(group, telling, lost) if alarm.word not in known]


def _of_core(group: int, alarm: Object) -> Alarm:
    word, severity = text(alarm.get("name"), 64), words.SEVERITY.words.get(str(alarm.get("severity")), _WARNING)
    at_ns, is_known = alarm.get("raised_at_ns"), alarm.get("acknowledged") is True
    return Alarm(group, word, severity, text(alarm.get("text")), at_ns, moment(alarm.get("raised_at")), is_known)


def _of_management(group: int, telling: Telling, lost: Sequence[str]) -> Iterator[Alarm]:
    if telling.role == "off" and not telling.is_on_air:
        yield Alarm(group, "off", _WARNING, "switched off by a person; its output stays as it was. To take part again: on (C-12)")
    if telling.is_in_maintenance:
        owner = text(telling.said.get("maintenance_owner"), 128) or "a person"
        yield Alarm(group, "maintenance", _WARNING, f"maintenance by {owner}: automatic takeover is suspended (C-13)")
    reasons = table(telling.member.get("configuration")).get("reasons")
    short = [text(reason) for reason in reasons if str(reason).startswith(_SHORT)] if isinstance(reasons, list) else []
    if short or lost:
        names = f"capacity is short; lost: {', '.join(lost)}"
        yield Alarm(group, "capacity_short", _WARNING, text(short[0] if short else names))
    if telling.tracking.get("pending"):
        what = f"two configurations wait for a choice: understudy config choose {text(telling.tracking['pending'], 64)}"
        yield Alarm(group, "decision_pending", _WARNING, what)


def core_away() -> Alarm:
    """C-18: nothing that is shown is of now."""
    what = "the core process does not answer: everything shown is the last known; see journalctl -u understudy"
    return Alarm(UNIT_WIDE, "core_away", _CRITICAL, what)


def faults(said: object) -> list[Alarm]:
    """What is wrong with management's own work, as sentences: one alarm for all of them."""
    sentences = [text(one) for one in said] if isinstance(said, list) else []
    return [Alarm(UNIT_WIDE, "other", _CRITICAL, text(" ".join(sentences)))] if sentences else []


@dataclass(slots=True)
class AlarmBook:
    """Gives each alarm its number, and its beginning when nobody said it."""

    _numbers: Numbers = field(default_factory=Numbers)
    _since: Steady = field(default_factory=Steady)
    _known_at: dict[object, int] = field(default_factory=dict)
    _read_to: int = 0

    def note(self, events: Sequence[Object]) -> None:
        """Who said `acknowledge` knows what was raised by then; events outlive a restart, and so does that."""
        for event in reversed(events):
            number, at = event.get("number"), event.get("at")
            if not isinstance(number, int) or number <= self._read_to:
                break
            if event.get("what") == "command" and event.get("before") == "acknowledge" and _is_once(event):
                group = event.get("group")
                self._known_at[group] = max(at if isinstance(at, int) else 0, self._known_at.get(group, 0))
        if events and isinstance(number := events[-1].get("number"), int):
            self._read_to = number

    def rows(self, alarms: Sequence[Alarm], now_ns: int) -> dict[tuple[int, ...], dict[str, Value]]:
        """By number, the oldest first."""
        dated = [self._dated(alarm, now_ns) for alarm in alarms]
        keys = [(alarm.key, alarm.since) for alarm in dated]
        self._since.keep(alarm.key for alarm in dated)
        numbers = self._numbers.of(keys)
        found: dict[tuple[int, ...], dict[str, Value]] = {
            (numbers[key],): _row(alarm, self._is_known(alarm)) for key, alarm in zip(keys, dated, strict=True)
        }
        return dict(sorted(found.items()))

    def _is_known(self, alarm: Alarm) -> bool:
        return alarm.is_acknowledged or (alarm.since or 0) <= self._known_at.get(alarm.group, -1)

    def _dated(self, alarm: Alarm, now_ns: int) -> Alarm:
        since = self._since.of(alarm.key, alarm.at_ns, now_ns if alarm.since is None else alarm.since)
        return replace(alarm, since=since)


def _is_once(event: Object) -> bool:
    """Done at that time; not what is told afterwards of many that changed nothing."""
    return event.get("after") == "done" and event.get("times") is None


def _row(alarm: Alarm, is_acknowledged: bool) -> dict[str, Value]:
    return {
        "group": alarm.group,
        "name": alarm.number,
        "severity": alarm.severity,
        "since": alarm.since,
        "text": alarm.text,
        "acknowledged": is_acknowledged,
    }


def alarm_columns(alarms: Sequence[Alarm]) -> dict[str, Value]:
    """Of the member that has them."""
    mask = 0
    for alarm in alarms:
        mask |= 1 << (alarm.number - 1)
    worst = max((alarm.severity for alarm in alarms), default=words.SEVERITY.words["none"])
    return {"alarms": len(alarms), "alarm_mask": mask, "worst_severity": worst}
