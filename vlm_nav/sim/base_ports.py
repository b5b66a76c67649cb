"""The simulated robot's base and turner for missions, driven by the stand-in for Nav2."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import CommonReason, DrivingReason, ReasonCode
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import interpret, unsendable
from vlm_nav.navigation.on_way import LookOnWay
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.driving.navigation_frames import MAP
from vlm_nav.sim.driving.navigation_words import NavigationGoal, SpinGoal
from vlm_nav.sim.ports import SimulatedDriver, never

_POSITION_TOLERANCE_M = 0.5


@dataclass(eq=False)
class SimulatedBase:
    """Implements navigation.ports.Base with the stand-in for Nav2."""

    driver: SimulatedDriver[Any]

    def __post_init__(self) -> None:
        """Have sent no goal yet."""
        self._newest: bytes | None = None

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive to a waypoint; see navigation.ports.Base."""
        return await self._drive(waypoint, deadline, never)

    async def drive_looking(
        self, waypoint: Waypoint, deadline: Deadline, on_way: LookOnWay
    ) -> DriveOutcome:
        """Drive to a waypoint and look on the way; see navigation.on_way.LookingBase."""
        end: DriveOutcome | None = None

        async def in_sight() -> bool:
            nonlocal end
            here = await self.driver.own_pose(MAP)
            assert here is not None
            sight = await on_way.look() if on_way.due((here.x_m, here.y_m)) else None
            end = None if sight is None else await on_way.end_at(sight)
            return end is not None

        outcome = await self._drive(waypoint, deadline, in_sight)
        return end or outcome

    async def _drive(
        self, waypoint: Waypoint, deadline: Deadline, is_enough: Callable[[], Awaitable[bool]]
    ) -> DriveOutcome:
        costmap = self.driver.stand_in.costmap
        refused = unsendable(waypoint, lambda place: _is_on(costmap, place))
        if refused is not None:
            return refused.outcome()
        stand_in = self.driver.stand_in
        goal_id = self._newest = self.driver.new_goal_id()
        goal = _goal_of(waypoint, goal_id)
        if not await self.driver.send(lambda: stand_in.send(goal)):
            return _no(DrivingReason.NAV_REJECTED, 'the stand-in for Nav2 is not active')
        ended = await self.driver.until_end(
            goal_id, lambda: stand_in.cancel(goal_id), deadline, is_enough
        )
        if ended is None:
            return _no(DrivingReason.NAV_LATE, 'the drive did not end before the deadline')
        if self._newest != goal_id and ended.result.status is GoalStatus.ABORTED:
            return _no(CommonReason.REPLACED, 'a newer goal replaced it')
        end = interpret(
            ended.result,
            waypoint,
            own_pose=await self.driver.own_pose(waypoint.frame_id),
            position_tolerance_m=_POSITION_TOLERANCE_M,
            others_driving=False,
            not_ready=None,
        )
        return end.outcome()


@dataclass(frozen=True, eq=False)
class SimulatedTurner:
    """Implements navigation.ports.Turner with the stand-in for Nav2."""

    driver: SimulatedDriver[Any]

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        """Turn by an angle, to the left where above 0; see navigation.ports.Turner."""
        if not math.isfinite(angle_rad):
            return _no(DrivingReason.GOAL_NOT_FINITE, f'a turn is finite, got {angle_rad}')
        spin = self.driver.stand_in.spin
        goal_id = self.driver.new_goal_id()
        await self.driver.send(lambda: spin.send(SpinGoal(goal_id, angle_rad)))
        ended = await self.driver.until_end(goal_id, lambda: spin.cancel(goal_id), deadline)
        if ended is None:
            return _no(DrivingReason.NAV_LATE, 'the turn did not end before the deadline')
        if ended.result.status is not GoalStatus.SUCCEEDED:
            return _no(DrivingReason.NAV_ABORTED, 'another turn took over')
        degrees = math.degrees(angle_rad)
        return DriveOutcome(True, None, f'turned by {degrees:.0f}°')


def _goal_of(waypoint: Waypoint, goal_id: bytes) -> NavigationGoal:
    half_rad = waypoint.yaw_rad / 2.0
    return NavigationGoal(
        goal_id,
        waypoint.frame_id,
        (waypoint.x_m, waypoint.y_m, 0.0),
        (0.0, 0.0, math.sin(half_rad), math.cos(half_rad)),
        waypoint.stamp_ns,
    )


def _is_on(costmap: Costmap, waypoint: Waypoint) -> bool:
    """Return whether a waypoint lies on a map; one in another frame is not known not to."""
    place = np.array((waypoint.x_m, waypoint.y_m))
    return waypoint.frame_id != costmap.frame_id or bool(costmap.contains(place))


def _no(reason: ReasonCode, detail: str) -> DriveOutcome:
    return DriveOutcome(False, reason, detail)
