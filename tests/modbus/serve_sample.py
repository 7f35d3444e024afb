"""`python -m tests.modbus.serve_sample --port N [--groups N]`: the Modbus face on loopback before a sample view that stays fresh.

For benches and for looking at it by hand (`mbpoll -m tcp -p N -t 4 -r 1 -c 10 127.0.0.1`). Says `ready` when it serves.
"""

import argparse
import asyncio
import time
from dataclasses import replace
from ipaddress import ip_network

from agent.management.modbus.serve import serve
from agent.model.view import View
from agent.settings.faces import LOOPBACK, ModbusSettings
from tests.model.fake import FakeModel
from tests.model.sample import sample_view


class FreshModel(FakeModel):
    """Asked for a fresh view it makes the present one a view of now: what a unit at rest does once a second."""

    async def fresh(self, max_age_s: float = 1.0) -> View:  # noqa: ARG002
        self.questions += 1
        self.advance(replace(self.current, made_at_ns=time.monotonic_ns()))
        return self.current


async def _main(port: int, groups: int) -> None:
    settings = ModbusSettings(address=("127.0.0.1",), port=port, write_from=(*LOOPBACK, ip_network("::1")), max_connections=64)
    task = asyncio.create_task(serve(FreshModel(sample_view(range(7, 7 + groups))), settings, print))
    while True:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            break
    print("ready", flush=True)
    await task


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--groups", type=int, default=8)
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.port, arguments.groups))
