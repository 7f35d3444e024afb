"""`python -m tests.snmp.serve_sample --port N`: the SNMP agent over a sample of 256 groups, to measure and to try things by hand.

Community `public` reads; user `bench` has SHA-256 and AES, passphrase `benchbench` for both. It says `ready` when it listens.
"""

import argparse
import asyncio
import cProfile
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from agent.management.snmp.counters import Counters
from agent.management.snmp.engine import Engine
from agent.management.snmp.serve import build
from agent.management.snmp.sockets import Port, open_socket
from agent.settings.faces import SnmpSettings
from tests.model.fake import FakeModel
from tests.model.sample import sample_view

USERS = """
[[user]]
name = "bench"
auth = "SHA-256"
auth_passphrase = "benchbench"
priv = "AES"
priv_passphrase = "benchbench"
role = "operator"
"""
ALWAYS_FRESH_NS = 2**62


def main() -> None:
    """Until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=16161)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--groups", type=int, default=256)
    parser.add_argument("--pysnmp", action="store_true", help="pysnmp's message security instead of our own")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    profile = cProfile.Profile() if arguments.profile else None
    if profile:
        profile.enable()
    asyncio.run(_serve(arguments))
    if profile:
        profile.disable()
        profile.print_stats("tottime")


async def _serve(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, done.cancel)
    with tempfile.TemporaryDirectory() as directory:
        settings = _settings(Path(directory), arguments)
        model = FakeModel(replace(sample_view(range(arguments.groups)), made_at_ns=ALWAYS_FRESH_NS))
        counters = Counters()
        engine = Engine(bytes.fromhex("80001f8805") + b"sample-agent", 1)
        service, agent = build(model, settings, engine, counters, lambda text: print(text, file=sys.stderr))
        Port(open_socket(arguments.address, arguments.port), agent, counters)
        print("ready", flush=True)
        await asyncio.wait([done])
        service.stop()


def _settings(directory: Path, arguments: argparse.Namespace) -> SnmpSettings:
    for name, text in (("communities", "public\n"), ("users.toml", USERS)):
        (directory / name).touch(mode=0o600)
        (directory / name).write_text(text)
    return SnmpSettings(
        v2c_community_file=directory / "communities",
        users_file=directory / "users.toml",
        own_message_security=not arguments.pysnmp,
        data_dir=directory,
    )


if __name__ == "__main__":
    main()
