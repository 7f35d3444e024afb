"""Modbus over TLS: certificates on both sides, the role in the client's, ADUs cut as records fall (C-20; facts, TLS rows)."""

import select
import socket
import ssl
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from agent.management.modbus.codes import ModbusFailed
from agent.management.modbus.tls import Tls
from agent.model.answers import Role
from tests.modbus.certificates import Authority, utf8_string
from tests.modbus.conftest import need
from tests.modbus.face import Face, Raw, adu, free_port, group, read, words

SET_PRIORITY = struct.pack(">BHH", 6, group(7, 2), 99)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("site"))
    authority.issue("server")
    for role in ("viewer", "operator", "admin", "emperor"):
        authority.issue(role, utf8_string(role))
    authority.issue("nobody")
    authority.issue("crooked", b"\x0c\x7fx")
    return authority


@pytest.fixture(scope="module")
def face(authority: Authority) -> Iterator[Face]:
    with tls_face(authority, write_from=()) as face:
        yield face


def tls_face(authority: Authority, second_s: float = 1.0, **settings: object) -> Face:
    return Face(None, second_s, **{"port": 0, "tls_port": free_port(), **files(authority), **settings})


def files(authority: Authority) -> dict[str, Path]:
    at = authority.directory
    return {"certificate": at / "server.pem", "key": at / "server.key", "client_ca": authority.path}


def client(face: Face, authority: Authority, name: str, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Raw:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = most
    context.load_verify_locations(authority.path)
    if name:
        context.load_cert_chain(authority.directory / f"{name}.pem", authority.directory / f"{name}.key")
    return Raw(context.wrap_socket(socket.create_connection(("127.0.0.1", face.port), 5)))


@pytest.mark.parametrize(
    ("name", "role"), [("nobody", Role.VIEWER), ("viewer", Role.VIEWER), ("operator", Role.OPERATOR), ("admin", Role.ADMIN)]
)
def test_the_certificate_says_what_its_holder_may_do(face: Face, authority: Authority, name: str, role: Role) -> None:
    """C-20: no role is a viewer; the name in the audit is the certificate's; `write_from` is for plain TCP alone."""
    face.model.changed.clear()
    with client(face, authority, name) as raw:
        assert words(raw.ask(read(0, 2))) == [0x5553, 0x4459]
        answer = raw.ask(SET_PRIORITY)
    assert answer == (SET_PRIORITY if role >= Role.OPERATOR else b"\x86\x01")
    assert [(p.name, p.face, p.address, p.role) for _changes, p, _why in face.model.changed] == (
        [(name, "modbus", "127.0.0.1", role)] if role >= Role.OPERATOR else []
    )


@pytest.mark.parametrize("name", ["emperor", "crooked"])
def test_a_role_that_cannot_be_read_is_nobodys(face: Face, authority: Authority, name: str) -> None:
    """Not a viewer by mistake: turned away, and told."""
    with client(face, authority, name) as raw:
        assert raw.is_closed()
    assert any("role" in text for text in face.told)


def test_without_a_certificate_of_the_site_nobody_comes_in(face: Face, authority: Authority, tmp_path: Path) -> None:
    """Mutual: none, another authority's, or plain TCP."""
    stranger = Authority(tmp_path)
    stranger.issue("operator", utf8_string("operator"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.path)
    for chain in (None, (tmp_path / "operator.pem", tmp_path / "operator.key")):
        if chain:
            context.load_cert_chain(*chain)
        connection = socket.create_connection(("127.0.0.1", face.port), 5)
        with pytest.raises((ssl.SSLError, ConnectionError)), Raw(context.wrap_socket(connection)) as raw:
            raw.ask(read(0, 1))
    with face.raw() as plain:
        plain.send(adu(1, read(0, 1)))
        assert plain.is_closed()


def test_an_adu_over_several_records_and_several_in_one(face: Face, authority: Authority) -> None:
    """Facts: `framer=TLS` answers 80 01 to this."""
    with client(face, authority, "viewer") as raw:
        request = adu(7, read(group(7), 10))
        for part in (request[:1], request[1:7], request[7:]):
            raw.send(part)
        number, _unit, answer = raw.answer()
        assert (number, len(words(answer))) == (7, 10)
        raw.send(b"".join(adu(number, read(0, number)) for number in range(1, 51)))
        assert [raw.answer()[0] for _ in range(50)] == list(range(1, 51))


def test_tls_1_2_is_taken_and_nothing_older(face: Face, authority: Authority) -> None:
    """Modbus Security asks for 1.2; 1.3 where the client can."""
    with client(face, authority, "viewer", ssl.TLSVersion.TLSv1_2) as raw:
        assert isinstance(raw.socket, ssl.SSLSocket)
        assert raw.socket.version() == "TLSv1.2"
        assert words(raw.ask(read(0, 1))) == [0x5553]
    with client(face, authority, "viewer") as raw:
        assert isinstance(raw.socket, ssl.SSLSocket)
        assert raw.socket.version() == "TLSv1.3"
    with pytest.raises((ssl.SSLError, ConnectionError)), pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client(face, authority, "viewer", ssl.TLSVersion.TLSv1_1)


def test_openssl_is_served(face: Face, authority: Authority) -> None:
    """A client that is not Python's: what it sends and gets is read from its pipes."""
    need("openssl")
    at = authority.directory
    command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{face.port}", "-CAfile", str(authority.path)]
    command += ["-verify_return_error", "-cert", str(at / "operator.pem"), "-key", str(at / "operator.key")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(adu(5, SET_PRIORITY))
        process.stdin.flush()
        assert process.stdout.read(12) == adu(5, SET_PRIORITY)
        process.stdin.close()
        process.terminate()


def test_a_handshake_that_never_comes_gives_its_place_back(authority: Authority) -> None:
    """It counts as a guest from the first byte on, and a silent one leaves for a new one."""
    with tls_face(authority, second_s=0.02, max_connections=4) as face, face.raw() as one, face.raw() as other:
        while not select.select([one.socket, other.socket], [], [], 0)[0]:
            with suppress(ssl.SSLError, ConnectionError), client(face, authority, "viewer") as raw:
                assert words(raw.ask(read(0, 1))) == [0x5553]
        assert one.is_closed() or other.is_closed()


def test_a_new_certificate_is_used_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    """The files are looked at with each connection; files that do not fit together leave the old one in use, and are told."""
    paths = {name: tmp_path / path.name for name, path in files(authority).items()}
    for name, path in files(authority).items():
        paths[name].write_bytes(path.read_bytes())
    with tls_face(authority, 1.0, **paths) as face:
        before = shown(face, authority)
        new_certificate, new_key = authority.issue("server2")
        paths["certificate"].write_bytes(new_certificate.read_bytes())
        assert shown(face, authority) == before
        assert any("do not fit together" in text for text in face.told)
        paths["key"].write_bytes(new_key.read_bytes())
        assert shown(face, authority) != before


def shown(face: Face, authority: Authority) -> bytes:
    with client(face, authority, "viewer") as raw:
        assert isinstance(raw.socket, ssl.SSLSocket)
        return raw.socket.getpeercert(True) or b""


def test_a_key_with_a_password_is_a_sentence(authority: Authority, tmp_path: Path) -> None:
    """Nobody is asked for it on the terminal."""
    paths = files(authority)
    key = serialization.load_pem_private_key(paths["key"].read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "locked.key").write_bytes(key.private_bytes(*form, locked))
    with pytest.raises(ModbusFailed, match="encrypted with a password"):
        Tls(paths["certificate"], tmp_path / "locked.key", paths["client_ca"], print).context()


def test_tls_without_its_files_says_so() -> None:
    """A sentence for a person."""
    face = Face(port=0, tls_port=free_port())
    with pytest.raises(Exception, match="needs certificate, key and client_ca"):
        face.serve_once()
