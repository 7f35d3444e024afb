"""[[member]]: one seat in one group, each read on its own. What lies between them is in seats.py and pool_seats.py."""

from agent.settings.model import MemberSettings
from agent.settings.pool import RETURN_WORDS
from agent.settings.reader import Table, shown
from agent.wire.message import DESIGNATION_WORDS, Designation

MAX_DEVICES = 64
"""Of one nmBackup."""

_DESIGNATIONS = {word: designation for designation, word in DESIGNATION_WORDS.items()}
_MEMBER = MemberSettings(0, Designation.MAIN, 1, "")
"""For its defaults."""
_KEYS = (
    "group",
    "device_type",
    "designation",
    "priority",
    "preempt",
    "preempt_delay",
    "advertisement_interval",
    "heal_policy",
    "device",
    "devices",
    "protects",
    "takeover",
    "return_policy",
    "return_hold",
)


def read_members(top: Table) -> dict[int, MemberSettings]:
    """Every [[member]], by its index in the file."""
    value = top.values.get("member", [])
    if not isinstance(value, list) or not value:
        what = "has no [[member]]" if value == [] else "has a member that is no list of tables"
        top.wrong("member", what, "Add a line [[member]] with group, designation, priority and device below it")
        return {}
    members = {}
    for index, entry in enumerate(value):
        if isinstance(entry, dict):
            members[index] = _read_member(Table(entry, ("member", index), "[[member]]", top.problems))
        else:
            top.problems.add(
                ("member", index), f"member {shown(entry)} is no table", "Write a line [[member]] with keys below it"
            )
    return members


def _read_member(table: Table) -> MemberSettings:
    table.only(_KEYS)
    designation = _DESIGNATIONS[table.choice("designation", _DESIGNATIONS)]
    devices = _devices(table, designation)
    return MemberSettings(
        group=table.integer("group", 0, 255),
        designation=designation,
        priority=_priority(table),
        device=devices[0],
        device_type=table.integer("device_type", 0, 255, _MEMBER.device_type),
        preempt=table.flag("preempt", _MEMBER.preempt),
        preempt_delay_ms=table.milliseconds("preempt_delay", 0.0, 3600.0, _MEMBER.preempt_delay_ms),
        advertisement_interval_ms=table.milliseconds("advertisement_interval", 0.01, 40.95, _MEMBER.advertisement_interval_ms),
        heal_policy=table.choice("heal_policy", ("priority", "incumbent"), _MEMBER.heal_policy),
        devices=devices,
        protects=_protects(table, designation),
        takeover=_takeover(table, designation),
        return_policy=table.choice("return_policy", RETURN_WORDS) if "return_policy" in table.values else None,
        return_hold_ms=table.milliseconds("return_hold", 0.0, 3600.0, 0) if "return_hold" in table.values else None,
    )


def _takeover(table: Table, designation: Designation) -> str:
    """`attended`: the deadline calls a person instead of taking over (D-40). It is the reserve's to say."""
    takeover = table.choice("takeover", ("automatic", "attended"), _MEMBER.takeover)
    if takeover == "attended" and designation is Designation.MAIN:
        what = 'takeover = "attended" at a main: with both waiting for a person a group would never start'
        table.wrong("takeover", what, "Remove it here and set it at the reserve")
    return takeover


def _priority(table: Table) -> int:
    """1..255 (S-03); 0 is what a leaving master sends (C-04)."""
    if type(table.values.get("priority")) is int and table.values["priority"] == 0:
        what = "priority = 0: priority 0 is a message, not a setting (the master sends it to give up)"
        table.wrong("priority", what, "Set 1..255; to take a unit out of service, use set-backup or stop it")
        return 1
    return table.integer("priority", 1, 255)


def _devices(table: Table, designation: Designation) -> tuple[str, ...]:
    """`device`, or `devices` of an nmBackup: 1..64 names, each once."""
    if "devices" not in table.values:
        return (table.text("device"),)
    if "device" in table.values:
        table.wrong("devices", "has both device and devices", "Keep devices for an nmBackup with several, else device")
    if designation is not Designation.NM_BACKUP:
        what = f"devices at a {DESIGNATION_WORDS[designation]}: only an nmBackup chooses between several"
        table.wrong("devices", what, 'Write device = "NAME", and a [[member]] of its own for each further device')
    names = table.texts("devices")
    if not 1 <= len(names) <= MAX_DEVICES and not table.problems.is_wrong((*table.place, "devices")):
        table.wrong("devices", f"devices has {len(names)} names", f"Write 1..{MAX_DEVICES} names of [device.NAME] tables")
    if len(set(names)) < len(names):
        table.wrong("devices", "devices names a device twice", "Remove one of them")
    return names or ("?",)


def _protects(table: Table, designation: Designation) -> frozenset[int] | None:
    """The groups that an nmBackup protects; None: `"all"`, also when it does not say."""
    if "protects" not in table.values:
        return None
    value = table.values["protects"]
    if designation is not Designation.NM_BACKUP:
        what = f"protects at a {DESIGNATION_WORDS[designation]}: only an nmBackup protects other groups than its own"
        table.wrong("protects", what, 'Remove it, or set designation = "nmBackup"')
    if value == "all":
        return None
    if not isinstance(value, list) or not value or not all(_is_group(group) for group in value):
        remedy = 'Write the groups 0..255, such as [1, 2, 3], or "all" for every master of this device_type'
        table.wrong("protects", f"protects = {shown(value)} is no list of groups", remedy)
        return frozenset()
    if len(set(value)) < len(value):
        table.wrong("protects", "protects names a group twice", "Remove one of them")
    return frozenset(value)


def _is_group(value: object) -> bool:
    return type(value) is int and 0 <= value <= 255  # `is`: true and false are no numbers here
