"""The sizes of the simulated robot, read from one YAML file."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vlm_nav.core.errors import InvalidValueError


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    if not ends[0] < ends[1]:
        raise ValueError(f'a range goes from less to more, got {ends[0]} to {ends[1]}')
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]


class _Sizes(BaseModel):
    model_config = ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)


class BaseSizes(_Sizes):
    """The drum that drives, and how it is driven."""

    radius_m: float = Field(gt=0.0)
    low_m: float = Field(gt=0.0)
    high_m: float = Field(gt=0.0)
    mass_kg: float = Field(gt=0.0)
    acceleration_m_s2: float = Field(gt=0.0)
    turn_acceleration_rad_s2: float = Field(gt=0.0)
    wheel_radius_m: float = Field(gt=0.0)
    wheel_track_m: float = Field(gt=0.0)
    wheel_effective_track_m: float = Field(gt=0.0)


class LidarSizes(_Sizes):
    """A lidar that turns once around; what is nearer or farther than its range gives nothing."""

    place_m: tuple[float, float, float]
    rays: int = Field(ge=8, le=100_000)
    range_min_m: float = Field(ge=0.0)
    range_max_m: float = Field(gt=0.0)


class HeadSizes(_Sizes):
    """The camera and what turns it: pan about z, then tilt, positive down."""

    place_m: tuple[float, float, float]
    camera_ahead_m: float
    camera_up_m: float
    field_of_view_rad: float = Field(gt=0.1, lt=3.0)
    pan_range_rad: Range
    tilt_range_rad: Range
    tilt_rad: float


class MastSizes(_Sizes):
    """The upright post that carries the head and the arm."""

    place_m: tuple[float, float]
    side_m: float = Field(gt=0.0)
    high_m: float = Field(gt=0.0)


class ArmPose(_Sizes):
    """Where the arm's joints are: height of the shoulder, its yaw, reach, and the wrist down.

    The wrist also turns aside and about the fingers' length.
    """

    lift_m: float
    shoulder_rad: float
    telescope_m: float
    wrist_rad: float
    wrist_yaw_rad: float = 0.0
    wrist_roll_rad: float = 0.0


class ArmSizes(_Sizes):
    """Lift, shoulder, telescope, wrist and a gripper with two fingers."""

    shoulder_place_m: tuple[float, float]
    lift_range_m: Range
    shoulder_range_rad: Range
    segments: int = Field(ge=1, le=8)
    telescope_range_m: Range
    tube_m: float = Field(gt=0.0)
    tube_side_m: float = Field(gt=0.0)
    wrist_yaw_range_rad: Range
    wrist_range_rad: Range
    wrist_roll_range_rad: Range
    palm_m: float = Field(gt=0.0)
    finger_m: float = Field(gt=0.0)
    gripper_range_m: Range
    grip_n: float = Field(gt=0.0)
    tucked: ArmPose
    ready: ArmPose


class RobotSizes(_Sizes):
    """Everything about the robot's body."""

    base: BaseSizes
    lidar: LidarSizes
    head: HeadSizes
    mast: MastSizes
    arm: ArmSizes


@functools.lru_cache(maxsize=1)
def default_sizes() -> RobotSizes:
    """Return the sizes that the package brings."""
    text = resources.files('vlm_nav.sim.robot').joinpath('robot.yaml').read_text(encoding='utf-8')
    return _sizes(text, 'robot.yaml')


def sizes_of_file(path: Path) -> RobotSizes:
    """Return the sizes that a file gives; raises InvalidValueError for what is no such file."""
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, ValueError) as error:
        raise InvalidValueError(f'sizes of a robot (YAML) were wanted, {path}: {error}') from error
    return _sizes(text, str(path))


def _sizes(text: str, name: str) -> RobotSizes:
    try:
        return RobotSizes.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError, RecursionError) as error:
        raise InvalidValueError(f'sizes of a robot (YAML) were wanted, {name}: {error}') from error
