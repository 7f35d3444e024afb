"""What the settings in force say of 255 seats is made anew when it is something else, and only then."""

from agent.management.arbiter_values import ColumnsInForce, columns_of
from agent.settings.overrides import IN_FILE, Overrides, file_values
from agent.settings.runtime_file import Override, Runtime
from tests.settings.sample import parse

SECOND = 1_000_000_000
NOW_NS = 1_800_000_000 * SECOND


def overrides_of(**own: Override) -> Overrides:
    settings = parse()
    return Overrides(settings, Runtime({7: own}), settings)


def test_what_is_kept_is_what_would_be_made() -> None:
    """C-13, C-17: a maintenance that ends, a change at run time."""
    columns, until_ns = ColumnsInForce(), NOW_NS + 60 * SECOND
    suspended, locked = overrides_of(maintenance=Override(until_ns, who="eve")), overrides_of(locked=Override(True))
    shown = [
        columns.of(overrides, 7, now_ns)
        for overrides, now_ns in ((suspended, NOW_NS), (suspended, NOW_NS + SECOND), (suspended, until_ns), (locked, until_ns))
    ]
    assert shown[0] is shown[1]
    assert shown[0] == columns_of(suspended, 7, NOW_NS)
    assert [one["maintenance"] for one in shown] == [True, True, False, False]
    assert [one["maintenance_owner"] for one in shown] == ["eve ()", "eve ()", "", ""]
    assert [one["locked"] for one in shown] == [False, False, False, True]


def test_the_file_says_all_that_it_can_say() -> None:
    """C-03: the names by which overrides and file are compared."""
    settings = parse()
    assert tuple(file_values(settings, settings.members[0])) == IN_FILE
