"""What is in force, and when it is tried again: with a store in memory and a clock of its own (S-26, S-28, C-15)."""

import hashlib
import json
from typing import Any

import pytest

from agent.devices.duty import ERROR_RETRY_NS, FAULT_RETRY_NS, POOL_REST_NS, Duty
from agent.devices.plan import MAX_CARRIERS, MAX_ROUTES
from agent.devices.receiver import Receiver
from agent.devices.source import MAX_CACHED, ConfigurationError, ConfigurationSource, Effective, Head
from agent.devices.status import StatusReporter
from agent.ledger.reader import HeadContent
from tests.devices.harness import fresh_url

Document = dict[str, Any]


class Store:
    """Heads by group, as a test sets them. `joined` counts how often a document was made."""

    def __init__(self) -> None:
        self.documents: dict[int, Document] = {}
        self.broken: str | None = None
        self.lost: tuple[Document, ...] = ()
        self.joined = self.allowed = 0

    def head(self, group: int) -> Head | None:
        if self.broken:
            raise ConfigurationError(self.broken)
        document = self.documents.get(group)
        shared = json.dumps(document).encode()
        return HeadContent(1, hashlib.sha256(shared).digest(), shared, None, {}, b"") if document else None

    def capacity(self) -> int:
        return self.allowed

    def effective(self, head: Head, is_acting: bool, capacity: int) -> Effective:  # noqa: ARG002 (as the protocol has it)
        self.joined += 1
        return Effective(json.loads(head.shared), self.lost)


@pytest.fixture
def store() -> Store:
    return Store()


def duty_of(store: Store, home: int | None = 7, is_pooled: bool = False) -> tuple[Duty, Receiver]:
    receiver = Receiver(1_000_000_000)
    return Duty(ConfigurationSource(store, None), receiver, home, is_pooled), receiver


def document(input_url: str = "", output_url: str = "") -> Document:
    return {
        "carrier": [{"id": "c1", "input": input_url or fresh_url()}],
        "route": [{"id": "r1", "carrier": "c1", "output": output_url or fresh_url()}],
    }


MISSING = "udp://239.1.1.1:5000?interface=nowhere0"


def test_device_of_one_group_listens_from_the_start(store: Store) -> None:
    """S-26: it may be locked before it takes over; it acts for nobody yet."""
    store.documents[7] = document()
    duty, receiver = duty_of(store)
    assert duty.current is not None
    assert (duty.current.group, duty.current.is_acting, duty.standing_problem) == (7, False, None)
    assert [carrier.input.sock is not None for carrier in receiver.carriers] == [True]


def test_claim_loads_what_was_preloaded_without_touching_it(store: Store) -> None:
    """S-26: the carrier stays joined, so it stays locked."""
    store.documents[7] = document()
    duty, receiver = duty_of(store)
    carriers, routes = receiver.carriers, receiver.routes
    assert duty.load(7, True, 0) is None
    assert (receiver.carriers, receiver.routes) == (carriers, routes)


def test_document_is_joined_once(store: Store) -> None:
    """A claim must not wait for it: by digest, a few of them."""
    duty, _ = duty_of(store, None, is_pooled=True)
    for group in range(MAX_CACHED):
        store.documents[group] = document()
    for _ in range(3):
        for group in range(MAX_CACHED):
            assert duty.load(group, True, 0) is None
    assert store.joined == MAX_CACHED


def test_pool_device_loads_nothing_before_it_is_told(store: Store) -> None:
    """S-28: it could be any group's."""
    store.documents[7] = document()
    duty, receiver = duty_of(store, None, is_pooled=True)
    assert (duty.current, duty.standing_problem, receiver.carriers) == (None, None, ())
    assert "Nothing is loaded" in (duty.problem_to_open() or "")


def test_pool_device_rests_after_a_failure_and_then_serves_another_group(store: Store) -> None:
    """S-28: one group that cannot be served must not keep it from the others."""
    store.documents |= {7: document(input_url=MISSING), 8: document()}
    duty, receiver = duty_of(store, None, is_pooled=True)
    assert "nowhere0" in (duty.load(7, True, 0) or "")
    assert (duty.current, receiver.carriers) == (None, ())
    duty.tick(False, POOL_REST_NS - 1)
    assert "nowhere0" in (duty.standing_problem or "")
    duty.tick(False, POOL_REST_NS)
    assert duty.standing_problem is None
    assert duty.load(8, True, POOL_REST_NS) is None


def test_device_of_one_group_is_not_ready_until_what_it_lacks_is_there(store: Store) -> None:
    """C-22: it tries every second by itself; nobody need tell it."""
    duty, _ = duty_of(store)
    assert "group 7 has no configuration yet" in (duty.standing_problem or "")
    store.documents[7] = document()
    duty.tick(False, FAULT_RETRY_NS - 1)
    assert duty.standing_problem is not None
    duty.tick(False, FAULT_RETRY_NS)
    assert duty.standing_problem is None


def test_ledger_that_cannot_be_read_is_a_fault_while_muted_and_an_error_while_open(store: Store) -> None:
    """S-30: what is on the air goes on."""
    store.documents[7] = document()
    duty, receiver = duty_of(store)
    duty.load(7, True, 0)
    store.broken = "The ledger is damaged."
    duty.refresh(7, True, 0)
    assert (duty.error, duty.standing_problem, len(receiver.routes)) == ("The ledger is damaged.", None, 1)
    duty.refresh(7, False, 0)
    assert (duty.standing_problem, receiver.routes) == ("The ledger is damaged.", ())


def test_takeover_with_a_ledger_that_cannot_be_read_serves_what_was_read_last(store: Store) -> None:
    """S-30: it was in force a moment ago; silence helps nobody. It is told as an error, and over when the ledger can be read."""
    store.documents[7] = document()
    duty, receiver = duty_of(store)
    store.broken = "The ledger is damaged."
    assert duty.load(7, True, 0) is None
    assert duty.problem_to_open() is None
    assert duty.current is not None
    assert (duty.current.revision, duty.current.is_acting, len(receiver.routes)) == (1, True, 1)
    assert (duty.error, duty.standing_problem) == ("The ledger is damaged.", None)
    duty.tick(True, ERROR_RETRY_NS)
    assert (duty.error, len(receiver.routes)) == ("The ledger is damaged.", 1)
    store.broken = None
    duty.tick(True, 2 * ERROR_RETRY_NS)
    assert duty.error is None


def test_what_was_never_read_or_cannot_be_planned_is_not_served(store: Store) -> None:
    """C-08: another group's, or an older one than the ledger had, would be worse than silence."""
    store.documents[7] = document()
    duty, _ = duty_of(store)
    store.documents[7] = {"carrier": [{"id": "c1"}]}
    assert "has not the shape" in (duty.load(7, True, 0) or "")
    store.broken = "The ledger is damaged."
    assert "damaged" in (duty.load(7, True, 0) or "")
    assert "damaged" in (duty.load(8, True, 0) or "")
    store.broken, store.documents = None, {}
    duty.load(7, True, 0)
    store.broken = "The ledger is damaged."
    assert "damaged" in (duty.load(7, True, 0) or "")


def test_change_that_failed_is_tried_again_every_five_seconds(store: Store) -> None:
    """S-30: an interface that comes later."""
    store.documents[7] = document()
    duty, receiver = duty_of(store)
    duty.load(7, True, 0)
    store.documents[7] = document(output_url=MISSING)
    duty.refresh(7, True, 0)
    assert "route r1 output" in (duty.error or "")
    store.documents[7] = document(output_url="udp://127.0.0.1:5009")
    duty.tick(True, ERROR_RETRY_NS - 1)
    assert duty.error is not None
    duty.tick(True, ERROR_RETRY_NS)
    assert not duty.error
    assert receiver.routes[0].plan.output.port == 5009


def test_refresh_is_for_the_group_that_is_loaded_or_for_who_has_none(store: Store) -> None:
    """S-28."""
    store.documents |= {7: document(), 8: document()}
    duty, _ = duty_of(store, None, is_pooled=True)
    duty.refresh(8, False, 0)
    assert duty.current is not None
    duty.refresh(7, False, 0)
    assert duty.current.group == 8


def test_parked_device_holds_its_own_configuration_if_it_has_one_and_is_ready_anyhow(store: Store) -> None:
    """C-09: and what it could not do for another group keeps it from nothing."""
    store.documents |= {7: document()}
    duty, receiver = duty_of(store, None, is_pooled=True)
    assert duty.load(7, True, 0) is None
    duty.park(200)
    assert (duty.current, duty.standing_problem, receiver.routes) == (None, None, ())
    store.documents[200] = document(output_url="udp://127.0.0.1:5009")
    duty.refresh(200, False, 0)
    assert duty.current is not None
    assert (duty.current.group, duty.current.is_acting, len(receiver.routes)) == (200, False, 1)
    assert duty.load(7, True, 0) is None


def test_muted_device_acts_for_nobody(store: Store) -> None:
    """C-19: the next refresh takes the acting address away."""
    store.documents[7] = document()
    duty, _ = duty_of(store)
    duty.load(7, True, 0)
    duty.mute()
    assert duty.current is not None
    assert not duty.current.is_acting


def test_status_of_the_largest_configuration_fits_into_a_packet(store: Store) -> None:
    """SOCK_SEQPACKET, 64 KiB: what does not fit is counted. Names are up to 64 letters, each up to 4 bytes."""
    letters = "\N{MUSICAL SYMBOL G CLEF}" * 60
    store.lost = tuple({"rank": 9, "name": f"{letters}{number}"} for number in range(4000))
    host = "[ff05:1111:2222:3333:4444:5555:6666:7777]"
    store.documents[7] = {
        "carrier": [{"id": f"{letters}{number}", "input": f"udp://{host}:{5000 + number}"} for number in range(MAX_CARRIERS)],
        "route": [
            {"id": f"{letters}{number}", "carrier": f"{letters}0", "output": f"udp://{host}:{6000 + number}"}
            for number in range(MAX_ROUTES)
        ],
    }
    duty, receiver = duty_of(store)
    assert len(receiver.routes) == MAX_ROUTES
    status = StatusReporter(receiver, duty).status(0, True, 0)
    assert len(json.dumps({"status": status}, ensure_ascii=False).encode()) < 50_000
    for name, total in (("carriers", MAX_CARRIERS), ("routes", MAX_ROUTES), ("lost_services", 4000)):
        told, untold = status[name], status[f"{name}_untold"]
        assert isinstance(told, list)
        assert isinstance(untold, int)
        assert len(told) + untold == total
