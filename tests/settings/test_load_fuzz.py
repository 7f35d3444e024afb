"""Whatever the file holds: Settings or SettingsError, nothing else."""

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.settings.check import check
from agent.settings.errors import SettingsError
from agent.settings.load import load_settings, parse_settings
from tests.settings.sample import PATH, POOL, SAMPLE, SECOND_MEMBER

LINES = (SAMPLE + SECOND_MEMBER + POOL).splitlines()
KEYS = sorted({line.partition(" =")[0] for line in LINES if "=" in line} | {"peers", "minimum_ttl", "beacon", "preempt_delay"})
POOL_LINES = (
    "[pool]",
    "[[pool]]",
    "[handover]",
    "handover = 3",
    "protects = 'all'",
    "protects = [1, 1]",
    "devices = ['rx', 'rx']",
)
VALUES = st.one_of(
    st.integers().map(str),
    st.integers(0, 300).map(str),
    st.floats().map(repr),
    st.text(st.characters(codec="utf-8", exclude_characters="'\n\r"), max_size=40).map(lambda text: f"'{text}'"),
    st.sampled_from(
        ["true", "[]", "{}", "[[]]", "[{}]", "{a = {}}", "1979-05-27", "0xff", "inf", '"\\ud800"', '["10.0.0.2"]', '"ff02::1"']
    ),
)
STATEMENTS = st.one_of(
    st.tuples(st.sampled_from(KEYS), VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.sampled_from(
        [*LINES, "[member]", "[[lan]]", "[device]", "[[device.rx]]", "[device.'a b']", "[unit.name]", "member = []", *POOL_LINES]
    ),
    st.text(max_size=30),
)


def parses_or_is_refused(text: str) -> None:
    try:
        result = parse_settings(text, PATH)
    except SettingsError as error:
        refusal = error
    else:
        check(result)
        return
    assert refusal.findings
    assert str(refusal)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    parses_or_is_refused(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENTS, max_size=25))
def test_any_heap_of_statements(statements: list[str]) -> None:
    parses_or_is_refused("\n".join(statements))


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(LINES) - 1), STATEMENTS, st.booleans())
def test_a_good_file_with_one_line_spoilt(index: int, statement: str, is_replaced: bool) -> None:
    parses_or_is_refused("\n".join([*LINES[:index], statement, *LINES[index + is_replaced :]]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "u.toml"
    path.write_bytes(data)
    with contextlib.suppress(SettingsError):
        load_settings(path)
