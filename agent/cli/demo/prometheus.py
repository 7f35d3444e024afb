"""A real Prometheus on a free loopback port, for --observe: how it is configured and started, and what it answers."""

import http.client
import json
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from agent.cli.demo.ground import DemoError

JOB = "understudy"
HOST = "127.0.0.1"
_ANSWER_LIMIT_S = 10.0
_SCRAPE_S = 1


class Sample(NamedTuple):
    """`at_s`: Unix time of the answer, or of the last sample of a range."""

    labels: dict[str, str]
    value: float
    at_s: float


class QueryError(Exception):
    """Prometheus refused; str() is its own sentence."""


def program() -> str | None:
    """Where it is installed; None: nowhere."""
    return shutil.which("prometheus")


def free_ports(count: int) -> list[int]:
    """Of TCP on loopback, each another; nobody has them just now."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    except OSError as error:
        raise DemoError(f"no TCP port is free on loopback: {error.strerror}") from None
    finally:
        for probe in probes:
            probe.close()


def configuration(targets: Sequence[str], rules: Sequence[Path] = ()) -> str:
    """prometheus.yml; JSON is YAML. Scraped and evaluated every second."""
    scrape = {"job_name": JOB, "static_configs": [{"targets": list(targets)}]}
    every = {"scrape_interval": f"{_SCRAPE_S}s", "scrape_timeout": f"{_SCRAPE_S}s", "evaluation_interval": f"{_SCRAPE_S}s"}
    return json.dumps({"global": every, "scrape_configs": [scrape], "rule_files": [str(path) for path in rules]}, indent=1)


def command(executable: str, file: Path, directory: Path, port: int) -> list[str]:
    """In the foreground, on loopback alone; what it collects is below `directory`."""
    return [
        executable,
        f"--config.file={file}",
        f"--storage.tsdb.path={directory}",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]


class Prometheus:
    """What a running one answers. OSError: it does not (yet)."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        """For a browser."""
        return f"http://{HOST}:{self.port}"

    def is_ready(self) -> bool:
        """Does it take queries?"""
        try:
            return self._get("/-/ready")[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def query(self, expression: str) -> list[Sample]:
        """As of now. QueryError."""
        data = self._api("query", {"query": expression})
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]), float(data["result"][0]))]
        return [_sample(one["metric"], one["value"]) for one in data["result"]]

    def query_range(self, expression: str, start_s: float, end_s: float, step_s: float = 1.0) -> list[Sample]:
        """Of every series that was there in between, the last sample. QueryError."""
        asked = {"query": expression, "start": f"{start_s:.3f}", "end": f"{end_s:.3f}", "step": f"{step_s:g}"}
        return [_sample(one["metric"], one["values"][-1]) for one in self._api("query_range", asked)["result"]]

    def alerts(self) -> Iterator[Mapping[str, Any]]:
        """Pending and firing, with their annotations."""
        yield from self._api("alerts", {})["alerts"]

    def label_values(self, selector: str, label: str) -> list[str]:
        """What a variable of a dashboard offers."""
        answer: Any = self._api(f"label/{label}/values", {"match[]": selector})
        return [str(value) for value in answer]

    def _api(self, what: str, asked: Mapping[str, str]) -> dict[str, Any]:
        _status, body = self._get(f"/api/v1/{what}?{urlencode(asked)}")
        answer = json.loads(body)
        if answer.get("status") != "success":
            raise QueryError(str(answer.get("error")))
        data: dict[str, Any] = answer["data"]
        return data

    def _get(self, path: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_LIMIT_S)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()


def _sample(labels: Mapping[str, str], value: Sequence[Any]) -> Sample:
    return Sample(dict(labels), float(value[1]), float(value[0]))
