"""The scenarios: what happens on the LAN, and what the rule says that the observer must do, counted from the wire.

`expect` never asks the engine: it takes moments of other units' packets from the capture and adds what docs/protocol.md says.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pcaps.scene import Scene
from pcaps.wire import Wire
from tests import scapy_layer

SKEW_STEP_MS = 100
SETTLE_MS = 5
"""docs/protocol.md, claim: so long it lies on the LAN before the output opens, unless a handover named the claimer."""


class Step(NamedTuple):
    """One transition that the rule demands; `sum`: how its moment was counted."""

    before: str
    after: str
    reason: str
    at_ms: float
    sum: str


@dataclass(frozen=True)
class Scenario:
    """`units`: settings of a and b that differ from the scene's. `counters`: rejections that the scene is sure to cause."""

    story: str
    rule: str
    observer: str
    act: Callable[[Scene], None]
    expect: Callable[[Wire], list[Step]]
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    has_key: bool = True
    counters: dict[str, int] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()


def timeout_ms(interval_ms: int, priority: int) -> int:
    """T of S-12."""
    return interval_ms + (256 - priority) * SKEW_STEP_MS


def lease_ms(interval_ms: int) -> float:
    """docs/protocol.md, Timers."""
    return (interval_ms + 100) * 0.999 - 20


def _ready(wire: Wire) -> list[Step]:
    return [Step("init", "backup", "ready", wire.own("question", is_open=True)[0].at_ms, "the question goes out at once")]


def _first_master(wire: Wire) -> list[Step]:
    """a, alone at first."""
    ready = _ready(wire)
    claim_ms = ready[0].at_ms + timeout_ms(100, wire.own("advert")[0].fields["priority"])
    return [*ready, Step("backup", "claiming", "no_master_at_start", claim_ms, "ready + T"), _opened(claim_ms)]


def _opened(claim_ms: float) -> Step:
    """A device of these scenes opens within a millisecond."""
    at_ms = claim_ms + SETTLE_MS
    return Step("claiming", "master", "output_open", at_ms, f"claim + {SETTLE_MS} in which a crossing one would be heard")


def _opened_at_once(wire: Wire, since_ms: float) -> Step:
    at_ms = wire.own("advert", since_ms)[0].at_ms
    return Step("claiming", "master", "output_open", at_ms, "named, so no settling: the advert at once after opening")


def _takeover(wire: Wire, interval_ms: int = 100) -> list[Step]:
    """b claims T after the last advert that it heard before its claim."""
    claim = wire.own("claim")[0]
    last = wire.last("a", "advert", claim.at_ms)
    at_ms = last.at_ms + timeout_ms(interval_ms, claim.fields["priority"])
    why = f"last advert of a at {last.at_ms:.3f} + T of {timeout_ms(interval_ms, claim.fields['priority'])}"
    return [Step("backup", "claiming", "master_silent", at_ms, why), _opened(at_ms)]


def after_silence(wire: Wire) -> list[Step]:
    return [*_ready(wire), *_takeover(wire)]


def _nothing(wire: Wire) -> list[Step]:
    return _ready(wire)


# A master goes -------------------------------------------------------------------------------------------------------


def kill(scene: Scene) -> None:
    scene.start()
    scene.a.kill()
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def stop(scene: Scene) -> None:
    scene.start()
    scene.a.stop()
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def stop_without_successor(scene: Scene) -> None:
    """b once answered a's challenge with a beacon; a counts it as able for 3.5 beacons of 1 s."""
    scene.start()
    time.sleep(3.6)
    scene.a.stop()
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def after_give_up(wire: Wire) -> list[Step]:
    first = wire.of("a", "give-up")[0].at_ms
    at_ms = first + timeout_ms(0, 252)
    why = f"first give-up at {first:.3f} + skew of {timeout_ms(0, 252)}"
    return [*_ready(wire), Step("backup", "claiming", "master_gave_up", at_ms, why), _opened(at_ms)]


def after_handover(wire: Wire) -> list[Step]:
    at_ms = wire.of("a", "handover")[0].at_ms
    step = Step("backup", "claiming", "named_successor", at_ms, "the handover that names this unit: at once")
    return [*_ready(wire), step, _opened_at_once(wire, at_ms)]


def set_master(scene: Scene) -> None:
    scene.start()
    scene.b.command("set-master", 7)
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def set_backup(scene: Scene) -> None:
    scene.start()
    scene.a.command("set-backup", 7)
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def after_set_backup(wire: Wire) -> list[Step]:
    at_ms = wire.own("handover")[0].at_ms
    return [
        *_first_master(wire),
        Step("master", "yielding", "handed_over", at_ms, "muting comes first: no later than the handover"),
        Step("yielding", "backup", "handed_over", at_ms, "muted, and said so"),
    ]


def restart(scene: Scene) -> None:
    kill(scene)
    scene.a.start()
    scene.a.wait_until(lambda member: bool(member.get("master")) and member["role"] == "backup", "following")
    time.sleep(0.3)


# A unit is frozen ----------------------------------------------------------------------------------------------------


def freeze_master(scene: Scene) -> None:
    scene.start()
    scene.freeze(scene.a, 3.0)
    scene.a.wait_for_role("backup")
    time.sleep(0.4)


def after_freeze(wire: Wire) -> list[Step]:
    back = wire.own("question", wire.of("b", "claim")[0].at_ms, is_open=True)[0].at_ms
    why = "thawed long after the lease: muted before anything else is heard or said, then listens"
    return [*_first_master(wire), Step("master", "backup", "lease_ended", back, why)]


def freeze_backup(scene: Scene) -> None:
    scene.start()
    scene.freeze(scene.b, 1.0)
    time.sleep(0.4)


def freeze_backup_and_kill_master(scene: Scene) -> None:
    scene.start()

    def meanwhile() -> None:
        time.sleep(0.25)
        scene.a.kill()

    scene.freeze(scene.b, 1.2, meanwhile)
    scene.b.wait_for_role("master")
    time.sleep(0.25)


def after_doubt(wire: Wire) -> list[Step]:
    asked = wire.own("question", is_open=True)[-1].at_ms
    at_ms = asked + timeout_ms(0, 252)
    why = f"question after the stall at {asked:.3f} + skew of {timeout_ms(0, 252)}"
    return [*_ready(wire), Step("backup", "claiming", "master_silent", at_ms, why), _opened(at_ms)]


# The LAN breaks ------------------------------------------------------------------------------------------------------


def unplug(scene: Scene) -> None:
    scene.start()
    scene.mark("link", lambda: scene.lan.unplug("a"), up=False)
    scene.b.wait_for_role("master")
    time.sleep(0.3)
    scene.mark("link", lambda: scene.lan.plug("a"), up=True)
    scene.a.wait_until(lambda member: bool(member.get("master")) and member["role"] == "backup", "following")
    time.sleep(0.4)


def after_unplug(wire: Wire) -> list[Step]:
    back = wire.own("question", wire.own("advert")[-1].at_ms, is_open=True)[0].at_ms
    last = wire.own("advert")[-1].at_ms
    return [
        *_first_master(wire),
        Step("master", "fault", "link_lost", last + lease_ms(100), f"last advert sent at {last:.3f} + lease of {lease_ms(100)}"),
        Step("fault", "backup", "link_back", back, "the question goes out at once"),
    ]


def partition(scene: Scene) -> None:
    scene.start()
    scene.lan.partition("b")
    scene.b.wait_for_role("master")
    time.sleep(0.3)
    scene.lan.heal("b")
    (scene.b if scene.a.priority != 255 else scene.a).wait_for_role("backup")
    time.sleep(0.4)


def after_heal(wire: Wire) -> list[Step]:
    steps = [*_ready(wire), *_takeover(wire)]
    heard = wire.of("a", "advert", steps[-1].at_ms)[0].at_ms
    return [
        *steps,
        Step("master", "yielding", "rival_won", heard, "the first advert of the stronger master (254 > 252)"),
        Step("yielding", "backup", "rival_won", wire.own("beacon", heard)[0].at_ms, "muted before it says so"),
    ]


def after_two_255(wire: Wire) -> list[Step]:
    heard = next(word.at_ms for word in wire.of("b", "advert") if word.at_ms > wire.own("advert")[5].at_ms)
    return [
        *_first_master(wire),
        Step("master", "yielding", "rival_won", heard, "the first advert of the rival: both 255, its unit id is higher"),
        Step("yielding", "backup", "rival_won", wire.own("beacon", heard)[0].at_ms, "muted before it says so"),
    ]


def delay(scene: Scene) -> None:
    """A master that is played by hand, because the real one does not send late adverts: it mutes instead."""
    other = scene.stranger(priority=254, unit_id=0x0F)
    with other.advertising():
        scene.record()
        scene.b.start()
        scene.b.wait_until(lambda member: bool(member.get("master")) and member["role"] == "backup", "following")
        time.sleep(0.5)
    other.say("advert", master_for_ms=1)
    time.sleep(0.1 + 0.33)
    with other.advertising():
        time.sleep(0.5)
    other.close()


def after_delay(wire: Wire) -> list[Step]:
    claim = wire.own("claim")[0]
    last = wire.last("x", "advert", claim.at_ms).at_ms
    late = wire.of("x", "advert", claim.at_ms)[0].at_ms
    t_ms = timeout_ms(100, 253)
    return [
        *_ready(wire),
        Step("backup", "claiming", "master_silent", last + t_ms, f"last advert at {last:.3f} + T of {t_ms}"),
        _opened(last + t_ms),
        Step("master", "yielding", "rival_won", late, "the late advert of the stronger master"),
        Step("yielding", "backup", "rival_won", wire.own("beacon", late)[0].at_ms, "muted before it says so"),
    ]


# Somebody lies -------------------------------------------------------------------------------------------------------

OTHER_KEY = bytes(range(100, 132))


def forge(scene: Scene) -> None:
    """Ten of each: signed with a key of nobody's, with a broken MAC, and not at all."""
    scene.start()
    assert scene.key is not None
    lies = [_lie(kind, number, scene) for number, kind in enumerate(("advert", "claim", "give-up", "handover", "request") * 2, 1)]
    wrong_key = [bytes(scapy_layer.Understudy(lie).sign(OTHER_KEY)) for lie in lies]
    signed = [bytes(scapy_layer.Understudy(lie).sign(scene.key)) for lie in lies]
    broken = [lie[:-1] + bytes([lie[-1] ^ 1]) for lie in signed]
    scene.shout([*wrong_key, *broken, *lies])
    time.sleep(0.3)


def _lie(kind: str, number: int, scene: Scene) -> bytes:
    priority = 0 if kind in ("give-up", "handover") else 255
    unit_id = int(scene.a.member()["master"]["unit_id"], 16)
    return scapy_layer.craft(kind, group=7, priority=priority, interval_ms=100, unit_id=unit_id, boot=9, sequence=number)


def replay_recordings(scene: Scene) -> None:
    """Everything that a has said so far, once more, and the observer's own words as well."""
    scene.start()
    address = scene.lan.address("a")
    assert scene.recorder is not None
    heard = [frame.payload for frame in scene.recorder.frames() if frame.source == address][-20:]
    own = [frame.payload for frame in scene.recorder.frames() if frame.source != address][-2:]
    scene.shout([*(heard * 20)[:20], *own])
    time.sleep(0.3)


def garble(scene: Scene) -> None:
    scene.start()
    assert scene.key is not None
    payloads = [payload for payload, _ in garbage(scene.key)]
    scene.shout(payloads)
    scene.shout([_signed(scene.key, 90)] * 5, ttl=64)
    time.sleep(0.3)


def _signed(key: bytes, sequence: int, **fields: Any) -> bytes:
    values = {"group": 7, "priority": 255, "interval_ms": 100, "unit_id": 0x99, "boot": 1, "sequence": sequence, **fields}
    return scapy_layer.craft(values.pop("kind", "advert"), key, **values)


def garbage(key: bytes) -> list[tuple[bytes, str]]:
    """Datagrams and the counter that each belongs to."""
    noise = random.Random(7)
    found = [(noise.randbytes(size), "not_understudy") for size in (1, 30, 111, 200)]
    found += [(b"US" + noise.randbytes(50), "not_understudy"), (_signed(key, 1) + bytes(500), "oversize")]
    found += [(_signed(key, 2, major=2), "major_version"), (_signed(key, 3, kind=99), "unknown_kind")]
    found += [(_signed(key, 4, interval_ms=9), "malformed"), (_signed(key, 5, header_length=100), "malformed")]
    found += [(_signed(key, 6, priority=0), "malformed"), (_signed(key, 7, unit_id=0), "malformed")]
    found += [(_signed(key, 8, items=[]), "malformed"), (_signed(key, 9, items=[(1, b"x"), (1, b"y")]), "malformed")]
    found += [(_signed(key, 10, group=8), "other_group"), (_signed(key, 11, device_type=2), "other_type")]
    return found


GARBAGE = {"not_understudy": 5, "oversize": 1, "major_version": 1, "unknown_kind": 1}
GARBAGE |= {"malformed": 6, "other_group": 1, "other_type": 1, "ttl": 5}

# All of them ---------------------------------------------------------------------------------------------------------

SCENARIOS = {
    "kill": Scenario("The master is killed.", "S-08, S-12: claim at last advert + T", "b", kill, after_silence),
    "give_up": Scenario(
        "The master is stopped; it knows of no able backup, because beacons are off.",
        "C-04, C-06: claim at the first give-up + skew; its repetitions move nothing",
        "b", stop_without_successor, after_give_up, {name: {"extra_lan": {"beacon": False}} for name in "ab"},
    ),
    "stop": Scenario("The master is stopped and names its backup.", "C-07: claim at the handover", "b", stop, after_handover),
    "changeover": Scenario("set-master on the backup.", "S-25: request, handover, claim", "b", set_master, after_handover),
    "set_backup": Scenario("set-backup on the master.", "S-25, S-07: mute, handover", "a", set_backup, after_set_backup),
    "restart": Scenario(
        "The master is killed and started again: its new boot is asked to prove itself.",
        "S-10, docs/protocol.md, Authentication", "b", restart, after_silence,
    ),
    "freeze_master": Scenario("The master is frozen for 3 s.", "F-8, C-24: muted first", "a", freeze_master, after_freeze),
    "freeze_master_seen": Scenario(
        "The same, seen by the backup.", "S-12: claim at last advert + T", "b", freeze_master,
        after_silence,
    ),
    "stalled_backup": Scenario("The backup is frozen for 1 s, the master not.", "S-15: no claim", "b", freeze_backup, _nothing),
    "stalled_backup_alone": Scenario(
        "The backup is frozen, and the master dies meanwhile.", "guarantee 1: question, skew, claim", "b",
        freeze_backup_and_kill_master, after_doubt,
    ),
    "unplugged": Scenario("The master's cable is pulled and put back.", "C-02: the lease ends", "a", unplug, after_unplug),
    "unplugged_seen": Scenario(
        "The same, seen by the backup.", "S-12: claim at last advert + T", "b", unplug, after_silence
    ),
    "partition": Scenario(
        "A silent partition and its end.", "C-02: the weaker master yields", "b", partition, after_heal,
        alarms=("margin_thin", "split_brain"),
    ),
    "two_255": Scenario(
        "The same with priority 255 on both sides.", "C-02, C-03: the higher unit id wins; alarm", "a", partition, after_two_255,
        {"a": {"priority": 255}, "b": {"priority": 255}}, alarms=("split_brain", "two_priority_255"),
    ),
    "forged": Scenario(
        "Wrong key, broken MAC, no MAC.", "docs/protocol.md, Refusals: counters and an alarm", "b", forge, _nothing,
        counters={"unknown_key": 10, "bad_mac": 10, "unsigned": 10}, alarms=("strangers",),
    ),
    "replayed": Scenario(
        "Recordings of the master and of the observer itself.", "Authentic is not fresh: counters alone", "b",
        replay_recordings, _nothing, counters={"replayed": 20},
    ),
    "garbage": Scenario(
        "Noise and malformed packets.", "Refusals: counters and an alarm", "b", garble, _nothing, counters=GARBAGE,
        alarms=("strangers",),
    ),
    "delayed": Scenario(
        "No key; one advert comes 0.33 s late, the skew is 0.3 s.", "S-15: the backup is master briefly, and yields", "b",
        delay, after_delay, {"b": {"priority": 253}}, has_key=False, alarms=("split_brain",),
    ),
    "interval_mismatch": Scenario(
        "The master's A is 0.2 s, the backup's 0.1 s.", "C-21: alarm; T with the larger A", "b", kill,
        lambda w: [*_ready(w), *_takeover(w, 200)], {"a": {"interval": 0.2}}, alarms=("interval_mismatch",),
    ),
}  # fmt: skip
