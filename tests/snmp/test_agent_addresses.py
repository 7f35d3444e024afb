"""Ports and addresses: answers leave from the address that was asked; what cannot be had is said, and tried again."""

import os
import socket
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from agent.management import kept
from tests.management.fakes import eventually
from tests.snmp.site import PRIORITY, answers, running


@pytest.mark.parametrize(
    ("address", "asked"),
    [("0.0.0.0", "127.0.0.7"), ("0.0.0.0", "127.0.0.1"), ("::", "udp6:[::1]"), ("::1", "udp6:[::1]"), ("127.0.0.9", "127.0.0.9")],
)
def test_answers_come_from_the_address_that_was_asked(tmp_path: Path, address: str, asked: str) -> None:
    """net-snmp's socket is connected: an answer from another address would never reach it."""
    with running(tmp_path, address=(address, "127.0.0.1") if address != "0.0.0.0" else (address,)) as site:
        assert site.v2c("snmpget", PRIORITY, where=f"{asked}:{site.settings.port}").endswith("254\n")


def test_several_addresses_and_one_that_is_not_there(tmp_path: Path) -> None:
    """192.0.2.1 is nobody's; the other is served."""
    with running(tmp_path, address=("127.0.0.1", "192.0.2.1")) as site:
        eventually(lambda: site.told)
        assert site.told == [
            "snmp on 192.0.2.1: 192.0.2.1 is no address of this machine (yet): set address in [snmp]; it is tried again"
        ]
        assert answers(site)


def test_a_taken_port_is_a_sentence_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told once, not every time; and told when it works."""
    monkeypatch.setattr(kept, "FIRST_DELAY_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with running(tmp_path, port=port) as site:
            eventually(lambda: site.told)
            assert f"port {port} of 127.0.0.1 is taken by another program" in site.told[0]
            assert "pass_persist" in site.told[0]
            taken.close()
            eventually(lambda: answers(site))
            assert site.told[1:] == ["snmp on 127.0.0.1 is back"]


UNPRIVILEGED = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())


@pytest.mark.skipif(UNPRIVILEGED <= 161, reason="everybody may have port 161 here")
def test_a_port_that_is_not_for_this_user() -> None:
    """161 without the capability: the remedy is in the sentence. root is tried without it."""
    script = "from agent.management.snmp.sockets import *\ntry: open_socket('127.0.0.1', 161)\nexcept PortError as e: print(e)"
    drop = ["setpriv", "--bounding-set", "-net_bind_service"] if os.geteuid() == 0 else []
    command = [*drop, sys.executable, "-c", script]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert "port 161 of 127.0.0.1 is not for this user" in done.stdout + done.stderr


def test_a_bad_file_is_told_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is served by half of the settings; who mends the file needs no restart."""
    monkeypatch.setattr(kept, "FIRST_DELAY_S", 0.05)
    path = tmp_path / "late"
    with running(tmp_path, v2c_community_file=path) as site:
        eventually(lambda: site.told)
        assert "late: cannot be read" in site.told[0]
        path.touch(mode=0o600)
        path.write_text("public\n")
        eventually(lambda: answers(site))


def test_reading_only_from_named_networks(tmp_path: Path) -> None:
    """v2c_read_from: others get no answer, as if the community were wrong, and are counted."""
    with running(tmp_path, address=("0.0.0.0",), v2c_read_from=(ip_network("127.0.0.1"),)) as site:
        assert answers(site)
        said = site.v2c("snmpget", PRIORITY, options=("--clientaddr=127.0.0.5", "-t", "0.3", "-r", "0"))
        assert "Timeout" in said
        assert site.v2c("snmpget", "1.3.6.1.2.1.11.4.0").split()[-1] == "1"
