"""One drive of the stand-in for Nav2: plan, follow, recover, and arrive or give up.

It follows Nav2's default behavior tree: a failure is tried once more, then a recovery takes its
turn, until all retries are spent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.driving.navigation_motions import (
    BackUp,
    LookAhead,
    Motion,
    MotionState,
    Turn,
    Wait,
)
from vlm_nav.sim.driving.navigation_settings import StandInSettings
from vlm_nav.sim.driving.navigation_words import (
    FAILED_TO_MAKE_PROGRESS,
    GOAL_OUTSIDE_MAP,
    NO_ERROR,
    NO_VALID_PATH,
    SPIN_TIMEOUT,
)
from vlm_nav.sim.driving.planning import cell_of, find_path, length_m
from vlm_nav.sim.driving.pursuit import (
    STANDING,
    Velocity,
    bearing_to,
    followed,
    place_ahead,
    rest_of,
    turning,
)

SUCCEEDED = NavResult(GoalStatus.SUCCEEDED)
# What is tried in turn where it would touch something: shares of how far ahead on the path the
# arc ends, and of the speed on it.
_TRIED_SHARES = ((1.0, 1.0), (0.5, 1.0), (0.5, 0.4), (0.25, 0.4), (0.25, 0.15))
_FACING_RAD = 0.05


class Drive:
    """Drives to a target of the map; asked at each moment for the velocity, until it has ended."""

    def __init__(
        self,
        target: FloorPose,
        costmap: Costmap,
        look_ahead: LookAhead,
        settings: StandInSettings,
        before: Drive | None = None,
    ) -> None:
        """Drive to `target`; the way of the drive before is followed until there is a plan."""
        self.target = target
        self.recoveries = 0
        self.new_plan: FloatArray | None = None
        """The path, at the moment at which it is made."""
        self.spin_failed = False
        self._costmap = costmap
        self._look_ahead = look_ahead
        self._settings = settings
        self._path: FloatArray | None = None if before is None else before._path
        self._plan_due_s: float = -math.inf if before is None else before._plan_due_s
        self._failures = 0
        self._tried_again: set[int] = set()
        self._motion: Motion | None = None
        self._motions = self._take_turns()
        self._moved_from: tuple[float, FloorPose] | None = None
        self._within_reach = False
        self._own_path = False

    @property
    def left_m(self) -> float:
        """How long the rest of the path is, 0 without one."""
        return 0.0 if self._path is None else length_m(self._path)

    def step(self, now_s: float, pose: FloorPose) -> tuple[Velocity, NavResult | None]:
        """Return how fast to go, and how the drive ended once it has."""
        self.new_plan = None
        if self._motion is not None:
            return self._recover(now_s, pose), None
        if now_s >= self._plan_due_s:
            self._plan_due_s = now_s + self._settings.plan_period_s
            failed = self._plan(pose)
            if failed is not None:
                return STANDING, self._failed(failed, pose)
        if self._path is None:
            return STANDING, None
        self._path = rest_of(pose, self._path)
        if self._own_path and self._arrived(pose):
            return STANDING, self._with_code(SUCCEEDED)
        if self._stuck(now_s, pose):
            words = 'Failed to make progress'
            failed = NavResult(GoalStatus.ABORTED, FAILED_TO_MAKE_PROGRESS, words)
            return STANDING, self._failed(failed, pose)
        return self._follow(pose), None

    def _plan(self, pose: FloorPose) -> NavResult | None:
        """Make a path; return the failure where there is none."""
        start, goal = (pose.x_m, pose.y_m), (self.target.x_m, self.target.y_m)
        words = f'GridBasedplugin failed to plan from {_place(start)} to {_place(goal)}: '
        if cell_of(self._costmap, goal) is None:
            words += f'"Goal Coordinates of({goal[0]:f}, {goal[1]:f}) was outside bounds"'
            return NavResult(GoalStatus.ABORTED, GOAL_OUTSIDE_MAP, words)
        planning = self._settings.planning
        path = find_path(self._costmap, start, goal, planning)
        if path is None:
            words += f'"Failed to create plan with tolerance of: {planning.tolerance_m:f}"'
            return NavResult(GoalStatus.ABORTED, NO_VALID_PATH, words)
        self._path = self.new_plan = path
        self._own_path = True
        self._tried_again.discard(NO_VALID_PATH)
        return None

    def _failed(self, failure: NavResult, pose: FloorPose) -> NavResult | None:
        """Try once more, then recover; return the failure when all that is spent."""
        if failure.error_code == GOAL_OUTSIDE_MAP:
            return failure
        self._moved_from = None
        if failure.error_code == NO_VALID_PATH:
            self._path = None
        if failure.error_code not in self._tried_again:
            self._tried_again.add(failure.error_code)
            # A costmap is cleared before the second try.
            self.recoveries += 1
            self._plan_due_s = -math.inf
            return None
        if self._failures == self._settings.recovery.retries:
            return failure
        self._failures += 1
        self._tried_again.clear()
        self._next_motion()
        return None

    def _next_motion(self) -> None:
        self._motion = next(self._motions)

    def _take_turns(self) -> Iterator[Motion | None]:
        """Give the recoveries in turn; None for clearing costmaps, which takes no time."""
        settings, pursuit = self._settings.recovery, self._settings.pursuit
        allowance_s = settings.motion_allowance_s
        while True:
            # Both costmaps are cleared.
            self.recoveries += 2
            yield None
            self.recoveries += 1
            yield Turn(settings.turn_rad, allowance_s, pursuit)
            self.recoveries += 1
            yield Wait(settings.wait_s)
            self.recoveries += 1
            yield BackUp(settings.back_up_m, settings.back_up_m_s, allowance_s, self._look_ahead)

    def _recover(self, now_s: float, pose: FloorPose) -> Velocity:
        assert self._motion is not None, 'asked for only while there is one'
        velocity, state = self._motion.step(now_s, pose)
        if state is MotionState.FAILED:
            self.spin_failed |= isinstance(self._motion, Turn)
            self._next_motion()
        elif state is MotionState.DONE:
            self._motion = None
        if self._motion is None:
            self._plan_due_s = now_s + self._settings.plan_period_s
        return velocity

    def _arrived(self, pose: FloorPose) -> bool:
        """Return whether the path's end is reached; once near enough, turning alone is left."""
        assert self._path is not None, 'there is a path on which it may arrive'
        pursuit = self._settings.pursuit
        end = self._path[-1]
        away_m = math.hypot(end[0] - pose.x_m, end[1] - pose.y_m)
        self._within_reach |= away_m <= pursuit.position_tolerance_m
        off_rad = abs(wrap_angle(self.target.yaw_rad - pose.yaw_rad))
        return self._within_reach and off_rad <= pursuit.yaw_tolerance_rad

    def _stuck(self, now_s: float, pose: FloorPose) -> bool:
        """Return whether there was no progress for too long; who only turns makes none."""
        if math.isnan(self.target.yaw_rad) and self._within_reach:
            return False
        if self._moved_from is None:
            self._moved_from = (now_s, pose)
        since_s, start = self._moved_from
        if math.hypot(pose.x_m - start.x_m, pose.y_m - start.y_m) >= self._settings.progress_m:
            self._moved_from = (now_s, pose)
            return False
        return now_s - since_s > self._settings.progress_allowance_s

    def _follow(self, pose: FloorPose) -> Velocity:
        assert self._path is not None, 'there is a path to follow'
        pursuit = self._settings.pursuit
        if self._within_reach and self._own_path:
            return self._turn_to_end(pose)
        cost = int(self._costmap.values_at(np.array((pose.x_m, pose.y_m))))
        for ahead_share, speed_share in _TRIED_SHARES:
            nearer = replace(pursuit, ahead_m=ahead_share * pursuit.ahead_m)
            velocity = followed(pose, self._path, nearer, cost).times(speed_share)
            if self._look_ahead.allows(pose, velocity):
                return velocity
        bearing_rad = bearing_to(pose, place_ahead(self._path, pursuit.ahead_m / 4.0))
        if abs(bearing_rad) < _FACING_RAD:
            return STANDING
        return Velocity(0.0, turning(bearing_rad, pursuit))

    def _turn_to_end(self, pose: FloorPose) -> Velocity:
        off_rad = wrap_angle(self.target.yaw_rad - pose.yaw_rad)
        # A quaternion of NaN is no direction: the robot stands there and never ends.
        if math.isnan(off_rad):
            return STANDING
        return Velocity(0.0, turning(off_rad, self._settings.pursuit))

    def _with_code(self, result: NavResult) -> NavResult:
        """Return a success with the code of a turn that failed on the way."""
        return replace(result, error_code=SPIN_TIMEOUT if self.spin_failed else NO_ERROR)


def _place(place: tuple[float, float]) -> str:
    return f'({place[0]:.2f}, {place[1]:.2f})'
