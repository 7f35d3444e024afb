"""Units, rivals, LANs and taps for tests and bench: real processes in network namespaces, judged from the wire."""

from tests.netns.harness.addresses import AddressWatch
from tests.netns.harness.keepalived import Keepalived
from tests.netns.harness.lan import Lan, remove_leftovers
from tests.netns.harness.load import BusyLoops, Flood, Flooded, InterfaceChurn
from tests.netns.harness.packets import Kind, Packet, Said
from tests.netns.harness.stream import Stream
from tests.netns.harness.subject import Subject, cpu_seconds, pss_bytes
from tests.netns.harness.tap import Tap
from tests.netns.harness.unit import GROUP, PROCESSES, Done, Unit, keygen

__all__ = [
    "GROUP",
    "PROCESSES",
    "AddressWatch",
    "BusyLoops",
    "Done",
    "Flood",
    "Flooded",
    "InterfaceChurn",
    "Keepalived",
    "Kind",
    "Lan",
    "Packet",
    "Said",
    "Stream",
    "Subject",
    "Tap",
    "Unit",
    "cpu_seconds",
    "keygen",
    "pss_bytes",
    "remove_leftovers",
]
