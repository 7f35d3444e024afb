"""Reading [metrics]."""

from pathlib import Path

from agent.settings.faces import MetricsSettings
from agent.settings.faces_read import MAX_CONNECTIONS, read_addresses, read_path
from agent.settings.reader import Table

_METRICS = MetricsSettings()
"""For its defaults."""


def read_metrics(top: Table, directory: Path) -> MetricsSettings | None:
    """[metrics]; None: the file has no such section, and Prometheus no port of its own."""
    if "metrics" not in top.values:
        return None
    table = top.table("metrics", "[metrics]")
    table.only(("address", "port", "web_config", "max_connections"))
    return MetricsSettings(
        address=read_addresses(table, _METRICS.address),
        port=table.integer("port", 1, 65535, _METRICS.port),
        web_config=read_path(table, "web_config", directory),
        max_connections=table.integer("max_connections", 1, MAX_CONNECTIONS, _METRICS.max_connections),
    )
