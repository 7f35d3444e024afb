"""N:M: masters a, b, c of groups 1, 2, 3, and backups p (253) and q (252), each with one device, that protect all of them."""

from tests.netns.harness.site_scene import SiteScene, together

HOME = {"a": 1, "b": 2, "c": 3}
POOL_GROUP = 200


class PoolScene(SiteScene):
    """T is 0.8 s for p and 0.9 s for q. `digests`: by group, of the version 0 that every unit holds at the beginning.

    `return_hold_s`: the masters take their groups back so long after they have returned; None: a person orders it.
    """

    hosts = ("a", "b", "c", "p", "q", "x", "src")
    groups = (1, 2, 3)

    def __init__(
        self,
        rate: int = 50,
        reserve: str = "independent",
        devices: int = 1,
        backups: tuple[str, ...] = ("p", "q"),
        return_hold_s: float | None = None,
    ) -> None:
        super().__init__(0.5, rate)
        self._of_masters: dict[str, bool | str | float] = {"n_to_m": True}
        if return_hold_s is not None:
            self._of_masters |= {"return_policy": "after_hold", "return_hold": return_hold_s}
        self._reserve, self._devices, self.backups = reserve, devices, backups
        self.digests: dict[int, str] = {}

    def make_units(self) -> None:
        for host, group in HOME.items():
            self.unit(host, 254, groups=(group,), pool=self._of_masters)
        pool = {"n_to_m": True, "reserve": self._reserve}
        for host in self.backups:
            self.unit(
                host,
                {"p": 253, "q": 252}[host],
                groups=(POOL_GROUP,),
                designation="nmBackup",
                pool=pool,
                devices=self._devices,
                protects=self.groups,
            )

    def settle(self) -> None:
        self.start(*self.units)
        found = together(*(lambda host=host, group=group: self.put(host, group) for host, group in HOME.items()))
        self.digests = dict(zip(HOME.values(), map(str, found), strict=True))
        for host, group in HOME.items():
            self.wait_for_master(host, group, timeout_s=30)
        self.wait_until_protected(*self.digests)

    def wait_until_protected(self, *groups: int) -> None:
        """Every backup holds the documents of those groups, and is able."""
        for group in groups:
            for unit in (self.units[backup] for backup in self.backups):
                unit.wait_for_digest(group, self.digests[group])
                unit.wait_for_seat(group, "ready", lambda seat: seat.get("role") == "backup" and seat.get("able"))
