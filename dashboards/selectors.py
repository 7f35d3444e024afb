"""How a dashboard names the agent's metrics: the prefix, and the matchers that every selector carries."""

from typing import Final

PREFIX: Final = "understudy_"
OF_CHOSEN_UNITS: Final = 'job=~"$job", instance=~"$instance"'
OF_CHOSEN_GROUPS: Final = 'group=~"$group"'


def unit(name: str, **labels: str) -> str:
    """`understudy_NAME{job=~"$job", instance=~"$instance", …}`: a metric of the unit itself."""
    return f"{PREFIX}{name}{{{', '.join([OF_CHOSEN_UNITS, *_matchers(labels)])}}}"


def member(name: str, **labels: str) -> str:
    """The same for a metric that has a group, of the groups chosen above."""
    return f"{PREFIX}{name}{{{', '.join([OF_CHOSEN_UNITS, OF_CHOSEN_GROUPS, *_matchers(labels)])}}}"


def _matchers(labels: dict[str, str]) -> list[str]:
    return [f'{label}="{value}"' for label, value in labels.items()]
