"""`python -m bench.faces_http ADDRESS PORT TOKEN CONNECTIONS SECONDS`: prints how many HTTPS requests a second were answered.

On each connection one after the other.
"""

import asyncio
import ssl
import sys
import time

PATH = "/api/v1/view"


async def ask(address: str, port: int, token: str, until_s: float) -> int:
    """On one connection, kept open. OSError, EOFError when it breaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(address, port, ssl=context)
    request = f"GET {PATH} HTTP/1.1\r\nHost: {address}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    answers = 0
    while time.monotonic() < until_s:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        answers += 1
    writer.close()
    return answers


async def main(address: str, port: str, token: str, connections: str, seconds: str) -> None:
    until_s = time.monotonic() + float(seconds)
    answers = await asyncio.gather(*(ask(address, int(port), token, until_s) for _ in range(int(connections))))
    print(f"{sum(answers) / float(seconds):.0f}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
