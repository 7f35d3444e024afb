"""A worker that does what its group's configuration says (S-26, S-27, S-29, S-30, C-15, C-19): real ledger, process, sockets."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent.devices.address import parse_endpoint
from agent.devices.program import Programme
from agent.devices.sockets import open_input
from agent.devices.ts import NULL_PACKET
from agent.documents.canonical import canonical
from agent.documents.check import check
from agent.documents.classes import split
from agent.documents.receiver import RECEIVER
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Author, Revision
from tests.devices.harness import MS, Bench, Ear, fresh_url, wait_until
from tests.devices.test_ts import packet

AUTHOR = Author("root", "cli", "unit")
DATAGRAM = packet(256, 0) + packet(257, 0)
LAN1 = {"name": "lan1", "interface": "lo"}
LAN9 = {"name": "lan9", "interface": "nowhere0"}
Document = dict[str, Any]


def bare(url: str) -> str:
    """A document says nothing of interfaces; its ports do (C-19)."""
    return url.removesuffix("?interface=lo")


class Station(Bench):
    """A worker without input and output in its settings, and the ledger of its unit; the ear listens to route r1."""

    def __init__(self, directory: Path, *, more_options: str = "", has_ends: bool = False) -> None:
        super().__init__(directory, more_options, has_ends=has_ends)
        self.licence = ""
        self.second_input = fresh_url()
        self.others = [Ear(fresh_url()) for _ in range(2)]
        self.ledger: Ledger | None = None
        self.stack = ExitStack()

    def settings(self) -> str:
        return f"{super().settings()}\n[handover]\n{self.licence}"

    def save(self, document: Document, group: int = 7) -> Revision:
        """In force from now on; the worker is not told."""
        if self.ledger is None:
            self.ledger = self.stack.enter_context(Ledger(self.directory / "ledger"))
        document = {"port": [LAN1], **document}
        assert check(RECEIVER, document) == []
        shared, own = split(RECEIVER, document)
        self.ledger.commit_own(group, canonical(own), AUTHOR)
        return self.ledger.commit(group, canonical(shared), {}, AUTHOR, "edit")

    def carrier(self, name: str = "c1", **more: object) -> Document:
        return {"id": name, "input": bare(self.input if name == "c1" else self.second_input), "port": "lan1", **more}

    def route(self, number: int, carrier: str = "c1", **more: object) -> Document:
        """r1 leaves to the bench's own output, r2 and r3 to the two others."""
        outputs = (self.output, *(ear.url for ear in self.others))
        return {"id": f"r{number}", "carrier": carrier, "output": bare(outputs[number - 1]), "port": "lan1", **more}

    def small(self, *routes: Document) -> Document:
        """One carrier, and r1 if nothing else is said."""
        return {"carrier": [self.carrier()], "route": list(routes or (self.route(1),))}

    def open(self) -> None:
        """Loaded, and open under a lease of a minute."""
        assert self.core.order("load", acting=True)["report"] == "loaded"
        self.core.grant(60)
        assert self.core.order("open")["report"] == "opened"

    def after_refresh(self) -> int:
        """Tell it; the moment when it has been done. Orders are obeyed in their order, and a second `open` changes nothing."""
        self.core.refresh()
        assert self.core.order("open")["report"] == "opened"
        return time.monotonic_ns()

    def configuration(self, digest: str = "", error: str = "") -> Document:
        """What the status says, once it says so."""

        def is_it(message: Document) -> bool:
            told = message.get("status", {}).get("configuration", {})
            return (
                told.get("digest", "").startswith(digest) and error in (told.get("error") or "") and (not error or told["error"])
            )

        status: Document = self.core.expect(lambda message: bool(is_it(message)) and "status" in message)["status"]
        return status

    def __enter__(self) -> "Station":
        for ear in self.others:
            self.stack.enter_context(ear)
        super().__enter__()
        return self

    def __exit__(self, *what: Any) -> None:
        super().__exit__(*what)
        self.stack.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """Ready, with the small configuration in force."""
    station = Station(tmp_path, more_options="input_timeout = 10")
    station.save(station.small())
    with station:
        station.core.accept()
        yield station


# Load -------------------------------------------------------------------------------------------------------------------


def test_load_takes_the_head_of_the_group_and_tells_which_it_was(station: Station) -> None:
    """S-29: after a takeover the digest is that of the master's configuration; it is told, not assumed."""
    head = station.save(station.small(station.route(2)))
    answer = station.core.order("load", acting=True)
    assert (answer["report"], answer["digest"], answer["revision"]) == ("loaded", head.digest.hex(), 2)
    station.core.grant(30)
    station.core.order("open")
    station.send(DATAGRAM)
    wait_until(lambda: bool(station.others[0].heard), "the datagram on route r2")
    assert station.ear.heard == []
    told = station.configuration(head.digest.hex())["configuration"]
    assert told == {"group": 7, "revision": 2, "digest": head.digest.hex(), "error": None, "acting": True}


def test_another_group_is_loaded_by_its_own_head(station: Station) -> None:
    """S-28: one backup may serve masters on different transponders."""
    station.save(
        {"carrier": [station.carrier("c2", id="far")], "route": [station.route(3, "far")]},
        group=8,
    )
    assert station.core.order("load", group=8)["report"] == "loaded"
    station.core.grant(30)
    station.core.order("open")
    station.send(DATAGRAM)
    station.send(DATAGRAM, station.second_input)
    wait_until(lambda: bool(station.others[1].heard), "the stream of the other transponder")
    assert station.ear.heard == []


def test_three_routes_of_two_carriers_keep_what_their_lists_say(station: Station) -> None:
    """S-30: carriers, PID lists and routing table; null packets of one list are dropped."""
    lists = [{"name": "one", "pids": [256]}, {"name": "lean", "pids": [256, 257, 8191], "drop_null": True}]
    routes = [station.route(1), station.route(2, pid_list="one"), station.route(3, "c2", pid_list="lean")]
    station.save({"carrier": [station.carrier(), station.carrier("c2")], "pid_list": lists, "route": routes})
    station.open()
    mixed = packet(256, 0) + NULL_PACKET + packet(257, 0) + packet(300, 0)
    station.send(mixed)
    station.send(mixed, station.second_input)
    ears = (station.ear, *station.others)
    wait_until(lambda: all(ear.heard for ear in ears), "all three routes")
    assert [ear.heard[0].data for ear in ears] == [mixed, packet(256, 0), packet(256, 0) + packet(257, 0)]
    assert [len(ear.heard) for ear in ears] == [1, 1, 1]
    assert station.core.page[2] == 3


def test_carrier_that_is_not_enabled_is_not_received(station: Station) -> None:
    """S-30: nor are its routes carried, nor does anybody wait for it to lock."""
    carriers = [station.carrier(), station.carrier("c2", enabled=False)]
    station.save({"carrier": carriers, "route": [station.route(1), station.route(2, "c2")]})
    station.open()
    station.send(DATAGRAM, station.second_input)
    station.send(DATAGRAM)
    wait_until(lambda: bool(station.ear.heard), "the other carrier")
    assert station.others[0].heard == []
    assert station.core.expect(lambda message: message.get("report") == "locked")


def test_source_address_is_the_acting_one_only_while_acting(station: Station) -> None:
    """C-19, S-31: the unit's own address and interface from its own part, the shared one for who is on the air."""
    port = {"name": "lan1", "interface": "lo", "address": "127.0.0.5/8", "acting_address": "127.0.0.9/8"}
    output = fresh_url()
    station.save({"port": [port], **station.small(station.route(1, output=bare(output)))})
    with open_input(parse_endpoint(output)) as ear:
        ear.settimeout(5)
        for is_acting, address in ((True, "127.0.0.9"), (False, "127.0.0.5")):
            station.core.order("load", acting=is_acting)
            station.core.grant(30)
            station.core.order("open")
            station.send(DATAGRAM)
            assert ear.recvfrom(65536)[1][0] == address


@pytest.mark.parametrize("has_head", [False, True])
def test_settings_serve_a_group_without_a_head_and_no_other(tmp_path: Path, has_head: bool) -> None:
    """S-29: the ledger goes before the settings; without one it is as it always was, and the digest is empty."""
    station = Station(tmp_path, has_ends=True)
    head = station.save(station.small(station.route(2)), group=7 if has_head else 8)
    with station:
        station.core.accept()
        answer = station.core.order("load")
        assert (answer["digest"], answer["revision"]) == ((head.digest.hex(), 1) if has_head else ("", 0))
        station.core.grant(30)
        station.core.order("open")
        station.send(DATAGRAM)
        ear = station.others[0] if has_head else station.ear
        wait_until(lambda: bool(ear.heard), "the datagram")


# Locked -----------------------------------------------------------------------------------------------------------------


def is_locked(message: Document) -> bool:
    return message.get("report") == "locked"


def test_preloaded_backup_is_locked_before_it_takes_over_and_silent(station: Station) -> None:
    """S-26, S-27: it listens from the start; at the claim it is locked at once, and until `open` nothing leaves."""
    station.core.grant(30)
    with station.stream():
        wait_until(lambda: bool(station.core.status()["carriers"][0]["locked"]), "the carrier")
        loaded = station.core.order("load", acting=True)
        assert station.core.receive() == {"report": "locked", "id": loaded["id"]}
    assert station.ear.heard == []


def test_opening_does_not_wait_for_a_carrier_and_locked_comes_once_when_all_have_come(station: Station) -> None:
    """S-26: lock time is reported apart."""
    station.save({"carrier": [station.carrier(), station.carrier("c2")], "route": [station.route(1), station.route(2, "c2")]})
    loaded = station.core.order("load", acting=True)
    station.core.grant(30)
    assert station.core.order("open")["report"] == "opened"
    with station.stream():
        wait_until(lambda: bool(station.ear.heard), "the first carrier on the air")
        station.core.order("open")
        assert not any(map(is_locked, station.core.backlog))
        with station.stream(url=station.second_input):
            assert station.core.expect(is_locked)["id"] == loaded["id"]
            station.core.status()
    assert not any(map(is_locked, station.core.backlog))


# Refresh ----------------------------------------------------------------------------------------------------------------


def test_refresh_loses_no_datagram_of_an_unchanged_route(station: Station) -> None:
    """S-30, Z-38: routes and carriers come and go beside it, at 10 Mbit/s; its numbers and its counters have no gap."""
    plain = station.small()
    more = {"carrier": [station.carrier(), station.carrier("c2")], "route": [station.route(number) for number in (1, 2, 3)]}
    other = {"carrier": [station.carrier(), station.carrier("c2")], "route": [station.route(1), station.route(2, "c2")]}
    station.open()
    with station.stream(10_000_000) as generator:
        wait_until(lambda: bool(station.ear.heard), "output")
        for document in (more, other, plain, more, plain, other):
            station.save(document)
            refreshed_ns = station.after_refresh()
            wait_until(lambda moment=refreshed_ns: len(station.ear.after(moment)) > 20, "output after the refresh")  # type: ignore[misc]
    wait_until(lambda: station.ear.heard[-1].marker.number == generator.sent - 1, "the last datagram")  # type: ignore[union-attr]
    numbers = [heard.marker.number for heard in station.ear.heard if heard.marker]
    assert numbers == list(range(numbers[0], generator.sent))
    status = station.core.status()
    assert (status["continuity_errors_out"], status["overruns_in"], status["datagrams_out"]) == (0, 0, station.core.page[2])


def test_removed_route_is_silent_when_the_refresh_is_done(station: Station) -> None:
    """S-30: while the other goes on."""
    station.save(station.small(station.route(1), station.route(2)))
    station.open()
    with station.stream(10_000_000):
        wait_until(lambda: bool(station.others[0].heard), "the route")
        station.save(station.small())
        refreshed_ns = station.after_refresh()
        wait_until(lambda: len(station.ear.after(refreshed_ns)) > 50, "the route that stays")
    assert station.others[0].after(refreshed_ns) == []


def test_refresh_of_another_group_changes_nothing(station: Station) -> None:
    """S-28: the device serves one group at a time."""
    station.open()
    station.save(station.small(station.route(2)), group=8)
    station.core.refresh(8)
    assert station.send_and_hear(DATAGRAM) == DATAGRAM
    assert station.others[0].heard == []


def test_configuration_that_cannot_be_had_leaves_the_old_one_running_and_says_why(station: Station) -> None:
    """S-30: what is on the air is not given up for a change that does not work; a later one is taken."""
    station.open()
    station.save({"port": [LAN1, LAN9], **station.small(station.route(1), station.route(2, port="lan9"))})
    station.after_refresh()
    assert station.send_and_hear(DATAGRAM) == DATAGRAM
    told = station.configuration(error="route r2 output")["configuration"]
    assert (told["revision"], 'no interface "nowhere0"' in told["error"]) == (1, True)
    mended = station.save(station.small(station.route(1), station.route(2)))
    station.after_refresh()
    assert station.configuration(mended.digest.hex())["configuration"]["error"] is None


# Mute -------------------------------------------------------------------------------------------------------------------


def test_mute_covers_every_output(station: Station) -> None:
    """S-27, D-06: after `muted` not one more datagram leaves by any route; ten times, at 10 Mbit/s."""
    station.save(station.small(*(station.route(number) for number in (1, 2, 3))))
    ears = (station.ear, *station.others)
    with station.stream(10_000_000):
        for _ in range(10):
            station.open()
            opened_ns = time.monotonic_ns()
            wait_until(lambda moment=opened_ns: all(ear.after(moment) for ear in ears), "all outputs")  # type: ignore[misc]
            assert station.core.order("mute")["report"] == "muted"
            muted_ns = time.monotonic_ns()
            time.sleep(0.02)  # silence is what is waited for
            assert [ear.after(muted_ns) for ear in ears] == [[], [], []]
    numbers = [[heard.marker.number for heard in ear.heard if heard.marker] for ear in ears]
    assert abs(len(numbers[0]) - len(numbers[2])) <= 10


def test_parked_device_is_silent_whatever_the_lease_says(station: Station) -> None:
    """S-27, C-09: its own configuration is in force again, muted."""
    station.save(station.small(station.route(2)), group=200)
    station.open()
    with station.stream(10_000_000):
        wait_until(lambda: bool(station.ear.heard), "output")
        station.core.client.send(b'{"order": "park", "id": 0, "group": 200}')
        assert station.core.order("mute")["report"] == "muted"
        parked_ns = time.monotonic_ns()
        station.core.grant(30)
        told = station.core.expect(lambda message: message.get("status", {}).get("configuration", {}).get("group") == 200)
        assert (told["status"]["muted"], told["status"]["configuration"]["acting"]) == (True, False)
    assert [ear.after(parked_ns) for ear in (station.ear, station.others[0])] == [[], []]


def test_lease_that_ends_silences_every_output(station: Station) -> None:
    """F-8, C-24: core does nothing more at all."""
    station.save(station.small(*(station.route(number) for number in (1, 2, 3))))
    with station.stream(10_000_000):
        station.open()
        until_ns = station.core.grant(0.3)
        time.sleep(0.6)
    ears = (station.ear, *station.others)
    assert [ear.after(until_ns) for ear in ears] == [[], [], []]
    assert all(ear.after(until_ns - 50 * MS) for ear in ears)


# What cannot be done ----------------------------------------------------------------------------------------------------


def test_load_says_which_port_this_unit_does_not_know(tmp_path: Path) -> None:
    """C-19: the logical name is shared, the interface is the unit's own; `ready` when it has been said."""
    station = Station(tmp_path)
    station.save(station.small())
    assert station.ledger is not None
    station.ledger.commit_own(7, b"{}", AUTHOR)
    with station:
        station.core.accept(is_ready=False)
        answer = station.core.order("load", acting=True)
        assert answer["report"] == "failed"
        words = (
            'group 7, revision 1: carrier c1 input: this unit does not say which interface its port "lan1" is. Set port.lan1.int'
        )
        assert answer["error"].startswith(words)
        station.save(station.small())
        station.core.client.close()
        station.core.accept()
        assert station.core.order("load", acting=True)["report"] == "loaded"


def test_load_says_which_route_or_carrier_cannot_be_opened(station: Station) -> None:
    """S-30."""
    station.save({"port": [LAN9], "carrier": [station.carrier(port="lan9")], "route": [station.route(1, port="lan9")]})
    answer = station.core.order("load", acting=True)
    assert answer["report"] == "failed"
    for what in (f"carrier c1 input {bare(station.input)}", f"route r1 output {bare(station.output)}"):
        assert f'{what} cannot be opened: there is no interface "nowhere0"' in answer["error"]


def test_nothing_to_do_is_told_with_what_to_do_and_ready_comes_with_the_first_revision(tmp_path: Path) -> None:
    """C-22: a new unit is not a backup of anything yet."""
    with Station(tmp_path) as station:
        station.core.accept(is_ready=False)
        answer = station.core.order("load", acting=True)
        assert answer["report"] == "failed"
        assert answer["error"].startswith("group 7 has no configuration yet")
        assert "understudy config import" in answer["error"]
        station.save(station.small())
        station.core.client.close()
        station.core.accept()


def test_services_beyond_the_capacity_are_not_carried_and_are_told(tmp_path: Path) -> None:
    """C-15: the best ranks first."""
    station = Station(tmp_path, more_options="capacity = 1")
    services = [{"name": "news", "rank": 5, "routes": ["r1"]}, {"name": "sport", "rank": 9, "routes": ["r2"]}]
    routes = [station.route(number) for number in (1, 2, 3)]
    head = station.save({**station.small(*routes), "service": services})
    with station:
        station.core.accept()
        station.open()
        station.send(DATAGRAM)
        wait_until(lambda: bool(station.ear.heard and station.others[1].heard), "the best service, and the route of no service")
        assert station.others[0].heard == []
        assert station.configuration(head.digest.hex())["lost_services"] == [{"rank": 9, "name": "sport"}]


def test_a_licence_is_a_capacity_too(tmp_path: Path) -> None:
    """Z-11, C-15: the smallest of what device, settings and licence say; looked at again with every order."""
    station = Station(tmp_path, more_options="capacity = 5")
    station.licence = 'licence = "licence.toml"'
    (tmp_path / "licence.toml").write_text("services = 1")
    services = [{"name": "news", "rank": 5, "routes": ["r1"]}, {"name": "sport", "rank": 9, "routes": ["r2"]}]
    station.save({**station.small(station.route(1), station.route(2)), "service": services})
    with station:
        station.core.accept()
        station.open()
        station.send_and_hear(DATAGRAM)
        assert station.others[0].heard == []
        (tmp_path / "licence.toml").write_text("services = 2")
        station.after_refresh()
        station.send(DATAGRAM)
        wait_until(lambda: bool(station.others[0].heard), "the other service")


POOL = """
    [pool]
    n_to_m = true
"""


class Reserve(Station):
    """A device of an N:M backup whose own group is 200."""

    def settings(self) -> str:
        member = 'group = 200\ndesignation = "nmBackup"\nprotects = [7, 8]'
        return POOL + super().settings().replace('group = 7\n            designation = "main"', member)

    def save_own(self, group: int, *ports: Document) -> None:
        """What this unit's ports are, for that group or (200) for all."""
        assert self.ledger is not None
        self.ledger.commit_own(group, canonical({"port": list(ports)}), AUTHOR)


def test_a_pools_device_has_its_own_values_from_its_own_group(tmp_path: Path) -> None:
    """C-19, S-28: port lan1 is said once for all groups; what is said for one group goes before it, item by item."""
    station = Reserve(tmp_path)
    output = fresh_url()
    for group in (7, 8):
        station.save(station.small(station.route(1, output=bare(output))), group)
        station.save_own(group)
    with station, open_input(parse_endpoint(output)) as ear:
        ear.settimeout(5)

        def source_of(group: int) -> str:
            station.core.order("load", group, acting=True)
            station.core.grant(30)
            station.core.order("open")
            station.send(DATAGRAM)
            return str(ear.recvfrom(65536)[1][0])

        station.core.accept()
        station.save_own(200, LAN1 | {"address": "127.0.0.5/8"})
        station.save_own(8, {"name": "lan1", "address": "127.0.0.6/8"})
        assert (source_of(7), source_of(8)) == ("127.0.0.5", "127.0.0.6")
        station.core.order("load", 7, acting=True)
        station.core.grant(30)
        station.core.order("open")
        station.save_own(200, LAN1 | {"address": "127.0.0.7/8"})
        station.after_refresh()
        station.send(DATAGRAM)
        assert ear.recvfrom(65536)[1][0] == "127.0.0.7", "an edit of own values alone is in force while on the air"


def test_status_tells_every_carrier_and_route(station: Station) -> None:
    """S-26: what is received, where it goes, what was wrong with it."""
    station.save({"carrier": [station.carrier(), station.carrier("c2")], "route": [station.route(1), station.route(2, "c2")]})
    station.open()
    programme = Programme([256])
    datagrams = [programme.datagram(number, 0, number * MS) for number in range(5)]
    for datagram in (*datagrams[:3], datagrams[4]):
        station.send(datagram)
    wait_until(lambda: len(station.ear.heard) == 4, "the datagrams")
    status = station.core.expect(lambda message: message.get("status", {}).get("datagrams_in") == 4)["status"]
    first, second = status["carriers"]
    assert {name: first[name] for name in ("id", "input", "locked")} == {"id": "c1", "input": bare(station.input), "locked": True}
    assert (second["id"], second["locked"], second["bitrate_bps"], status["input_present"]) == ("c2", False, 0, False)
    assert [(route["id"], route["carrier"], route["datagrams"]) for route in status["routes"]] == [
        ("r1", "c1", 4),
        ("r2", "c2", 0),
    ]
    assert first["continuity_errors"] == status["routes"][0]["continuity_errors"] == status["continuity_errors_out"] > 0
