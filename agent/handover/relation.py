"""How this unit's head stands to the master's: the words, and how ancestry tells them apart. Pure."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Relation(StrEnum):
    """Of the head here (ours) to the head at the master (theirs), both of one group."""

    NOTHING = "nothing"  # the master has no configuration of this group
    EMPTY = "empty"  # we have none
    EQUAL = "equal"  # the same content, whatever the revisions are called
    BEHIND = "behind"  # ours is an ancestor of theirs
    AHEAD = "ahead"  # theirs is an ancestor of ours
    DIVERGED = "diverged"  # both changed since their common ancestor (Z-41)
    UNRELATED = "unrelated"  # there is no common ancestor


class Head(Protocol):
    """What is compared: a revision."""

    @property
    def id(self) -> bytes:
        """32 bytes."""

    @property
    def digest(self) -> bytes:
        """32 bytes, of the content."""


IsAncestor = Callable[[bytes, bytes], bool]
CommonAncestor = Callable[[bytes, bytes], bytes | None]


def relation_of(ours: Head | None, theirs: Head | None, is_ancestor: IsAncestor, common: CommonAncestor) -> Relation:
    """`is_ancestor(a, b)`: b goes back to a. `common(a, b)`: the youngest revision that both go back to, if any."""
    if theirs is None:
        return Relation.NOTHING
    if ours is None:
        return Relation.EMPTY
    if ours.digest == theirs.digest:
        return Relation.EQUAL
    return _by_ancestry(ours.id, theirs.id, is_ancestor, common)


def _by_ancestry(ours: bytes, theirs: bytes, is_ancestor: IsAncestor, common: CommonAncestor) -> Relation:
    if is_ancestor(ours, theirs):
        return Relation.BEHIND
    if is_ancestor(theirs, ours):
        return Relation.AHEAD
    return Relation.UNRELATED if common(ours, theirs) is None else Relation.DIVERGED
