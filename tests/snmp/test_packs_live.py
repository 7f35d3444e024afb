"""The packs for Zabbix and LibreNMS against a real SNMP agent with every kind of value; in tests/faces against real units."""

import pytest

from tests.model.mibs import is_missing
from tests.snmp.packs import AS_ZABBIX_WALKS, Walk, check_items, check_sensors, check_walks, discovered, walk_of
from tests.snmp.site import ROOT, Site

pytestmark = pytest.mark.skipif(is_missing("snmpbulkwalk"), reason="needs snmpbulkwalk (Debian: snmp)")


@pytest.fixture(scope="module")
def walk(reading: Site) -> Walk:
    return walk_of(reading.v2c("snmpbulkwalk", ROOT, options=AS_ZABBIX_WALKS))


def test_zabbix_discovers_every_row(walk: Walk) -> None:
    """Issue 5: values against a live agent."""
    assert discovered(walk) == {"member": ["7", "9"], "peer": ["7.1", "9.1"], "device": ["1"], "coverage": ["7", "9"]}


def test_zabbix_finds_a_value_of_its_type_for_every_item(walk: Walk) -> None:
    """Issue 5: values against a live agent."""
    assert check_items(walk) > 100


def test_the_walks_of_the_template_ask_for_what_there_is(walk: Walk) -> None:
    """Issue 5: names against the MIB that is served."""
    check_walks(walk)


def test_librenms_finds_a_known_state_for_every_sensor(walk: Walk) -> None:
    """Issue 5: values against a live agent."""
    check_sensors(walk)
