"""JSON schemas of the model: of each kind of value, and of each table's rows. OpenAPI 3.1 takes JSON Schema as it is."""

from agent.model.answers import MAX_REASON_BYTES
from agent.model.kinds import Choice, Counter, Flag, Kind, Moment, Number, Octets, Text
from agent.model.managed import Access, Managed, Table
from agent.model.tables import settings_of

Schema = dict[str, object]

REASON: Schema = {"type": "string", "maxLength": MAX_REASON_BYTES, "description": "Why, for the audit."}


def kind_schema(kind: Kind) -> Schema:  # noqa: PLR0911 (one line a kind)
    """Without null."""
    match kind:
        case Number():
            return {"type": "integer", "minimum": kind.low, "maximum": kind.high} | ({"x-unit": kind.unit} if kind.unit else {})
        case Counter():
            return {"type": "integer", "minimum": 0}
        case Flag():
            return {"type": "boolean"}
        case Text():
            return {"type": "string", "maxLength": kind.max_bytes}
        case Octets():
            return {"type": "string", "pattern": f"^[0-9a-f]{{{2 * kind.size}}}$"}
        case Moment():
            return {"type": "string", "format": "date-time"}
        case Choice():
            return {"type": "string", "enum": list(kind.words)}


def shown_schema(managed: Managed) -> Schema:
    """As a reader gets it: null when it is not known now."""
    schema = {**kind_schema(managed.kind), "description": managed.help}
    schema["type"] = [str(schema["type"]), "null"]
    if isinstance(schema.get("enum"), list):
        schema["enum"] = [*schema["enum"], None]  # type: ignore[misc]
    if managed.access is not Access.WRITE:
        schema["readOnly"] = True
    return schema | ({"x-requirement": managed.requirement} if managed.requirement else {})


def row_schema(table: Table) -> Schema:
    """Index columns, then all others; each is always there."""
    index = {
        managed.name: {**kind_schema(managed.kind), "description": managed.help, "readOnly": True} for managed in table.index
    }
    columns = {managed.name: shown_schema(managed) for managed in table.columns}
    properties = {**index, **columns}
    return {
        "type": "object",
        "description": table.help,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def change_schema(table: Table) -> Schema:
    """The body of PATCH."""
    names: dict[str, object] = {one.name: {**kind_schema(one.kind), "description": one.help} for one in settings_of(table)}
    return {
        "type": "object",
        "description": "All of it is done, or nothing.",
        "properties": {**names, "reason": REASON},
        "additionalProperties": False,
        "minProperties": 1,
    }


def reference(name: str) -> Schema:
    """To a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema_name(table: Table) -> str:
    """`member` → `Member`."""
    return "".join(word.capitalize() for word in table.name.split("_"))


def head_properties() -> Schema:
    """What every answer of the view says of its moment (C-18)."""
    return {
        "revision": {"type": "integer", "description": "Grows by one with each new state."},
        "age_ms": {"type": "integer", "minimum": 0, "description": "Since this state was taken."},
        "stale": {"type": "boolean", "description": "True: core does not answer, this is the last that is known (C-18)."},
    }


def headed(name: str, content: Schema) -> Schema:
    """The object with revision, age_ms, stale and one member more."""
    properties = {**head_properties(), name: content}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
