"""The declarations agree with one another and with what people can rely on."""

import re
from collections import Counter as Counts
from collections.abc import Iterator

import pytest

from agent.model import registers
from agent.model.answers import Verb
from agent.model.check import objection
from agent.model.command_block import COMMAND_BLOCK
from agent.model.cut import cut
from agent.model.kinds import Choice, Flag, Number
from agent.model.kinds import Counter as CounterKind
from agent.model.lamps import BUTTONS, MEMBER_LAMPS, SWITCHES, UNIT_LAMPS
from agent.model.managed import Access, Bank, Managed, Table
from agent.model.notifications import NOTIFICATION, NOTIFICATIONS
from agent.model.register_extras import EXTRAS
from agent.model.smi import DEFAULT_ROOT, absent
from agent.model.tables import TABLE, TABLES, object_named
from agent.settings.faces import PLAYPEN
from generate.smi_names import table_prefix
from tests.model.conformity import complaints
from tests.model.fake import OPERATOR, FakeModel
from tests.model.sample import sample_view

EVERY = [(table, column) for table in (*TABLES, NOTIFICATION) for column in (*table.index, *table.columns)]
IDS = [f"{table.name}.{column.name}" for table, column in EVERY]
UNITS = {"ms": "_ms", "µs": "_us", "min": "_minutes", "s": "_s", "KiB": "_kib", "ppm": "_ppm"}


@pytest.mark.parametrize(("table", "column"), EVERY, ids=IDS)
def test_an_object_is_declared_well(table: Table, column: Managed) -> None:
    """Name with its unit last, an identifier that SMIv2 takes, a sentence of help, something that stands for `not known`."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert re.fullmatch(r"us[A-Z][A-Za-z0-9]*", column.snmp)
    assert len(column.snmp) <= 32
    assert column.help[0].isupper()
    assert len(column.help) >= 10
    assert column.column >= 1
    if isinstance(column.kind, Number) and column.kind.unit:
        assert column.name.endswith(UNITS[column.kind.unit])
    if isinstance(column.kind, Number):
        stands_for_null = absent(column)
        assert isinstance(stands_for_null, int)
        assert column.kind.low <= stands_for_null <= column.kind.high
    assert column.snmp.startswith(table_prefix(table))


def test_names_oids_and_metrics_are_unique() -> None:
    for counted in (
        Counts(column.snmp.lower() for _table, column in EVERY),
        Counts((table.arc, column.column) for table, column in EVERY),
        Counts((table.name, column.name) for table, column in EVERY),
        Counts(column.metric for _table, column in EVERY if column.metric),
        Counts(table.arc for table in (*TABLES, NOTIFICATION)),
    ):
        assert [name for name, times in counted.items() if times > 1] == []


def test_metrics_are_named_as_prometheus_wants() -> None:
    """facts: a counter ends in _total, nothing else does; seconds, not milliseconds; no camelCase."""
    for _table, column in EVERY:
        if column.metric:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", column.metric)
            assert column.metric.endswith("_total") == isinstance(column.kind, CounterKind), column.metric
            assert not column.metric.endswith(("_ms", "_us", "_count"))


def test_a_choice_that_may_be_unknown_has_a_word_for_it() -> None:
    """SNMP cannot say null: what stands for it must be in the list."""
    for _table, column in EVERY:
        if isinstance(column.kind, Choice):
            assert absent(column) in column.kind.words.values()


def _places() -> Iterator[tuple[Bank, bool, int, int, str]]:
    for table in TABLES:
        for column in table.columns:
            if column.register:
                yield column.register.bank, bool(table.index), column.register.offset, column.register.words, column.name
    for extra in (*EXTRAS, *COMMAND_BLOCK):
        yield extra.register.bank, False, extra.register.offset, extra.register.words, extra.name


@pytest.mark.parametrize("bank", [Bank.INPUT, Bank.HOLDING])
@pytest.mark.parametrize("is_of_group", [False, True])
def test_registers_do_not_overlap_and_stay_in_their_block(bank: Bank, is_of_group: bool) -> None:
    taken: dict[int, str] = {}
    for _bank, _of, offset, words, name in (place for place in _places() if place[:2] == (bank, is_of_group)):
        for word in range(offset, offset + words):
            assert word not in taken, f"{name} and {taken[word]} at {word}"
            taken[word] = name
    header = 2 if is_of_group else 5
    assert min(taken) >= header
    assert max(taken) < (registers.GROUP_STRIDE if is_of_group else registers.GROUP_BASE)


def test_places_of_registers_are_those_that_were_published() -> None:
    """D-54: a PLC's program keeps these addresses for years. Add to this list, never change it."""
    published = {
        ("member", "role"): (Bank.INPUT, 2),
        ("member", "common_state"): (Bank.INPUT, 5),
        ("member", "readiness"): (Bank.INPUT, 8),
        ("member", "alarm_mask"): (Bank.INPUT, 21),
        ("member", "transitions"): (Bank.INPUT, 31),
        ("member", "config_revision"): (Bank.INPUT, 47),
        ("member", "operation_phase"): (Bank.INPUT, 58),
        ("member", "priority"): (Bank.HOLDING, 2),
        ("member", "preempt"): (Bank.HOLDING, 3),
        ("member", "advertisement_interval_ms"): (Bank.HOLDING, 4),
        ("member", "locked"): (Bank.HOLDING, 9),
        ("member", "maintenance"): (Bank.HOLDING, 11),
        ("unit", "view_revision"): (Bank.INPUT, 14),
        ("unit", "write_semaphore"): (Bank.HOLDING, 5),
    }
    found = {key: registers.REGISTERS[key] for key in published}
    assert {key: (place.bank, place.offset) for key, place in found.items()} == published
    assert (registers.group_address(0), registers.group_address(7), registers.group_address(255)) == (1000, 1448, 17320)


def test_a_number_fits_into_its_registers_or_is_told_up_to_the_largest() -> None:
    """What can be set must be told exactly; a count may be cut."""
    for _table, column in EVERY:
        if isinstance(column.kind, Number) and column.register and column.access is Access.WRITE:
            assert column.kind.high < 2 ** (16 * column.register.words) - 1, column.name


def test_lamps_switches_and_buttons_have_a_place_each_and_a_column() -> None:
    """D-54, D-55: one lamp a state and one for error; one button a target state."""
    for lamps, table in ((UNIT_LAMPS, "unit"), (MEMBER_LAMPS, "member")):
        offsets = [lamp.offset for lamp in lamps]
        assert len(set(offsets)) == len(offsets)
        assert max(offsets) < registers.GROUP_STRIDE
        assert all(object_named(table, lamp.column) for lamp in lamps)
    coils = [(switch.table, switch.offset) for switch in SWITCHES] + [("member", button.offset) for button in BUTTONS]
    assert len(set(coils)) == len(coils)
    assert {button.verb for button in BUTTONS} == set(Verb) - {Verb.NO_ACTION}
    assert all(object_named(switch.table, switch.column).access is Access.WRITE for switch in SWITCHES)


def test_exactly_one_lamp_of_each_kind_is_lit() -> None:
    """D-55."""
    row = sample_view().tables["member"][7,]
    for column in ("role", "common_state", "link_state", "indicator", "readiness_colour"):
        lit = [lamp.name for lamp in MEMBER_LAMPS if lamp.column == column and lamp.is_lit(row)]
        kind = object_named("member", column).kind
        assert isinstance(kind, Choice)
        assert lit == [f"{column}_{kind.word(int(row[column]))}"]  # type: ignore[arg-type]
    dark = [lamp for lamp in MEMBER_LAMPS if lamp.is_lit({})]
    assert dark == []


def test_alarm_lamps_follow_the_mask() -> None:
    row = {"alarm_mask": 1 << 4 | 1}
    assert [lamp.name for lamp in MEMBER_LAMPS if lamp.is_lit(row)] == ["alarm_other", "alarm_split_brain"]


@pytest.mark.parametrize(
    ("name", "value", "is_accepted"),
    [
        ("priority", 255, True),
        ("priority", 1, True),
        ("priority", 256, False),
        ("priority", -1, False),
        ("priority", True, False),
        ("priority", "12", False),
        ("preempt", 1, False),
        ("preempt", True, True),
        ("advertisement_interval_ms", 10, True),
        ("advertisement_interval_ms", 9, False),
        ("advertisement_interval_ms", 40_951, False),
        ("return_policy", 2, True),
        ("return_policy", 3, False),
        ("command_reason", "é" * 100, True),
        ("command_reason", "é" * 101, False),
        ("command_reason", "two\nlines", False),
        ("command_reason", "\ud800", False),
        ("role", 1, False),
        ("maintenance_minutes", None, False),
    ],
)
def test_values_are_accepted_or_refused_with_a_sentence(name: str, value: int | str | None, is_accepted: bool) -> None:
    """S-03: 255 is accepted, 256 and -1 are refused. facts: "12" is no number."""
    why = objection(object_named("member", name), value)
    assert (why == "") is is_accepted
    assert is_accepted or name in why


def test_priority_0_is_refused_with_a_sentence_of_its_own() -> None:
    """C-04: it is a message, not a setting."""
    assert "give up" in objection(object_named("member", "priority"), 0)


def test_what_is_not_known_has_a_value_for_snmp() -> None:
    """Null becomes what the help names; a text is cut between letters."""
    assert absent(object_named("member", "master_priority")) == -1
    assert absent(object_named("member", "fenced")) is False
    assert absent(object_named("member", "maintenance_until")) == 0
    assert len(cut("é" * 300, 255).encode()) == 254


def test_the_root_of_the_settings_is_that_of_the_mib() -> None:
    """Settings import no model, so it stands in both."""
    assert DEFAULT_ROOT == PLAYPEN


def test_notifications_carry_objects_that_exist() -> None:
    known = {**TABLE, NOTIFICATION.name: NOTIFICATION}
    assert all(known[table].column(column) for told in NOTIFICATIONS for table, column in told.objects)
    assert all(not known[table].index for told in NOTIFICATIONS for table, _column in told.objects)


def test_the_sample_view_is_one_that_the_model_allows() -> None:
    """Other tests build on it."""
    assert complaints(sample_view((7, 255), peers=3)) == []


async def _changed(model: FakeModel, value: int) -> str:
    from agent.model.answers import Change

    answer = await model.set([Change("member", (7,), "priority", value)], OPERATOR)
    return answer.text if answer.denial else ""


def test_the_fake_model_refuses_as_the_real_one() -> None:
    import asyncio

    model = FakeModel()
    assert asyncio.run(_changed(model, 256))
    assert asyncio.run(_changed(model, 200)) == ""
    row = model.view().row("member", (7,))
    assert row is not None
    assert row["priority"] == 200
    assert isinstance(object_named("member", "preempt").kind, Flag)
