"""What units of one group show on /metrics, as far as rules ask for it. Defaults: a healthy unit that has been so for long."""

from dataclasses import dataclass, field, replace
from typing import Self

from agent.model import words
from agent.model.kinds import Choice
from tests.dashboards.tape import START_S

LONG_AGO_S = -90.0


@dataclass(frozen=True)
class Showing:
    """One unit in one group. `moved_s`: when its state changed last, in the scene's seconds; None: never yet.

    `counts`: transitions by reason. `faces`: one part of each, up or not. `group_of_alarms`: empty: they are the unit's; None: of
    its group.
    """

    name: str
    group: int = 7
    designation: str = "main"
    role: str = "master"
    airs: str = "main"
    link: str = "connected"
    protection: str = "protected"
    readiness: float = 255
    fenced: float = 1
    able: float = 1
    returned: float = 0
    maintenance: float = 0
    pending: float = 0
    tracking: str = "local"
    seat: str = "ordinary"
    device: str = "rx"
    up: float = 1
    recorder: float = 1
    faces: dict[str, float] = field(default_factory=lambda: {"http": 1, "modbus": 1})
    margin_s: float = 0.19
    moved_s: float | None = LONG_AGO_S
    started_s: float = LONG_AGO_S
    counts: dict[str, int] = field(default_factory=lambda: {"ready": 1})
    alarms: tuple[tuple[str, str], ...] = ()
    group_of_alarms: str | None = None

    def but(self, **changes: object) -> Self:
        """The same with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def moved(self, second: float, *reasons: str, **changes: object) -> Self:
        """It changes its state, through these reasons."""
        counts = dict(self.counts)
        for reason in reasons:
            counts[reason] = counts.get(reason, 0) + 1
        return self.but(moved_s=second, counts=counts, **changes)

    @property
    def alarmed(self) -> str:
        """Label `group` of its alarms."""
        return str(self.group) if self.group_of_alarms is None else self.group_of_alarms

    def metrics(self) -> dict[str, float]:
        """Series → value."""
        group = f'group="{self.group}"'
        found = {
            f'understudy_unit_info{{unit="{self.name}",unit_id="{self.name}"}}': 1.0,
            "understudy_up": self.up,
            "understudy_unit_start_timestamp_seconds": START_S + self.started_s,
            "understudy_recorder_up": self.recorder,
            'understudy_process_up{process="handover"}': 1.0,
            f'understudy_member_info{{{group},device="{self.device}",designation="{self.designation}",seat="{self.seat}"}}': 1.0,
            f"understudy_member_readiness{{{group}}}": self.readiness,
            f"understudy_member_fenced{{{group}}}": self.fenced,
            f"understudy_member_able{{{group}}}": self.able,
            f"understudy_member_returned{{{group}}}": self.returned,
            f"understudy_member_maintenance{{{group}}}": self.maintenance,
            f"understudy_config_pending_decision{{{group}}}": self.pending,
            f"understudy_member_advert_margin_least_seconds{{{group}}}": self.margin_s,
        }
        found |= {f'understudy_face_up{{face="{name}",part="tcp"}}': up for name, up in self.faces.items()}
        for name, choice, word in self._states():
            found |= one_hot(name, group, choice, word)
        found |= {f'understudy_member_transitions_total{{{group},reason="{why}"}}': n for why, n in self.counts.items()}
        if self.moved_s is not None:
            found[f"understudy_member_last_transition_timestamp_seconds{{{group}}}"] = START_S + self.moved_s
        return found | {
            f'understudy_alarm{{group="{self.alarmed}",alarm="{name}",severity="{severity}"}}': 1.0
            for name, severity in self.alarms
        }

    def _states(self) -> list[tuple[str, Choice, str]]:
        return [
            ("member_role{role", words.ROLE, self.role),
            ("member_common_state{common_state", words.COMMON_STATE, self.airs),
            ("member_link_state{link_state", words.LINK_STATE, self.link),
            ("member_protection{protection", words.PROTECTION, self.protection),
            ("config_tracking_state{state", words.TRACKING, self.tracking),
        ]


def one_hot(name: str, group: str, choice: Choice, word: str) -> dict[str, float]:
    """A series for each word of the list."""
    assert word in choice.words, f"{word} is no word of {name}"
    metric, label = name.split("{")
    return {f'understudy_{metric}{{{group},{label}="{one}"}}': float(one == word) for one in choice.words}


MAIN = Showing("rx-a")
RESERVE = Showing("rx-b", designation="reserve", role="backup", protection="unknown")
