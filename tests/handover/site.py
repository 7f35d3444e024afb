"""Several units with real certificates and real TLS on loopback, and the LAN between their cores, played by the test."""

import itertools
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.pki import UnitPaths, init_authority, issue
from tests.handover.unit import Json, Unit, until

POOL = "\n[pool]\nn_to_m = true\n"
GUARD = '[[member]]\ngroup = 200\ndesignation = "nmBackup"\npriority = 50\ndevice = "rx"\nprotects = [7]\n'


class Site:
    """Units on a LAN. `masters`: who is master of group 7 (or of another) at the moment, and for whom it acts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        init_authority(directory / "pki")
        self._number = itertools.count(2)
        self._net = random.randrange(1, 250)
        self.port = free_port()
        self.units: list[Unit] = []
        self.masters: dict[int, Unit] = {}
        self.acting: set[int] = set()
        self.is_cut = False

    def unit(
        self,
        name: str,
        *,
        groups: tuple[int, ...] = (7,),
        changes: tuple[str, ...] = (),
        handover: str = "",
        paths: UnitPaths | None = None,
        more_addresses: tuple[str, ...] = (),
        **options: object,
    ) -> Unit:
        """With a certificate for the groups, unless others are given. `changes`: see launch; `handover`: more settings."""
        paths = paths or issue(self.directory / "pki", name, groups, out_dir=self.directory / f"pki-{name}")
        files = {"certificate": paths.certificate, "key": paths.key, "ca": paths.bundle}
        handover += f"port = {self.port}\n" + "".join(f'{key} = "{path}"\n' for key, path in files.items())
        address = f"127.77.{self._net}.{next(self._number)}"
        unit = Unit(self.directory, name, address=address, handover=handover, **options)  # type: ignore[arg-type]
        unit.core.on_config = lambda config: self._advertised(unit, config)
        unit.changes, unit.more_addresses = changes, more_addresses
        self.units.append(unit)
        return unit.start()

    def _advertised(self, unit: Unit, config: Json) -> None:
        """A master's advert carries its revision and digest."""
        group = config["group"]
        assert isinstance(group, int)
        if self.masters.get(group) is unit and not self.is_cut:
            self._spread(group)

    def _spread(self, group: int) -> None:
        master = self.masters[group]
        for other in self.units:
            if other is not master:
                other.hears(master, group=group, acting_for=group if group in self.acting else None)

    def master(self, unit: Unit, group: int = 7, *, acts: bool = False) -> None:
        """From now on this one is master; the others are backups and hear it."""
        before, self.masters[group] = self.masters.get(group), unit
        self.acting = self.acting | {group} if acts else self.acting - {group}
        unit.seat("master", group=group, acting_for=group if acts else None)
        for other in self.units:
            if other is not unit:
                other.seat("backup", group=group, master=unit)
        if before and before is not unit:
            for other in self.units:
                if other is not before:
                    other.hears(before, group=group, is_master=False)
        self._spread(group)

    def end(self) -> None:
        """All of them."""
        for unit in self.units:
            unit.end()


def free_port() -> int:
    """One that nobody has at the moment, on any loopback address."""
    with socket.socket() as asking:
        asking.bind(("", 0))
        return int(asking.getsockname()[1])


@contextmanager
def site_in(directory: Path) -> Iterator[Site]:
    """Ended whatever happens."""
    site = Site(directory)
    try:
        yield site
    finally:
        site.end()


def same(one: Unit, other: Unit, group: int = 7) -> bool:
    """Do both have the same content in force, and have both told their core?"""
    heads = [unit.status(group)["head"] for unit in (one, other)]
    digests = [head["digest"] if isinstance(head, dict) else None for head in heads]
    digests += [unit.core.announced.get(group, {}).get("digest") for unit in (one, other)]
    return len(set(digests)) == 1 and digests[0] is not None


def paired(site: Site, master: Unit, *backups: Unit) -> None:
    """The master has a first configuration, the backups follow."""
    site.master(master)
    master.edit({"x": 1})
    for backup in backups:
        until(lambda backup=backup: backup.done("discover")["masters"])  # type: ignore[misc]
        # The backup's core may tell who is master before the master's own process has heard it.
        until(lambda backup=backup: backup.ask("pair", group=7)["outcome"] == "done")  # type: ignore[misc]
        until(lambda backup=backup: same(master, backup))  # type: ignore[misc]
