"""Who is let in: real certificates, real TLS. Each refusal has a clear sentence, is counted on both ends, and changes nothing."""

import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.handover.client import Clients, Target
from agent.handover.protocol import Contents
from agent.handover.puller import Puller, relate
from agent.handover.refusals import RefusalReason, Refused, TransferError
from agent.handover.server import HandoverServer
from agent.handover.tls import CertificatePaths, Identity
from agent.pki import issue, retire_authorities, rotate_authority, rotate_unit
from tests.handover.liar import RawClient
from tests.handover.transfer_site import GROUP, Answers, Side, Site, client_of, hello, serving, soon

NOW = datetime.now(UTC)
LONG_AGO, SOON = NOW - timedelta(days=900), NOW + timedelta(days=10)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


class Case(NamedTuple):
    """How the one unit is made, and how both ends put the refusal."""

    make: Callable[[Site, str], Side]
    here: str
    there: str


def refused(a: Side, b: Side, name: str | None = "rx-a") -> TransferError:
    """b asks a, and gets nothing."""
    a.save({"n": 1})
    with serving(a) as server, client_of(b, server.port, name) as client:
        with pytest.raises(TransferError) as raised:
            relate(client, b.ledger, GROUP)
        assert soon(lambda: bool(a.refusals.counts()))
    assert b.ledger.head(GROUP) is None
    assert str(raised.value).endswith((".", ")")) or len(str(raised.value)) > 40
    return raised.value


EXPIRED = Case(lambda site, name: site.side(name, now=LONG_AGO), "expired", "expired")
NOT_YET = Case(lambda site, name: site.side(name, now=SOON), "bad-certificate", "not-yet-valid")
STRANGER = Case(lambda site, name: site.stranger(name), "other-authority", "other-authority")


@pytest.mark.parametrize("case", [EXPIRED, NOT_YET, STRANGER], ids=["expired", "not yet valid", "other authority"])
def test_a_backup_with_a_bad_certificate_is_refused(site: Site, case: Case) -> None:
    """C-08: nobody pulls who is not of this site. The master sees why, the backup is told by a TLS alert."""
    a, b = site.side("rx-a"), case.make(site, "rx-b")
    b.paths = b.paths._replace(ca=a.paths.ca)
    refused(a, b)
    assert (b.refusals.counts(), a.refusals.counts()) == ({case.here: 1}, {case.there: 1})


@pytest.mark.parametrize("case", [EXPIRED, NOT_YET, STRANGER], ids=["expired", "not yet valid", "other authority"])
def test_a_master_with_a_bad_certificate_is_refused(site: Site, case: Case) -> None:
    """A backup takes nothing from a unit that is not of this site, whatever it calls itself."""
    a, b = case.make(site, "rx-a"), site.side("rx-b")
    a.paths = a.paths._replace(ca=b.paths.ca)
    refused(a, b)
    assert (b.refusals.counts(), a.refusals.counts()) == ({case.there: 1}, {case.here: 1})


def test_units_of_two_sites_refuse_each_other(site: Site) -> None:
    """Each with its own authority."""
    refused(site.side("rx-a"), b := site.stranger("rx-b"))
    assert b.refusals.counts() == {"other-authority": 1}


def test_a_master_with_the_certificate_of_another_unit_is_refused(site: Site) -> None:
    """The advert said rx-a, the certificate says rx-z: somebody stands in its place. It is told."""
    a, b = site.side("rx-z"), site.side("rx-b")
    raised = refused(a, b, "rx-a")
    assert "shows the certificate of rx-z, not of rx-a" in str(raised)
    assert a.refusals.counts() == b.refusals.counts() == {"wrong-name": 1}


def test_a_unit_that_calls_itself_otherwise_than_its_certificate_is_refused(site: Site) -> None:
    """On either side."""
    a, b = site.side("rx-a"), site.side("rx-b")
    calls_itself = "calls itself rx-c shows the certificate of"
    with (
        serving(a) as server,
        client_of(b, server.port, said=hello("rx-c")) as client,
        pytest.raises(TransferError, match=f"{calls_itself} rx-b"),
    ):
        client.hello()
    answers = Answers("rx-a", a.ledger)
    answers.said = hello("rx-c")
    with serving(a, answers) as server, client_of(b, server.port) as client:
        with pytest.raises(TransferError, match=f"{calls_itself} rx-a"):
            client.hello()
        assert soon(lambda: a.refusals.counts() == {"wrong-name": 2})
    assert b.refusals.counts() == {"wrong-name": 2}


def test_a_unit_with_another_id_than_its_advert_is_refused(site: Site) -> None:
    """A second unit with a copied certificate is another unit."""
    a, b = site.side("rx-a"), site.side("rx-b")
    clients = Clients(b.identity(), lambda: hello("rx-b"), b.refusals)
    with serving(a) as server:
        with pytest.raises(TransferError, match="its advert said ffffffffffffffff"):
            clients.to(Target("127.0.0.1", server.port, "rx-a", "f" * 16)).hello()
        found = clients.to(Target("127.0.0.1", server.port)).hello()
    clients.close()
    assert found == hello("rx-a")


def test_a_backup_of_another_group_gets_nothing_of_this_one(site: Site) -> None:
    """The certificate says for which groups a unit may ask; the refusal names both, and the connection goes on."""
    a, b = site.side("rx-a", (7, 9)), site.side("rx-b", (9,))
    revision = a.save({"secret": 1})
    with serving(a) as server, client_of(b, server.port) as client:
        for ask in (
            lambda: relate(client, b.ledger, 7),
            lambda: client.content(7, revision.id),
            lambda: client.chunks(7, (bytes(32),), lambda _digest, _data: None),
            lambda: client.put_chunks(7, (), []),
        ):
            with pytest.raises(TransferError, match="the certificate of rx-b is for group 9, not 7") as raised:
                ask()
            assert raised.value.reason == RefusalReason.OTHER_GROUP
        assert relate(client, b.ledger, 9).head is None
        with pytest.raises(TransferError, match="is not held here"):
            client.content(9, revision.id)  # nor by way of a group that is its own
    assert a.refusals.counts() == b.refusals.counts() == {"other-group": 4, "not-held": 1}


def test_a_master_without_the_group_is_not_asked(site: Site) -> None:
    """Nothing goes out: its certificate says that it may not speak for the group."""
    a, b = site.side("rx-a", (9,)), site.side("rx-b")
    with (
        serving(a) as server,
        client_of(b, server.port) as client,
        pytest.raises(TransferError, match="the certificate of rx-a is for group 9, not 7"),
    ):
        relate(client, b.ledger, GROUP)
    assert (b.refusals.counts(), a.refusals.counts()) == ({"other-group": 1}, {})


def test_a_client_without_a_certificate_is_refused(site: Site) -> None:
    """TLS 1.3 tells it so at its first read."""
    a = site.side("rx-a")
    context = ssl.create_default_context(cafile=str(a.paths.ca))
    context.check_hostname = False
    with serving(a) as server:
        raw = RawClient(server.port, context)
        with pytest.raises(Refused, match="wants a certificate"):
            raw.greet(hello("rx-b"))
        assert soon(lambda: a.refusals.counts() == {"no-certificate": 1})


def test_an_authority_is_no_unit(site: Site) -> None:
    """Who has stolen the authority's files can issue itself a unit; the authority's own certificate is none."""
    a = site.side("rx-a")
    place = site.directory / "pki"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(a.paths.ca)
    context.load_cert_chain(place / "ca.pem", place / "ca.key")
    with serving(a) as server:
        raw = RawClient(server.port, context)
        with pytest.raises(Refused):
            raw.greet(hello("rx-b"))
        assert soon(lambda: sum(a.refusals.counts().values()) == 1)
    assert a.refusals.recent()[0].reason in (RefusalReason.BAD_CERTIFICATE, RefusalReason.OTHER_AUTHORITY)


def test_a_client_of_tls_1_2_is_refused(site: Site) -> None:
    """With a good certificate."""
    a, b = site.side("rx-a"), site.side("rx-b")
    context = b.identity().contexts().client
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(a) as server:
        with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
            RawClient(server.port, context)
        assert soon(lambda: a.refusals.counts() == {"old-tls": 1})


def test_a_server_of_tls_1_2_is_refused(site: Site) -> None:
    """The same the other way round."""
    a, b = site.side("rx-a"), site.side("rx-b")
    identity = a.identity()
    context = identity.contexts().server
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = HandoverServer(identity, Answers("rx-a", a.ledger), a.refusals, host="127.0.0.1", port=0)
    with client_of(b, server.port) as client, pytest.raises(TransferError) as raised:
        client.hello()
    server.close()
    assert raised.value.reason == RefusalReason.OLD_TLS


def test_a_certificate_that_expires_during_a_connection_ends_it(site: Site) -> None:
    """By the clock that is passed in; a kept connection is no way round the date."""
    a, b = site.side("rx-a"), site.side("rx-b")
    ahead = [0.0]
    with serving(a, clock=lambda: time.time() + ahead[0]) as server, client_of(b, server.port) as client:
        assert relate(client, b.ledger, GROUP).head is None
        ahead[0] = 826 * 86_400.0
        with pytest.raises(TransferError, match="the certificate of rx-b expired"):
            relate(client, b.ledger, GROUP)
        assert not client.is_connected
    assert a.refusals.counts() == b.refusals.counts() == {"expired": 1}


# Rotation ------------------------------------------------------------------------------------------------------------


def settled(identity: Identity) -> None:
    """As if a second had gone by since it looked."""
    identity._looked_at = 0.0


def test_a_rotated_certificate_is_used_without_a_restart(site: Site) -> None:
    """By new connections; a kept one is made again when it is idle."""
    a, b = site.side("rx-a"), site.side("rx-b")
    identity = a.identity()
    before = identity.contexts()
    place = a.paths.certificate.parent
    rotate_unit(site.directory / "pki", "rx-a", out_dir=place)
    settled(identity)
    after = identity.contexts()
    assert after.generation == before.generation + 1
    assert after.own.fingerprint != before.own.fingerprint
    a.save({"n": 1})
    with serving(a) as server, client_of(b, server.port) as client:
        assert relate(client, b.ledger, GROUP).head
        assert client.certificate
        assert client.certificate.fingerprint == after.own.fingerprint


def test_files_that_do_not_fit_together_leave_the_last_good_ones(site: Site) -> None:
    """A copy that is under way is no outage; `problem` says what it waits for."""
    a, other = site.side("rx-a"), site.side("rx-o")
    identity = a.identity()
    good = identity.contexts()
    key = a.paths.key.read_bytes()
    for bad in (other.paths.key.read_bytes(), b"", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"):
        a.paths.key.write_bytes(bad)
        settled(identity)
        assert identity.contexts() == good
        assert "do not fit together" in identity.problem
    a.paths.key.write_bytes(key)
    settled(identity)
    assert identity.contexts().generation == good.generation + 1
    assert identity.problem == ""


def test_a_unit_without_usable_files_says_so_and_serves_nobody(site: Site, tmp_path: Path) -> None:
    """Absent, or another unit's; a client of it is not left waiting."""
    absent = Identity(CertificatePaths(tmp_path / "c", tmp_path / "k", tmp_path / "a"), "rx-a")
    with pytest.raises(Refused, match="cannot be read: No such file"):
        absent.contexts()
    a, b = site.side("rx-a"), site.side("rx-b")
    other = Identity(a.paths, "rx-c")
    assert other.certificate() is None
    assert other.problem == f"{a.paths.certificate} is the certificate of rx-a, and this unit is rx-c"
    a.name = "rx-c"
    with serving(a) as server, client_of(b, server.port) as client, pytest.raises(TransferError):
        client.hello()
    assert a.refusals.counts() == {"own-certificate": 1}


def test_the_authority_is_rotated_without_an_outage(site: Site) -> None:
    """Bundle to all, certificates one by one, the old authority out: the two talk at every step. A unit left out is refused."""
    a, b, left_out = site.side("rx-a"), site.side("rx-b"), site.side("rx-c")
    pki = site.directory / "pki"
    revision = a.save({"n": 1})

    def talk() -> Contents:
        with serving(a) as server, client_of(b, server.port) as client:
            return Puller(client, b.ledger).pull(GROUP, revision)

    rotate_authority(pki)
    for side in (a, b):
        side.paths.ca.write_bytes((pki / "ca.pem").read_bytes())
        talk()
    for side in (a, b):
        rotate_unit(pki, side.name, out_dir=side.paths.certificate.parent)
        talk()
    retire_authorities(pki)
    for side in (a, b):
        side.paths.ca.write_bytes((pki / "ca.pem").read_bytes())
        talk()
    left_out.paths.ca.write_bytes((pki / "ca.pem").read_bytes())
    assert a.refusals.counts() == {}
    refused(a, left_out)
    assert a.refusals.counts() == {"other-authority": 1}


def test_a_kept_connection_is_made_again_after_a_rotation(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the master's files: at the next ping; nothing is counted, and the next request just works."""
    monkeypatch.setattr("agent.handover.limits.PING_AFTER_S", 0.05)
    monkeypatch.setattr("agent.handover.client.KEEP_EVERY_S", 0.05)
    monkeypatch.setattr("agent.handover.tls.LOOK_EVERY_S", 0.05)
    a, b = site.side("rx-a"), site.side("rx-b")
    with serving(a) as server, client_of(b, server.port) as client:
        client.hello()
        rotate_unit(site.directory / "pki", "rx-a", out_dir=a.paths.certificate.parent)
        assert soon(lambda: not client.is_connected)
        assert relate(client, b.ledger, GROUP).head is None
    assert a.refusals.counts() == b.refusals.counts() == {}


def test_nothing_is_issued_for_the_tests_that_the_tool_would_not_issue(site: Site) -> None:
    """They are as `understudy pki` makes them."""
    made = issue(site.directory / "pki", "rx-q", "*")
    with pytest.raises(Refused):
        Identity(CertificatePaths(made.certificate, made.key, made.key), "rx-q").contexts()
