"""From the settings to the engine's seats: 1:1 members, and what an N:M backup holds in the groups that it protects."""

from collections.abc import Iterator
from dataclasses import replace

from agent.engine.config import MemberConfig, PoolRules, Seat
from agent.settings.model import MemberSettings, Settings

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


def _pooled(settings: Settings) -> Iterator[MemberConfig]:
    for member in settings.members:
        for group in sorted(member.protects or ()):
            yield _pooled_config(member, settings, group)


def _pooled_config(member: MemberSettings, settings: Settings, group: int) -> MemberConfig:
    return replace(_config(member, settings), group=group, seat=Seat.POOLED)


def _config(member: MemberSettings, settings: Settings) -> MemberConfig:
    pool = settings.pool
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
        pool.n_to_m,
        pool.return_hold_ms * _MS if pool.n_to_m and pool.return_policy == "after_hold" else None,
        member.takeover == "attended",
    )
