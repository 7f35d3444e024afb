"""Colours, words and limits: the palette of Okabe and Ito, which people with any kind of colour blindness can tell apart.

No state is told by its colour alone: the word stands with it.
"""

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from agent.model.kinds import Choice
from agent.model.words import INDICATOR, LINK_STATE, PROTECTION, ROLE, TRACKING
from dashboards.expressions import CHANGES, NO_MASTER, RESTS, TWO_MASTERS

GREEN, BLUE, SKY, YELLOW = "#009E73", "#0072B2", "#56B4E9", "#F0E442"
ORANGE, RED, PINK, GREY = "#E69F00", "#D55E00", "#CC79A7", "#8E8E8E"
Mappings = list[model.ValueMapping]
Shown = tuple[str, str]
"""Text and colour."""


def mapping(shown: Mapping[int, Shown]) -> Mappings:
    """Number → what a person sees."""
    results = {
        str(number): model.ValueMappingResult(text=text, color=colour, index=place)
        for place, (number, (text, colour)) in enumerate(shown.items())
    }
    return [model.ValueMap(options=results)]


def of_words(words: Choice, colours: Mapping[str, str], extra: Mapping[int, Shown] | None = None) -> Mappings:
    """Every word of a closed list with its colour; a word without one fails here, not on the screen."""
    return mapping({**{number: (word.replace("_", " "), colours[word]) for word, number in words.words.items()}, **(extra or {})})


ROLE_COLOURS: Final = {"off": GREY, "init": YELLOW, "backup": SKY, "claiming": ORANGE, "master": GREEN, "fault": RED}
PROTECTION_COLOURS: Final = {"unknown": GREY, "unprotected": ORANGE, "busy": YELLOW, "protected": GREEN}
INDICATOR_COLOURS: Final = {"off": GREY, "grey": PINK, "green": GREEN, "yellow": YELLOW, "red": RED}
TRACKING_COLOURS: Final = {
    "none": GREY,
    "local": BLUE,
    "synced": GREEN,
    "pulling": SKY,
    "offering": SKY,
    "pending": ORANGE,
    "paused": YELLOW,
    "unpaired": PINK,
    "unreachable": RED,
}
LINK_COLOURS: Final = {
    "off": GREY,
    "connecting": YELLOW,
    "connected": GREEN,
    "error": RED,
    "changing_over": SKY,
    "busy": ORANGE,
}
ROLES: Final = of_words(ROLE, ROLE_COLOURS)
SERVICE: Final = of_words(
    PROTECTION,
    PROTECTION_COLOURS,
    {NO_MASTER: ("NO MASTER", RED), CHANGES: ("changing", BLUE), RESTS: ("resting", SKY), TWO_MASTERS: ("TWO MASTERS", PINK)},
)
INDICATORS: Final = of_words(INDICATOR, INDICATOR_COLOURS)
TRACKINGS: Final = of_words(TRACKING, TRACKING_COLOURS)
LINKS: Final = of_words(LINK_STATE, LINK_COLOURS)


def yes_no(yes: str = "yes", no: str = "no", good: int = 1) -> Mappings:
    """Of a gauge that is 0 or 1; `good`: which of the two is as it should be."""
    return mapping({1: (yes, GREEN if good else ORANGE), 0: (no, ORANGE if good else GREEN)})


SWITCHED: Final = mapping({1: ("on", BLUE), 0: ("off", GREY)})
"""Of what is neither good nor bad."""


def limits(first: str, *steps: tuple[float, str]) -> build.ThresholdsConfig:
    """The colour from below, then (from this value on, this colour) …"""
    all_steps = [model.Threshold(value=None, color=first), *(model.Threshold(value=at, color=colour) for at, colour in steps)]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(all_steps)
