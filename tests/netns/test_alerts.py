"""Alerts that take a pool of units with configurations, rung by a real Prometheus on the same LAN."""

import signal
import time

import pytest

from dashboards.queries import Filled, every_query
from tests.dashboards.prometheus import IN_A_POOL, LAG_QUERY
from tests.netns.harness.documents import document
from tests.netns.harness.observed_scene import ObservedScene
from tests.netns.harness.packets import Kind
from tests.netns.harness.pool_scene import POOL_GROUP
from tests.netns.harness.story import story_alone

pytestmark = [pytest.mark.netns, pytest.mark.timeout(240)]
"""About 30 s on a machine that has nothing else to do."""
PATIENT = 208
"""Priority of q while its LAN is bad: T = 5.3 s, and less than 0.96 s of it left is thin."""
BAD_S = 4.25
"""The next advert comes 4.5 s or 5 s after the last one that was heard."""


def is_quiet(scene: ObservedScene) -> None:
    """Nothing rings or is about to, and nothing has rung while they settled."""
    names = "|".join(IN_A_POOL)
    up = f'count(up{{job="understudy"}} == 1) == {len(scene.units)}'
    scene.until(lambda: scene.prometheus.query(up), "a scrape of every unit")
    scene.until(lambda: not scene.prometheus.query(f'ALERTS{{alertname=~"{names}"}}'), "quiet")
    fired = f'ALERTS{{alertstate="firing", alertname=~"{names}"}}'
    assert not scene.prometheus.query_range(fired, scene.began_s, time.time())


def stops_following(scene: ObservedScene) -> str:
    """p's handover process stands still, and c is edited: q has the edit, p has not. Its digest."""
    scene.units["p"].signal_one("handover", signal.SIGSTOP)
    done = scene.units["c"].edit(3, document(3, 1))
    assert done.exit_code == 0, done
    edited = scene.units["c"].digest(3)
    scene.units["q"].wait_for_digest(3, edited)
    return edited


def nearly_takes_over(scene: ObservedScene) -> str:
    """q hears nothing for so long that it was close, and hears them again; what rings."""
    q, asked = scene.units["q"], scene.wait(0)
    assert q.command("set", POOL_GROUP, f"priority={PATIENT}").exit_code == 0
    for group in scene.groups:
        q.wait_for_seat(group, "patient", lambda seat: seat.get("priority") == PATIENT)
    last = scene.tap.wait_for(lambda said: said.host == "c" and said.kind == Kind.ADVERT, 3, time.time_ns())
    scene.lan.partition("q")
    scene.wait(BAD_S - (time.time_ns() - last.time_ns) / 1e9)
    scene.lan.heal("q")
    text = scene.rings("UnderstudyMarginThin", 3)
    assert not scene.said(asked, "q", (Kind.CLAIM,))
    assert q.command("set", POOL_GROUP, "priority=252").exit_code == 0
    return text


def follows_again(scene: ObservedScene, edited: str) -> None:
    """p catches up; the dashboard says how long it was behind."""
    scene.units["p"].signal_one("handover", signal.SIGCONT)
    scene.units["p"].wait_for_digest(3, edited)
    scene.until(lambda: "UnderstudyTrackingLate" not in scene.prometheus.firing(), "the end of TrackingLate")
    queries = every_query(Filled(rate_interval="8s", range="2m"))
    [lag] = [one for one in queries if (one.dashboard, one.panel, one.ref_id) == LAG_QUERY]
    assert scene.prometheus.query_range(lag.expr, scene.began_s, time.time())
    for host in ("c", "p", "q"):
        says_the_ledgers_revision(scene, host, 3)


def says_the_ledgers_revision(scene: ObservedScene, host: str, group: int) -> None:
    """The metric has the number that the command line reads in the ledger; who follows says how long it took to be in force."""
    number = scene.units[host].config("show", group)["revision"]["number"]
    labels = f'{{group="{group}", instance="{scene.instance(host)}"}}'
    said = f"(understudy_config_revision{labels} == {number}) and understudy_config_held{labels} == 1"
    scene.until(lambda: scene.prometheus.query(said), f"revision {number} of {host}")
    assert number >= 2, "it was edited"
    lag = scene.prometheus.query(f"0 < (understudy_config_tracking_lag_seconds{labels} < 10)")
    assert bool(lag) == (host != "c"), lag


def are_all_busy(scene: ObservedScene) -> None:
    """p airs group 1 and is edited there, q airs group 2: nobody is left for group 3."""
    for master, heir, group in (("a", "p", 1), ("b", "q", 2)):
        killed = scene.wait(0)
        scene.units[master].kill()
        scene.wait_for_master(heir, group, killed)
    done = scene.units["p"].edit(1, document(1, 1))
    assert done.exit_code == 0, done


@story_alone(ObservedScene)
def test_a_pool_that_fails_piece_by_piece_rings_what_is_made_for_it(scene: ObservedScene) -> None:
    """Issue 5: each alert for real units, in the scenario made for it, and not before."""
    is_quiet(scene)
    edited = stops_following(scene)
    rang = {"UnderstudyMarginThin": nearly_takes_over(scene)}
    rang["UnderstudyTrackingLate"] = scene.rings("UnderstudyTrackingLate", 3)
    assert {"UnderstudyBackupsBusy", "UnderstudyConfigurationConflict"}.isdisjoint(scene.prometheus.firing())
    follows_again(scene, edited)
    are_all_busy(scene)
    rang["UnderstudyBackupsBusy"] = scene.rings("UnderstudyBackupsBusy", 3)
    assert "UnderstudyConfigurationConflict" not in scene.prometheus.firing()
    scene.start("a")
    rang["UnderstudyConfigurationConflict"] = scene.rings("UnderstudyConfigurationConflict", 1)
    assert rang.keys() == IN_A_POOL
    assert not any("<" in text for text in rang.values()), rang
    assert "were left" in rang["UnderstudyMarginThin"]
