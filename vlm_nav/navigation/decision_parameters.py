"""The parameters that a decision depends on, and the settings that they amount to.

A robot's navigator and tools that decide without a robot read the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vlm_nav.checks.known import CHECKS, checks_named
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.messages.sights import SightSettings
from vlm_nav.navigation.budget_parameters import BUDGET_PARAMETERS, budget_settings
from vlm_nav.navigation.cassette_parameters import CASSETTE_PARAMETERS, cassette_settings
from vlm_nav.navigation.fence import Fence, fence_from
from vlm_nav.navigation.imagine_parameters import (
    IMAGINE_PARAMETERS,
    ImagineSettings,
    Strategy,
    imagine_settings,
)
from vlm_nav.navigation.mission_parameters import until_arrived_settings
from vlm_nav.navigation.model_parameters import MODEL_PARAMETERS, model_settings
from vlm_nav.navigation.parameters import Parameter, metres, named, seconds
from vlm_nav.navigation.selectors import GroundReach
from vlm_nav.navigation.steps import MissionLimits
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.navigation.waypoint import Arrival, FinalHeading
from vlm_nav.observation.faces import face_detector
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.pivot.settings import Aggregation, PivotSettings
from vlm_nav.vlm.budget import BudgetSettings
from vlm_nav.vlm.cassette import CassetteSettings
from vlm_nav.vlm.openai_settings import without_password
from vlm_nav.vlm.profiles import ModelSettings
from vlm_nav.vlm.specification import model_from_spec

_PIVOT, _SPACE, _REACH = PivotSettings(), FreeSpaceSettings(), GroundReach()
_LIMITS, _SYNC, _SIGHT = MissionLimits(), SynchroniserSettings(), SightSettings()
_ARRIVAL = Arrival()

LOOKING_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('map_frame', _SIGHT.map_frame, 'frame that goals are sent in'),
    Parameter('base_frame', _SIGHT.base_frame, 'frame of the base: x forward, z up, on the floor'),
    Parameter(
        'image_is_rectified', _SIGHT.image_is_rectified, 'use P of camera_info instead of K and D'
    ),
    Parameter('slop_s', _SYNC.slop_s, 'how far stamps of one look lie apart', 0.0, 1.0),
    seconds('maximum_age_s', _SYNC.maximum_age_s, 'how old a picture may be'),
    seconds('transform_timeout_s', 0.5, 'how long a transform at a stamp is awaited'),
    Parameter('require_costmap', _SIGHT.require_costmap, 'hold where no costmap is there'),
    Parameter(
        'costmap_maximum_age_s',
        _SIGHT.costmap_maximum_age_s,
        'how old a costmap may be; 0: any age',
        0.0,
        3600.0,
    ),
    seconds('look_timeout_s', _LIMITS.look_timeout_s, 'how long a look may take'),
    seconds(
        'decision_timeout_s',
        _LIMITS.decision_timeout_s,
        'how long a choice may take, and so each pointing and arrival check',
    ),
    seconds('drive_timeout_s', _LIMITS.drive_timeout_s, 'how long a drive may take'),
    Parameter(
        'instruction_characters', _LIMITS.instruction_characters, 'longest instruction', 1, 100000
    ),
)
"""What is looked through, how old it may be, and how long each step may take."""

DECIDING_PARAMETERS: tuple[Parameter, ...] = (
    metres('robot_radius_m', _SPACE.robot_radius_m, 'radius of the base'),
    metres('obstacle_low_m', _SPACE.obstacle_low_m, 'lowest height of obstacles'),
    metres('obstacle_high_m', _SPACE.obstacle_high_m, 'height of the robot'),
    Parameter(
        'blind_zone_m',
        _SPACE.blind_zone_m,
        'floor before the base that is taken as free',
        0.0,
        5.0,
    ),
    Parameter('nearest_m', _REACH.nearest_m, 'nearest place that is offered', 0.0, 100.0),
    Parameter('farthest_m', _REACH.farthest_m, 'farthest place that is offered', 0.1, 10.0),
    Parameter('fence', '', "'x y, x y, x y' in map_frame that is not left; empty: none"),
    Parameter('keep_out', [''], 'places like fence that are not entered; one empty text: none'),
    Parameter(
        'stand_off_m',
        _ARRIVAL.stand_off_m,
        'how far before the chosen place the goal lies',
        0.0,
        10.0,
    ),
    Parameter(
        'final_heading',
        _ARRIVAL.final_heading.value,
        'where the robot looks at the goal',
        one_of=tuple(item.value for item in FinalHeading),
    ),
    *IMAGINE_PARAMETERS,
    Parameter('pivot.rounds', _PIVOT.rounds, 'N: questions of a run', 1, 10),
    Parameter('pivot.samples', _PIVOT.samples, 'M: marks in a picture', 1, 30),
    Parameter('pivot.picks', _PIVOT.picks, 'K: marks that the model picks', 1, 30),
    Parameter('pivot.runs', _PIVOT.runs, 'E: runs at once', 1, 10),
    Parameter('pivot.isotropic', _PIVOT.isotropic, 'one spread for all axes of the fit'),
    Parameter(
        'pivot.aggregation',
        _PIVOT.aggregation.value,
        'how winners of runs become one',
        one_of=tuple(item.value for item in Aggregation),
    ),
    metres('pivot.agreement_m', _PIVOT.agreement_radius, 'how near runs agree'),
    Parameter(
        'pivot.minimum_agreement',
        _PIVOT.minimum_agreement,
        'share of runs that must agree',
        0.0,
        1.0,
    ),
    Parameter('pivot.early_stop', _PIVOT.early_stop, 'stop when labels cannot tell more'),
    seconds('pivot.question_timeout_s', _PIVOT.question_timeout_s, 'how long an answer may take'),
    Parameter('pivot.seed', 0, 'seed of the samples', 0, 2**31 - 1),
    Parameter(
        'checks',
        [''],
        f'a choice is asked for again as each says: {", ".join(CHECKS)}; one empty text: none',
    ),
    Parameter('blur_faces', False, 'blur faces before a picture is used, shown or kept'),
    Parameter('face_model', '', "YuNet (.onnx) or a cascade (.xml); empty: OpenCV's cascades"),
    Parameter('mark_facts', True, 'tell the model range, side and free way of each mark'),
    *MODEL_PARAMETERS,
    *BUDGET_PARAMETERS,
    *CASSETTE_PARAMETERS,
)
"""The robot's size, its reach, PIVOT and the model."""


@dataclass(frozen=True)
class DecisionSettings:
    """What a decision depends on, as the rooms below take it.

    `until_arrived` is None where an instruction is one decision and one goal.
    """

    synchroniser: SynchroniserSettings
    sight: SightSettings
    limits: MissionLimits
    free_space: FreeSpaceSettings
    reach: GroundReach
    fence: Fence
    arrival: Arrival
    pivot: PivotSettings
    models: ModelSettings
    model_spec: str
    mark_facts: bool
    blur_faces: bool
    face_model: str
    seed: int
    until_arrived: UntilArrivedSettings | None
    budget: BudgetSettings
    cassette: CassetteSettings | None
    strategy: Strategy
    imagine: ImagineSettings


def decision_settings(values: Mapping[str, Any], *, with_depth: bool = True) -> DecisionSettings:
    """Return the settings that values of all parameters of the two tables amount to.

    Where those of MISSION_PARAMETERS are among them, instructions may be carried on.
    Raises InvalidValueError (or pydantic's ValueError) where values do not go together, and
    UnknownModelError for a model that nobody knows.
    """
    models = model_settings(values)
    model_from_spec(values['vlm.spec'], settings=models)
    if values['blur_faces']:
        face_detector(values['face_model'])
    return DecisionSettings(
        synchroniser=SynchroniserSettings(
            with_depth=with_depth,
            slop_s=values['slop_s'],
            maximum_age_s=values['maximum_age_s'],
        ),
        sight=SightSettings(**named(values, SightSettings)),
        limits=MissionLimits(**named(values, MissionLimits)),
        free_space=_free_space(values),
        reach=_reach(values),
        fence=fence_from(values['fence'], values['keep_out']),
        arrival=Arrival(values['stand_off_m'], FinalHeading(values['final_heading'])),
        pivot=_pivot(values),
        models=models,
        model_spec=values['vlm.spec'],
        mark_facts=values['mark_facts'],
        blur_faces=values['blur_faces'],
        face_model=values['face_model'],
        seed=values['pivot.seed'],
        until_arrived=until_arrived_settings(values),
        budget=budget_settings(values),
        cassette=cassette_settings(values),
        strategy=Strategy(values['strategy']),
        imagine=imagine_settings(values),
    )


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as records may show them: a URL can hold a password or a key."""
    shown = dict(values)
    for name in ('vlm.base_url', 'imagine.service_url'):
        if name in shown:
            shown[name] = without_password(shown[name])
    return shown


def _free_space(values: Mapping[str, Any]) -> FreeSpaceSettings:
    # The grid reaches a little farther than any place that is offered.
    reach_m = values['farthest_m'] + 1.0
    return FreeSpaceSettings(reach_m=reach_m, **named(values, FreeSpaceSettings))


def _reach(values: Mapping[str, Any]) -> GroundReach:
    reach = GroundReach(**named(values, GroundReach))
    if not reach.nearest_m < reach.farthest_m:
        raise InvalidValueError(
            f'nearest_m is less than farthest_m, got {reach.nearest_m:g} and {reach.farthest_m:g}'
        )
    return reach


def _pivot(values: Mapping[str, Any]) -> PivotSettings:
    given = named(values, PivotSettings, 'pivot.')
    given['aggregation'] = Aggregation(given['aggregation'])
    given['checks'] = checks_named(values['checks'])
    return PivotSettings(agreement_radius=values['pivot.agreement_m'], **given)
