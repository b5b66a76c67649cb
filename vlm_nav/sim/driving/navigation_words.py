"""What is said to the stand-in for Nav2, and what it says: goals, feedback, results.

The fields are those of Nav2's actions NavigateToPose and Spin, without ROS.
"""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.sim.driving.pursuit import STANDING, Velocity

NO_ERROR = 0
FAILED_TO_MAKE_PROGRESS = 105
GOAL_OUTSIDE_MAP = 204
NO_VALID_PATH = 208
SPIN_TIMEOUT = 701
FAILED_TO_LOAD_BEHAVIOR_TREE = 9001
TF_ERROR = 9002


@dataclass(frozen=True)
class NavigationGoal:
    """A pose to drive to, unchecked: anything may stand in it, as in a message."""

    goal_id: bytes
    frame_id: str
    position_m: tuple[float, float, float]
    quaternion_xyzw: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    stamp_ns: int = 0
    behavior_tree: str = ''


@dataclass(frozen=True)
class SpinGoal:
    """An angle to turn by, to the left where above 0; an allowance of 0 s is none."""

    goal_id: bytes
    target_yaw_rad: float
    time_allowance_s: float = 0.0


@dataclass(frozen=True)
class Ended:
    """A goal's end; `elapsed_s` is simulated time since it began."""

    goal_id: bytes
    result: NavResult
    elapsed_s: float


@dataclass(frozen=True)
class NavigationFeedback:
    """Where the robot is believed to be (in map, at a stamp) and what is left of the way.

    0 m are left until there is a path, and 0 s while it stands or turns.
    """

    goal_id: bytes
    map_from_base: FloorPose
    stamp_ns: int
    navigation_time_s: float
    estimated_time_remaining_s: float
    number_of_recoveries: int
    distance_remaining_m: float


@dataclass(frozen=True)
class SpinFeedback:
    """How far a turn has come, to the left where above 0."""

    goal_id: bytes
    angular_distance_traveled_rad: float


@dataclass(frozen=True)
class Moment:
    """What is known at a moment of simulated time; `map_from_base` is None for a lost robot."""

    stamp_ns: int
    map_from_base: FloorPose | None
    map_from_odom: FloorPose = FloorPose(0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Said:
    """What the stand-in does at a moment: how fast to go, and what its clients hear.

    `plan` (n, 2) is there when there is a new one.
    """

    velocity: Velocity = STANDING
    feedback: tuple[NavigationFeedback, ...] = ()
    spin_feedback: tuple[SpinFeedback, ...] = ()
    ended: tuple[Ended, ...] = ()
    plan: FloatArray | None = None
