"""The description of the API, made from the model's declarations: OpenAPI 3.1. `./dev generate` writes the same to mibs/."""

import json
from collections.abc import Iterator, Sequence
from functools import cache

from starlette.requests import Request
from starlette.responses import Response

from agent.management.http.openapi_fixed import COMPONENTS, FIXED_PATHS, answers, operation, parameter
from agent.management.http.openapi_schemas import (
    Schema,
    change_schema,
    headed,
    kind_schema,
    reference,
    row_schema,
    schema_name,
)
from agent.management.http.paths import PREFIX, collection_name, known
from agent.model.managed import Table
from agent.model.tables import TABLES, settings_of

_ABOUT = (
    "Every managed object of one unit, as SNMP and Modbus have it too. Each answer says of which revision it is, how old, and "
    "whether core still answers. Made by ./dev generate: do not edit."
)


def document(tables: Sequence[Table]) -> Schema:
    """The whole description."""
    paths: dict[str, object] = dict(FIXED_PATHS)
    for table in tables:
        for path, methods in _paths(table):
            known_there = paths.get(path, {})
            assert isinstance(known_there, dict)
            paths[path] = methods | known_there
    schemas = {schema_name(table): row_schema(table) for table in tables}
    schemas |= {f"{schema_name(table)}Change": change_schema(table) for table in tables if settings_of(table)}
    schemas["Tables"] = _tables_schema(tables)
    components: dict[str, object] = {**COMPONENTS}
    fixed = components["schemas"]
    assert isinstance(fixed, dict)
    components["schemas"] = {**schemas, **fixed}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy", "version": "1", "description": _ABOUT, "license": {"name": "see the README"}},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"certificate": []}],
        "paths": paths,
        "components": components,
    }


def _tables_schema(tables: Sequence[Table]) -> Schema:
    """Of GET /view: scalars are one object, all else lists; `?tables=` leaves some out."""
    found: dict[str, object] = {}
    for table in tables:
        row = reference(schema_name(table))
        found[table.name] = {"type": "array", "items": row, "maxItems": table.limit} if table.index else row
    return {"type": "object", "properties": found, "additionalProperties": False}


def _paths(table: Table) -> Iterator[tuple[str, Schema]]:
    """All rows; those that begin so; one row, and its change."""
    collection, row = collection_name(table.name), reference(schema_name(table))
    many: Schema = {"type": "array", "items": row}
    base = f"{PREFIX}/{collection}"
    if not table.index:
        yield base, _row_methods(table, [])
        return
    yield base, {"get": operation(table.help, answers(headed(collection, many), "304"), "viewer")}
    for length, managed in enumerate(table.index, 1):
        base += f"/{{{managed.name}}}"
        parameters = [parameter(one.name, "path", kind_schema(one.kind), one.help) for one in table.index[:length]]
        if length == len(table.index):
            yield base, _row_methods(table, parameters)
        else:
            got = operation(f"{table.help} Those of one {managed.name}.", answers(headed(collection, many), "304"), "viewer")
            yield base, {"get": got, "parameters": parameters}


def _row_methods(table: Table, parameters: list[Schema]) -> Schema:
    row = reference(schema_name(table))
    shown = operation(f"{table.help} One row.", answers(headed(table.name, row), "304", "404"), "viewer")
    found: Schema = {"get": shown} | ({"parameters": parameters} if parameters else {})
    if settings_of(table):
        done: Schema = {
            "type": "object",
            "properties": {
                "outcome": {"const": "done"},
                "text": {"type": "string"},
                "revision": {"type": "integer"},
                table.name: row,
            },
            "required": ["outcome", "text", "revision"],
        }
        body = {"required": True, "content": {"application/json": {"schema": reference(f"{schema_name(table)}Change")}}}
        changed = operation(
            "Changes settings: all of the request or nothing. Saved before it acts, and kept across restarts.",
            answers(done, "400", "403", "404", "409", "412", "413", "415", "429", "503"),
            "operator",
        )
        found["patch"] = changed | {"requestBody": body}
    return found


@cache
def _bytes() -> bytes:
    return json.dumps(document(TABLES), ensure_ascii=False).encode()


async def served(request: Request) -> Response:
    """`GET /api/v1/openapi.json`."""
    known(request)
    return Response(_bytes(), media_type="application/json", headers={"cache-control": "max-age=3600"})
