"""Certificates of a site, made by openssl: whoever has none of ours makes them so."""

import socket
import subprocess
from pathlib import Path

ROLE = "1.3.6.1.4.1.50316.802.1"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")


def authority(directory: Path, name: str = "ca") -> Path:
    """Its certificate; the key is beside it."""
    _openssl("req", "-x509", *_KEY, "-subj", f"/CN={name}", *_files(directory, name))
    return directory / f"{name}.pem"


def issue(directory: Path, name: str, *extensions: str, by: str = "ca") -> Path:
    """A certificate; `extensions` as openssl's -addext has them."""
    added = [word for extension in extensions for word in ("-addext", extension)]
    issuer = ("-CA", str(directory / f"{by}.pem"), "-CAkey", str(directory / f"{by}.key"))
    _openssl("req", "-x509", *_KEY, *issuer, "-subj", f"/CN={name}", *added, *_files(directory, name))
    return directory / f"{name}.pem"


def client(directory: Path, name: str, role: str | None = None, by: str = "ca") -> Path:
    """With the role extension, or without any."""
    usage = ("basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth")
    return issue(directory, name, *usage, *([f"{ROLE}=ASN1:UTF8String:{role}"] if role is not None else []), by=by)


def _files(directory: Path, name: str) -> tuple[str, ...]:
    return "-keyout", str(directory / f"{name}.key"), "-out", str(directory / f"{name}.pem")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def free_port() -> int:
    """That nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
