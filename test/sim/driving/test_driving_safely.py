"""Wherever the robot is sent in a house, it touches nothing on its way."""

import math

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('skimage')

from kinematic_robot import KinematicRobot

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.sim.base_ports import SimulatedBase, SimulatedTurner
from vlm_nav.sim.driving.geodesic import distances_to_thing, sample_start
from vlm_nav.sim.driving.navigation_motions import LookAhead
from vlm_nav.sim.driving.navigation_settings import RecoverySettings, StandInSettings
from vlm_nav.sim.driving.navigation_stand_in import stand_in_for
from vlm_nav.sim.driving.navigation_words import NavigationGoal
from vlm_nav.sim.driving.occupancy import in_the_way
from vlm_nav.sim.driving.pursuit import Velocity, moved_by
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.ports import SimulatedDriver
from vlm_nav.sim.simulated_robot import SimulatedRobot, moment_of
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

PERIOD_S = 0.05
RADIUS_M = 0.2
GOALS = 8
# Who can't get anywhere gives up without recovering.
AT_ONCE = StandInSettings(recovery=RecoverySettings(retries=0))


def start_in(plan: HousePlan, seed: int) -> FloorPose:
    """Return a place with room around it."""
    field = distances_to_thing(plan, plan.things[0])
    start = sample_start(plan, field, np.random.default_rng(seed), 0.0, 100.0)
    assert start is not None
    return start


def random_goals(plan: HousePlan, seed: int) -> list[FloorPose]:
    """Return goals anywhere in the house: in furniture and walls, too."""
    low, high = plan.bounds
    drawn = np.random.default_rng(seed).uniform((*low, -np.pi), (*high, np.pi), (GOALS, 3))
    return [FloorPose(float(x), float(y), float(yaw)) for x, y, yaw in drawn]


@pytest.mark.parametrize('template', templates())
def test_the_disc_of_the_robot_never_meets_a_footprint(template: str) -> None:
    seed = 1
    plan = plan_house(template, seed)
    robot, nav2 = KinematicRobot(start_in(plan, seed)), stand_in_for(plan, AT_ONCE)
    reached = 0
    for number, goal in enumerate(random_goals(plan, seed)):
        half_rad = goal.yaw_rad / 2.0
        quaternion = (0.0, 0.0, math.sin(half_rad), math.cos(half_rad))
        place = (goal.x_m, goal.y_m, 0.0)
        nav2.send(NavigationGoal(bytes([number]), 'map', place, quaternion))
        ended = None
        while ended is None:
            said = nav2.step(moment_of(robot))
            robot.set_velocity(said.velocity.forward_m_s, said.velocity.turn_rad_s)
            robot.advance(PERIOD_S)
            ended = next(iter(said.ended), None)
        reached += ended.result.status is GoalStatus.SUCCEEDED
    clearance_m = Clearance(in_the_way(plan.footprints()))
    assert clearance_m([(at.x_m, at.y_m) for at in robot.trail]).min() > RADIUS_M
    # What fails lies deep in furniture.
    assert reached >= GOALS / 2


async def test_in_the_physics_nothing_is_touched_either() -> None:
    plan = plan_house(templates()[0], 5)
    start = start_in(plan, 5)
    touched: set[str] = set()

    def make() -> Simulator:
        return Simulator(plan, SimulatorSettings(64, 48), start)

    async with SimulatedRobot(make) as robot:
        driver = SimulatedDriver(
            robot, stand_in_for(plan), lambda at: touched.update(at.touched())
        )
        base, turner = SimulatedBase(driver), SimulatedTurner(driver)
        for goal in random_goals(plan, 5)[:4]:
            waypoint = Waypoint('map', 0, goal.x_m, goal.y_m, goal.yaw_rad)
            await base.drive(waypoint, Deadline.after(100.0))
            await turner.turn(goal.yaw_rad, Deadline.after(30.0))
    assert not touched


@pytest.mark.parametrize('speed_m_s', [0.5, 0.1, -0.15])
@pytest.mark.parametrize('turn_rad_s', [-1.0, 0.0, 0.4])
def test_what_is_allowed_for_a_moment_leaves_room_to_stop(
    speed_m_s: float, turn_rad_s: float
) -> None:
    """Straight at a wall at x = 1: as long as it may go on it does, and then it stands free."""

    def wall_at_1(points: np.ndarray) -> np.ndarray:
        return np.abs(1.0 - points[:, 0])

    look_ahead = LookAhead(wall_at_1, RADIUS_M)
    velocity = Velocity(speed_m_s, turn_rad_s)
    pose = FloorPose(0.3 if speed_m_s > 0 else 1.7, 0.0, 0.0)
    for _ in range(400):
        if not look_ahead.allows(pose, velocity):
            break
        pose = moved_by(pose, velocity, PERIOD_S)
        assert abs(1.0 - pose.x_m) > RADIUS_M


def test_who_stands_too_near_may_go_away_but_not_nearer() -> None:
    look_ahead = LookAhead(lambda points: np.abs(1.0 - points[:, 0]), RADIUS_M)
    near = FloorPose(0.85, 0.0, 0.0)
    assert look_ahead.allows(near, Velocity(-0.1, 0.0))
    assert look_ahead.allows(near, Velocity(0.0, 1.0))
    assert not look_ahead.allows(near, Velocity(0.1, 0.0))
