"""What SMIv2 calls things: labels of enumerations, textual conventions, tables and their rows, units."""

from agent.model import words
from agent.model.kinds import Choice, Number
from agent.model.managed import Managed, Table
from agent.model.notifications import LEVEL

CONVENTIONS: tuple[tuple[str, Choice, str], ...] = (
    ("UsRole", words.ROLE, "What a unit is in a group now."),
    ("UsState", words.STATE, "As UsRole, and yielding: a master that mutes in order to leave."),
    ("UsLastState", words.LAST_STATE, "As UsState; none: there was no change yet."),
    ("UsDesignation", words.DESIGNATION, "What a unit is for."),
    ("UsCommonState", words.COMMON_STATE, "Who of a pair airs."),
    ("UsLinkState", words.LINK_STATE, "How a pair's watch connection is."),
    ("UsIndicator", words.INDICATOR, "Colour of the standby's button."),
    ("UsColour", words.COLOUR, "How ready a backup is."),
    ("UsReturnPolicy", words.RETURN_POLICY, "What a repaired master does."),
    ("UsStandbyMode", words.STANDBY_MODE, "Whether a standby takes over by itself."),
    ("UsSeat", words.SEAT, "What a seat is in N:M."),
    ("UsProtection", words.PROTECTION, "Whether a master could be replaced."),
    ("UsCoverage", words.COVERAGE, "Whether a group could be taken over."),
    ("UsTracking", words.TRACKING, "How following a master's configuration stands."),
    ("UsUnready", words.UNREADY, "Why a backup is not fully ready, as one word."),
    ("UsSeverity", words.SEVERITY, "How bad a condition is."),
    ("UsReason", words.REASON, "Why a state changed."),
    ("UsAlarmKind", words.ALARM, "Conditions that a person must know of."),
    ("UsEventKind", words.EVENT, "What an event is about."),
    ("UsCommand", words.COMMAND, "What a person can order; reads always noAction."),
    ("UsOperation", words.OPERATION, "What runs, or ran last."),
    ("UsPhase", words.PHASE, "How far an operation is."),
    ("UsLevel", LEVEL, "How urgent a notification is."),
)
_UNITS = {"ms": "milliseconds", "µs": "microseconds", "min": "minutes", "s": "seconds"}


def convention_of(choice: Choice) -> str:
    """By identity: two lists may have the same words and grow apart."""
    return next(name for name, known, _text in CONVENTIONS if known is choice)


def label(word: str) -> str:
    """`changing_over` → changingOver: SMIv2 has no underscores."""
    first, *rest = word.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def upper(name: str) -> str:
    """usMember → UsMember."""
    return name[0].upper() + name[1:]


def table_prefix(table: Table) -> str:
    """usMember, of usMemberPriority: what all of its columns begin with."""
    return f"us{upper(label(table.name))}"


def units_of(column: Managed) -> str:
    """As written out; empty: a plain number."""
    unit = column.kind.unit if isinstance(column.kind, Number) else ""
    return _UNITS.get(unit, unit)
