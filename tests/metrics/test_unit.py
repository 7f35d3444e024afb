"""Real units, scraped: over the network and on the unix socket, before and after what happens to them."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from agent.model.metrics_counted import PHASES
from tests.metrics.reading import complaints, families, needs_promtool, one_hot, value, values
from tests.metrics.scene import GROUP_LABEL, ScrapedScene, switches
from tests.netns.harness.packets import Kind
from tests.netns.harness.unit import GROUP

pytestmark = pytest.mark.netns


@pytest.fixture(scope="module")
def scene() -> Iterator[ScrapedScene]:
    """One for all; a is master at the beginning of each test."""
    with ScrapedScene() as made:
        for host in ("a", "b"):
            made.until(lambda host=host: made.says(host, "up") == 1)  # type: ignore[misc]
        yield made


@needs_promtool
def test_a_real_scrape_is_what_promtool_and_both_parsers_take(scene: ScrapedScene) -> None:
    """Issue 5: metric names pass `promtool check metrics` on a real scrape; OpenMetrics ends with # EOF."""
    plain = scene.scrape("b")
    opened = scene.scrape("b", "-H", "Accept: application/openmetrics-text")
    assert complaints(plain) == ""
    assert opened.endswith(b"# EOF\n")
    assert families(opened, is_open=True)["understudy_member_takeover_phase_seconds"].type == "histogram"
    assert values(opened, is_open=True).keys() == values(plain).keys()


def test_both_units_say_who_is_master_and_how_ready_the_other_is(scene: ScrapedScene) -> None:
    """D-55, C-11, C-18, C-24: one-hot roles, reasons as words, ages, fences."""
    a, b = scene.scrape("a"), scene.scrape("b")
    assert one_hot(a, "member_role", "role", group=GROUP_LABEL)["master"] == 1
    assert one_hot(b, "member_role", "role", group=GROUP_LABEL)["backup"] == 1
    assert value(a, "member_fenced", group=GROUP_LABEL) == 1
    assert one_hot(b, "readiness_reason", "reason", group=GROUP_LABEL, peer="rx-b") == {"one_path": 1}
    assert 0 <= (value(a, "peer_age_seconds", group=GROUP_LABEL, peer="rx-b") or -1) < 5
    scene.until(lambda: (scene.says("a", "packets_sent_total", group=GROUP_LABEL, kind="advert") or 0) > 10)
    scene.until(lambda: (scene.says("a", "device_datagrams_total", device=f"rx{GROUP}") or 0) > 10)


def test_settings_are_told_as_they_are_and_in_base_units(scene: ScrapedScene) -> None:
    """S-03, S-12: priority, preempt, interval and takeover timeout (T = A + (256 - P) * 0.1 s) by their values."""
    for host, priority, preempt in (("a", 254, 1), ("b", 253, 0)):
        page = scene.scrape(host)
        assert value(page, "member_priority", group=GROUP_LABEL) == priority
        assert value(page, "member_preempt", group=GROUP_LABEL) == preempt
        assert value(page, "member_advertisement_interval_seconds", group=GROUP_LABEL) == scene.interval
        timeout_s = value(page, "member_takeover_timeout_seconds", group=GROUP_LABEL)
        assert timeout_s == pytest.approx(scene.interval + (256 - priority) * 0.1)
        assert value(page, "config_revision", group=GROUP_LABEL) == 0
    assert value(scene.scrape("b"), "peer_priority", group=GROUP_LABEL, peer="rx-a") == 254


def test_the_master_alone_has_a_lease(scene: ScrapedScene) -> None:
    """C-02: shorter than the fastest T that there may be (P=255); the last test of this file sees it run out."""
    assert 0 < (scene.says("a", "member_lease_remaining_seconds", group=GROUP_LABEL) or 0) < scene.interval + 0.1
    assert scene.says("b", "member_lease_remaining_seconds", group=GROUP_LABEL) == 0


def test_a_broken_stream_is_counted_error_by_error(scene: ScrapedScene) -> None:
    """S-26: three gaps are three continuity errors at both inputs and at the output that is open, and none at the muted one."""
    before = broken(scene)
    scene.sends_broken(3)
    wanted = {name: count + (0 if name == ("b", "device_continuity_errors_total") else 3) for name, count in before.items()}
    scene.until(lambda: broken(scene) == wanted)
    assert before == dict.fromkeys(before, 0), "a stream that is whole has no errors"


def broken(scene: ScrapedScene) -> dict[tuple[str, str], float]:
    """Errors by host and counter."""
    names = ("device_continuity_errors_total", "device_input_continuity_errors_total")
    return {(host, name): value(page, name, device=f"rx{GROUP}") or 0 for host, page in scene.pages().items() for name in names}


def test_the_http_face_shows_the_same(scene: ScrapedScene) -> None:
    """Issue 5: on its own port or the HTTP face, there behind that face's own guard."""
    where = str(scene.a.directory / "run" / "http.sock")
    words = ["curl", "-sS", "--max-time", "10", "--unix-socket", where, "http://localhost/metrics"]
    text = subprocess.run(words, capture_output=True, check=True).stdout
    assert values(text).keys() == values(scene.scrape("a")).keys()


def test_a_failover_between_two_scrapes_is_seen_after_it_is_over(scene: ScrapedScene) -> None:
    """Issue 5: 200 ms of another master are visible to who comes every 60 s. F-7: with the phases. S-11: and two switches."""
    before = scene.pages()
    back_ns = scene.fails_and_returns()
    scene.tap.wait_for(lambda said: said.host == "a" and said.kind == Kind.ADVERT and said.priority > 0, 10, back_ns)
    scene.wait_for_backup("b")
    scene.until(lambda: switches(scene.pages()) >= switches(before) + 2)
    after = scene.pages()
    assert switches(after) - switches(before) == 2
    for host in ("a", "b"):
        roles = [one_hot(text[host], "member_role", "role", group=GROUP_LABEL) for text in (before, after)]
        assert roles[0] == roles[1], "nothing is to be seen in the roles themselves"
        moments = [value(text[host], "member_last_transition_timestamp_seconds", group=GROUP_LABEL) for text in (before, after)]
        assert (moments[1] or 0) > (moments[0] or 0)
    b = after["b"]
    assert value(b, "member_transitions_total", group=GROUP_LABEL, reason="master_silent") == 1
    phases = {phase: value(b, "member_takeover_phase_seconds_count", group=GROUP_LABEL, phase=phase) for phase in PHASES}
    assert phases == dict.fromkeys(PHASES, 1)
    detect_s = value(b, "member_outage_seconds_total", group=GROUP_LABEL, phase="detect", cause="master_silent") or 0
    assert 0.3 < detect_s < 1


def test_management_that_starts_again_counts_nothing_twice(scene: ScrapedScene) -> None:
    """Issue 5: core tells its history on connection; an earlier life of management has counted it, and its count goes on."""
    changes = scene.says("b", "member_state_changes_total", group=GROUP_LABEL)
    takeovers = scene.says("b", "member_transitions_total", group=GROUP_LABEL, reason="master_silent")
    assert takeovers is not None
    assert takeovers >= 1
    (old,) = scene.b.signal_one("management", signal.SIGKILL)
    scene.until(lambda: old not in scene.b.pids_of("management") and scene.says("b", "up") == 1)
    text = scene.scrape("b")
    assert value(text, "member_transitions_total", group=GROUP_LABEL, reason="master_silent") == takeovers
    assert value(text, "member_state_changes_total", group=GROUP_LABEL) == changes


def test_a_process_that_dies_is_counted(scene: ScrapedScene) -> None:
    """Issue 5: recorder and process health."""
    assert scene.says("a", "process_up", process="recorder") == 1
    scene.a.signal_one("recorder", signal.SIGKILL)
    scene.until(lambda: scene.says("a", "process_restarts_total", process="recorder") == 1)
    text = scene.scrape("a")
    assert {process: value(text, "process_up", process=process) for process in PROCESSES} == dict.fromkeys(PROCESSES, 1)
    assert all((value(text, "process_resident_memory_bytes", process=process) or 0) > 1e6 for process in PROCESSES)
    assert value(text, "process_restarts_total", process="core") == 0


PROCESSES = ("core", f"worker:rx{GROUP}", "recorder", "management")


def test_orders_of_people_are_counted_with_how_long_they_took(scene: ScrapedScene) -> None:
    """D-26: commands by face, verb and result; the duration of a planned changeover."""
    assert scene.a.command("set", GROUP, "preempt=false").exit_code == 0
    assert scene.a.command("set-backup", GROUP).exit_code == 0
    text = scene.scrape("a")
    assert value(text, "commands_total", face="cli", verb="set", result="done") == 1
    assert value(text, "commands_total", face="cli", verb="set_backup", result="done") == 1
    assert value(text, "member_changeover_seconds_count", group=GROUP_LABEL) == 1
    assert 0 < (value(text, "member_changeover_seconds_sum", group=GROUP_LABEL) or 0) < 2
    assert scene.a.command("set-master", GROUP).exit_code == 0
    assert scene.a.command("set-master", 250).exit_code != 0
    assert scene.says("a", "commands_total", face="cli", verb="set_master", result="refused") == 1


def test_a_failure_and_return_cost_one_switch_without_preempt(scene: ScrapedScene) -> None:
    """S-11: the purpose of preempt off. b stays what it has become until a person says otherwise."""
    assert scene.a.command("set", GROUP, "preempt=false").exit_code == 0
    before = switches(scene.pages())
    scene.fails_and_returns()
    scene.wait_for_backup("a")
    scene.wait(2 * scene.a.takeover_timeout_us / 1e6)
    scene.until(lambda: switches(scene.pages()) > before)
    assert switches(scene.pages()) == before + 1
    assert one_hot(scene.scrape("b"), "member_role", "role", group=GROUP_LABEL)["master"] == 1
    assert scene.a.command("set-master", GROUP).exit_code == 0


def test_a_core_that_does_not_answer_is_said_with_its_age(scene: ScrapedScene) -> None:
    """C-18: what is shown is the last known, and how old it is; readiness of the port itself is 503. C-02: a lease that is not
    renewed has run out, whatever the last word was."""
    scene.a.freeze_one("core")
    try:
        scene.until(lambda: scene.says("a", "up") == 0)
        earlier, later = scene.scrape("a"), scene.scrape("a")
        assert 0.5 < (value(earlier, "core_age_seconds") or 0) < (value(later, "core_age_seconds") or 0)
        assert value(later, "alarm", group="", alarm="core_away", severity="critical") == 1
        assert one_hot(later, "member_role", "role", group=GROUP_LABEL)["master"] == 1
        assert value(later, "member_lease_remaining_seconds", group=GROUP_LABEL) == 0
        assert scene.scrape("a", "-o", "/dev/null", "-w", "%{http_code}", path="/-/ready") == b"503"
        assert scene.scrape("a", "-o", "/dev/null", "-w", "%{http_code}", path="/-/healthy") == b"200"
    finally:
        scene.a.signal_one("core", signal.SIGCONT)
    scene.until(lambda: scene.says("a", "up") == 1)
