"""The simulated robot's eyes, base and turner for missions, in-process and faster than real time.

A step of the simulator is as long as it takes to compute: deadlines count for simulated time as
well as for the monotonic clock, whichever ends first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import CommonReason, DrivingReason, ReasonCode
from vlm_nav.core.waiting import to_its_end
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.nav2_states import interpret, unsendable
from vlm_nav.navigation.on_way import LookOnWay
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.driving.navigation_frames import MAP, ODOM
from vlm_nav.sim.driving.navigation_stand_in import NavigationStandIn
from vlm_nav.sim.driving.navigation_words import (
    Ended,
    NavigationGoal,
    SpinGoal,
)
from vlm_nav.sim.simulated_robot import AnySimulated, Simulated, SimulatedRobot, moment_of
from vlm_nav.sim.view import SimulatedView

_PERIOD_S = 0.05
# How much simulated time goes by between two looks at the event loop.
_STRETCH_S = 0.5
_POSITION_TOLERANCE_M = 0.5

_Sent = TypeVar('_Sent')


def _nothing(_: object) -> None:
    pass


async def _never() -> bool:
    return False


class SimulatedEyes:
    """Implements navigation.ports.Eyes: looks through the simulator's camera, now.

    The costmap is the house's own. `on_look` is called in the simulator's thread with each view.
    """

    def __init__(
        self,
        robot: SimulatedRobot[AnySimulated],
        costmap: Costmap,
        on_look: Callable[[SimulatedView], None] = _nothing,
    ) -> None:
        """Look through the robot's camera, with a costmap in the frame map."""
        self._robot = robot
        self._costmap = costmap
        self._on_look = on_look

    async def look(self, deadline: Deadline) -> Sight:
        """Return what is seen at this moment; see navigation.ports.Eyes."""
        view = await self._robot.ask(self._look)
        costmap = replace(self._costmap, stamp_ns=view.stamp_ns)
        return Sight(frame_of(view), (CostmapView(costmap, view.map_from_base),))

    def _look(self, simulator: Simulated) -> SimulatedView:
        view = simulator.look()
        self._on_look(view)
        return view


def frame_of(view: SimulatedView) -> RgbdFrame:
    """Return what a view gives to a mission: nothing of the truth but the pose."""
    return RgbdFrame(
        rgb=view.rgb,
        depth_m=view.depth_m,
        camera=view.camera,
        base_from_camera=view.base_from_camera,
        map_from_base=view.map_from_base,
        map_frame=MAP,
        stamp_ns=view.stamp_ns,
        identifier=view.identifier,
        camera_name=view.identifier.rpartition('/')[0],
    )


class SimulatedDriver(Generic[AnySimulated]):
    """Lets the stand-in for Nav2 drive the simulated robot, one stretch of time after the other.

    `on_step` is called in the simulator's thread after each step of control (0.05 s).
    """

    def __init__(
        self,
        robot: SimulatedRobot[AnySimulated],
        stand_in: NavigationStandIn,
        on_step: Callable[[AnySimulated], None] = _nothing,
    ) -> None:
        """Drive `robot` as `stand_in` says."""
        self.stand_in = stand_in
        self._robot = robot
        self._on_step = on_step
        self._numbers = itertools.count(1)
        self._ended: dict[bytes, Ended] = {}

    def new_goal_id(self) -> bytes:
        """Return an id that no other goal bears."""
        return next(self._numbers).to_bytes(16, 'big')

    async def own_pose(self, frame_id: str) -> FloorPose | None:
        """Return frame_from_base, None for a frame that is neither map nor odom."""
        if frame_id == MAP:
            return await self._robot.ask(lambda simulator: simulator.true_pose())
        if frame_id == ODOM:
            return await self._robot.ask(lambda simulator: simulator.odometry())
        return None

    async def send(self, send: Callable[[], _Sent]) -> _Sent:
        """Let the stand-in be told something between two steps; return its answer."""
        return await self._robot.ask(lambda _: send())

    async def until_end(
        self,
        goal_id: bytes,
        cancel: Callable[[], object],
        deadline: Deadline,
        is_enough: Callable[[], Awaitable[bool]] = _never,
    ) -> Ended | None:
        """Let time go on until a goal has ended and the robot stands; None when it is late.

        Who is late or cancelled calls `cancel` and stops the robot, and so it is once
        `is_enough`; while that is found out, time stands still.
        """
        # Whole seconds: two runs of the same mission have the same time.
        left_s = float(math.ceil(deadline.remaining_s()))
        try:
            while goal_id not in self._ended:
                if left_s <= 0.0 or deadline.expired():
                    return None
                await self._robot.ask(lambda simulator: self._go_on(simulator, goal_id))
                left_s -= _STRETCH_S
                if await is_enough():
                    return None
            return self._ended[goal_id]
        finally:
            await to_its_end(self._stop(goal_id, cancel))

    async def _stop(self, goal_id: bytes, cancel: Callable[[], object]) -> None:
        if goal_id not in self._ended:
            await self.send(cancel)
        while goal_id not in self._ended:
            await self._robot.ask(lambda simulator: self._go_on(simulator, goal_id))
        await self._robot.ask(self._roll_out)
        del self._ended[goal_id]

    def _go_on(self, simulator: AnySimulated, goal_id: bytes) -> None:
        until_ns = simulator.time_ns + round(_STRETCH_S * NS_IN_S)
        while simulator.time_ns < until_ns and goal_id not in self._ended:
            self._step(simulator)

    def _roll_out(self, simulator: AnySimulated) -> None:
        """Let the robot come to rest, unless somebody has sent it on."""
        while self.stand_in.rolling_out:
            self._step(simulator)

    def _step(self, simulator: AnySimulated) -> None:
        said = self.stand_in.step(moment_of(simulator))
        for ended in said.ended:
            self._ended[ended.goal_id] = ended
        simulator.set_velocity(said.velocity.forward_m_s, said.velocity.turn_rad_s)
        simulator.advance(_PERIOD_S)
        self._on_step(simulator)


@dataclass(eq=False)
class SimulatedBase:
    """Implements navigation.ports.Base with the stand-in for Nav2."""

    driver: SimulatedDriver[Any]

    def __post_init__(self) -> None:
        """Have sent no goal yet."""
        self._newest: bytes | None = None

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive to a waypoint; see navigation.ports.Base."""
        return await self._drive(waypoint, deadline, _never)

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
