"""The served description beside reality: every address that it has, asked, and every answer held against its schema."""

import re
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from agent.management.http.openapi import document
from agent.management.http.paths import COLLECTIONS
from agent.model.managed import Access
from agent.model.tables import TABLES
from tests.http.server import Json, Server
from tests.model.sample import sample_view

VALUES = {"group": "7", "peer": "1", "kind": "1", "reason": "1", "number": "1", "operation": "5"}


@cache
def described() -> Json:
    return document(TABLES)


def test_it_is_openapi() -> None:
    validate(described())


def test_what_is_served_is_what_is_generated(server: Server) -> None:
    assert server.curl("/api/v1/openapi.json").json == described()


def schema_of(responses: Json, status: int) -> Json:
    """Whole: with the components that it refers to."""
    response = responses[str(status)]
    if "$ref" in response:
        response = described()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    (content,) = response["content"].values()
    return {**content["schema"], "components": described()["components"]}


def check(responses: Json, status: int, body: Any) -> None:
    """It is declared, and as it is declared."""
    Draft202012Validator(schema_of(responses, status)).validate(body)


def gets() -> list[str]:
    """Every address that can be read, but the stream."""
    return sorted(path for path, methods in described()["paths"].items() if "get" in methods and not path.endswith("changes"))


@pytest.mark.parametrize("path", gets())
def test_every_answer_is_as_described(server: Server, path: str) -> None:
    server.does(lambda: server.model.advance(sample_view((7, 8), peers=2)))
    reply = server.curl(re.sub(r"{(\w+)}", lambda found: VALUES[found[1]], path))
    assert reply.status == 200, reply.json
    check(described()["paths"][path]["get"]["responses"], 200, reply.json)


def test_every_table_and_every_settable_object_is_described() -> None:
    """A new object is one entry of the model, here too."""
    paths = described()["paths"]
    assert {f"/api/v1/{name}" for name in COLLECTIONS} <= set(paths)
    changes = {
        name: schema["properties"] for name, schema in described()["components"]["schemas"].items() if name.endswith("Change")
    }
    declared = {(name.removesuffix("Change").lower(), one) for name, properties in changes.items() for one in properties}
    writable = {(table.name, one.name) for table in TABLES for one in table.columns if one.access is Access.WRITE}
    not_by_patch = {("member", "command"), ("member", "command_reason")}
    assert {(table, name) for table, name in declared if name != "reason"} == writable - not_by_patch


def test_problems_are_described(server: Server) -> None:
    path = "/api/v1/members/{group}"
    reply = server.send("PATCH", "/api/v1/members/7", {"priority": 0})
    check(described()["paths"][path]["patch"]["responses"], reply.status, reply.json)
    reply = server.send("PATCH", "/api/v1/members/7", {"priority": 9})
    check(described()["paths"][path]["patch"]["responses"], reply.status, reply.json)
    reply = server.send("POST", "/api/v1/members/7/commands", {"verb": "on"})
    check(described()["paths"][f"{path}/commands"]["post"]["responses"], reply.status, reply.json)


def test_every_verb_and_range_is_there() -> None:
    schemas = described()["components"]["schemas"]
    assert schemas["MemberChange"]["properties"]["priority"]["minimum"] == 1
    assert schemas["MemberChange"]["properties"]["standby_mode"]["enum"] == ["automatic", "attended"]
    assert "arm_standby" in schemas["Command"]["properties"]["verb"]["enum"]
    assert "no_action" not in schemas["Command"]["properties"]["verb"]["enum"]
