"""The lease page: one memfd, shared with the worker, muted until core says otherwise (C-24)."""

import mmap
import os
from pathlib import Path

from agent.core.page import LeasePage


def mapped(page: LeasePage) -> memoryview:
    """As a worker sees it."""
    return memoryview(mmap.mmap(page.descriptor, 4096)).cast("Q")


def test_new_page_is_muted() -> None:
    """S-27: word 0 is 0."""
    assert list(mapped(LeasePage("rx"))[:4]) == [0, 0, 0, 0]


def test_worker_sees_the_grant_and_core_the_heartbeat() -> None:
    """docs/architecture.md, the four words."""
    page = LeasePage("rx")
    worker = mapped(page)
    page.grant(123_456_789_000)
    worker[1] = 42
    assert worker[0] == page.lease_until_ns == 123_456_789_000
    assert page.heartbeat_ns == 42


def test_closed_page_reads_0_for_ever_in_the_worker() -> None:
    """C-24: the mapping of the worker outlives the page of core, and is muted."""
    page = LeasePage("rx")
    worker = mapped(page)
    page.grant(1 << 62)
    page.close()
    assert worker[0] == 0


def test_closed_page_leaves_no_descriptor_behind() -> None:
    """A worker that crashes a thousand times must not cost a thousand descriptors."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        LeasePage("rx").close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_page_is_not_inherited_by_other_programs() -> None:
    """The lease belongs to core and its worker alone."""
    assert not os.get_inheritable(LeasePage("rx").descriptor)
