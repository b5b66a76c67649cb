"""Picks in the simulator: what of a pixel is lifted, how far it errs, and whether it is held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.manipulation.arm_port import Arm
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import GraspPlan
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import lift_points
from vlm_nav.manipulation.lifted import Lifted, Refused
from vlm_nav.manipulation.scene_points import scene_around
from vlm_nav.manipulation.trajectory_arm import TrajectorySettings
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.answering.seen_things import SeenThings
from vlm_nav.sim.arm_follower import simulated_arm
from vlm_nav.sim.house.pick_scenes import LOOSE_KG, PickScene, pick_scene
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.robot.robot_sizes import default_sizes
from vlm_nav.sim.robot.sensors import DepthNoise
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator, SimulatorSettings
from vlm_nav.sim.view import SimulatedView

_LIFTED_M, _HELD_S, _MOST_TABLE_N, _MANY = 0.15, 3.0, 20.0, 1000
# The arm sags a few millimetres below what it holds.
_ORDERED_M = 0.16
_PICK_S, _LOOK_S = 60.0, 0.004
_TILT_RAD, _HIGH_M = 0.6, 1.08


@dataclass(frozen=True)
class PickResult:
    """One pick; errors are None where nothing was lifted from the picture, times are medians."""

    seed: int
    target: str
    lifted: bool
    reason: str | None
    rise_m: float
    table_n: float
    lift_error_mm: float | None
    lift_error_noise_mm: float | None
    lift_grasp_ms: float
    lift_1000_ms: float


def gripper_of_robot() -> GripperSizes:
    """Return the simulated gripper as grasping takes it."""
    arm = default_sizes().arm
    return GripperSizes(
        opening_m=arm.gripper_range_m[1],
        finger_length_m=arm.finger_m,
        finger_thickness_m=0.012,
        finger_width_m=0.024,
        palm_length_m=arm.palm_m,
        palm_width_m=0.05,
        palm_height_m=0.036,
    )


def pick(seed: int) -> PickResult:
    """Return how the pick of a seed went."""
    return asyncio.run(_picked(seed))


def summary(results: Sequence[PickResult]) -> dict[str, Any]:
    """Return the figures of several picks: means of errors in mm, medians of times in ms."""
    return {
        'episodes': len(results),
        'lifted': float(np.mean([one.lifted for one in results])),
        'lift_error_mm': _mean([one.lift_error_mm for one in results]),
        'lift_error_noise_mm': _mean([one.lift_error_noise_mm for one in results]),
        'table_contacts_over_20n': sum(one.table_n > _MOST_TABLE_N for one in results),
        'lift_grasp_ms': float(np.median([one.lift_grasp_ms for one in results])),
        'lift_1000_ms': float(np.median([one.lift_1000_ms for one in results])),
        'per_episode': [asdict(one) for one in results],
    }


class _WatchedSimulator(Simulator):
    """A simulator that remembers how hard the robot has pressed on the table."""

    most_n = 0.0

    def advance(self, duration_s: float) -> None:
        """Let time go on, with a look at the table each 4 ms."""
        left_s = duration_s
        while left_s > 1e-9:
            super().advance(min(left_s, _LOOK_S))
            left_s -= _LOOK_S
            self.most_n = max(self.most_n, self.pressed_n('table'))


async def _picked(seed: int) -> PickResult:
    scene = pick_scene(seed)
    name = scene.target.identifier
    settings = SimulatorSettings(depth_noise=None, seed=seed, loose_kg=LOOSE_KG)
    async with SimulatedRobot(partial(_WatchedSimulator, scene.plan, settings, scene.start)) as it:
        view = await it.ask(_looked)
        pixel, frame = _pixel(scene, view), frame_of(view)
        if pixel is None:
            return PickResult(seed, name, False, 'unseen', 0.0, 0.0, None, None, 0.0, 0.0)
        before = await it.ask(lambda one: one.place_of(name))
        arm = await simulated_arm(it, default_sizes(), TrajectorySettings(lift_m=_ORDERED_M))
        began_s = time.perf_counter()
        lifted, plan = _planned(frame, pixel, arm)
        grasp_ms = (time.perf_counter() - began_s) * 1e3
        reason = await _carried_out(plan, arm)
        await it.ask(lambda one: one.advance(_HELD_S))
        after = await it.ask(lambda one: one.place_of(name))
        table_n = await it.ask(lambda one: one.most_n)
    noisy = DepthNoise()(view.true_depth_m, np.random.default_rng(seed))
    rise_m, truth = float(after[2] - before[2]), _truth(view, pixel)
    noise = lift(replace(frame, depth_m=noisy), pixel)
    return PickResult(
        seed, name, rise_m >= _LIFTED_M, reason, rise_m, table_n,
        _error_mm(lifted, truth), _error_mm(noise, truth), grasp_ms, _many_ms(frame, seed),
    )  # fmt: skip


def _looked(simulator: _WatchedSimulator) -> SimulatedView:
    """Return what is seen once the arm is above the table and the things have come to rest."""
    tucked = default_sizes().arm.tucked
    simulator.set_head(0.0, _TILT_RAD)
    simulator.set_arm(tucked.model_copy(update={'lift_m': _HIGH_M}))
    simulator.advance(3.0)
    return simulator.look()


def _pixel(scene: PickScene, view: SimulatedView) -> Pixel | None:
    """Return the seen pixel of the target that is nearest to the middle of all."""
    pixels = SeenThings(view, (scene.plan.things.index(scene.target),)).pixels
    if not len(pixels):
        return None
    nearest = np.argmin(np.linalg.norm(pixels - pixels.mean(axis=0), axis=1))
    return Pixel(*pixels[nearest].tolist())


def _planned(frame: RgbdFrame, pixel: Pixel, arm: Arm) -> tuple[Lifted | Refused, GraspPlan]:
    lifted = lift(frame, pixel)
    if isinstance(lifted, Refused):
        return lifted, GraspPlan()
    scene = scene_around(frame, lifted)
    return lifted, grasps(lifted, scene, gripper_of_robot(), reachable=arm.reachable)


async def _carried_out(plan: GraspPlan, arm: Arm) -> str | None:
    """Carry the best grasp out, or the next where no joints lead along its whole way."""
    reason = plan.reason.value if plan.reason else None
    for grasp in plan.ranked:
        outcome = await arm.pick(grasp, Deadline.after(_PICK_S))
        reason = outcome.reason.value if outcome.reason else None
        if outcome.reason is not HandReason.UNREACHABLE:
            break
    return reason


def _truth(view: SimulatedView, pixel: Pixel) -> FloatArray:
    depth_m = float(view.true_depth_m[round(pixel.v_px), round(pixel.u_px)])
    ray = view.camera.rays(np.array([[pixel.u_px, pixel.v_px]]))
    point: FloatArray = transform_points(view.base_from_camera, ray * depth_m)[0]
    return point


def _error_mm(lifted: Lifted | Refused, truth: FloatArray) -> float | None:
    if isinstance(lifted, Refused):
        return None
    return float(np.linalg.norm(lifted.point_base - truth)) * 1e3


def _many_ms(frame: RgbdFrame, seed: int) -> float:
    """Return what it takes to lift 1000 pixels of a picture, without their objects."""
    height, width = frame.rgb.shape[:2]
    pixels = np.random.default_rng(seed).uniform((0, 0), (width - 1, height - 1), (_MANY, 2))
    began_s = time.perf_counter()
    lift_points(frame, pixels)
    return (time.perf_counter() - began_s) * 1e3


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
