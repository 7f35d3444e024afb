"""Attacks on what speaks HTTP by TLS: the API and the port that Prometheus scrapes."""

import base64
import json
import ssl

from tests.faces.attack import Attack
from tests.faces.unit import HTTPS_PORT, METRICS_PORT, SCRAPER, SCRAPER_PASSWORD, VIEWER_TOKEN
from tests.netns.harness.unit import GROUP


class TlsAttack(Attack):
    """A third of it is no TLS at all."""

    port: int
    requests: tuple[bytes, ...]

    def once(self) -> None:
        with self.connect(self.port) as plain:
            if self.chance.random() < 0.3:
                plain.sendall(self.mutated(self.requests))
                plain.recv(65_536)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as connection:
                for _ in range(self.chance.randrange(1, 6)):
                    connection.sendall(self.mutated(self.requests))
                    connection.recv(65_536)


class HttpsAttack(TlsAttack):
    """With a viewer's token."""

    port = HTTPS_PORT
    head = f"Host: unit\r\nAuthorization: Bearer {VIEWER_TOKEN}\r\n"
    body = json.dumps({"priority": 100, "reason": "why"})
    chunked = 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n'
    requests = (
        f"GET /api/v1/members/{GROUP} HTTP/1.1\r\n{head}\r\n".encode(),
        f"GET /api/v1/events?limit=3 HTTP/1.1\r\n{head}\r\n".encode(),
        f"PATCH /api/v1/members/{GROUP} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
        f"POST /api/v1/members/{GROUP}/commands HTTP/1.1\r\n{head}{chunked}".encode(),
    )


def _basic(password: str) -> str:
    shown = base64.b64encode(f"{SCRAPER}:{password}".encode()).decode()
    return f"Host: unit\r\nAuthorization: Basic {shown}\r\n"


class MetricsAttack(TlsAttack):
    """Scrapes with the right password, which a mutation may spoil, and with a wrong one; answers are left half read."""

    port = METRICS_PORT
    head = _basic(SCRAPER_PASSWORD)
    opened = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\nAccept-Encoding: gzip\r\n"
    requests = (
        f"GET /metrics HTTP/1.1\r\n{head}\r\n".encode(),
        f"GET /metrics?name%5B%5D=understudy_up HTTP/1.1\r\n{head}{opened}\r\n".encode(),
        f"HEAD /metrics HTTP/1.1\r\n{_basic('guess')}\r\n".encode(),
        f"GET /-/ready HTTP/1.1\r\n{head}\r\n".encode(),
        f"POST /metrics HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".encode(),
    )
