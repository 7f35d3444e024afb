"""How a client's head stands to ours, from the ids that it names and our ledger alone; what it lacks comes out of that walk."""

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from agent.handover import limits
from agent.handover.protocol import Relate, Related
from agent.handover.relation import Relation
from agent.ledger.ledger import Ledger
from agent.ledger.revision import Revision


class Walked(NamedTuple):
    """`chain`: newest first, what the client lacks. `met`: what it has, newest first. `is_whole`: every branch was followed."""

    chain: list[Revision]
    met: list[Revision]
    is_whole: bool


def relate(ledger: Ledger, asked: Relate) -> Related:
    """The answer; `wants_more` when 16 ids do not tell and the client has others."""
    head = ledger.head(asked.group)
    if head is None:
        return Related(Relation.NOTHING)
    walked = walk(ledger, head, set(asked.have))
    base = walked.met[0] if walked.met else None
    relation = _relation(ledger, asked, head, walked)
    wants_more = relation in (Relation.DIVERGED, Relation.UNRELATED) and not asked.is_all and len(asked.have) < limits.MAX_HAVE
    return Related(relation, head, base, _is_via_choice(asked, walked), tuple(reversed(walked.chain)), wants_more)


def _relation(ledger: Ledger, asked: Relate, head: Revision, walked: Walked) -> Relation:
    if asked.head is None:
        return Relation.EMPTY
    if asked.digest == head.digest:
        return Relation.EQUAL
    if any(revision.id == asked.head for revision in walked.met):
        return Relation.BEHIND
    if head.id in asked.have:
        return Relation.AHEAD
    if not walked.is_whole and ledger.is_ancestor(asked.head, head.id):
        return Relation.BEHIND
    return Relation.DIVERGED if walked.met else Relation.UNRELATED


def _is_via_choice(asked: Relate, walked: Walked) -> bool:
    return any(revision.kind == "choice" and asked.head in revision.parents for revision in walked.chain)


def walk(ledger: Ledger, head: Revision, have: set[bytes]) -> Walked:
    """From the head backwards, greatest number first, to what the client has, and no further; at most 2000 steps.

    An edit costs one step. Parents have smaller numbers, so whatever comes first has no descendant that is still to come.
    """
    chain: list[Revision] = []
    met: list[Revision] = []
    for revision in _backwards(ledger, head, have):
        (met if revision.id in have else chain).append(revision)
        if len(chain) == limits.MAX_CHAIN:
            return Walked(chain, met, False)
    return Walked(chain, met, True)


def _backwards(ledger: Ledger, head: Revision, have: set[bytes]) -> Iterator[Revision]:
    seen = {head.id}
    waiting = [(-head.number, head.id, head)]
    while waiting:
        _, _, revision = heapq.heappop(waiting)
        yield revision
        for parent in revision.parents if revision.id not in have else ():
            found = None if parent in seen else ledger.revision(parent)
            if found:
                seen.add(parent)
                heapq.heappush(waiting, (-found.number, found.id, found))
