"""1:1: a is master of group 7, b its backup; both keep configurations, and nothing is paired yet."""

from tests.netns.harness.configured import ConfiguredUnit
from tests.netns.harness.site_scene import SiteScene
from tests.netns.harness.unit import GROUP


class ConfigScene(SiteScene):
    """`is_paired`: b follows a's first version already. `digest`: of that version."""

    a: ConfiguredUnit
    b: ConfiguredUnit

    def __init__(self, interval: float = 0.5, rate: int = 50, is_paired: bool = True) -> None:
        super().__init__(interval, rate)
        self._is_paired = is_paired

    def make_units(self) -> None:
        self.a = self.unit("a", 254)
        self.b = self.unit("b", 253, designation="reserve")

    def settle(self) -> None:
        self.start("a", "b")
        self.digest = self.put("a", GROUP, 0)
        self.wait_for_master("a", GROUP, timeout_s=30)
        if self._is_paired:
            self.pair()

    def pair(self) -> None:
        """b chooses a, and has what a has."""
        self.b.wait_for("a master to pair with", lambda: self.b.ask("discover").get("masters"))
        done = self.b.command("pair", GROUP)
        assert done.exit_code == 0, done
        self.b.wait_for_digest(GROUP, self.digest)
        self.b.wait_for_seat(GROUP, "ready to follow", lambda seat: seat.get("role") == "backup" and seat.get("able"))
