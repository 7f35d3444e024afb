"""Pictures of the dashboards: what is asked for them and kept. Drawing itself needs Chromium: ./dev dashboards --render DIR."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards import queries
from dashboards.__main__ import main
from dashboards.frame import UIDS
from dashboards.pages import HERE as DASHBOARDS
from dashboards.pages import PAGES
from dashboards.render import drawn
from dashboards.render.ask import Source
from dashboards.render.drawn import NAME, note, sums
from dashboards.render.recording import FAILOVER, Asked, Recording, RenderError, load, save
from dashboards.render.workshop import HERE, folder

ONE = Recording(10.0, 70.0, 1.0, {"fleet": Asked("all units", {"Groups/A": [{"metric": {}, "value": [70, "1"]}]}, [])})


def test_what_is_kept_is_what_was_asked(tmp_path: Path) -> None:
    """Issue 5: pictures from a recorded failover; the same answers make the same bytes."""
    save(ONE, tmp_path / "one.json.gz")
    save(load(tmp_path / "one.json.gz"), tmp_path / "two.json.gz")
    assert load(tmp_path / "two.json.gz") == ONE
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"[]"), gzip.compress(b'{"dashboards": {"fleet": {}}}')])
def test_a_file_that_is_no_recording_is_told_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    """House rule: an error says what to do."""
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(RenderError, match=r"is no recording of a dashboard .*; write one with --record"):
        load(tmp_path / "bad")


def test_the_recorded_failover_answers_every_query_of_today() -> None:
    """Issue 5: committed pictures show the committed dashboards. Else: dashboards/README.md, Pictures."""
    recording = load(FAILOVER)
    for name in PAGES:
        asked = {f"{panel['title']}/{target['refId']}" for panel in queries.panels(name) for target in panel["targets"]}
        assert asked <= set(recording.dashboards[name].answers)


def test_the_recorded_failover_has_data_for_every_panel() -> None:
    """Issue 5: a picture with empty panels shows nothing. In each, one query at least is answered; a failover is marked."""
    for name, asked in load(FAILOVER).dashboards.items():
        shown = {key.rpartition("/")[0] for key, answer in asked.answers.items() if answer}
        assert {panel["title"] for panel in queries.panels(name)} - shown == set()
        assert asked.marks


def test_committed_pictures_are_of_the_dashboards_and_the_recording_of_today() -> None:
    """Issue 5: committed pictures of each. Else: ./dev dashboards --render dashboards/pictures"""
    folder = DASHBOARDS / "pictures"
    pictures = sorted(folder.glob("*.png"))
    assert [picture.stem for picture in pictures] == sorted(UIDS.values())
    assert json.loads((folder / NAME).read_text()) == sums(load(FAILOVER), pictures)


def test_another_picture_another_dashboard_and_other_answers_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 5: the sums beside the pictures would else be worth nothing."""
    picture = tmp_path / f"{UIDS['fleet']}.png"
    picture.write_bytes(b"as it was drawn")
    kept = json.loads(note(ONE, [picture], tmp_path).read_text())
    assert kept == sums(ONE, [picture])
    later = replace(ONE, dashboards={"fleet": Asked("all units", {"Groups/A": []}, [])})
    assert changed(kept, sums(later, [picture])) == {"answers"}
    monkeypatch.setattr(drawn, "text", lambda name: f"another {name}")
    assert changed(kept, sums(ONE, [picture])) == {"dashboard"}
    picture.write_bytes(b"touched up")
    assert changed(kept, sums(ONE, [picture])) == {"dashboard", "picture"}


def changed(before: drawn.Sums, after: drawn.Sums) -> set[str]:
    [(_, one)], [(_, other)] = before.items(), after.items()
    return {what for what in one if one[what] != other[what]}


def test_a_rate_holds_four_scrapes_and_more_than_a_step() -> None:
    """As Grafana makes $__rate_interval; else a rate of a 60 s scraper would be empty."""
    hour = Source("http://localhost", 0, 3600, 15, "7", "rx-a")
    assert (hour.step, hour.filled("group").rate_interval, hour.filled("group").range) == (15, "60s", "3600s")
    day = Source("http://localhost", 0, 86400, 15, "7", "rx-a")
    assert (day.step, day.filled("unit").rate_interval) == (360, "375s")
    assert (hour.filled("fleet").group, hour.filled("group").group, hour.filled("unit").instance) == (".+", "7", "rx-a")


def test_no_prometheus_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """House rule: an error says what to do."""
    assert main(["--render", str(tmp_path), "--prometheus", "http://127.0.0.1:1"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("dashboards: Prometheus at http://127.0.0.1:1 does not answer (")
    assert said.endswith("); is the address right?\n")


def test_packages_are_pinned_and_kept_outside_of_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Issue 5: Grafana's components 13.2.2, not in every test run."""
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    assert {wanted[name] for name in ("@grafana/data", "@grafana/schema", "@grafana/ui")} == {"13.2.2"}
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder() == tmp_path / "understudy-render"
