"""[pool], [handover] and the nmBackup members: values, what is refused, and what is only warned of."""

from pathlib import Path

import pytest

from agent.settings import keygen
from agent.settings.check import check, summary
from agent.settings.errors import Finding, SettingsError
from agent.settings.load import parse_settings
from agent.settings.model import HandoverSettings, PoolSettings, Settings
from tests.settings.sample import N_TO_M, PATH, POOL, SAMPLE, findings, parse

CERTIFICATES = 'certificate = "unit.pem"\nkey = "unit.key"\nca = "ca.pem"\n'
SECOND_POOL = """
[[member]]
group = 201
designation = "nmBackup"
priority = 229
device = "p3"
protects = [4]

[device.p3]
driver = "receiver"
"""


def pool(*edits: tuple[str, str], extra: str = "") -> str:
    """The sample of a pool with these replacements."""
    text = SAMPLE + POOL
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text + extra


def refusals(*edits: tuple[str, str], extra: str = "") -> list[tuple[str, str]]:
    """What each finding is about (the text of its line) and what it says."""
    text = pool(*edits, extra=extra)
    try:
        parse_settings(text, PATH)
    except SettingsError as error:
        return [(text.split("\n")[finding.line - 1], finding.what) for finding in error.findings if finding.remedy]
    return []


def warnings(directory: Path, *edits: tuple[str, str], extra: str = "") -> list[Finding]:
    """What `check` says of the pool, without what this machine lacks."""
    if not (directory / "lan.key").exists():
        keygen.create(directory / "lan.key")
    found = check(parse_settings(pool(*edits, extra=extra), directory / "u.toml"))
    return [finding for finding in found if "real-time" not in finding.what]


def whole(text: str = SAMPLE + POOL) -> Settings:
    return parse_settings(text, PATH)


def test_a_pool_becomes_values() -> None:
    """S-22, Z-14: an nmBackup is designated on itself, has a group of its own and says what it protects."""
    settings = whole()
    assert settings.pool == PoolSettings(True, "independent", "manual", 30_000)
    main, backup = settings.members
    assert (main.device, main.devices, main.protects) == ("rx", ("rx",), None)
    assert (backup.device, backup.devices, backup.protects) == ("p1", ("p1", "p2"), frozenset({1, 2, 3}))
    assert settings.handover == HandoverSettings(PATH.parent / "unit.pem", PATH.parent / "unit.key", PATH.parent / "ca.pem")
    assert settings.handover.can_track


def test_without_the_sections_it_is_1_to_1_and_nothing_is_handed_over() -> None:
    """S-18: N:M is enabled explicitly."""
    settings = parse()
    assert settings.pool == PoolSettings()
    assert not settings.pool.n_to_m
    assert settings.handover is None


def test_a_handover_section_without_certificates_keeps_the_ledger_only() -> None:
    handover = parse(extra="[handover]\n").handover
    assert handover == HandoverSettings()
    assert not handover.can_track


def test_protecting_all_is_what_an_nm_backup_does_that_names_none() -> None:
    """S-22"""
    for line in ('protects = "all"', ""):
        assert whole(pool(("protects = [1, 2, 3]", line))).members[1].protects is None


def test_the_hold_is_in_seconds() -> None:
    """C-10"""
    settings = whole(pool(("return_hold = 30", "return_hold = 2.5"), ('"manual"', '"after_hold"')))
    assert (settings.pool.return_policy, settings.pool.return_hold_ms) == ("after_hold", 2500)


WRONG = [
    ("n_to_m = true", "n_to_m = 1", "n_to_m = 1", "wrong type"),
    ('reserve = "independent"', 'reserve = "exklusive"', 'reserve = "exklusive"', "not known"),
    ('"manual"', '"automatic"', 'return_policy = "automatic"', "not known"),
    ("return_hold = 30", "return_hold = 3601", "return_hold = 3601", "out of range"),
    ("return_hold = 30", "return_hold = 0.0001", "return_hold = 0.0001", "whole number of milliseconds"),
    ("return_hold = 30", "hold = 30", "hold = 30", "no key"),
    ("port = 7421", "port = 0", "port = 0", "out of range"),
    ("capacity = 0", "capacity = 1001", "capacity = 1001", "out of range"),
    ("capacity = 0", 'licence = ""', 'licence = ""', "empty"),
    ("max_revisions = 10000", "max_revisions = 0", "max_revisions = 0", "out of range"),
    ("max_revisions = 10000", "max_bytes = 1000", "max_bytes = 1000", "out of range"),
    ("max_revisions = 10000", 'revoked = ["ab"]', 'revoked = ["ab"]', "no SHA-256 fingerprint"),
    ("max_revisions = 10000", "schema = 3", "schema = 3", "no key"),
    ("protects = [1, 2, 3]", "protects = [1, 256]", "protects = [1, 256]", "no list of groups"),
    ("protects = [1, 2, 3]", "protects = [true]", "protects = [true]", "no list of groups"),
    ("protects = [1, 2, 3]", "protects = []", "protects = []", "no list of groups"),
    ("protects = [1, 2, 3]", 'protects = "some"', 'protects = "some"', "no list of groups"),
    ("protects = [1, 2, 3]", "protects = [1, 1]", "protects = [1, 1]", "twice"),
    ('devices = ["p1", "p2"]', "devices = []", "devices = []", "0 names"),
    ('devices = ["p1", "p2"]', "devices = [1]", "devices = [1]", "no text"),
    ('devices = ["p1", "p2"]', 'devices = "p1"', 'devices = "p1"', "wrong type"),
    ('devices = ["p1", "p2"]', 'devices = ["p1", "p1"]', 'devices = ["p1", "p1"]', "twice"),
    ('devices = ["p1", "p2"]', 'devices = ["p1", "p9"]', 'devices = ["p1", "p9"]', "no table"),
    ('devices = ["p1", "p2"]', 'devices = ["p1", "rx"]', 'devices = ["p1", "rx"]', "another member already"),
    ('devices = ["p1", "p2"]', 'device = "rx"', 'device = "rx"', "another member already"),
    ('devices = ["p1", "p2"]', 'devices = ["p1"]\ndevice = "p2"', 'devices = ["p1"]', "both device and devices"),
    ('devices = ["p1", "p2"]\n', "", "[[member]]", "lacks device"),
]


@pytest.mark.parametrize(("old", "new", "line", "phrase"), WRONG)
def test_a_wrong_value_is_told_at_its_line(old: str, new: str, line: str, phrase: str) -> None:
    (found,) = refusals((old, new))
    assert found[0] == line
    assert phrase in found[1]


@pytest.mark.parametrize("missing", ["certificate", "key", "ca"])
def test_certificate_key_and_ca_come_together(missing: str) -> None:
    line = next(line for line in CERTIFICATES.splitlines() if line.startswith(missing))
    (found,) = refusals((f"{line}\n", ""))
    assert found[0] == "[handover]"
    assert f"no {missing}:" in found[1]


def test_an_nm_backup_needs_n_to_m() -> None:
    """S-18: disabled means 1:1."""
    for edit in (("n_to_m = true", "n_to_m = false"), ("n_to_m = true\n", "")):
        (found,) = refusals(edit)
        assert found[0] == 'designation = "nmBackup"'
        assert "N:M is off" in found[1]


@pytest.mark.parametrize(
    ("old", "new", "phrase"), [("preempt = false", "preempt = true", "S-24"), ("priority = 254", "priority = 255", "C-03")]
)
def test_a_master_in_n_to_m_has_no_preempt_and_no_255(old: str, new: str, phrase: str) -> None:
    """S-24, C-03, C-16: on every member of the unit."""
    (finding,) = findings((old, new), extra=N_TO_M)
    assert phrase in finding.what
    assert findings((old, new), extra=N_TO_M.replace("true", "false")) == ()


@pytest.mark.parametrize("priority", [254, 255])
def test_an_nm_backup_leaves_room_for_masters_above_it(priority: int) -> None:
    """S-23, C-03"""
    (found,) = refusals(("priority = 230", f"priority = {priority}"))
    assert found[0] == f"priority = {priority}"


@pytest.mark.parametrize(("master", "backup", "is_refused"), [(231, 230, False), (230, 230, True), (200, 230, True)])
def test_a_backup_is_below_every_master_of_the_file(master: int, backup: int, is_refused: bool) -> None:
    """S-23; what other units have is only known on the air."""
    found = refusals(("priority = 254", f"priority = {master}"), ("priority = 230", f"priority = {backup}"))
    assert [("group 7" in what, "S-23" in what) for _line, what in found] == [(True, True)] * is_refused


def test_an_nm_backup_does_not_protect_its_own_group_or_a_seat_of_this_unit() -> None:
    """S-22: a pool has a group in which no master is; a unit cannot stand in for itself."""
    found = refusals(("[1, 2, 3]", "[1, 7, 200]"))
    assert [line for line, _what in found] == ["protects = [1, 7, 200]"] * 2
    assert "seat" in found[0][1]
    assert "own group" in found[1][1]


def test_only_an_nm_backup_has_devices_and_protects() -> None:
    found = findings(('device = "rx"', 'devices = ["rx"]\nprotects = [1]'))
    assert [finding.line for finding in found] == [18, 19]
    assert "devices at a main" in found[0].what
    assert "protects at a main" in found[1].what


def test_two_members_cannot_share_a_device_of_a_pool() -> None:
    (found,) = refusals(extra=SECOND_POOL.replace('device = "p3"', 'device = "p2"'))
    assert found[0] == 'device = "p2"'


def test_two_nm_backups_of_one_unit_protect_different_groups() -> None:
    """They would claim it against each other."""
    assert refusals(extra=SECOND_POOL) == []
    (found,) = refusals(extra=SECOND_POOL.replace("[4]", "[4, 3]"))
    assert "names 3, as the nmBackup of group 200 does" in found[1]


@pytest.mark.parametrize(("first", "second"), [("[1, 2, 3]", '"all"'), ('"all"', "[4]"), ('"all"', '"all"')])
def test_all_of_a_device_type_leaves_nothing_for_another_nm_backup(first: str, second: str) -> None:
    (found,) = refusals(("[1, 2, 3]", first), extra=SECOND_POOL.replace("[4]", second))
    assert found[0] == f"protects = {second}"
    other_type = SECOND_POOL.replace("[4]", second).replace("group = 201", "group = 201\ndevice_type = 2")
    assert refusals(("[1, 2, 3]", first), extra=other_type) == []


@pytest.mark.parametrize("word", ["independent", "exclusive"])
def test_how_a_reserve_is_shared_is_set_only_at_the_reserve(word: str) -> None:
    """D-42"""
    extra = f'{N_TO_M}reserve = "{word}"\n'
    (finding,) = findings(extra=extra)
    assert "set only at the reserve (D-42)" in finding.what
    assert findings(('"main"', '"reserve"'), extra=extra) == ()


def test_all_problems_of_a_pool_are_told_at_once() -> None:
    found = refusals(("n_to_m = true", "n_to_m = false"), ("[1, 2, 3]", "[200]"), ("230", "254"), ("port = 7421", "port = 0"))
    assert len(found) == 4


def test_a_good_pool_has_no_findings(tmp_path: Path) -> None:
    """Its devices need no input and output: the configuration of the group that they take over says it."""
    assert warnings(tmp_path) == []


def test_without_the_handover_section_a_device_needs_its_input_and_output(tmp_path: Path) -> None:
    text = pool()
    text = text[: text.index("[handover]")] + text[text.index("[[member]]\ngroup = 200") :]
    keygen.create(tmp_path / "lan.key")
    found = check(parse_settings(text, tmp_path / "u.toml"))
    assert sum("is missing" in finding.what for finding in found) == 4


def test_with_the_handover_section_one_end_alone_is_still_wrong(tmp_path: Path) -> None:
    """Both ends come from the settings, or both from the configuration of the group."""
    found = warnings(tmp_path, extra='output = "udp://239.2.2.9:5000"\n')
    assert [(finding.severity, "input is missing" in finding.what) for finding in found] == [("error", True)]


def test_n_to_m_without_certificates_protects_nothing(tmp_path: Path) -> None:
    """C-08: no valid snapshot, no claim."""
    (finding,) = warnings(tmp_path, (CERTIFICATES, ""))
    assert "claims none (C-08)" in finding.what


def test_a_master_in_n_to_m_without_certificates_is_protected_by_nobody(tmp_path: Path) -> None:
    """C-08"""
    keygen.create(tmp_path / "lan.key")
    found = check(parse(extra=N_TO_M, path=tmp_path / "u.toml"))
    (finding,) = (finding for finding in found if "C-08" in finding.what)
    assert "none takes over from it" in finding.what


def test_a_slow_backup_is_told_its_time_and_why(tmp_path: Path) -> None:
    """F-6: a low priority costs 0.1 s a step."""
    (finding,) = warnings(tmp_path, ("priority = 230", "priority = 200"))
    assert "takes over 6.6 s after a master's last advert: 1 s for the interval and 5.6 s for the priorities" in finding.what
    assert "set 216..253 here" in finding.remedy
    assert warnings(tmp_path, ("priority = 230", "priority = 217")) == []


def test_a_backup_whose_interval_alone_is_too_long(tmp_path: Path) -> None:
    """F-6"""
    found = warnings(
        tmp_path, ("= 1.0", "= 10.0"), ("priority = 230", "priority = 100\nadvertisement_interval = 10"), ("= 254", "= 109")
    )
    assert "Set a shorter advertisement_interval on all units" in [finding.remedy for finding in found]


def test_a_backup_with_another_interval_is_told(tmp_path: Path) -> None:
    """C-21"""
    (finding,) = warnings(tmp_path, ("priority = 230", "priority = 230\nadvertisement_interval = 0.5"))
    assert "every master that the nmBackup protects (C-21)" in finding.what


def test_refusing_a_partial_takeover_needs_a_capacity(tmp_path: Path) -> None:
    """C-15"""
    (finding,) = warnings(tmp_path, ("allow_partial = true", "allow_partial = false"))
    assert "no effect without capacity" in finding.what
    assert warnings(tmp_path, ("allow_partial = true", "allow_partial = false"), ("capacity = 0", "capacity = 3")) == []


def test_a_return_policy_needs_n_to_m(tmp_path: Path) -> None:
    """C-10, S-18"""
    keygen.create(tmp_path / "lan.key")
    found = check(parse(extra='[pool]\nreturn_policy = "after_hold"\n', path=tmp_path / "u.toml"))
    assert any("no effect while N:M is off" in finding.what for finding in found)


@pytest.mark.parametrize(
    ("edits", "phrase"),
    [
        ([], "independent: at most 2 groups at the same time, as many as it has devices (D-34)"),
        ([('["p1", "p2"]', '["p1"]')], "independent: at most 1 group at the same time"),
        ([("[1, 2, 3]", "[1, 2]")], "independent: a device for each group (D-33)"),
        ([("[1, 2, 3]", '"all"')], "protects every master of device type 1 with p1, p2"),
        ([('"independent"', '"exclusive"')], "exclusive: one group at a time, the others wait until it is given back (D-36)"),
        ([('"manual"', '"after_hold"')], "gives a group back when its master has been stable for 30 s (C-10)"),
    ],
)
def test_the_summary_says_what_is_protected_and_with_what(edits: list[tuple[str, str]], phrase: str) -> None:
    """S-22, D-33, D-34, D-36, C-10"""
    assert phrase in "\n".join(summary(whole(pool(*edits))))


def test_the_summary_of_a_pool_in_full() -> None:
    """S-12, S-23"""
    assert summary(whole())[1:] == [
        "group 200: nmBackup, priority 230: protects groups 1, 2, 3 with p1, p2: takes over 3.6 s after the last advert heard; "
        "every master on the LAN must be above 230 (S-23)",
        "group 200: independent: at most 2 groups at the same time, as many as it has devices (D-34); "
        "gives a group back by command (C-10)",
    ]


def test_a_backup_may_be_attended_and_a_main_may_not() -> None:
    """D-40: the reserve says that a person orders every takeover."""
    attended = ('designation = "nmBackup"', 'designation = "nmBackup"\ntakeover = "attended"')
    assert parse_settings(pool(attended), PATH).members[1].takeover == "attended"
    [(line, what)] = refusals(('designation = "main"', 'designation = "main"\ntakeover = "attended"'))
    assert line == 'takeover = "attended"'
    assert "at a main" in what
