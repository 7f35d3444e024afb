"""What has happened, what is wrong, and what waits for a person."""

from agent.model import words
from agent.model.kinds import Number, Text
from agent.model.managed import Access, Table
from agent.model.objects.making import COUNT, FLAG, GROUP, MAYBE_GROUP, MOMENT, MOST, maker

MAX_EVENTS = 1000
MAX_ALARMS = 256 * len(words.ALARM.words)
_of_decision = maker("decision", "usDecision")
_of_event = maker("event", "usEvent")
_of_alarm = maker("alarm", "usAlarm")

DECISION = Table(
    "decision",
    "Questions about two configurations of a group; nothing is overwritten until a person has chosen.",
    9,
    (_of_decision(1, "group", GROUP, "The group.", access=Access.INDEX),),
    (
        _of_decision(2, "id", Text(64), "As `understudy config choose` wants it."),
        _of_decision(3, "since", MOMENT, "Asked when."),
        _of_decision(4, "master_name", Text(64), "The unit on one side.", requirement="Z-23"),
        _of_decision(5, "master_revision", COUNT, "Its revision; 0: none."),
        _of_decision(6, "backup_name", Text(64), "The unit on the other side."),
        _of_decision(7, "backup_revision", COUNT, "Its revision; 0: none."),
        _of_decision(8, "text", Text(255), "What there is to choose.", requirement="Z-41"),
    ),
    256,
)
EVENT = Table(
    "event",
    "The last 1000 events, oldest first.",
    10,
    (
        _of_event(
            1,
            "number",
            Number(1, MOST),
            "Counts up without gaps while management runs; the oldest go first when there is no more room.",
            access=Access.INDEX,
        ),
    ),
    (
        _of_event(2, "at", MOMENT, "When it happened."),
        _of_event(3, "group", MAYBE_GROUP, "The group; -1: the unit as a whole."),
        _of_event(4, "what", words.EVENT, "Kind of event."),
        _of_event(5, "reason", words.REASON, "Of a transition; else none."),
        _of_event(6, "severity", words.SEVERITY, "How bad it is; none: for information."),
        _of_event(7, "text", Text(255), "In a sentence."),
        _of_event(8, "before", Text(128), "State or value before it; empty: there is none."),
        _of_event(9, "after", Text(128), "State or value after it; empty: there is none."),
        _of_event(10, "author", Text(128), "Who caused it; empty: nobody."),
    ),
    MAX_EVENTS,
)
ALARM = Table(
    "alarm",
    "Conditions that a person must know of, as long as they last.",
    11,
    (_of_alarm(1, "number", Number(1, MOST), "The same for as long as the alarm lasts; not used again.", access=Access.INDEX),),
    (
        _of_alarm(2, "group", MAYBE_GROUP, "The group; -1: the unit as a whole."),
        _of_alarm(3, "name", words.ALARM, "What kind of condition.", metric="alarm"),
        _of_alarm(4, "severity", words.SEVERITY, "How bad it is."),
        _of_alarm(5, "since", MOMENT, "Raised when."),
        _of_alarm(6, "text", Text(255), "In a sentence, with what to do."),
        _of_alarm(7, "acknowledged", FLAG, "A person has said that it is known."),
    ),
    MAX_ALARMS,
)
