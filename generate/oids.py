"""The root of all OIDs, and how a MIB says it."""

INTERNET = (1, 3, 6, 1)
ENTERPRISES = (1, 3, 6, 1, 4, 1)
MAX_SUB_ID = 2**32 - 1
Root = tuple[int, ...]


class RootError(Exception):
    """What was given as a root is none; the text says why."""


def root_in(text: str) -> Root:
    """From `1.3.6.1.4.1.99999.1`. RootError."""
    parts = text.strip().removeprefix(".").split(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 10 and int(part) <= MAX_SUB_ID for part in parts):
        raise RootError(f"{text!r} is no OID; write numbers with dots between them, such as 1.3.6.1.4.1.99999.1")
    root = tuple(int(part) for part in parts)
    if root[: len(INTERNET)] != INTERNET or not len(INTERNET) < len(root) <= 64:
        raise RootError(f"{text} is not below 1.3.6.1 (internet), where SNMP's objects are")
    return root


def known_parent(root: Root) -> tuple[str, Root]:
    """The name to import, and the arcs from there to the root: enterprises when it can be, else internet."""
    if root[: len(ENTERPRISES)] == ENTERPRISES and len(root) > len(ENTERPRISES):
        return "enterprises", root[len(ENTERPRISES) :]
    return "internet", root[len(INTERNET) :]


def path(root: Root) -> tuple[str, list[tuple[str, str]], str]:
    """What to import; a name for each node on the way, which strict readers want, with its value; the root's own value."""
    parent, arcs = known_parent(root)
    names = [parent, *(f"usPath{number}" for number in range(1, len(arcs)))]
    values = [f"{{ {name} {arc} }}" for name, arc in zip(names, arcs, strict=True)]
    return parent, list(zip(names[1:], values[:-1], strict=True)), values[-1]


def dotted(oid: Root) -> str:
    """1.3.6.1.…"""
    return ".".join(map(str, oid))
