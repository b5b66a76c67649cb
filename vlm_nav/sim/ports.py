"""The simulated robot's eyes and driver for missions, in-process and faster than real time.

A step of the simulator is as long as it takes to compute: deadlines count for simulated time as
well as for the monotonic clock, whichever ends first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Generic, TypeVar

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.waiting import to_its_end
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.driving.navigation_frames import MAP, ODOM
from vlm_nav.sim.driving.navigation_stand_in import NavigationStandIn
from vlm_nav.sim.driving.navigation_words import Ended
from vlm_nav.sim.simulated_robot import AnySimulated, Simulated, SimulatedRobot, moment_of
from vlm_nav.sim.view import SimulatedView

_PERIOD_S = 0.05
# How much simulated time goes by between two looks at the event loop.
_STRETCH_S = 0.5

_Sent = TypeVar('_Sent')


def _nothing(_: object) -> None:
    pass


async def never() -> bool:
    """Return that nothing ends a drive before its end."""
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
        is_enough: Callable[[], Awaitable[bool]] = never,
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
                if goal_id not in self._ended and await is_enough():
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
