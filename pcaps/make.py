"""`python -m pcaps.make [NAME ...]`: record the scenarios with real units (root), and write what the rule says.

NAME.pcap is the cable of one unit, the observer; NAME.expected.json says from whose point of view it is to be replayed, what a
capture cannot show (`inputs`), the timeline that the rule demands, and the sentence of `understudy explain` (pcaps.sentences).
"""

import json
import os
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pcaps.scenarios import SCENARIOS, SETTLE_MS, Scenario, Step
from pcaps.scene import Scene
from pcaps.sentences import sentence_of, with_sentence
from pcaps.wire import Wire
from tests import scapy_layer
from tests.netns.harness import Lan, Unit, keygen
from tests.pcaps.pcapfile import Frame, write_pcap
from tests.pcaps.replay import Replay

PLACE = Path(__file__).parent
UNIT_IDS = {"a": 0xA1, "b": 0xB2}
TRIGGER_NS = 5_000_000
ATTEMPTS, PUNCTUAL_MS = 8, 2.0
LOAD_MS, MUTE_MS = 0.2, 0.4
"""No capture shows these; a receiver takes about as long."""
Json = dict[str, Any]


def main() -> None:
    """Every scenario, or those that are named."""
    for name in sys.argv[1:] or list(SCENARIOS):
        _make(name, SCENARIOS[name])


def _make(name: str, scenario: Scenario) -> None:
    """Until the host was quiet enough: a unit that was late by milliseconds shows the host, not the rule."""
    for _ in range(ATTEMPTS):
        frames, expected = _record(scenario)
        late_ms = _lateness_ms(name, expected, frames)
        print(f"{name}: {len(frames)} packets, late by {late_ms:.1f} ms at most", flush=True)
        if late_ms < PUNCTUAL_MS:
            write_pcap(PLACE / f"{name}.pcap", frames)
            said = with_sentence(expected, sentence_of(PLACE / f"{name}.pcap"))
            (PLACE / f"{name}.expected.json").write_text(json.dumps(said, indent=1) + "\n")
            return
    sys.exit(f"{name}: this host is too busy to record it")


def _record(scenario: Scenario) -> tuple[list[Frame], Json]:
    with Lan(("a", "b", "x")) as lan:
        scene = _scene(lan, scenario)
        scenario.act(scene)
        status = scene.observed.status()
        assert scene.recorder is not None
        frames = _trimmed(scene.recorder.stop(), lan.address(scenario.observer))
        for unit in (scene.a, scene.b):
            unit.kill()
        return frames, _expected(scenario, scene, frames, status)


def _lateness_ms(name: str, expected: Json, frames: list[Frame]) -> float:
    """How far unit, rule and replay lie apart in time. They must agree in everything else; that is no matter of a busy host."""
    replay = Replay(expected, frames)
    replay.run()
    pairs = list(zip_longest(map(str, replay.sent), map(str, replay.truth)))
    if [told.message.kind for told in replay.sent] != [told.message.kind for told in replay.truth]:
        sys.exit(f"{name}: the replay sends other packets than the unit: {pairs}")
    wanted = [(step["after"], step["reason"]) for step in expected["transitions"]]
    if [(step.after.value, step.reason.value) for step in replay.transitions] != wanted:
        sys.exit(f"{name}: the rule wants {wanted}, the replay makes {replay.transitions}")
    packets = [abs(one.at_ms - two.at_ms) for one, two in zip(replay.sent, replay.truth, strict=True)]
    steps = zip(replay.transitions, expected["transitions"], strict=True)
    late: float = max(packets + [abs(replay.ms(one.at_ns) - two["at_ms"]) for one, two in steps])
    return late


def _scene(lan: Lan, scenario: Scenario) -> Scene:
    key_file = lan.directory / "lan.key"
    key = keygen(key_file) if scenario.has_key else None
    common: Json = {"interval": 0.1, "key_file": key_file if key else None}
    units = {
        host: Unit(lan, host, **{**common, "priority": priority, **scenario.units.get(host, {})})
        for host, priority in (("a", 254), ("b", 252))
    }
    for host, unit in units.items():
        (unit.directory / "unit_id").write_text(f"{UNIT_IDS[host]:016x}\n")
    return Scene(lan, scenario.observer, units["a"], units["b"], key)


def _trimmed(frames: list[Frame], own: str) -> list[Frame]:
    """From the observer's first packet, or from the one that provoked it: what came before it was not there to hear."""
    first = next(index for index, frame in enumerate(frames) if frame.source == own)
    provoked = first and frames[first].time_ns - frames[first - 1].time_ns < TRIGGER_NS
    return frames[first - 1 if provoked else first :]


def _expected(scenario: Scenario, scene: Scene, frames: list[Frame], status: Json) -> Json:
    hosts = {scene.lan.address(host): host for host in scene.lan.hosts}
    wire = Wire(frames, hosts, scenario.observer)
    rejected = status["members"][0]["packets"]["rejected"]
    surprises = {name: (count, rejected.get(name)) for name, count in scenario.counters.items() if rejected.get(name) != count}
    assert not surprises, f"(wanted, counted): {surprises}"
    steps = scenario.expect(wire)
    return {
        "story": scenario.story,
        "rule": scenario.rule,
        "observer": _observer(scene, wire, scenario),
        "inputs": _inputs(scene, wire, frames[0].time_ns),
        "device_ms": _device_ms(wire, steps),
        "transitions": [{**step._asdict(), "at_ms": round(step.at_ms, 3)} for step in steps],
        "sent": [{"at_ms": round(word.at_ms, 3), "kind": word.kind} for word in wire.words if word.host == scenario.observer],
        "rejected": rejected,
        "alarms": list(scenario.alarms),
    }


def _observer(scene: Scene, wire: Wire, scenario: Scenario) -> Json:
    unit, fields = scene.observed, next(word.fields for word in wire.words if word.host == scenario.observer)
    items = {code: value.decode() for code, _, value in fields["items"]}
    return {
        "unit_id": f"{fields['unit_id']:016x}",
        "boot": fields["boot"],
        "name": items[scapy_layer.ITEM_NAME],
        "software": items[scapy_layer.ITEM_VERSION],
        "address": scene.lan.address(scenario.observer),
        "group": 7,
        "device_type": fields["device_type"],
        "designation": unit.designation,
        "priority": unit.priority,
        "interval_ms": round(unit.interval * 1000),
        "preempt": unit.preempt,
        "beacon": unit.extra_lan.get("beacon", True),
        "key": scene.key.hex() if scene.key else None,
    }


def _inputs(scene: Scene, wire: Wire, start_ns: int) -> list[Json]:
    """What happened to the observer apart from packets. A command shows in the packet that it leads to at once."""
    ready = {"at_ms": wire.own("question", is_open=True)[0].at_ms, "what": "device ready"}
    inputs = [ready, *_freezes_and_links(scene, wire, start_ns)]
    if requests := wire.own("request"):
        inputs.append({"at_ms": requests[0].at_ms, "what": "command", "verb": "set-master"})
    if scene.observer == "a" and (handovers := wire.own("handover")):
        inputs.append({"at_ms": handovers[0].at_ms - MUTE_MS, "what": "command", "verb": "set-backup"})
    return [{**given, "at_ms": round(given["at_ms"], 3)} for given in inputs]


def _freezes_and_links(scene: Scene, wire: Wire, start_ns: int) -> list[Json]:
    found: list[Json] = []
    for what, at_ns, more in scene.marks:
        if what == "link" and scene.observer != "a":
            continue
        at_ms = (at_ns - start_ns) / 1e6
        given: Json = {"at_ms": at_ms, "what": what, **more}
        if what == "freeze":
            given = {"at_ms": at_ms, "what": what, "until_ms": round((more["until"] - start_ns) / 1e6, 3)}
        elif more["up"]:
            given["at_ms"] = wire.own("question", at_ms - 100, is_open=True)[0].at_ms
        found.append(given)
    return found


def _device_ms(wire: Wire, steps: list[Step]) -> Json:
    """How quick the observer's device was: it shows between the order to open and the first advert."""
    claims, adverts = wire.own("claim"), wire.own("advert")
    is_named = any(step.reason == "named_successor" for step in steps)
    ordered_ms = LOAD_MS if is_named else SETTLE_MS
    opening = adverts[0].at_ms - claims[0].at_ms - ordered_ms if claims and adverts else 1.0
    return {"load": LOAD_MS, "open": round(opening, 3), "mute": MUTE_MS}


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("python -m pcaps.make needs root, to make network namespaces")
    main()
