"""Engine id and boots: made once, counted durably (rows 12 and 13 of the pitfalls); and who may be served without them."""

import json
import stat
from pathlib import Path

import pytest

from agent.management.snmp.engine import MAX_BOOTS, EngineError, start_engine
from tests.snmp.site import PRIORITY, running

ENGINE = "1.3.6.1.6.3.10.2.1"


def test_row_12_and_13_id_and_boots_over_restarts(tmp_path: Path) -> None:
    """The same id, one boot more each time, as net-snmp sees it; boots are on the disk before the first answer."""
    seen = []
    for boots in (1, 2, 3):
        with running(tmp_path) as site:
            said = "".join(site.v3("snmpget", f"{ENGINE}.1.0", f"{ENGINE}.2.0").split())
            assert said.endswith(f"INTEGER:{boots}")
            assert json.loads((tmp_path / "data" / "snmp" / "engine.json").read_text())["boots"] == boots
            seen.append(said.partition(f".{ENGINE}.2.0")[0])
    assert len(set(seen)) == 1


def test_a_manager_that_remembers_goes_on_after_a_restart(tmp_path: Path) -> None:
    """It knows engine, boot and time of before: notInTimeWindows tells it the new ones, and it asks again."""
    with running(tmp_path) as site:
        site.v3("snmpget", PRIORITY)
    engine_id = json.loads((tmp_path / "data" / "snmp" / "engine.json").read_text())["engine_id"]
    with running(tmp_path) as site:
        assert "254" in site.v3("snmpget", PRIORITY, options=("-e", engine_id, "-Z", "1,5"))


def test_an_engine_file_is_private_and_whole(tmp_path: Path) -> None:
    """0600; an id in the form of RFC 3411; nothing else is left in the directory."""
    engine = start_engine(tmp_path / "snmp")
    assert engine.engine_id.startswith(bytes.fromhex("80001f8805"))
    assert 5 <= len(engine.engine_id) <= 32
    assert stat.S_IMODE((tmp_path / "snmp" / "engine.json").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "snmp").iterdir()] == ["engine.json"]
    assert start_engine(tmp_path / "other").engine_id != engine.engine_id


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"engine_id": "xx", "boots": 1}', '{"engine_id": "80001f880501", "boots": -1}', '{"boots": 1}'],
)
def test_a_damaged_file_is_not_replaced_by_a_new_identity(tmp_path: Path, text: str) -> None:
    """A sentence with the file and what to do; the file stays as it is."""
    (tmp_path / "engine.json").write_text(text)
    with pytest.raises(EngineError, match=r"engine.json is damaged. Bring it back from a copy"):
        start_engine(tmp_path)
    assert (tmp_path / "engine.json").read_text() == text


def test_boots_are_latched_at_their_end(tmp_path: Path) -> None:
    """RFC 3414, 2.2.3."""
    (tmp_path / "engine.json").write_text(json.dumps({"engine_id": "80001f880501020304", "boots": MAX_BOOTS}))
    with pytest.raises(EngineError, match="Remove the file"):
        start_engine(tmp_path)


def test_boots_that_cannot_be_kept_turn_v3_off_and_leave_v2c(tmp_path: Path) -> None:
    """Rather no v3 than a number of boots that repeats; a sentence says so."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "snmp").write_text("in the way")
    with running(tmp_path) as site:
        assert site.v2c("snmpget", PRIORITY).endswith("254\n")
        assert "Timeout" in site.v3("snmpget", PRIORITY, options=("-r", "0", "-t", "0.3"))
        assert len(site.told) == 1
        assert "SNMPv3 is off" in site.told[0]
        assert str(tmp_path / "data" / "snmp") in site.told[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_counts_no_boot(tmp_path: Path) -> None:
    """The old file is still whole."""
    engine = start_engine(tmp_path)
    (tmp_path / ".engine.json.new").symlink_to("/dev/full")
    with pytest.raises(EngineError, match="No space left"):
        start_engine(tmp_path)
    assert start_engine(tmp_path).boots == engine.boots + 1
