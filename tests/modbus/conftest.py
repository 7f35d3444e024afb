"""Clients that are not ours: libmodbus (compiled here once), mbpoll, openssl, socat. Debian has them; ./dev installs them."""

import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {"mbpoll": "mbpoll", "gcc": "gcc", "openssl": "openssl", "socat": "socat"}


def need(program: str) -> None:
    """Skip without it (in CI a skip is a failure)."""
    if shutil.which(program) is None:
        pytest.skip(f"needs {program} (Debian: apt-get install {PACKAGES[program]})")


@pytest.fixture(scope="session")
def libmodbus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled client.c."""
    need("gcc")
    if not Path("/usr/include/modbus/modbus.h").exists():
        pytest.skip("needs libmodbus (Debian: apt-get install libmodbus-dev)")
    program = tmp_path_factory.mktemp("libmodbus") / "client"
    source = Path(__file__).with_name("client.c")
    subprocess.run(
        ["gcc", "-Wall", "-Werror", "-I/usr/include/modbus", source, "-o", program, "-lmodbus"], check=True, timeout=60
    )
    return program


def run(*command: object, timeout_s: float = 30) -> str:
    """What it says on both outputs, whatever its exit code."""
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout_s, check=False
    )
    return done.stdout
