"""The real snmp_exporter on the manager's host, with the module that we ship; and what it has to say of a view."""

import re
import subprocess
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from agent.model.kinds import Choice, Flag, Moment, Value
from agent.model.managed import Managed
from generate.exporter_metrics import INFOS, STATE_SETS, Metric, exported, lookups
from generate.smi_names import label
from tests.faces.manager import Manager
from tests.faces.unit import COMMUNITY, PASSPHRASE, FacedUnit
from tests.metrics.reading import Labels, Series, values
from tests.model.mibs import ROOT, output_of
from tests.netns.harness.namespaces import inside

TOOL, ADDRESS = "prometheus-snmp-exporter", "127.0.0.1:9116"
SPLIT = (0, 23)
"""Credentials are apart from modules from this version on."""
OURS = {"CHANGE-ME-AUTH": PASSPHRASE, "CHANGE-ME-PRIV": PASSPHRASE, "CHANGE-ME": COMMUNITY, '"monitor"': '"eye"'}
"""The examples in the shipped file, and what people put there."""
UNKNOWN = -1
Json = dict[str, Any]


class Exporter:
    """Runs until the end of the block; reads mibs/snmp.yml, or mibs/snmp-0.22.yml where it is that old."""

    def __init__(self, x: Manager) -> None:
        self._x, self._is_old = x, _version() < SPLIT

    def __enter__(self) -> Self:
        page = (ROOT / "mibs" / ("snmp-0.22.yml" if self._is_old else "snmp.yml")).read_text()
        for example, own in OURS.items():
            page = page.replace(example, own)
        config = self._x.lan.directory / "snmp-exporter.yml"
        config.write_text(page)
        words = [TOOL, f"--config.file={config}", f"--web.listen-address={ADDRESS}"]
        with inside(self._x.lan.namespace(self._x.host)):
            self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said: list[str] = []
        for line in self._process.stdout or ():
            said.append(line)
            if "Listening on" in line:
                return self
        raise RuntimeError("".join(said))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def reads(self, unit: FacedUnit) -> dict[Series, float]:
        """All that Prometheus would get of this unit, by SNMPv3 with privacy."""
        asked = f"target={unit.address}&module=understudy{'' if self._is_old else '&auth=understudy_v3'}"
        text = self._x.run("curl", "-sS", "-f", "--max-time", "20", f"http://{ADDRESS}/snmp?{asked}").text
        return {
            series._replace(name=series.name.removesuffix("_total")): value  # which is the parser's
            for series, value in values(text.encode()).items()
            if series.name.startswith("us")
        }


def _version() -> tuple[int, ...]:
    found = re.search(r"version (\d+)\.(\d+)", output_of(TOOL, "--version"))
    assert found, "the exporter does not say which it is"
    return tuple(map(int, found.groups()))


def told(view: Json) -> dict[Series, float]:
    """Every series that the module makes of a view (as the HTTP face has it)."""
    found: dict[Series, float] = {}
    for metric in exported():
        rows = view["tables"][metric.table.name]
        for row in rows if isinstance(rows, list) else [rows]:
            found.update(_of(metric, row))
    return found


def _of(metric: Metric, row: Json) -> Iterator[tuple[Series, float]]:
    column = metric.column
    shown = (*metric.table.index, *(wanted for table, wanted in lookups() if table is metric.table))
    labels: Labels = frozenset((part.snmp, str(_number(part, row[part.name]))) for part in shown)
    value, key = row[column.name], (metric.table.name, column.name)
    if key in STATE_SETS and isinstance(column.kind, Choice):
        for word in column.kind.words:
            yield Series(column.snmp, labels | {(column.snmp, label(word))}), float(word == value)
    elif key in INFOS:
        yield Series(f"{column.snmp}_info", labels | {(column.snmp, label(value))}), 1
    else:
        yield Series(column.snmp, labels), float(str(_number(column, value)))


def _number(column: Managed, value: Value) -> Value:
    """As SNMP says it: truth as 1 and 2, words by their number, what is not known as -1."""
    if value is None:
        return UNKNOWN
    match column.kind:
        case Flag():
            return 1 if value else 2
        case Choice():
            return column.kind.words[str(value)]
        case Moment():
            return int(datetime.fromisoformat(str(value)).timestamp())
    return value
