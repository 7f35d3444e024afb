"""The compose file, as far as it can be checked without Docker: shape, mounts, and what each program says of its file."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dashboards.promtool import promtool, tool
from tests.dashboards.test_rules import ALERTS

COMPOSE = Path(__file__).parents[2] / "dashboards" / "compose"
LONGEST_SCRAPE_S = 60


def read(name: str) -> Any:
    return yaml.safe_load((COMPOSE / name).read_text())


SERVICES: dict[str, dict[str, Any]] = read("compose.yaml")["services"]


def mounts(service: str) -> list[tuple[str, str]]:
    """Source and place in the container; read-only or not is left out."""
    return [tuple(mount.split(":")[:2]) for mount in SERVICES[service]["volumes"]]


def unpacked(service: str, root: Path) -> Path:
    """The files of this container as it would see them, below `root`."""
    for source, place in mounts(service):
        target = root / place.lstrip("/")
        if source.startswith("."):
            target.parent.mkdir(parents=True, exist_ok=True)
            path = COMPOSE / source
            shutil.copytree(path, target) if path.is_dir() else shutil.copy(path, target)
    return root


def amtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool("amtool"), *map(str, words)], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_and_stands_on_this_machine_alone(name: str) -> None:
    """Issue 5: a compose file. What it opens to others is for its reader to decide."""
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z]+/[a-z]+:v?\d+\.\d+\.\d+", service["image"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert set(service.get("depends_on", [])) <= set(SERVICES)


def test_both_generations_of_compose_take_it() -> None:
    """Debian 12 has docker-compose 1.29, which refuses a `name` in the file; both read the project's name from .env."""
    assert read("compose.yaml").keys() == {"services", "volumes"}
    assert "COMPOSE_PROJECT_NAME=understudy" in (COMPOSE / ".env").read_text().splitlines()


@pytest.mark.parametrize("name", SERVICES)
def test_every_mounted_file_is_there(name: str) -> None:
    """Docker would make an empty folder of one that is not, and say nothing."""
    for source, place in mounts(name):
        assert (COMPOSE / source).exists() if source.startswith(".") else source in read("compose.yaml")["volumes"], source
        assert place.startswith("/")
    assert all(mount.endswith(":ro") for mount in SERVICES[name]["volumes"] if mount.startswith("."))


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """With rules and targets where the container has them."""
    folder = unpacked("prometheus", tmp_path) / "etc/prometheus"
    done = promtool("check", "config", folder / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_the_rules_and_dashboards_fit_how_it_scrapes() -> None:
    """The job's name, the interval and Grafana's idea of it."""
    config = read("prometheus.yml")
    interval = config["global"]["scrape_interval"]
    assert 1 <= int(interval.removesuffix("s")) <= LONGEST_SCRAPE_S
    assert [job["job_name"] for job in config["scrape_configs"]] == ["understudy"]
    (source,) = read("grafana/datasources.yaml")["datasources"]
    assert (source["type"], source["jsonData"]["timeInterval"]) == ("prometheus", interval)
    assert source["url"].removeprefix("http://").partition(":")[0] in SERVICES


def test_alertmanager_takes_its_configuration_and_sends_each_severity_its_way() -> None:
    """A critical one to the night, a warning to the day, the rest for the record."""
    file = COMPOSE / "alertmanager.yml"
    done = amtool("check-config", file)
    assert done.returncode == 0, done.stdout + done.stderr
    for severity, receiver in (("critical", "night"), ("warning", "day"), ("info", "record")):
        said = amtool("config", "routes", "test", "--config.file", file, f"severity={severity}", "alertname=X")
        assert said.stdout.strip() == receiver


def test_only_alerts_that_there_are_inhibit_or_are_inhibited() -> None:
    """A name that is gone would keep nobody quiet."""
    rules = read("alertmanager.yml")["inhibit_rules"]
    named = {name for rule in rules for name in re.findall(r"Understudy\w+", str(rule))}
    assert named <= set(ALERTS)
    assert all(rule["equal"] == ["job", "group"] for rule in rules)


def test_grafana_finds_the_dashboards() -> None:
    """Provisioned from the folder in which they are mounted; the fleet is what it opens with."""
    (provider,) = read("grafana/dashboards.yaml")["providers"]
    places = {place: source for source, place in mounts("grafana")}
    folder = COMPOSE / places[provider["options"]["path"]]
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert (folder / home.name).is_file()
