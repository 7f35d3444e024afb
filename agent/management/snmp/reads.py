"""GET, GETNEXT and GETBULK: answered at once from the tree, never longer than the answer may be (RFC 3416, 4.2.1 to 4.2.3)."""

from bisect import bisect_right
from itertools import accumulate, chain
from typing import Final

from agent.management.snmp.ber import END_OF_VIEW, OID, length_of
from agent.management.snmp.blocks import bind
from agent.management.snmp.pdu import GET, GET_NEXT, MAX_VARBINDS, Pdu, Status, bad_response, good_response
from agent.management.snmp.tree import Tree

_OVERHEAD: Final = 32
"""Of a response around its varbinds: headers, request id, status, index."""
_LEAST: Final = 12
"""No varbind of ours is shorter: a bound for how many could fit."""


def read(tree: Tree, pdu: Pdu, max_bytes: int) -> bytes:
    """The whole response PDU, of at most `max_bytes`. BerError for names that are no OIDs."""
    if len(pdu.names) > MAX_VARBINDS:
        return bad_response(pdu, Status.TOO_BIG)
    if pdu.tag == GET:
        varbinds = [_get(tree, name) for name in pdu.names]
    elif pdu.tag == GET_NEXT:
        varbinds = [_next(tree, name) for name in pdu.names]
    else:
        return good_response(pdu.request_id, _bulk(tree, pdu, max_bytes - _OVERHEAD))
    fits = sum(map(len, varbinds)) <= max_bytes - _OVERHEAD
    return good_response(pdu.request_id, varbinds) if fits else bad_response(pdu, Status.TOO_BIG)


def _get(tree: Tree, name: bytes) -> bytes:
    place = tree.find(name)
    if place is None:
        return bind(_named(name), tree.why_not(name))
    block, row, column = place
    return block.varbind(row, column)


def _next(tree: Tree, name: bytes) -> bytes:
    place = tree.after(name)
    if place is None:
        return bind(_named(name), END_OF_VIEW)
    block, row, column = place
    return block.varbind(row, column)


def _named(name: bytes) -> bytes:
    return bytes((OID,)) + length_of(len(name)) + name


def _bulk(tree: Tree, pdu: Pdu, budget: int) -> list[bytes]:
    """As many varbinds as fit, in their order; none at all when not even the first does."""
    single = max(0, pdu.first)
    found = [_next(tree, name) for name in pdu.names[:single]]
    repeated = pdu.names[single:]
    if repeated and pdu.second > 0:
        most = min(pdu.second, budget // (_LEAST * len(repeated)) + 1)
        found += _repetitions(tree, repeated, most)
    sizes = list(accumulate(map(len, found)))
    return found if not sizes or sizes[-1] <= budget else found[: bisect_right(sizes, budget)]


def _repetitions(tree: Tree, names: list[bytes], most: int) -> list[bytes]:
    """Row by row. It ends early behind a row in which every one of them is at the end of the view."""
    runs = [tree.run_after(name, most) for name in names]
    longest = min(most, max(map(len, runs)) + 1)
    for name, run in zip(names, runs, strict=True):
        if len(run) < longest:
            end = bind(_name_of(run[-1]) if run else _named(name), END_OF_VIEW)
            run.extend([end] * (longest - len(run)))
    return runs[0] if len(runs) == 1 else list(chain.from_iterable(zip(*runs, strict=True)))


def _name_of(varbind: bytes) -> bytes:
    """The OID in it, with tag and length: the end of the view is said of the last name before it."""
    at = 2 if varbind[1] < 0x80 else 2 + (varbind[1] & 0x7F)
    size = varbind[at + 1]
    if size < 0x80:
        return varbind[at : at + 2 + size]
    behind = at + 2 + (size & 0x7F)
    return varbind[at : behind + int.from_bytes(varbind[at + 2 : behind], "big")]


def culprit(tree: Tree, pdu: Pdu) -> int:
    """Which varbind, from 1, cannot be answered for a fault of ours; 0: none alone."""
    one = _get if pdu.tag == GET else _next
    for index, name in enumerate(pdu.names, 1):
        try:
            one(tree, name)
        except Exception:  # whichever it is: it is answered genErr with this index, and told by the caller
            return index
    return 0
