"""The parameters of choosing among views, and which strategy chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vlm_nav.imagination.choose_view import ViewSettings
from vlm_nav.navigation.parameters import Parameter, named, seconds

_VIEWS = ViewSettings()


class Strategy(str, Enum):
    """How places to go to are chosen: by marks (PIVOT), among views (ImagineNav), or in turn.

    hybrid: among views while the thing is out of sight, by marks once the model points at it.
    """

    PIVOT = 'pivot'
    IMAGINE = 'imagine'
    HYBRID = 'hybrid'


class Proposer(str, Enum):
    """Who proposes viewpoints."""

    UNIFORM = 'uniform'
    FREE_SPACE = 'free_space'


class Synthesis(str, Enum):
    """Who makes pictures of viewpoints; none: what is seen towards them is shown.

    warp: the depth and the colours of what is seen now are.
    """

    WARP = 'warp'
    NONE = 'none'


IMAGINE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        'strategy',
        Strategy.PIVOT.value,
        'how places are chosen: by marks, among views, or both in turn',
        one_of=tuple(item.value for item in Strategy),
    ),
    Parameter(
        'imagine.proposer',
        Proposer.FREE_SPACE.value,
        'who proposes viewpoints',
        one_of=tuple(item.value for item in Proposer),
    ),
    Parameter(
        'imagine.synthesis',
        Synthesis.WARP.value,
        'who makes pictures of viewpoints',
        one_of=tuple(item.value for item in Synthesis),
    ),
    Parameter('imagine.count', _VIEWS.count, 'most views to choose from', 1, 30),
    Parameter('imagine.runs', _VIEWS.runs, 'runs at once', 1, 10),
    Parameter(
        'imagine.minimum_agreement',
        _VIEWS.minimum_agreement,
        'share of runs that must choose the same view',
        0.0,
        1.0,
    ),
    Parameter(
        'imagine.least_known',
        _VIEWS.least_known,
        'share of an imagined picture that must have been seen; less: shown as seen from here',
        0.0,
        1.0,
    ),
    seconds(
        'imagine.question_timeout_s', _VIEWS.question_timeout_s, 'how long an answer may take'
    ),
)
"""Which strategy, and how views are proposed, imagined and chosen."""


@dataclass(frozen=True)
class ImagineSettings:
    """How views are proposed, imagined and chosen."""

    proposer: Proposer = Proposer.FREE_SPACE
    synthesis: Synthesis = Synthesis.WARP
    views: ViewSettings = ViewSettings()


def imagine_settings(values: Mapping[str, Any]) -> ImagineSettings:
    """Return what the values amount to; raises InvalidValueError where they make no sense."""
    return ImagineSettings(
        Proposer(values['imagine.proposer']),
        Synthesis(values['imagine.synthesis']),
        ViewSettings(**named(values, ViewSettings, 'imagine.')),
    )
