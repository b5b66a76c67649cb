"""What Nav2's answers mean: each ending of a drive by name. Pure logic, no rclpy.

The rules are facts measured on a running Nav2: the status decides and the error code only
explains; ABORTED with code 0 says nothing by itself; SUCCEEDED may end half a metre away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CommonReason, DrivingReason, ReasonCode
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.ports import DriveOutcome

# Larger coordinates wrap round in Nav2's costmap and end its planner; no map is that wide.
LARGEST_COORDINATE_M = 1e5


class DriveState(str, Enum):
    """How a drive ended."""

    REACHED = 'reached'
    NOT_FINITE = 'not_finite'
    OUTSIDE_MAP = 'outside_map'
    NOT_ACTIVE = 'not_active'
    REJECTED = 'rejected'
    ABORTED = 'aborted'
    PREEMPTED = 'preempted'
    CANCELED = 'canceled'
    SILENT = 'silent'
    LATE = 'late'
    OFF_TARGET = 'off_target'
    REPLACED = 'replaced'
    SHUT_DOWN = 'shut_down'


REASONS: dict[DriveState, ReasonCode | None] = {
    DriveState.REACHED: None,
    DriveState.NOT_FINITE: DrivingReason.GOAL_NOT_FINITE,
    DriveState.OUTSIDE_MAP: DrivingReason.GOAL_OUTSIDE_MAP,
    DriveState.NOT_ACTIVE: DrivingReason.NAV_NOT_ACTIVE,
    DriveState.REJECTED: DrivingReason.NAV_REJECTED,
    DriveState.ABORTED: DrivingReason.NAV_ABORTED,
    DriveState.PREEMPTED: DrivingReason.NAV_PREEMPTED,
    DriveState.CANCELED: DrivingReason.NAV_CANCELED,
    DriveState.SILENT: DrivingReason.NAV_SILENT,
    DriveState.LATE: DrivingReason.NAV_LATE,
    DriveState.OFF_TARGET: DrivingReason.OFF_TARGET,
    DriveState.REPLACED: CommonReason.REPLACED,
    DriveState.SHUT_DOWN: CommonReason.SHUTTING_DOWN,
}


@dataclass(frozen=True)
class DriveEnd:
    """The named end of a drive and what is to be said about it."""

    state: DriveState
    detail: str = ''

    def outcome(self) -> DriveOutcome:
        """Return the end in the words of the missions."""
        return DriveOutcome(self.state is DriveState.REACHED, REASONS[self.state], self.detail)


@dataclass(frozen=True)
class NavResult:
    """The result of a goal; code 0 and no message where the distribution has none."""

    status: int
    error_code: int = 0
    error_msg: str = ''


@dataclass(frozen=True)
class DriveProgress:
    """One feedback: where Nav2 believes the robot to be, in the map, and how far it has to go.

    `distance_remaining_m` is along the path; 0 also means that there is no path yet.
    """

    frame_id: str
    stamp_ns: int
    pose: FloorPose
    distance_remaining_m: float
    recoveries: int

    def is_somewhere(self) -> bool:
        """Return whether the pose is finite: that of a robot that lost its place may not be."""
        return all(map(math.isfinite, (self.pose.x_m, self.pose.y_m, self.pose.yaw_rad)))


def unsendable(waypoint: Waypoint, inside_map: Callable[[Waypoint], bool]) -> DriveEnd | None:
    """Return why a waypoint must not reach Nav2, None where it may.

    Raises InvalidValueError for a frame name that Nav2 cannot look up.
    """
    numbers = (waypoint.x_m, waypoint.y_m, waypoint.yaw_rad)
    if not all(map(math.isfinite, numbers)):
        return DriveEnd(DriveState.NOT_FINITE, f'a goal is finite, got x, y, yaw {numbers}')
    if not waypoint.frame_id or waypoint.frame_id.startswith('/'):
        raise InvalidValueError(f'a goal names its frame without a slash, got {waypoint!r}')
    place = f'({waypoint.x_m:.2f}, {waypoint.y_m:.2f}) in {waypoint.frame_id!r}'
    if max(abs(waypoint.x_m), abs(waypoint.y_m)) >= LARGEST_COORDINATE_M:
        return DriveEnd(
            DriveState.OUTSIDE_MAP, f'{place} is not within {LARGEST_COORDINATE_M:g} m of 0'
        )
    if not inside_map(waypoint):
        return DriveEnd(DriveState.OUTSIDE_MAP, f'{place} lies outside the map')
    return None


def interpret(
    result: NavResult,
    waypoint: Waypoint,
    *,
    own_pose: FloorPose | None,
    position_tolerance_m: float,
    others_driving: bool,
    not_ready: str | None,
) -> DriveEnd:
    """Return what a terminal result means.

    `own_pose` is the robot's in the waypoint's frame, `others_driving` whether a goal of
    somebody else runs, `not_ready` why Nav2 takes no goals, if it does not.
    """
    said = nav2_said(result)
    if result.status == GoalStatus.SUCCEEDED:
        return _check_arrival(result, waypoint, own_pose, position_tolerance_m)
    if result.status == GoalStatus.CANCELED:
        return DriveEnd(DriveState.CANCELED, f'somebody else canceled the goal{said}')
    if result.status != GoalStatus.ABORTED:
        return DriveEnd(DriveState.SILENT, f'Nav2 no longer has a result of the goal{said}')
    if result.error_code == 0 and others_driving:
        return DriveEnd(DriveState.PREEMPTED, "somebody else's goal took over")
    if result.error_code == 0 and not_ready is not None:
        return DriveEnd(DriveState.NOT_ACTIVE, f'the goal was aborted: {not_ready}')
    return DriveEnd(DriveState.ABORTED, f'Nav2 gave up{said or " without a word"}')


def nav2_said(result: NavResult) -> str:
    """Return ` (error 208: planner, ...)`, empty where Nav2 said nothing."""
    if result.error_code == 0:
        return f' ({result.error_msg})' if result.error_msg else ''
    words = ': '.join(filter(None, (_source_of(result.error_code), result.error_msg)))
    return f' (error {result.error_code}: {words})' if words else f' (error {result.error_code})'


def _check_arrival(
    result: NavResult, waypoint: Waypoint, own_pose: FloorPose | None, tolerance_m: float
) -> DriveEnd:
    said = nav2_said(result)
    if own_pose is None:
        return DriveEnd(
            DriveState.OFF_TARGET, f'Nav2 succeeded{said}, and the own pose is not known'
        )
    short_m = math.hypot(own_pose.x_m - waypoint.x_m, own_pose.y_m - waypoint.y_m)
    if not short_m <= tolerance_m:
        return DriveEnd(
            DriveState.OFF_TARGET,
            f'Nav2 succeeded{said} but the robot stands {short_m:.2f} m from the goal, allowed '
            f'are {tolerance_m:g} m',
        )
    return DriveEnd(DriveState.REACHED, f'{short_m:.2f} m from the goal{said}')


# Where a code comes from; its exact meaning differs between distributions, and is in error_msg
# where it matters.
_SOURCES = (
    (range(100, 200), 'controller'),
    (range(200, 300), 'planner'),
    (range(300, 400), 'planner through poses'),
    (range(400, 500), 'route'),
    (range(500, 600), 'smoother'),
    (range(600, 700), 'waypoint follower'),
    (range(700, 710), 'spin'),
    (range(710, 720), 'back up'),
    (range(720, 730), 'drive on heading'),
    (range(730, 740), 'assisted teleop'),
    (range(740, 750), 'wait'),
    (range(900, 1000), 'docking'),
    (range(9000, 9100), 'navigator'),
)


def _source_of(error_code: int) -> str:
    return next((name for codes, name in _SOURCES if error_code in codes), '')
