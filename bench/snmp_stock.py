"""`python -m bench.snmp_stock PORT`: a pysnmp agent as its documentation writes one, with a table of 256 rows and 20 columns."""

import sys
from typing import Any

from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.proto.secmod.rfc3826.priv import aes

from bench.snmp_requests import COMMUNITY, PASSPHRASE, USER
from bench.snmp_tables import COLUMNS, PEER_ENTRY, ROWS, TEXTS

TREE = (1, 3, 6)


def lend_aes() -> None:
    """pysnmp 7.1.30 looks for AES where cryptography has it from 47 on, and does without it before that."""
    module: Any = aes
    if module.PysnmpCryptoError:
        module.CFB, module.Cipher, module.algorithms = modes.CFB, Cipher, algorithms
        module.default_backend, module.PysnmpCryptoError = default_backend, False


def open_engine(port: int) -> engine.SnmpEngine:
    lend_aes()
    made = engine.SnmpEngine()
    config.add_transport(made, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode(("127.0.0.1", port)))
    config.add_v1_system(made, "anybody", COMMUNITY)
    config.add_v3_user(made, USER, config.USM_AUTH_HMAC192_SHA256, PASSPHRASE, config.USM_PRIV_CFB128_AES, PASSPHRASE)
    config.add_vacm_user(made, 2, "anybody", "noAuthNoPriv", TREE)
    config.add_vacm_user(made, 3, USER, "authPriv", TREE)
    return made


def add_table(served: context.SnmpContext) -> None:
    """Declared and filled as a generated MIB module does it."""
    builder = served.get_mib_instrum().get_mib_builder()
    names = ("MibTable", "MibTableRow", "MibTableColumn", "MibScalarInstance", "Integer32")
    table, row, column, instance, integer32 = builder.import_symbols("SNMPv2-SMI", *names)
    (octets,) = builder.import_symbols("ASN1", "OctetString")
    symbols = {"benchTable": table(PEER_ENTRY[:-1]), "benchEntry": row(PEER_ENTRY).setIndexNames((0, "BENCH-MIB", "c1"))}
    symbols["c1"] = column((*PEER_ENTRY, 1), integer32()).setMaxAccess("not-accessible")
    for number in COLUMNS:
        syntax = octets() if number in TEXTS else integer32()
        symbols[f"c{number}"] = column((*PEER_ENTRY, number), syntax).setMaxAccess("read-only")
        for at in ROWS:
            value = (f"rx{at}" if number == TEXTS[0] else "") if number in TEXTS else at % 128
            symbols[f"i{number}x{at}"] = instance((*PEER_ENTRY, number), (at,), syntax.clone(value))
    builder.export_symbols("BENCH-MIB", **symbols)


def main(port: int) -> None:
    made = open_engine(port)
    served = context.SnmpContext(made)
    add_table(served)
    for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
        responder(made, served)
    made.transport_dispatcher.job_started(1)
    print("ready", flush=True)
    made.transport_dispatcher.run_dispatcher()


if __name__ == "__main__":
    main(int(sys.argv[1]))
