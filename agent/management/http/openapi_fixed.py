"""The addresses that are not tables: view, changes, commands, records, health; and what all have in common."""

from agent.management.http.openapi_schemas import REASON, Schema, headed, reference
from agent.management.http.paths import PREFIX
from agent.management.httpd.problems import TITLES
from agent.model.answers import Denial, Verb

_GROUP: Schema = {"type": "integer", "minimum": 0, "maximum": 255}
_TABLES_HELP = "Only these tables, separated by commas, by their names in the view."
_VERBS = [verb.name.lower() for verb in Verb if verb is not Verb.NO_ACTION]


def parameter(name: str, place: str, schema: Schema, text: str) -> Schema:
    """One of the path is always required."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema, "description": text}


def operation(summary: str, responses: Schema, role: str) -> Schema:
    """`role`: the least that is needed."""
    return {"summary": summary.partition(".")[0], "description": summary, "x-role": role, "responses": responses}


def answers(done: Schema, *others: str, kind: str = "application/json") -> Schema:
    """200 with this schema; besides, those named here and those that any request may get."""
    found: Schema = {"200": {"description": "Done", "content": {kind: {"schema": done}}}}
    for status in sorted({*others, "400", "401", "403", "404", "405", "421", "500", "503"}):
        found[status] = {"$ref": f"#/components/responses/{status}"}
    return found


def _problem(status: int) -> Schema:
    return {"description": TITLES[status], "content": {"application/problem+json": {"schema": reference("Problem")}}}


_RESPONSES: Schema = {
    **{str(status): _problem(status) for status in TITLES},
    "304": {"description": "As you know it (If-None-Match)"},
}
_PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457. `detail` is a sentence, `remedy` says what to do instead.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "denial": {"enum": [denial.value for denial in Denial]},
        "culprit": {"type": "string", "description": "Which of the objects was refused."},
        "running": {"type": "integer", "description": "The operation in the way; Location names it (C-17)."},
    },
    "required": ["type", "title", "status", "detail", "remedy"],
}
_COMMAND: Schema = {
    "type": "object",
    "properties": {
        "verb": {"enum": _VERBS},
        "reason": REASON,
        "force": {"type": "boolean", "default": False, "description": "Although no other unit answers."},
        "override": {"type": "boolean", "default": False, "description": "set_backup although the priority is 255 (C-03)."},
    },
    "required": ["verb"],
    "additionalProperties": False,
}
_COMMANDED: Schema = {
    "type": "object",
    "properties": {
        "outcome": {"enum": ["done", "running"]},
        "text": {"type": "string"},
        "operation": {"type": "integer", "description": "0: there was nothing to do."},
    },
    "required": ["outcome", "text", "operation"],
}
_OPERATION: Schema = {"type": "object", "properties": {"operation": {"type": "integer"}}, "required": ["operation"]}
COMPONENTS: Schema = {
    "schemas": {"Problem": _PROBLEM, "Command": _COMMAND, "Commanded": _COMMANDED, "Operation": _OPERATION},
    "responses": _RESPONSES,
    "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer", "description": "understudy token makes one; the role is in the file."},
        "certificate": {"type": "mutualTLS", "description": "Of client_ca; role extension 1.3.6.1.4.1.50316.802.1, else viewer."},
    },
}


def _listed(name: str) -> Schema:
    items: Schema = {"type": "array", "items": {"type": "object"}}
    return {"type": "object", "properties": {name: items}, "required": [name]}


_GROUP_PARAMETER = parameter("group", "path", _GROUP, "The group.")
_TABLES_PARAMETER = parameter("tables", "query", {"type": "string"}, _TABLES_HELP)
_REFRESH = parameter(
    "refresh_s",
    "query",
    {"type": "integer", "minimum": 0, "maximum": 3600},
    "Ask core so often, so that ages and leases move; 0: only what happens is told.",
)
_FREE: Schema = {"type": "object"}


def _event_stream() -> Schema:
    text = (
        "Server-sent events. First `view` with all tables, then `change` with the rows that are new (`changed`) and the indices "
        "of those gone (`removed`), by table. The id is boot-revision; Last-Event-ID of the present one: no whole view first. "
        "A comment at least every 10 s. Slow readers get the newest state. 503: too many follow already."
    )
    return operation(text, answers({"type": "string"}, kind="text/event-stream"), "viewer")


def _commands() -> Schema:
    text = "One order to a member. 200: it has ended well. 202: it goes on, Location names it. 409: what is in the way, and why."
    found = operation(text, answers(reference("Commanded"), "409", "413", "415", "429"), "operator")
    running = {"description": "It goes on", "content": {"application/json": {"schema": reference("Commanded")}}}
    responses = found["responses"]
    assert isinstance(responses, dict)
    body = {"required": True, "content": {"application/json": {"schema": reference("Command")}}}
    return found | {"responses": responses | {"202": running}, "requestBody": body}


def _probe(text: str) -> Schema:
    return operation(text, answers(_FREE), "[http] health_role")


FIXED_PATHS: Schema = {
    "/-/healthy": {"get": _probe("200 while management turns.")},
    "/-/ready": {"get": _probe("200 when core answers, 503 when what could be shown is not of now.")},
    "/-/role/{group}": {
        "parameters": [_GROUP_PARAMETER],
        "get": _probe("200 on the master of the group, 503 elsewhere, 404 without a seat in it. For load balancers."),
    },
    f"{PREFIX}/openapi.json": {"get": operation("This description.", answers(_FREE), "viewer")},
    f"{PREFIX}/view": {
        "parameters": [_TABLES_PARAMETER],
        "get": operation(
            "Everything at one moment: never a mixture of two states.",
            answers(headed("tables", reference("Tables")), "304"),
            "viewer",
        ),
    },
    f"{PREFIX}/changes": {"parameters": [_TABLES_PARAMETER, _REFRESH], "get": _event_stream()},
    f"{PREFIX}/events": {
        "parameters": [parameter("since", "query", {"type": "integer", "minimum": 0}, "Only those with a greater number.")]
    },
    f"{PREFIX}/members/{{group}}/commands": {"parameters": [_GROUP_PARAMETER], "post": _commands()},
    f"{PREFIX}/operations": {
        "get": operation("Running and past operations, newest last.", answers(_listed("operations")), "viewer")
    },
    f"{PREFIX}/operations/{{operation}}": {
        "parameters": [parameter("operation", "path", {"type": "integer"}, "As a command's answer names it.")],
        "get": operation("How an operation stands.", answers({"type": "object", "properties": {"operation": _FREE}}), "viewer"),
    },
    f"{PREFIX}/audit": {
        "parameters": [
            parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 1000}, "The last so many (100).")
        ],
        "get": operation("Who did what, from where and why, oldest first.", answers(_listed("audit")), "operator"),
    },
}
