"""The tree against a plain sorted list of everything, for any question; and what it keeps when a view changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.management.snmp.ber import Oid, enter, oid_content, oid_of
from agent.management.snmp.blocks import TableBlock
from agent.management.snmp.tree import Tree
from agent.model.smi import DEFAULT_ROOT
from agent.model.smi import oid_of as oid_in_mib
from agent.model.tables import TABLE, TABLES
from tests.model.sample import sample_view, with_row

VIEW = sample_view((0, 7, 127, 128, 255), peers=3)


def everything() -> Iterator[Oid]:
    """By the MIB's own numbers, not by the tree's."""
    for table in TABLES:
        for column in table.columns:
            for index in VIEW.tables[table.name]:
                yield oid_in_mib(table, column, index, DEFAULT_ROOT)


ALL = sorted(everything())


def shown(tree: Tree, name: bytes) -> Oid | None:
    """Where the next one is."""
    place = tree.after(name)
    return None if place is None else name_of(place[0].varbind(place[1], place[2]))


def name_of(varbind: bytes) -> Oid:
    start, end = enter(varbind, 0, len(varbind), 0x30)
    at, stop = enter(varbind, start, end, 0x06)
    return oid_of(varbind[at:stop])


def made() -> Tree:
    tree = Tree()
    tree.show(VIEW)
    return tree


TREE = made()
near = st.sampled_from(ALL).flatmap(
    lambda oid: st.one_of(
        st.just(oid),
        st.integers(2, len(oid)).map(lambda length: oid[:length]),
        st.integers(0, 2**32 - 1).map(lambda more: (*oid, more)),
        st.tuples(st.integers(6, len(oid) - 1), st.integers(0, 300)).map(lambda at: (*oid[: at[0]], at[1], *oid[at[0] + 1 :])),
    )
)


@settings(max_examples=300, deadline=None)
@given(near)
def test_next_is_the_next_of_everything(oid: Oid) -> None:
    """Whatever is asked: names that exist, parts of them, names beside them."""
    behind = ALL[bisect_right(ALL, oid) :][:1]
    assert shown(TREE, oid_content(oid)) == (behind[0] if behind else None)
    assert (TREE.find(oid_content(oid)) is not None) == (behind != ALL[bisect_left(ALL, oid) :][:1])


def test_a_run_is_everything_in_order() -> None:
    """From before the beginning to behind the end."""
    assert [name_of(varbind) for varbind in TREE.run_after(oid_content((1, 3)), 10**6)] == ALL
    assert TREE.run_after(oid_content(ALL[-1]), 5) == []
    assert TREE.run_after(oid_content((1, 3)), 0) == []


def test_rows_that_did_not_change_are_not_encoded_again() -> None:
    """By the row's identity: a change of one group costs one group."""
    block = TableBlock(TABLE["member"], DEFAULT_ROOT)
    block.show(VIEW.tables["member"])
    before = [block.varbind(row, 3) for row in range(5)]
    later = with_row(VIEW, "member", (127,), role=3)
    assert block.show(later.tables["member"]) is False
    after = [block.varbind(row, 3) for row in range(5)]
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]


def test_rows_that_come_keep_the_others() -> None:
    """Places have moved; the cells of rows that stay are the same."""
    block = TableBlock(TABLE["event"], DEFAULT_ROOT)
    rows = VIEW.tables["event"]
    block.show(rows)
    before = [block.varbind(row, 0) for row in range(3)]
    assert block.show({index: row for index, row in rows.items() if index != (1,)} | {(4,): dict(rows[(3,)])}) is True
    assert block.varbind(0, 0) is before[1]
    assert name_of(block.varbind(2, 0))[-1] == 4


def test_rows_out_of_order_are_put_in_order() -> None:
    """Whatever the view does, a walk never goes back."""
    tree = Tree()
    rows = dict(reversed(list(VIEW.tables["member"].items())))
    tree.show(replace(VIEW, tables={**VIEW.tables, "member": rows}))
    assert [name_of(varbind) for varbind in tree.run_after(oid_content((1, 3)), 10**6)] == ALL
