"""A simulator in a thread of its own, for whoever waits in an event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    inverse,
    transform_from_floor_pose,
)
from vlm_nav.sim.driving.navigation_words import Moment
from vlm_nav.sim.view import SimulatedView

_Result = TypeVar('_Result')


class Simulated(Protocol):
    """What driving and looking need of a simulator; `sim.simulator.Simulator` is one."""

    @property
    def time_ns(self) -> int:
        """Return the simulated time."""
        ...

    def advance(self, duration_s: float) -> None:
        """Let simulated time go on."""
        ...

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds until told otherwise."""
        ...

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        ...

    def odometry(self) -> FloorPose:
        """Return odom_from_base."""
        ...

    def look(self) -> SimulatedView:
        """Return what the camera sees."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


AnySimulated = TypeVar('AnySimulated', bound=Simulated)


class SimulatedRobot(Generic[AnySimulated]):
    """The way to a simulator that lives in one thread, from its making to its end.

    `async with SimulatedRobot(make) as robot: await robot.ask(lambda simulator: ...)`.
    """

    def __init__(self, make: Callable[[], AnySimulated]) -> None:
        """Let `make` be called in the simulator's own thread when this is entered."""
        self._make = make
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix='simulator')
        self._simulator: AnySimulated | None = None

    async def __aenter__(self) -> SimulatedRobot[AnySimulated]:
        """Make the simulator; raises what its making raises."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as undoing:
            # Where none can be made, nobody will leave what was not entered.
            undoing.callback(self._thread.shutdown)
            self._simulator = await loop.run_in_executor(self._thread, self._make)
            undoing.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the simulator in its thread, and end that."""
        with contextlib.ExitStack() as ending:
            ending.callback(self._thread.shutdown)
            if self._simulator is not None:
                await self.ask(lambda simulator: simulator.close())

    async def ask(self, call: Callable[[AnySimulated], _Result]) -> _Result:
        """Return what `call` makes of the simulator, in its thread; one call after the other."""
        simulator = self._simulator
        assert simulator is not None, 'a simulator is asked between __aenter__ and __aexit__'
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: call(simulator))


def moment_of(simulator: Simulated) -> Moment:
    """Return where the robot is, as a localisation without faults would know it."""
    map_from_base = simulator.true_pose()
    odom_from_base = transform_from_floor_pose(simulator.odometry())
    map_from_odom = transform_from_floor_pose(map_from_base) @ inverse(odom_from_base)
    return Moment(simulator.time_ns, map_from_base, floor_pose_of(map_from_odom))
