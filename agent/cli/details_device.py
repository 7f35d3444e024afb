"""What `status` says of a device's configuration: which is in force, what could not be, and which carriers have sync (S-26)."""

from collections.abc import Iterator, Mapping

from agent.cli.plain import one_line, table_in, tables_in
from agent.cli.revisions import SHORT

_Object = Mapping[str, object]
_SHOWN = 8


def config_facts(status: _Object) -> Iterator[str]:
    """Short ones, for the device's line; nothing for a device that says nothing of it."""
    held = table_in(status.get("configuration"))
    if held.get("group") is not None and held.get("digest"):
        revision = f"revision {one_line(held.get('revision'))} {one_line(held['digest'])[:SHORT]}"
        yield f"group {one_line(held['group'])} {revision}{'' if held.get('acting') is True else ' (not acting)'}"
    if held.get("error"):
        yield f"CONFIGURATION ERROR: {one_line(held['error'])}"
    unlocked = [one_line(carrier.get("id")) for carrier in tables_in(status.get("carriers")) if carrier.get("locked") is False]
    if unlocked:
        yield f"no sync on carrier {_listed(unlocked)}"
    lost = status.get("lost_services")
    if isinstance(lost, list) and lost:
        yield f"LOST services: {_listed([_name(service) for service in lost])}"


def is_config_wrong(status: _Object) -> bool:
    """Does it need somebody?"""
    return bool(table_in(status.get("configuration")).get("error") or status.get("lost_services"))


def _name(service: object) -> str:
    return one_line(table_in(service).get("name") if isinstance(service, dict) else service)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return " ".join(names[:_SHOWN]) + more
