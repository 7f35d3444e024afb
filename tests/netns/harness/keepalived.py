"""keepalived with the same verbs as a unit: the rival that the figures stand beside."""

import subprocess
from dataclasses import dataclass

from tests.netns.harness.subject import Subject

VRRP_ADDRESS = "10.99"


@dataclass
class Keepalived(Subject):
    """VRRPv3, unauthenticated, preempt off. `realtime`: its own SCHED_FIFO priority for the VRRP process."""

    priority: int = 100
    interval: float = 1.0
    instances: int = 1
    realtime: bool = False

    @property
    def takeover_timeout_us(self) -> float:
        """RFC 5798, 6.1: three adverts and the skew, both in the interval of the master (here: the same)."""
        return (3 + (256 - self.priority) / 256) * self.interval * 1_000_000

    def command_line(self) -> list[str]:
        (self.directory / "keepalived.conf").write_text(self.configuration())
        pid_files = ["--pid", "parent.pid", "--vrrp_pid", "vrrp.pid"]
        words = [f"{self.directory}/{word}" if word.endswith(".pid") else word for word in pid_files]
        return ["keepalived", "--dont-fork", "--log-console", "--vrrp", *words, "-f", f"{self.directory}/keepalived.conf"]

    def configuration(self) -> str:
        realtime = "  vrrp_rt_priority 50\n  vrrp_rlimit_rttime 1000000\n" if self.realtime else ""
        head = f"global_defs {{\n  router_id {self.host}\n  vrrp_version 3\n{realtime}}}\n"
        return head + "".join(self._instance(number) for number in range(1, self.instances + 1))

    def _instance(self, number: int) -> str:
        return (
            f"vrrp_instance V{number} {{\n  state BACKUP\n  nopreempt\n  interface red0\n  virtual_router_id {number}\n"
            f"  priority {self.priority}\n  advert_int {self.interval}\n"
            f"  virtual_ipaddress {{ {VRRP_ADDRESS}.{number}.1/32 dev red0 }}\n}}\n"
        )

    def stop(self, timeout_s: float = 10.0) -> None:
        """SIGTERM: it sends priority 0, takes the addresses away and ends."""
        super().stop(timeout_s)
        self.forget_addresses()

    def kill(self) -> None:
        """A real power cut takes the addresses away as well."""
        super().kill()
        self.forget_addresses()
        for file in self.directory.glob("*.pid"):  # a dead child that init has not reaped yet counts as running
            file.unlink()

    def forget_addresses(self) -> None:
        namespace = self.lan.namespace(self.host)
        shown = subprocess.run(["ip", "-n", namespace, "-o", "addr", "show", "red0"], capture_output=True, text=True, check=False)
        held = [word for word in shown.stdout.split() if word.startswith(VRRP_ADDRESS + ".")]
        lines = "".join(f"addr del {address} dev red0\n" for address in held)
        subprocess.run(["ip", "-n", namespace, "-force", "-batch", "-"], input=lines, text=True, capture_output=True, check=False)
