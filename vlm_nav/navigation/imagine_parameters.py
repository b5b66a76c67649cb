"""The parameters of choosing among views, and which strategy chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vlm_nav.checks.known import checks_named
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.imagination.choose_view import ViewSettings
from vlm_nav.imagination.view_service import ServiceSettings
from vlm_nav.memory.earlier_frames import EarlierFrames
from vlm_nav.memory.keyframes import KeyframeSettings
from vlm_nav.navigation.parameters import Parameter, named, seconds

_VIEWS, _KEYFRAMES, _EARLIER = ViewSettings(), KeyframeSettings(), EarlierFrames()


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
    LEARNED = 'learned'


class Synthesis(str, Enum):
    """Who makes pictures of viewpoints; none: what is seen towards them is shown.

    warp: the depth and the colours of what is seen now are. service: an HTTP service of the
    user's does.
    """

    WARP = 'warp'
    SERVICE = 'service'
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
    Parameter(
        'imagine.remembered',
        _VIEWS.remembered,
        'pictures of earlier that are shown besides',
        0,
        20,
    ),
    Parameter(
        'imagine.keyframe_most',
        _KEYFRAMES.most,
        'pictures of earlier that are kept; none where none is shown',
        1,
        100,
    ),
    Parameter(
        'imagine.keyframe_novelty',
        _KEYFRAMES.novelty,
        'how much a picture must differ from all that are kept',
        0.01,
        1.0,
    ),
    Parameter(
        'imagine.keyframe_travel_m',
        _KEYFRAMES.travel_m,
        'so far from where all others were taken a picture is kept whatever it shows',
        0.1,
        100.0,
    ),
    Parameter(
        'imagine.earlier_frames',
        _EARLIER.most,
        'frames of earlier kept to warp from, 2 MB each; 0: only what is seen now is warped',
        0,
        200,
    ),
    Parameter('imagine.service_url', '', 'the image service that synthesis: service asks'),
    seconds('imagine.service_timeout_s', 20.0, 'how long a picture of it may take'),
    Parameter('imagine.service_key_variable', '', 'variable with its key; empty: it wants none'),
    Parameter(
        'hybrid.stage_m',
        2.0,
        'so far hybrid goes towards a view before it looks and chooses anew; 0: all the way',
        0.0,
        100.0,
    ),
    Parameter(
        'hybrid.look_every_m',
        1.0,
        'hybrid looks for the thing so often on the way, while it is out of sight; 0: never',
        0.0,
        100.0,
    ),
)
"""Which strategy, and how views are proposed, imagined and chosen."""


@dataclass(frozen=True)
class ImagineSettings:
    """How views are proposed, imagined and chosen; `service` is None where none is named.

    `keyframes` says which pictures of earlier are kept, to be shown besides, `earlier_frames` how
    many frames to warp from. Hybrid chooses anew after each `stage_m`, and looks for the
    thing on its way every `look_every_m`.
    """

    proposer: Proposer = Proposer.FREE_SPACE
    synthesis: Synthesis = Synthesis.WARP
    views: ViewSettings = ViewSettings()
    service: ServiceSettings | None = None
    keyframes: KeyframeSettings = KeyframeSettings()
    earlier_frames: int = _EARLIER.most
    stage_m: float = 2.0
    look_every_m: float = 1.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError where a service is to be asked that nobody named."""
        if self.synthesis is Synthesis.SERVICE and self.service is None:
            raise InvalidValueError(
                'imagine.synthesis: service needs imagine.service_url, which is empty'
            )


def imagine_settings(values: Mapping[str, Any]) -> ImagineSettings:
    """Return what the values amount to; raises InvalidValueError where they make no sense."""
    return ImagineSettings(
        Proposer(values['imagine.proposer']),
        Synthesis(values['imagine.synthesis']),
        _views(values),
        _service(values),
        KeyframeSettings(**named(values, KeyframeSettings, 'imagine.keyframe_')),
        values['imagine.earlier_frames'],
        values['hybrid.stage_m'],
        values['hybrid.look_every_m'],
    )


def _views(values: Mapping[str, Any]) -> ViewSettings:
    given = named(values, ViewSettings, 'imagine.')
    given['checks'] = checks_named(values['checks'])
    return ViewSettings(**given)


def _service(values: Mapping[str, Any]) -> ServiceSettings | None:
    if not values['imagine.service_url']:
        return None
    return ServiceSettings(
        values['imagine.service_url'],
        values['imagine.service_timeout_s'],
        values['imagine.service_key_variable'],
    )
