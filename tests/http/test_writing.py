"""What is written by curl: every answer of the model has its status (C-17), and what is no request reaches nobody."""

import json
from typing import Any

import pytest

from agent.model.answers import MAX_REASON_BYTES, Answer, Denial, Phase, Verb
from tests.http.server import Server

COMMANDS = "/api/v1/members/7/commands"
Json = dict[str, Any]


def test_settings_are_changed_together_with_the_reason(server: Server) -> None:
    """S-03, S-32"""
    given = {"priority": 200, "preempt": True, "standby_mode": "attended", "reason": "night shift"}
    reply = server.send("PATCH", "/api/v1/members/7", given)
    assert reply.status == 200
    assert (reply.json["outcome"], reply.json["member"]["priority"]) == ("done", 200)
    (((*changes,), principal, reason),) = server.model.changed
    assert [(change.table, change.index, change.name, change.value) for change in changes] == [
        ("member", (7,), "priority", 200),
        ("member", (7,), "preempt", True),
        ("member", (7,), "standby_mode", 2),
    ]
    assert (principal.face, principal.address, reason) == ("http", "", "night shift")


def test_the_unit_has_settings_too(server: Server) -> None:
    assert server.send("PATCH", "/api/v1/unit", {"notifications_enabled": False}).json["unit"]["notifications_enabled"] is False


def test_all_or_nothing_and_the_culprit_is_named(server: Server) -> None:
    reply = server.send("PATCH", "/api/v1/members/7", {"preempt": True, "priority": 0})
    assert (reply.status, reply.json["culprit"], reply.json["denial"]) == (400, "priority", "bad_value")
    assert server.model.changed == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"reason": "only"}, 400),
        ({"priority": "high"}, 400),
        ({"priority": 1.5}, 400),
        ({"priority": None}, 400),
        ({"priority": [1]}, 400),
        ({"preempt": 1}, 400),
        ({"standby_mode": "asleep"}, 400),
        ({"role": "master"}, 400),
        ({"flaps": 3}, 404),
        ({"command": "set_master"}, 400),
        ({"priority": 3, "reason": "x" * (MAX_REASON_BYTES + 1)}, 400),
        ({"priority": 3, "reason": "two\nlines"}, 400),
        ({"priority": 3, "reason": 5}, 400),
        ({"priority": 3, "reason": "\ud800"}, 400),
        ({"priority": 10**400}, 400),
    ],
)
def test_a_change_that_cannot_be_is_refused(server: Server, body: Json, status: int) -> None:
    """Never half of it, and never a guess."""
    reply = server.send("PATCH", "/api/v1/members/7", body)
    assert reply.status == status, reply.json
    assert reply.json["remedy"]
    assert server.model.changed == []


def test_a_change_only_if_nothing_has_changed_since_the_client_looked(server: Server) -> None:
    tag = server.curl("/api/v1/view").headers["etag"]
    assert server.send("PATCH", "/api/v1/members/7", {"priority": 2}, "-H", f"If-Match: {tag}").status == 200
    assert server.send("PATCH", "/api/v1/members/7", {"priority": 3}, "-H", f"If-Match: {tag}").status == 412
    assert server.curl("/api/v1/members/7").json["member"]["priority"] == 2


@pytest.mark.parametrize("path", ["/api/v1/members", "/api/v1/members/8", "/api/v1/peers/7", "/api/v1/flights/7"])
def test_only_a_row_that_is_there_can_be_changed(server: Server, path: str) -> None:
    assert server.send("PATCH", path, {"priority": 3}).status in (404, 405)


def test_a_command_that_has_ended(server: Server) -> None:
    """S-25, D-54"""
    reply = server.send("POST", COMMANDS, {"verb": "set-backup", "reason": "works", "force": True, "override": True})
    assert reply.status == 200
    assert (reply.json["outcome"], reply.json["operation"]) == ("done", 1)
    ((order, principal, wait_s),) = server.model.orders
    assert (order.verb, order.group, order.reason) == (Verb.SET_BACKUP, 7, "works")
    assert (order.is_forced, order.is_override, wait_s) == (True, True, 5.0)
    assert principal.face == "http"


@pytest.mark.parametrize("verb", ["set_master", "set_backup", "force_master", "off", "on", "arm_standby", "acknowledge"])
def test_every_verb(server: Server, verb: str) -> None:
    """S-25, D-12, D-45"""
    assert server.send("POST", COMMANDS, {"verb": verb}).status == 200
    assert server.model.orders[0][0].verb.name.lower() == verb


def test_a_command_that_goes_on_says_where_to_look(server: Server) -> None:
    """D-26"""
    server.does(lambda: setattr(server.model, "phase", Phase.RUNNING))
    reply = server.send("POST", COMMANDS, {"verb": "set_master"})
    assert (reply.status, reply.headers["location"]) == (202, "/api/v1/operations/1")
    assert reply.json["outcome"] == "running"


@pytest.mark.parametrize(
    ("denial", "status"),
    [
        (Denial.BAD_VALUE, 400),
        (Denial.UNKNOWN, 404),
        (Denial.NOT_ALLOWED, 403),
        (Denial.CONFLICT, 409),
        (Denial.BUSY, 409),
        (Denial.FAILED, 503),
    ],
)
def test_every_denial_has_its_status(server: Server, denial: Denial, status: int) -> None:
    """C-17, D-26, D-49: never silently ignored; busy names the operation that runs."""
    answer = Answer(denial, "as the test wants", Phase.REFUSED, running=5)
    server.does(lambda: server.model.refusals.update({Verb.SET_MASTER: answer, "priority": answer}))
    for reply in (
        server.send("POST", COMMANDS, {"verb": "set_master"}),
        server.send("PATCH", "/api/v1/members/7", {"priority": 9}),
    ):
        assert (reply.status, reply.json["denial"], reply.json["detail"]) == (status, denial.value, "as the test wants")
        assert (reply.json["running"], reply.headers["location"]) == (5, "/api/v1/operations/5")
        assert reply.json["remedy"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"verb": "fly"}, 400),
        ({"verb": "no_action"}, 400),
        ({"verb": 2}, 400),
        ({"verb": "off", "force": 1}, 400),
        ({"verb": "off", "speed": 1}, 400),
        ({"verb": "off", "reason": None}, 400),
    ],
)
def test_a_command_that_is_none_is_refused(server: Server, body: Json, status: int) -> None:
    assert server.send("POST", COMMANDS, body).status == status
    assert server.model.orders == []


@pytest.mark.parametrize("group", ["8", "x", "1000", "٧"])
def test_a_command_to_a_group_without_a_seat(server: Server, group: str) -> None:
    assert server.send("POST", f"/api/v1/members/{group}/commands", {"verb": "off"}).status == 404


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", '{"verb": "off"}', 415),
        ("application/x-www-form-urlencoded", "verb=off", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("", '{"verb": "off"}', 415),
        ("application/json", '{"verb": "off"', 400),
        ("application/json", '["off"]', 400),
        ("application/json", "", 400),
        ("application/json", '{"verb": "off", "verb": "on"}', 400),
        ("application/json", '{"verb": NaN}', 400),
        ("application/json", "[" * 10_000, 400),
        ("application/json", '{"verb": "off", "reason": "' + "x" * 20_000 + '"}', 413),
        ("application/json", "\xff\xfe", 400),
    ],
)
def test_what_is_no_json_object_is_refused(server: Server, kind: str, body: str, status: int) -> None:
    """A form of another site can send everything but application/json."""
    reply = server.curl(COMMANDS, "-X", "POST", "-H", f"Content-Type: {kind}", "-H", "Expect:", "--data-binary", body)
    assert (reply.status, server.model.orders) == (status, [])
    assert reply.json["remedy"]


def test_json_with_a_charset_is_json(server: Server) -> None:
    body = json.dumps({"verb": "off"})
    kind = "Content-Type: application/json; charset=utf-8"
    assert server.curl(COMMANDS, "-X", "POST", "-H", kind, "--data-binary", body).status == 200


def test_a_fault_of_ours_is_told_once_and_shows_nothing_of_itself(server: Server) -> None:
    """No secrets in errors; and the face goes on."""
    server.does(lambda: server.model.refusals.update({Verb.OFF: 5}))  # type: ignore[dict-item]
    for _ in range(2):
        reply = server.send("POST", COMMANDS, {"verb": "off"})
        assert reply.status == 500
        assert b"int" not in reply.body
        assert b"Error" not in reply.body
    assert len(server.told) == 1
    assert "AttributeError" in server.told[0]
    assert server.curl("/-/healthy").status == 200


def test_who_asks_too_much_is_told_when_to_come_again(server: Server) -> None:
    """Issue 4, C-17: a definite answer, 429 with Retry-After, that is not mistaken for a running operation."""
    answer = Answer(Denial.BUSY, "as the test wants", details={"retry_after_s": 4})
    server.does(lambda: server.model.refusals.update({Verb.SET_MASTER: answer, "priority": answer}))
    for reply in (
        server.send("POST", COMMANDS, {"verb": "set_master"}),
        server.send("PATCH", "/api/v1/members/7", {"priority": 9}),
    ):
        assert (reply.status, reply.headers["retry-after"], reply.json["detail"]) == (429, "4", "as the test wants")
        assert "running" not in reply.json
        assert "Wait 4 s" in reply.json["remedy"]
