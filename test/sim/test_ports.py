"""The simulated robot as missions know it: it looks, drives, turns, and stops when told to."""

import asyncio
import itertools
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip('scipy')

from kinematic_robot import KinematicRobot
from small_house import two_rooms
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CommonReason, DrivingReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.on_way import LookOnWay
from vlm_nav.navigation.sight import Sight
from vlm_nav.sim.base_ports import SimulatedBase, SimulatedTurner
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.navigation_stand_in import NAVIGATOR, NavigationStandIn, stand_in_for
from vlm_nav.sim.ports import SimulatedDriver, SimulatedEyes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.view import SimulatedView

PLAN = two_rooms()
COSTMAP = house_costmap(PLAN)
START = FloorPose(1.0, 1.0, 0.0)


@dataclass
class Parts:
    """A simulated robot with its ports."""

    robot: SimulatedRobot[KinematicRobot]
    simulator: KinematicRobot
    stand_in: NavigationStandIn
    base: SimulatedBase
    turner: SimulatedTurner
    steps: list[FloorPose]

    async def until_it_moves(self) -> None:
        """Wait until the robot is on its way."""
        while self.simulator.pose == START:
            await asyncio.sleep(0.001)


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    """Give a robot that moves exactly as told."""
    simulator = KinematicRobot(START)
    async with SimulatedRobot(lambda: simulator) as robot:
        stand_in = stand_in_for(PLAN)
        steps: list[FloorPose] = []
        driver = SimulatedDriver(robot, stand_in, lambda at: steps.append(at.true_pose()))
        base, turner = SimulatedBase(driver), SimulatedTurner(driver)
        yield Parts(robot, simulator, stand_in, base, turner, steps)
    assert simulator.closed


def waypoint(x_m: float, y_m: float, yaw_rad: float = 0.0, frame_id: str = 'map') -> Waypoint:
    """Return a goal."""
    return Waypoint(frame_id, 0, x_m, y_m, yaw_rad)


async def test_it_drives_into_the_next_room_and_stands_there(parts: Parts) -> None:
    outcome = await parts.base.drive(waypoint(7.0, 0.6, 1.5), Deadline.after(60.0))
    assert outcome.reached
    assert outcome.reason is None
    pose = parts.simulator.pose
    assert math.dist((pose.x_m, pose.y_m), (7.0, 0.6)) <= 0.3
    assert pose.yaw_rad == pytest.approx(1.5, abs=0.3)
    assert (parts.simulator.velocity.forward_m_s, parts.simulator.velocity.turn_rad_s) == (0, 0)


async def test_every_step_is_told(parts: Parts) -> None:
    await parts.base.drive(waypoint(2.0, 3.0), Deadline.after(60.0))
    assert parts.steps == parts.simulator.trail[1:]


async def test_it_turns_by_an_angle_and_stands_still_after_it(parts: Parts) -> None:
    outcome = await parts.turner.turn(-math.pi / 2, Deadline.after(60.0))
    assert outcome.reached
    assert parts.simulator.pose.yaw_rad == pytest.approx(-math.pi / 2, abs=0.08)
    assert parts.simulator.velocity.turn_rad_s == 0.0
    assert (parts.simulator.pose.x_m, parts.simulator.pose.y_m) == (1.0, 1.0)


@pytest.mark.parametrize('again', [False, True])
async def test_cancelling_stops_the_robot_before_it_goes_on(parts: Parts, again: bool) -> None:
    driving = asyncio.ensure_future(parts.base.drive(waypoint(7.0, 0.6), Deadline.after(60.0)))
    await parts.until_it_moves()
    driving.cancel()
    while again and not driving.done():
        await asyncio.sleep(0)
        driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    velocity = parts.simulator.velocity
    assert (velocity.forward_m_s, velocity.turn_rad_s) == (0.0, 0.0)
    assert not parts.stand_in.rolling_out
    assert parts.simulator.pose.x_m < 6.0


async def test_a_newer_drive_replaces_the_older_one(parts: Parts) -> None:
    older = asyncio.ensure_future(parts.base.drive(waypoint(7.0, 0.6), Deadline.after(60.0)))
    await parts.until_it_moves()
    newer = await parts.base.drive(waypoint(1.0, 3.0), Deadline.after(60.0))
    assert newer.reached
    assert (await older).reason is CommonReason.REPLACED


async def test_a_robot_that_is_stuck_is_late_at_the_deadline_of_simulated_time(
    parts: Parts,
) -> None:
    parts.simulator.stuck = True
    outcome = await parts.base.drive(waypoint(7.0, 0.6), Deadline.after(20.0))
    assert outcome.reason is DrivingReason.NAV_LATE
    assert parts.simulator.velocity.forward_m_s == 0.0
    assert parts.simulator.time_ns / 1e9 == pytest.approx(21.5, abs=1.0)


async def test_a_goal_that_no_way_leads_to_is_aborted_with_nav2s_words(parts: Parts) -> None:
    outcome = await parts.base.drive(waypoint(4.0, -0.15), Deadline.after(100.0))
    assert outcome.reason is DrivingReason.NAV_ABORTED
    assert 'error 208: planner: GridBasedplugin failed to plan' in outcome.detail


async def test_a_goal_in_odom_is_reached_by_where_odometry_has_the_robot(parts: Parts) -> None:
    # Odom lies at (1, 0) of the map, turned by a quarter to the left.
    outcome = await parts.base.drive(waypoint(3.0, 0.0, frame_id='odom'), Deadline.after(60.0))
    assert outcome.reached, outcome
    assert math.dist((parts.simulator.pose.x_m, parts.simulator.pose.y_m), (1.0, 3.0)) < 0.4


async def test_a_stand_in_that_is_not_active_rejects_the_drive(parts: Parts) -> None:
    parts.stand_in.set_active(NAVIGATOR, False)
    outcome = await parts.base.drive(waypoint(1.0, 3.0), Deadline.after(60.0))
    assert outcome.reason is DrivingReason.NAV_REJECTED


@pytest.mark.parametrize(
    ('goal', 'reason'),
    [
        (waypoint(math.nan, 0.0), DrivingReason.GOAL_NOT_FINITE),
        (waypoint(1.0, 0.0, math.inf), DrivingReason.GOAL_NOT_FINITE),
        (waypoint(100.0, 0.0), DrivingReason.GOAL_OUTSIDE_MAP),
        (waypoint(1.0, 1.0, frame_id='nowhere'), DrivingReason.NAV_ABORTED),
    ],
)
async def test_goals_that_cannot_be_are_refused_where_it_stands(
    parts: Parts, goal: Waypoint, reason: DrivingReason
) -> None:
    outcome = await parts.base.drive(goal, Deadline.after(60.0))
    assert outcome.reason is reason
    assert parts.simulator.pose == START


async def test_a_sight_shows_the_noisy_depth_and_the_costmap_from_the_true_pose(
    parts: Parts,
) -> None:
    views: list[SimulatedView] = []
    sight = await SimulatedEyes(parts.robot, COSTMAP, views.append).look(Deadline.after(5.0))
    assert sight.frame.identifier == views[0].identifier == 'front/1000000000'
    assert sight.frame.camera_name == 'front'
    assert sight.frame.depth_m is views[0].depth_m
    assert sight.costmaps[0].costmap.stamp_ns == sight.frame.stamp_ns
    # The box stands a metre ahead and half a metre to the left of the start.
    assert sight.costmaps[0].values_at_base(np.array((1.0, 0.5))) == 100
    assert sight.costmaps[0].values_at_base(np.array((-0.3, 0.5))) < 99


async def test_the_same_drive_twice_leads_over_the_same_places() -> None:
    trails = []
    for _ in range(2):
        simulator = KinematicRobot(START)
        async with SimulatedRobot(lambda at=simulator: at) as robot:
            stand_in = stand_in_for(PLAN)
            base = SimulatedBase(SimulatedDriver(robot, stand_in))
            await base.drive(waypoint(7.0, 0.6, 1.5), Deadline.after(60.0))
        trails.append(simulator.trail)
    assert trails[0] == trails[1]


async def test_where_no_simulator_can_be_made_the_error_comes_out() -> None:
    def fail() -> KinematicRobot:
        raise InvalidValueError('no such house')

    with pytest.raises(InvalidValueError, match='no such house'):
        async with SimulatedRobot(fail):
            pass


class PaintedEyes:
    """Eyes that show a painted picture, wherever the robot is."""

    async def look(self, deadline: Deadline) -> Sight:
        """Return the picture."""
        return Sight(frame_of())


@pytest.mark.parametrize(('in_sight_m', 'ends'), [(2.0, True), (math.inf, False)])
async def test_time_stands_still_while_it_is_looked_on_the_way(
    parts: Parts, in_sight_m: float, ends: bool
) -> None:
    asked: list[float] = []

    async def shows(sight: Sight) -> bool:
        moment_ns, x_m = parts.simulator.time_ns, parts.simulator.pose.x_m
        await asyncio.sleep(0.01)
        assert parts.simulator.time_ns == moment_ns
        asked.append(x_m)
        return x_m >= in_sight_m

    on_way = LookOnWay(0.5, PaintedEyes(), 1.0, shows)
    outcome = await parts.base.drive_looking(waypoint(7.0, 0.6), Deadline.after(60.0), on_way)
    assert len(asked) >= 2
    assert all(later - earlier < 1.2 for earlier, later in itertools.pairwise([1.0, *asked]))
    if ends:
        assert outcome.reason is DrivingReason.THING_IN_SIGHT
        assert asked[-1] >= in_sight_m > asked[-2]
        assert parts.simulator.pose.x_m < in_sight_m + 1.2
        assert parts.simulator.velocity.forward_m_s == 0
    else:
        assert outcome.reached
