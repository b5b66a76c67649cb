"""The simulated arm picks things up by friction, and stops where somebody cancels."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')

from box_room import box_room

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.manipulation.grasp_plan import Approach, Grasp
from vlm_nav.sim.arm_follower import simulated_arm
from vlm_nav.sim.house.house_plan import HousePlan, Thing
from vlm_nav.sim.robot.robot_sizes import default_sizes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

THING = 'block_1'
MIDDLE = np.array([0.0, 0.0, 0.04])
START = FloorPose(3.55, -0.9, 0.0)
SETTINGS = SimulatorSettings(160, 120, depth_noise=None, loose_kg={'block': 0.2})


def table_with_block() -> HousePlan:
    plan = box_room()
    block = Thing(THING, 'block', 'green block', FloorPose(4.0, -0.85, 0.3), 0.74,
                  (0.06, 0.04, 0.08), 'room', on='table_1', color='green')  # fmt: skip
    return replace(plan, things=(*plan.things, block))


def from_above(tips_map: FloatArray, yaw_rad: float) -> Grasp:
    cosine, sine = np.cos(yaw_rad), np.sin(yaw_rad)
    grasp = np.eye(4)
    # Down along x; the fingers close along the block's own y.
    grasp[:3, :3] = np.array([[0, -sine, -cosine], [0, cosine, -sine], [-1, 0, 0]])
    grasp[:3, :3] = grasp[:3, :3] @ np.diag([1.0, 1.0, np.linalg.det(grasp[:3, :3])])
    grasp[:3, 3] = tips_map - (START.x_m, START.y_m, 0.0)
    before = grasp.copy()
    before[2, 3] += 0.1
    return Grasp(grasp, before, 0.04, 0.07, Approach.TOP_DOWN, 0.02, 1.0)


def robot() -> SimulatedRobot[Simulator]:
    return SimulatedRobot(lambda: Simulator(table_with_block(), SETTINGS, START))


async def with_raised_arm(one: SimulatedRobot[Simulator]) -> None:
    def raise_arm(simulator: Simulator) -> None:
        high = default_sizes().arm.tucked.model_copy(update={'lift_m': 1.0})
        simulator.set_arm(high)
        simulator.advance(3.0)

    await one.ask(raise_arm)


async def test_a_block_is_lifted_and_held_by_friction_and_the_table_is_not_pressed() -> None:
    async with robot() as one:
        await with_raised_arm(one)
        arm = await simulated_arm(one, default_sizes())
        before = await one.ask(lambda simulator: simulator.place_of(THING))
        outcome = await arm.pick(from_above(before + MIDDLE, 0.3), Deadline.after(60.0))
        assert outcome.done, outcome
        await one.ask(lambda simulator: simulator.advance(3.0))
        after = await one.ask(lambda simulator: simulator.place_of(THING))
        assert after[2] - before[2] == pytest.approx(0.15, abs=0.01)
        assert await one.ask(lambda simulator: simulator.pressed_n('table_1')) == 0.0


async def test_an_arm_that_closes_on_nothing_says_so() -> None:
    async with robot() as one:
        await with_raised_arm(one)
        arm = await simulated_arm(one, default_sizes())
        beside = np.array([4.0, -0.7, 0.78])
        outcome = await arm.pick(from_above(beside, 0.0), Deadline.after(60.0))
        assert outcome.reason is HandReason.GRASP_LOST


async def test_an_arm_that_is_cancelled_stands_soon() -> None:
    async with robot() as one:
        await with_raised_arm(one)
        arm = await simulated_arm(one, default_sizes())
        before = await one.ask(lambda simulator: simulator.place_of(THING))
        grasp = from_above(before + MIDDLE, 0.3)
        going = asyncio.ensure_future(arm.pick(grasp, Deadline.after(60.0)))
        start = await one.ask(lambda simulator: simulator.arm())
        while (await one.ask(lambda s: abs(s.arm().shoulder_rad - start.shoulder_rad))) < 0.1:
            await asyncio.sleep(0.0)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
        await one.ask(lambda simulator: simulator.advance(0.2))
        stopped = await one.ask(lambda simulator: simulator.base_from_grasp())
        await one.ask(lambda simulator: simulator.advance(1.0))
        later = await one.ask(lambda simulator: simulator.base_from_grasp())
        assert np.linalg.norm((later - stopped)[:3, 3]) < 0.01
