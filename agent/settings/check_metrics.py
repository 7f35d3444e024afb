"""What [metrics] may still lead to. A web.yml that cannot be used keeps this face away, never the unit."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from agent.settings.faces import LOOPBACK, MetricsSettings
from agent.settings.lines import Place
from agent.settings.regular import read_regular
from agent.settings.web_config import BadWebConfig, WebConfig
from agent.settings.web_config_read import read_web_config

_PLACE: Place = ("metrics", "web_config")
_Problem = tuple[Place, str, str]


def metrics_problems(metrics: MetricsSettings | None) -> Iterator[_Problem]:
    """None: there is no such section."""
    if metrics is None:
        return
    if metrics.web_config is None:
        yield from _open(metrics, WebConfig())
        return
    try:
        config = read_web_config(metrics.web_config)
    except BadWebConfig as error:
        yield _PLACE, f"[metrics] web_config: {error}", "Mend it; until then nothing is scraped on this port"
        return
    yield from _files(metrics.web_config, config)
    yield from _open(metrics, config)


def _open(metrics: MetricsSettings, config: WebConfig) -> Iterator[_Problem]:
    """Who may look? Names of units, states and who is master are nothing for everybody (C-20)."""
    is_local = all(any(ip_address(one) in network for network in LOOPBACK) for one in metrics.address)
    if is_local or config.users or config.client_auth == "RequireAndVerifyClientCert":
        if config.users and config.certificate is None and not is_local:
            what = "[metrics] web_config has passwords but no TLS: they cross the network in the clear"
            yield _PLACE, what, "Add tls_server_config with cert_file and key_file"
        return
    what = f"[metrics] port {metrics.port} tells everybody who can reach it what this unit does"
    yield (
        ("metrics",),
        what,
        "Add web_config with basic_auth_users and TLS, or set address to that of a network of its own",
    )


def _files(path: Path, config: WebConfig) -> Iterator[_Problem]:
    if config.users and _mode(path) & 0o007:
        yield (
            _PLACE,
            f"{path} holds hashes of passwords, and everybody on this machine can read it",
            f"Run: chmod o= {path}",
        )
    if config.key is not None and _mode(config.key) & 0o077:
        yield (
            _PLACE,
            f"{config.key} is a secret that others than its owner can read or write",
            f"Run: chmod 600 {config.key}",
        )
    for one in config.files:
        try:
            read_regular(one, 0)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            yield _PLACE, f"{one} of {path} cannot be read: {why}", "Check its place and owner; paths start at web.yml"


def _mode(path: Path) -> int:
    """0 when it cannot be seen."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
