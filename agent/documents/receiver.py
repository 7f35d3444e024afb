"""The configuration of a receiver group, schema `receiver` 1.0: what S-30 lists, with class (C-19), range, unit."""

from typing import Final

from agent.documents.kinds import Choice, Flag, Integer, ListOf, Text
from agent.documents.network import Address, InterfaceName, Mac, UdpUrl
from agent.documents.receiver_rules import RULES
from agent.documents.schema import Field, FieldClass, Free, Rows, Schema, Table

MAX_PID: Final = 8191  # 13 bits (ISO/IEC 13818-1, 2.4.3.3)
NAME: Final = Text(longest=64)
ID16: Final = Integer(0, 65535)
FREQUENCY: Final = Integer(1_000, 60_000_000, "kHz")
# ETSI EN 302 307-1 table 1, EN 302 307-2 tables 1 and 2, and EN 300 421: the constellations and code rates of DVB-S, S2 and S2X.
MODULATIONS: Final = ("auto", "BPSK", "QPSK", "8PSK", "8APSK", "16APSK", "32APSK", "64APSK", "128APSK", "256APSK")
# fmt: off
FECS: Final = (
    "auto", "1/4", "1/3", "2/5", "1/2", "3/5", "2/3", "3/4", "4/5", "5/6", "6/7", "7/8", "8/9", "9/10", "13/45", "9/20",
    "11/20", "5/9", "26/45", "23/36", "25/36", "13/18", "7/9", "77/90", "8/15", "7/15", "32/45", "11/15", "4/15", "11/45",
    "14/45", "31/45", "18/30", "20/30", "22/30", "19/30", "100/180", "96/180", "90/180", "104/180", "116/180", "124/180",
    "128/180", "132/180", "135/180", "140/180", "154/180", "29/45",
)
# fmt: on
ROLL_OFFS: Final = ("auto", "0.05", "0.10", "0.15", "0.20", "0.25", "0.35")

IDENTITY: Final = Table(
    "What the group is called in the signal; the acting unit takes it over (S-30).",
    {
        "network_name": Field(NAME, "Name of the network."),
        "network_id": Field(ID16, "network_id of the NIT (ETSI EN 300 468)."),
        "transport_stream_id": Field(ID16, "transport_stream_id of the PAT."),
        "original_network_id": Field(ID16, "original_network_id of the SDT."),
        "provider_name": Field(NAME, "Name of the provider."),
    },
)
UNIT: Final = Table(
    "What is this unit's alone; nothing of it is ever handed over.",
    {
        "name": Field(NAME, "Name of this unit.", FieldClass.OWN),
        "serial": Field(NAME, "Serial number of this unit.", FieldClass.NEVER),
        "licence": Field(Text(longest=4096), "Licence of this unit (Z-11).", FieldClass.NEVER),
    },
)
PORT: Final = Table(
    "A logical port. Its name is shared; what it is on a unit is that unit's own (S-31, Z-08).",
    {
        "name": Field(NAME, "Logical name, for example lan1.", is_required=True),
        "interface": Field(InterfaceName(), "Interface of this unit.", FieldClass.OWN, is_required=True),
        "address": Field(Address(has_prefix=True), "Address of this unit, with its prefix length.", FieldClass.OWN),
        "gateway": Field(Address(), "Gateway of this unit.", FieldClass.OWN),
        "mac": Field(Mac(), "Hardware address of this unit.", FieldClass.OWN),
        "acting_address": Field(Address(has_prefix=True), "Address that the acting unit has besides.", FieldClass.ACTING),
    },
)
LNB: Final = Table(
    "The LNB of a carrier.",
    {
        "local_oscillator_khz": Field(Integer(0, 60_000_000, "kHz"), "Frequency of the local oscillator; 0: none."),
        "supply": Field(Choice(("off", "13V", "18V")), "Supply on the cable.", default="off"),
        "tone": Field(Flag(), "22 kHz tone.", default=False),
    },
)
CARRIER: Final = Table(
    "A carrier that is received, and where its transport stream comes from.",
    {
        "id": Field(NAME, "Name within the document.", is_required=True),
        "input": Field(UdpUrl(is_output=False), "Where the transport stream comes from.", is_required=True),
        "port": Field(NAME, "Logical port of the input; without it the system's choice.", refers_to="port"),
        "enabled": Field(Flag(), "Is it to be received?", default=True),
        "frequency_khz": Field(FREQUENCY, "Centre frequency."),
        "symbol_rate_baud": Field(Integer(1_000, 500_000_000, "Bd"), "Symbol rate."),
        "modulation": Field(Choice(MODULATIONS), "Constellation."),
        "fec": Field(Choice(FECS), "Code rate."),
        "roll_off": Field(Choice(ROLL_OFFS), "Roll-off."),
        "polarisation": Field(Choice(("H", "V", "L", "R")), "Horizontal, vertical, left or right."),
        "lnb": LNB,
    },
)
PID_LIST: Final = Table(
    "PIDs that a route keeps.",
    {
        "name": Field(NAME, "Name within the document.", is_required=True),
        "pids": Field(ListOf(Integer(0, MAX_PID), MAX_PID + 1, 1), "The PIDs to keep.", is_required=True, is_set=True),
        "drop_null": Field(Flag(), "Leave out null packets, PID 8191.", default=False),
    },
)
ROUTE: Final = Table(
    "From a carrier to an output. A route that no service lists is always carried.",
    {
        "id": Field(NAME, "Name within the document.", is_required=True),
        "carrier": Field(NAME, "Carrier that it takes.", is_required=True, refers_to="carrier"),
        "pid_list": Field(NAME, "What it keeps; without it everything.", refers_to="pid_list"),
        "output": Field(UdpUrl(is_output=True), "Where it goes.", is_required=True),
        "port": Field(NAME, "Logical port of the output; without it the system's choice.", refers_to="port"),
    },
)
SERVICE: Final = Table(
    "What people see or hear, by rank: when the capacity is short, the last ranks are lost first (C-15).",
    {
        "name": Field(NAME, "Name within the document.", is_required=True),
        "rank": Field(Integer(1, 1000), "1 is kept longest.", is_required=True),
        "routes": Field(ListOf(NAME, 1024), "Routes that carry it.", is_set=True, refers_to="route"),
    },
)

RECEIVER: Final = Schema(
    "receiver",
    major=1,
    minor=0,
    root=Table(
        "Configuration of a receiver group.",
        {
            "identity": IDENTITY,
            "unit": UNIT,
            "port": Rows("Logical ports.", "name", PORT, most=64),
            "carrier": Rows("Carriers.", "id", CARRIER),
            "pid_list": Rows("PID lists.", "name", PID_LIST),
            "route": Rows("Routing table.", "id", ROUTE, most=4096),
            "service": Rows("Services.", "name", SERVICE, most=4096),
            "ncc": Free("Network control: whatever the network's control centre gives."),
        },
    ),
    rules=RULES,
)
