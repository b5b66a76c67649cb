"""The manipulator's parameters, and the settings of the core that they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vlm_nav.checks.known import checks_named
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.picking import PickLimits
from vlm_nav.manipulation.standing import StandingSettings
from vlm_nav.manipulation.steps import Corners
from vlm_nav.manipulation.trajectory_arm import TipAxes, TrajectorySettings
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.messages.sights import SightSettings
from vlm_nav.navigation.budget_parameters import budget_settings
from vlm_nav.navigation.cassette_parameters import cassette_settings
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
)
from vlm_nav.navigation.model_parameters import model_settings
from vlm_nav.navigation.parameters import Parameter, metres, named, seconds
from vlm_nav.pivot.pointing import FirstMarks, PointingSettings
from vlm_nav.pivot.settings import Aggregation, PivotSettings
from vlm_nav.ros.arm_parameters import ARM_PARAMETERS, EXECUTOR, Executor
from vlm_nav.ros.camera_parameters import CAMERAS_PARAMETERS, cameras_from
from vlm_nav.ros.eyes import EyesSettings
from vlm_nav.ros.grasp_parameters import GRASP_PARAMETERS, grasp_settings
from vlm_nav.ros.joint_trajectory_client import ControllerSettings
from vlm_nav.ros.lifting_parameters import (
    LIFTING_PARAMETERS,
    WithoutDepth,
    box_from,
    lift_settings,
)
from vlm_nav.ros.moveit_goals import MoveItSettings, moveit_types
from vlm_nav.ros.recording import RECORDS_PARAMETERS, RecordsSettings, records_settings
from vlm_nav.vlm.budget import BudgetSettings
from vlm_nav.vlm.cassette import CassetteSettings
from vlm_nav.vlm.profiles import ModelSettings
from vlm_nav.vlm.specification import model_from_spec

_LIMITS, _POINTING, _STANDING = PickLimits(), PointingSettings(), StandingSettings()
# What is asked, and by whom, is the same for base and hand.
_ASKING = ('pivot.', 'vlm.', 'budget.', 'cassette', 'checks')
_LOOKING = (
    'base_frame', 'image_is_rectified', 'slop_s', 'maximum_age_s', 'transform_timeout_s',
    'look_timeout_s', 'decision_timeout_s', 'instruction_characters',
)  # fmt: skip
_OF_PLACES = ('pivot.agreement_m',)


MANIPULATOR_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'configure and activate by itself; false: a manager does'),
    *CAMERAS_PARAMETERS,
    *(entry for entry in LOOKING_PARAMETERS if entry.name in _LOOKING),
    seconds('motion_timeout_s', _LIMITS.motion_timeout_s, 'how long a pick may take'),
    Parameter('retries', _LIMITS.retries, 'new looks for what the hand has lost', 0, 10),
    Parameter('dry_run', False, 'decide and show everything, publish no pose and move nothing'),
    Parameter('confirm', False, 'move nothing before a person has released it'),
    seconds('confirm_timeout_s', 60.0, 'how long a grasp waits for its release'),
    Parameter(
        'odom_frame',
        _STANDING.odom_frame,
        'frame in which a base that stands has one pose; empty: none',
    ),
    metres('base_moved_m', _STANDING.base_moved_m, 'how far the base may move after the picture'),
    Parameter(
        'base_turned_rad',
        _STANDING.base_turned_rad,
        'how far it may turn after the picture',
        0.001,
        4.0,
    ),
    EXECUTOR,
    *LIFTING_PARAMETERS,
    *GRASP_PARAMETERS,
    *ARM_PARAMETERS,
    Parameter(
        'pointing.agreement_share',
        _POINTING.agreement_share,
        "how near runs agree, of the picture's longer side",
        0.001,
        1.0,
    ),
    Parameter(
        'pointing.marks',
        _POINTING.marks.value,
        'where the first marks stand',
        one_of=tuple(item.value for item in FirstMarks),
    ),
    Parameter('pointing.closer_looks', _POINTING.closer_looks, 'looks at a part', 0, 5),
    Parameter('pointing.closer_rounds', _POINTING.closer_rounds, 'questions of each', 1, 10),
    *RECORDS_PARAMETERS,
    *(
        entry
        for entry in DECIDING_PARAMETERS
        if entry.name.startswith(_ASKING) and entry.name not in _OF_PLACES
    ),
)


@dataclass(frozen=True, eq=False)
class ManipulatorSettings:
    """Everything that the manipulator hands to the rooms below."""

    eyes: EyesSettings
    limits: PickLimits
    pivot: PivotSettings
    pointing: PointingSettings
    seed: int
    models: ModelSettings
    model_spec: str
    budget: BudgetSettings
    cassette: CassetteSettings | None
    dry_run: bool
    confirm: bool
    confirm_timeout_s: float
    executor: Executor
    records: RecordsSettings
    gripper: GripperSizes
    lift: LiftSettings
    grasp: GraspSettings
    standing: StandingSettings
    own_boxes: tuple[Corners, ...]
    arm: TrajectorySettings
    tip_frame: str
    controllers: ControllerSettings
    moveit: MoveItSettings

    @property
    def base_frame(self) -> str:
        """Return the frame that poses of the gripper are given in."""
        return self.eyes.sight.base_frame


def manipulator_settings(values: Mapping[str, Any]) -> ManipulatorSettings:
    """Return the settings that the parameters' values amount to.

    Raises InvalidValueError (or pydantic's ValueError) where values do not go together, and
    UnknownModelError for a model that nobody knows.
    """
    models = model_settings(values)
    model_from_spec(values['vlm.spec'], settings=models)
    if values['executor'] == Executor.MOVEIT.value:
        moveit_types()
    pivot = named(values, PivotSettings, 'pivot.')
    pivot['aggregation'] = Aggregation(pivot['aggregation'])
    pivot['checks'] = checks_named(values['checks'])
    pointing = named(values, PointingSettings, 'pointing.')
    pointing['marks'] = FirstMarks(pointing['marks'])
    arm = named(values, TrajectorySettings, 'arm.')
    arm['tip_axes'] = TipAxes(arm['tip_axes'])
    return ManipulatorSettings(
        eyes=_eyes(values),
        limits=PickLimits(**named(values, PickLimits)),
        pivot=PivotSettings(**pivot),
        pointing=PointingSettings(**pointing),
        seed=values['pivot.seed'],
        models=models,
        model_spec=values['vlm.spec'],
        budget=budget_settings(values),
        cassette=cassette_settings(values),
        executor=Executor(values['executor']),
        records=records_settings(values),
        gripper=GripperSizes(**named(values, GripperSizes, 'gripper.')),
        lift=lift_settings(values),
        grasp=grasp_settings(values, box_from(values['workspace'])),
        standing=StandingSettings(**named(values, StandingSettings)),
        own_boxes=tuple(box_from(text) for text in values['robot_boxes'] if text),
        arm=TrajectorySettings(**arm),
        tip_frame=values['arm.tip_frame'],
        moveit=MoveItSettings(**named(values, MoveItSettings, 'moveit.')),
        controllers=ControllerSettings(**named(values, ControllerSettings, 'arm.')),
        **{name: values[name] for name in ('dry_run', 'confirm', 'confirm_timeout_s')},
    )


def _eyes(values: Mapping[str, Any]) -> EyesSettings:
    first, *further = cameras_from(values)
    frame = values['base_frame']
    return EyesSettings(
        SynchroniserSettings(
            slop_s=values['slop_s'],
            maximum_age_s=values['maximum_age_s'],
            queue_length=values['history_pictures'],
            depth_may_miss=values['without_depth'] == WithoutDepth.PLANE.value,
        ),
        # There is no map: poses are given from the base.
        SightSettings(frame, frame, values['image_is_rectified']),
        first,
        tuple(further),
        costmap_topics=(),
        **named(values, EyesSettings),
    )
