"""From the settings to the engine's seats: 1:1 members, and what an N:M backup holds in the groups that it protects."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from agent.core.orders import controls_from
from agent.engine.config import Controls, MemberConfig, PoolRules, Seat
from agent.settings.model import MemberSettings, Settings
from agent.settings.overrides import Overrides

_MS = 1_000_000


def member_configs(settings: Settings) -> list[MemberConfig]:
    """One seat a [[member]], and one a group that an N:M backup lists under `protects` (S-19, S-22)."""
    configs = [_config(member, settings) for member in settings.members]
    return configs + list(_pooled(settings))


def pool_rules(settings: Settings) -> PoolRules:
    """What the reserve seats of this unit share. At most one nmBackup member protects all masters of its type."""
    backups = [member for member in settings.members if member.is_nm_backup]
    everywhere = [member for member in backups if member.protects is None]
    return PoolRules(
        is_exclusive=settings.pool.reserve == "exclusive",
        devices=tuple(device for member in backups for device in member.devices),
        home_group=backups[0].group if backups else None,
        template=_pooled_config(everywhere[0], settings, 0) if everywhere else None,
    )


def set_before(configs: Iterable[MemberConfig], overrides: Overrides) -> dict[int, Controls]:
    """By group: the controls in force when core was there last, also of groups whose seat has yet to come (S-22)."""
    found: dict[int, Controls] = {}
    for group in sorted({config.group for config in configs} | set(overrides.runtime.groups)):
        with suppress(KeyError):  # the settings file has taken that seat away
            found[group] = controls_from(overrides.controls(group))
    return found


def _pooled(settings: Settings) -> Iterator[MemberConfig]:
    for member in settings.members:
        for group in sorted(member.protects or ()):
            yield _pooled_config(member, settings, group)


def _pooled_config(member: MemberSettings, settings: Settings, group: int) -> MemberConfig:
    return replace(_config(member, settings), group=group, seat=Seat.POOLED)


def _config(member: MemberSettings, settings: Settings) -> MemberConfig:
    hold_ms = settings.returns_after_ms(member)
    return MemberConfig(
        member.group,
        member.device_type,
        member.priority,
        member.advertisement_interval_ms,
        member.device,
        member.designation,
        member.preempt,
        member.preempt_delay_ms * _MS,
        member.heal_policy == "incumbent",
        Seat.RESTING if member.is_nm_backup else Seat.ORDINARY,
        settings.pool.n_to_m,
        None if hold_ms is None else hold_ms * _MS,
        member.takeover == "attended",
    )
