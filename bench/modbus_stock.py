"""`python -m bench.modbus_stock PORT`: a pymodbus server as its documentation writes one, with 16,384 registers."""

import asyncio
import sys

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main(port: int) -> None:
    device = SimDevice(1, simdata=[SimData(0, count=16384, values=7, datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(context=device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await server.serving


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
