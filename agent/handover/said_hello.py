"""Who a unit is, and what it can read: the first message on both sides (C-14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from agent.handover import fields, limits
from agent.handover.fields import JsonObject


class SchemaVersion(NamedTuple):
    """Of a group's document (C-14)."""

    name: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Hello:
    """`unit_id`: 16 hex digits. `schemas`: by group, what the unit reads and writes. `groups`: all that it has to do with."""

    verb: ClassVar[str] = "hello"
    unit_name: str
    unit_id: str
    software: str
    schemas: Mapping[int, SchemaVersion]
    groups: frozenset[int]
    protocol: tuple[int, int] = (limits.PROTOCOL_MAJOR, limits.PROTOCOL_MINOR)

    def to_json(self) -> JsonObject:
        names = {"unit": self.unit_name, "unit_id": self.unit_id, "software": self.software}
        schemas = {str(group): list(version) for group, version in self.schemas.items()}
        return {"protocol": list(self.protocol), **names, "schemas": schemas, "groups": sorted(self.groups)}


def hello_from(data: JsonObject) -> Hello:
    groups = fields.array(data, "groups", 256)
    if not all(type(group) is int and 0 <= group <= 255 for group in groups):
        raise ValueError("groups must be numbers, 0..255")
    return Hello(
        fields.text(data, "unit", 64),
        fields.text(data, "unit_id", 64),
        fields.text(data, "software", 64, least=0),
        {_group_key(key): _schema(value) for key, value in fields.table(data, "schemas", 256).items()},
        frozenset(group for group in groups if isinstance(group, int)),
        protocol_from(data),
    )


def protocol_from(data: JsonObject) -> tuple[int, int]:
    """Read first: nothing else of a hello of another major version need be as it is here."""
    major, minor = _numbers(fields.array(data, "protocol", 2), 2, "protocol")
    return major, minor


def _schema(value: object) -> SchemaVersion:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("a schema is [name, major, minor]")
    major, minor = _numbers(value[1:], 2, "a schema's version")
    return SchemaVersion(fields.text({"name": value[0]}, "name", 64), major, minor)


def _numbers(values: list[object], count: int, what: str) -> list[int]:
    found = [value for value in values if type(value) is int and 0 <= value <= 65_535]
    if len(found) != count or len(values) != count:
        raise ValueError(f"{what} must be {count} numbers, 0..65535")
    return found


def _group_key(key: str) -> int:
    if key.isascii() and key.isdigit() and len(key) <= 3 and int(key) <= 255:
        return int(key)
    raise ValueError("schemas are named by group, 0..255")
