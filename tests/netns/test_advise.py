"""Timing advice of real units on a LAN that is bad in a known way."""

import json
import subprocess
import time
from typing import Any

import pytest

from tests.metrics.reading import value
from tests.netns.harness.bad_cable import BadCable
from tests.netns.harness.packets import Kind
from tests.netns.harness.scene import Scene
from tests.netns.harness.story import story_alone
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns


def tenth() -> Scene:
    """A = 0.1 s."""
    return Scene(interval=0.1)


def advised(scene: Scene) -> dict[str, Any]:
    """What b says."""
    done = scene.b.command("advise", GROUP, "--json")
    assert done.exit_code == 0, done.output
    [told] = json.loads(done.output)["groups"]
    return told  # type: ignore[no-any-return]


def scraped(scene: Scene) -> bytes:
    """What b tells Prometheus, on its own socket."""
    words = ["curl", "-sS", "--max-time", "10", "--unix-socket", str(scene.b.directory / "run" / "http.sock"), "http://b/metrics"]
    return subprocess.run(words, capture_output=True, check=True).stdout


@story_alone(tenth)
def test_advise_says_what_the_lan_lost(scene: Scene) -> None:
    """F-2, F-3: one packet in ten is lost on the way to b; it counts those very adverts; at T = 5.7 s they do no harm."""
    assert scene.b.command("set", GROUP, "priority=200").exit_code == 0
    with BadCable(scene.lan, "b") as cable:
        began = scene.wait(1)
        before = advised(scene)["measured"]  # to change the cable may have cost an advert
        cable.loss = 0.1
        scene.wait(7)
        cable.loss = 0.0
        scene.wait(0.5)
        told = advised(scene)
    lost = told["measured"]["lost"]
    assert abs(lost - before["lost"] - sum(cable.dropped)) <= 2
    assert told["measured"]["longest_run"] == max(*cable.dropped, before["longest_run"])
    assert 0.02 < told["measured"]["loss"] < 0.25
    assert told["setting"]["timeout_ms"] == 5700
    assert told["false_takeovers_per_day"] < 1e-6
    assert not scene.said(began, "b", (Kind.CLAIM,))
    assert f"{lost} lost" in " ".join(told["sentences"])


@story_alone(tenth)
def test_adverts_that_were_nearly_too_late_are_an_alarm_and_no_takeover(scene: Scene) -> None:
    """S-15, F-1: T is 1.7 s, and the LAN holds everything until 1.55 s after an advert; nothing switches, and b says so."""
    assert scene.b.command("set", GROUP, "priority=240").exit_code == 0
    with BadCable(scene.lan, "b") as cable:
        began = scene.wait(1)
        assert not scene.b.member()["alarms"]
        last = scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT, 3, time.time_ns())
        cable.hold(1.55 - (time.time_ns() - last.time_ns) / 1e9)
        scene.b.wait_until(lambda member: bool(member["alarms"]), "warned", 5)
        [alarm] = scene.b.member()["alarms"]
        told = advised(scene)
    assert (alarm["name"], alarm["severity"]) == ("margin_thin", "warning")
    assert "most of it on its way (F-1)" in alarm["text"]
    assert told["measured"]["lost"] == 0
    assert 1300 < told["measured"]["latest_ms"] < 1600
    metrics = scraped(scene)
    assert value(metrics, "alarm", group=str(GROUP), alarm="margin_thin", severity="warning") == 1
    thin = value(metrics, "member_advert_margin_seconds_bucket", group=str(GROUP), le="0.3")
    assert thin is not None
    assert thin >= 1
    assert 0 < (value(metrics, "member_advert_margin_least_seconds", group=str(GROUP)) or 0) < 0.32
    assert not scene.said(began, "b", (Kind.CLAIM,))
    assert scene.b.member()["role"] == "backup"
