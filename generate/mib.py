"""mibs/UNDERSTUDY-MIB.txt: SMIv2, from the same declarations as every face."""

from collections.abc import Iterator

from agent.model.notifications import NOTIFICATION
from agent.model.smi import CONFORMANCE_ARC, DEFAULT_ROOT, NOTIFICATIONS_ARC, OBJECTS_ARC, PRODUCT_ARC, PRODUCTS_ARC
from agent.model.tables import TABLES
from generate.mib_conformance import conformance, notification_types
from generate.mib_objects import table_types
from generate.mib_text import clause, described, enumeration
from generate.oids import Root, dotted, path
from generate.smi_names import CONVENTIONS, label

REVISED = "202601010000Z"
"""Of the text's meaning; later revisions are added before this one."""
_ABOUT = (
    "Hot-standby units that never leave the air: roles, readiness, settings, commands, events and alarms. Made from the "
    "model of the agent by ./dev generate: do not edit. What is not known now is said by a value that each object's text "
    "names: -1, an empty text, a date of eight zero octets."
)
_NO_NUMBER = """-- No enterprise number is registered for this project. The root below is
-- {root}: {what}.
-- Another root: [snmp] root in the settings of every unit, and this file made
-- anew by ./dev generate with the option root (see its help).
"""
_PLAYPEN = "net-snmp's playpen (netSnmpPlaypen), for private use"
_CHOSEN = "chosen by whoever made this file"


def mib_page(root: Root) -> str:
    """The whole module."""
    return "UNDERSTUDY-MIB DEFINITIONS ::= BEGIN\n\n" + "\n".join(_parts(root)) + "\nEND\n"


def _parts(root: Root) -> Iterator[str]:
    yield _NO_NUMBER.format(root=dotted(root), what=_PLAYPEN if root == DEFAULT_ROOT else _CHOSEN)
    parent, nodes, value = path(root)
    yield _imports(parent)
    yield _identity(value)
    yield from (f"{name} OBJECT IDENTIFIER ::= {place}\n" for name, place in nodes)
    yield from _nodes()
    yield from (_convention(name, labels, text) for name, labels, text in _conventions())
    for table in (*TABLES, NOTIFICATION):
        yield f"-- {table.name}\n"
        yield from table_types(table, "usObjects")
    yield "-- notifications\n"
    yield from notification_types()
    yield "-- conformance\n"
    yield from conformance()


def _imports(parent: str) -> str:
    smi = ["MODULE-IDENTITY", "OBJECT-TYPE", "OBJECT-IDENTITY", "NOTIFICATION-TYPE", parent]
    types = ["Integer32", "Unsigned32", "Counter64"]
    return (
        "IMPORTS\n"
        f"    {', '.join(smi)},\n    {', '.join(types)}\n        FROM SNMPv2-SMI\n"
        "    TEXTUAL-CONVENTION, TruthValue, DateAndTime, TestAndIncr\n        FROM SNMPv2-TC\n"
        "    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP\n        FROM SNMPv2-CONF\n"
        "    SnmpAdminString\n        FROM SNMP-FRAMEWORK-MIB;\n"
    )


def _identity(value: str) -> str:
    return (
        "understudyMIB MODULE-IDENTITY\n"
        + clause("LAST-UPDATED", f'"{REVISED}"')
        + clause("ORGANIZATION", '"Understudy"')
        + clause("CONTACT-INFO", '"See the README of the software."')
        + described(_ABOUT)
        + clause("REVISION    ", f'"{REVISED}"')
        + described("First version.")
        + f"    ::= {value}\n"
    )


def _nodes() -> Iterator[str]:
    for name, arc in (
        ("usNotifications", NOTIFICATIONS_ARC),
        ("usObjects", OBJECTS_ARC),
        ("usConformance", CONFORMANCE_ARC),
        ("usProducts", PRODUCTS_ARC),
    ):
        yield f"{name} OBJECT IDENTIFIER ::= {{ understudyMIB {arc} }}\n"
    yield (
        "usUnderstudy OBJECT-IDENTITY\n"
        + clause("STATUS ", "current")
        + described("sysObjectID of a unit that runs this software.")
        + f"    ::= {{ usProducts {PRODUCT_ARC} }}\n"
    )


def _conventions() -> Iterator[tuple[str, list[tuple[str, int]], str]]:
    for name, choice, text in CONVENTIONS:
        yield name, [(label(word), number) for word, number in choice.words.items()], text


def _convention(name: str, labels: list[tuple[str, int]], text: str) -> str:
    return (
        f"{name} ::= TEXTUAL-CONVENTION\n"
        + clause("STATUS     ", "current")
        + described(text)
        + clause("SYNTAX     ", enumeration(labels))
    )
