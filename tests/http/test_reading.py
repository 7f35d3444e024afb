"""What is read by curl: the view, tables, rows; each with revision, age and staleness."""

from dataclasses import replace

import pytest

from agent.management.http.paths import COLLECTIONS
from agent.model.tables import TABLE
from tests.http.server import Server
from tests.model.sample import sample_view, with_row


def test_every_table_is_there_by_its_name(server: Server) -> None:
    """Z-33: with the moment that it shows."""
    for name, table in COLLECTIONS.items():
        reply = server.curl(f"/api/v1/{name}")
        assert reply.status == 200, name
        assert {"revision", "age_ms", "stale", name} == set(reply.json)
        rows = reply.json[name] if table.index else [reply.json[name]]
        assert set(rows[0]) == {managed.name for managed in (*table.index, *table.columns)}


def test_the_whole_view_is_one_moment(server: Server) -> None:
    reply = server.curl("/api/v1/view")
    assert set(reply.json["tables"]) == set(TABLE)
    assert reply.json["revision"] == 1
    assert reply.json["tables"]["unit"]["name"] == "rx-a"
    assert reply.json["tables"]["member"][0]["role"] == "master"


def test_tables_can_be_chosen(server: Server) -> None:
    assert list(server.curl("/api/v1/view?tables=member,alarms").json["tables"]) == ["member", "alarm"]
    assert server.curl("/api/v1/view?tables=members,flights").status == 400


def test_values_are_words_times_and_hex(server: Server) -> None:
    """C-01, D-09, D-22, D-23, D-29: each by its word; what is not known is null."""
    member = server.curl("/api/v1/members/7").json["member"]
    assert (member["designation"], member["role"], member["common_state"]) == ("main", "master", "main")
    assert (member["link_state"], member["indicator"], member["standby_mode"]) == ("connected", "green", "automatic")
    assert member["last_at"] == "2026-01-02T02:04:05.678Z"
    assert member["config_digest"] == bytes(range(32)).hex()
    assert member["acting_for"] is None
    assert member["preempt"] is False


def test_part_of_an_index_gives_the_rows_that_begin_so(server: Server) -> None:
    server.does(lambda: server.model.advance(sample_view((7, 8), peers=3)))
    assert len(server.curl("/api/v1/peers").json["peers"]) == 6
    assert [peer["peer"] for peer in server.curl("/api/v1/peers/8").json["peers"]] == [1, 2, 3]
    assert server.curl("/api/v1/peers/8/2").json["peer"]["name"] == "rx-c"
    assert server.curl("/api/v1/peers/9").json["peers"] == []


def test_events_since_a_number(server: Server) -> None:
    assert [event["number"] for event in server.curl("/api/v1/events").json["events"]] == [1, 2, 3]
    assert [event["number"] for event in server.curl("/api/v1/events?since=2").json["events"]] == [3]
    assert server.curl("/api/v1/events?since=-1").status == 400


def test_what_the_client_has_already_is_not_sent_again(server: Server) -> None:
    """The tag is the revision of this life of management; a new state has a new one."""
    tag = server.curl("/api/v1/view").headers["etag"]
    again = server.curl("/api/v1/view", "-H", f"If-None-Match: {tag}")
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert server.curl("/api/v1/members/7", "-H", f'If-None-Match: "x", {tag}').status == 304
    server.does(lambda: server.model.advance(with_row(server.model.current, "member", (7,), priority=3)))
    assert server.curl("/api/v1/members/7", "-H", f"If-None-Match: {tag}").json["member"]["priority"] == 3


def test_a_view_that_is_not_of_now_says_so(server: Server) -> None:
    """C-18, D-28"""
    tag = server.curl("/api/v1/unit").headers["etag"]
    server.does(lambda: server.model.__dict__.update(current=replace(server.model.current, is_stale=True)))
    reply = server.curl("/api/v1/unit", "-H", f"If-None-Match: {tag}")
    assert (reply.status, reply.json["stale"]) == (200, True)
    assert reply.json["age_ms"] > 1000


def test_operations_and_audit(server: Server) -> None:
    """C-17: the operation that a 409 names can be looked at."""
    assert [one["operation"] for one in server.curl("/api/v1/operations").json["operations"]] == [4, 5]
    assert server.curl("/api/v1/operations/5").json["operation"]["phase"] == "running"
    assert server.curl("/api/v1/operations/6").status == 404
    assert [one["number"] for one in server.curl("/api/v1/audit?limit=2").json["audit"]] == [199, 200]
    assert len(server.curl("/api/v1/audit").json["audit"]) == 100
    assert server.curl("/api/v1/audit?limit=1001").status == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/api/v1", 404),
        ("/api/v1/", 404),
        ("/api/v1/member", 404),
        ("/api/v1/members/8", 404),
        ("/api/v1/members/x", 404),
        ("/api/v1/members/-7", 404),
        ("/api/v1/members/7/", 404),
        ("/api/v1/members/7/8", 404),
        ("/api/v1/members/99999999999999999999", 404),
        ("/api/v1/members/%D9%A7", 404),
        ("/api/v1/unit/1", 404),
        ("/api/v1/members/7?pretty", 400),
        ("/api/v1/events?since=1&since=2", 400),
        ("/api/v1/events?since=\u0667", 400),
        ("/api/v1/../../etc/passwd", 404),
        ("//api/v1/view", 404),
    ],
)
def test_what_there_is_none_of_is_a_problem_with_a_remedy(server: Server, path: str, status: int) -> None:
    reply = server.curl(path, "--path-as-is")
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["status"] == status
    assert reply.json["detail"]
    assert reply.json["remedy"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/v1/members/7"), ("PUT", "/api/v1/unit"), ("POST", "/-/ready")])
def test_another_method_is_refused_with_those_there_are(server: Server, method: str, path: str) -> None:
    reply = server.curl(path, "-X", method)
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]
    assert reply.json["remedy"]


def test_head_has_no_body(server: Server) -> None:
    reply = server.curl("/api/v1/view", "-I")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.headers["content-length"]) > 1000


@pytest.mark.parametrize(("role", "stale", "status"), [(5, False, 200), (5, True, 503), (3, False, 503), (1, False, 503)])
def test_a_load_balancer_finds_the_master(server: Server, role: int, stale: bool, status: int) -> None:
    """200 on the master; 503 elsewhere, and when nobody knows any more."""
    view = with_row(server.model.current, "member", (7,), role=role)
    server.does(lambda: server.model.advance(replace(view, is_stale=stale)))
    assert server.curl("/-/role/7").status == status
    assert server.curl("/-/ready").status == (503 if stale else 200)
    assert server.curl("/-/healthy").status == 200


@pytest.mark.parametrize("group", ["8", "x", "256", "", "7/8"])
def test_a_group_without_a_seat_is_404(server: Server, group: str) -> None:
    """A load balancer that is set up wrongly shall be seen at once, not look like a backup."""
    assert server.curl(f"/-/role/{group}").status == 404


def test_before_core_has_answered_there_is_nothing_to_show(server: Server) -> None:
    server.does(lambda: server.model.advance(replace(server.model.current, is_stale=True, tables={})))
    assert server.curl("/api/v1/unit").status == 503
    assert server.curl("/api/v1/members").json["members"] == []
    assert server.curl("/-/ready").status == 503
