"""What a certificate says of its unit, as URIs: `urn:understudy:unit:<name>` and `urn:understudy:group:<0..255|*>`."""

from collections.abc import Iterable
from urllib.parse import quote, unquote

from agent.pki.errors import PkiError

MAX_GROUP = 255
ALL_GROUPS = frozenset(range(MAX_GROUP + 1))
MAX_NAME_BYTES = 64
"""As on the redundancy LAN; a common name in X.509 has the same limit in characters."""
_UNIT = "urn:understudy:unit:"
_GROUP = "urn:understudy:group:"


def uris(unit_name: str, groups: frozenset[int]) -> list[str]:
    """The unit's, then one a group, or one `*` for all 256."""
    numbers = ["*"] if groups == ALL_GROUPS else [str(group) for group in sorted(groups)]
    return [_UNIT + quoted(unit_name), *(_GROUP + number for number in numbers)]


def unit_name_in(found: Iterable[str]) -> str | None:
    """The one unit name; None when there is none, or more than one."""
    names = [unquote(uri.removeprefix(_UNIT)) for uri in found if uri.startswith(_UNIT)]
    return names[0] if len(names) == 1 and names[0] else None


def groups_in(found: Iterable[str]) -> frozenset[int]:
    """What cannot be read as a group authorises nothing."""
    words = {uri.removeprefix(_GROUP) for uri in found if uri.startswith(_GROUP)}
    if "*" in words:
        return ALL_GROUPS
    return frozenset(int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 3) & ALL_GROUPS


def quoted(unit_name: str) -> str:
    """Percent-encoded; also the name of the unit's directory. Never `.` or `..`."""
    return quote(unit_name, safe="").replace(".", "%2E") if unit_name.strip(".") == "" else quote(unit_name, safe="")


def checked_name(unit_name: str) -> str:
    """PkiError unless it has 1..64 bytes, and no control characters or outer spaces."""
    if not 0 < len(unit_name.encode()) <= MAX_NAME_BYTES or not unit_name.isprintable() or unit_name != unit_name.strip():
        what = f"{unit_name!r} cannot be the name of a unit"
        raise PkiError(what, f"Use the [unit] name of its settings: 1..{MAX_NAME_BYTES} bytes, printable")
    return unit_name


def checked_groups(groups: Iterable[int] | str) -> frozenset[int]:
    """`"*"` is all 256. PkiError for none, and for numbers outside 0..255."""
    if isinstance(groups, str):
        if groups == "*":
            return ALL_GROUPS
        raise PkiError(f"{groups!r} is no list of groups", "Give numbers 0..255, or * for all")
    chosen = frozenset(groups)
    if not chosen:
        raise PkiError("no group: such a certificate authorises nothing", "Add --group N for each group, or --all-groups")
    if not chosen <= ALL_GROUPS:
        raise PkiError(f"group {min(chosen - ALL_GROUPS)} does not exist", f"Groups are 0..{MAX_GROUP}")
    return chosen
