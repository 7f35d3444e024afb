"""Lines of values, asked of tomllib statement by statement."""

import time

from agent.settings.lines import LineFinder, Place

TEXT = '''# a comment
top = 1
[unit] # [not.this]
name = """
[lan]
fake = 1
"""
"quoted key" = [
  1,  # ]
  2,
]
[[member]]
a.b = 1
[member.sub]
c = {x = 1, y = {z = 2}}
[[member]]
group = 8
[device.rx]
driver = 'x = "1"'
'''


def test_every_value_has_its_line() -> None:
    lines = LineFinder(TEXT)
    expected: list[tuple[Place, int]] = [
        (("top",), 2),
        (("unit",), 3),
        (("unit", "name"), 4),
        (("unit", "quoted key", 1), 8),
        (("member", 0), 12),
        (("member", 0, "a", "b"), 13),
        (("member", 0, "sub"), 14),
        (("member", 0, "sub", "c", "y", "z"), 15),
        (("member", 1), 16),
        (("member", 1, "group"), 17),
        (("device", "rx", "driver"), 19),
    ]
    assert [(place, lines.line(place)) for place, _ in expected] == expected


def test_what_is_not_there_has_the_line_of_its_table() -> None:
    assert LineFinder(TEXT).line(("member", 1, "priority")) == 16
    assert LineFinder(TEXT).line(("lan", "port")) == 0


def test_a_hostile_file_costs_no_time() -> None:
    """A statement of 100,000 lines is not looked into."""
    started_s = time.monotonic()
    assert LineFinder("a = [" + "\n" * 100_000 + "]\n[unit]\n").line(("unit",)) == 0
    assert time.monotonic() - started_s < 1
