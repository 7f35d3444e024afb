"""A refused SET leaves what was set before as it was: owner, since when, until when, why."""

from agent.management.arbiter_restore import kept_of, restored
from agent.model.answers import Change
from agent.settings.runtime_file import Override, Runtime

OLD = Override(1 << 60, None, "nms", "snmp", "192.0.2.1", "LNB swap", 5)
NEW = Override(1 << 61, None, "bob", "snmp", "192.0.2.2", "", 9)


def test_maintenance_of_another_is_restored_with_its_owner_and_end() -> None:
    """And the priority, which nobody had set, is the file's again; what others set meanwhile stays."""
    before = Runtime({7: {"maintenance": OLD}}, masters={7: "a" * 8})
    changes = [Change("member", (7,), name, True) for name in ("maintenance", "priority", "auto_lock")]
    kept = kept_of(
        before, [*changes, Change("unit", (), "write_semaphore", 1), Change("unit", (), "notifications_enabled", False)]
    )
    set_by_others = {8: {"locked": NEW}}
    after = Runtime({7: {"maintenance": NEW, "priority": NEW}, **set_by_others}, {"notifications_enabled": NEW}, 3)
    found = restored(after, kept)
    assert found == Runtime({7: {"maintenance": OLD}, **set_by_others}, {}, 3, {7: "a" * 8})
