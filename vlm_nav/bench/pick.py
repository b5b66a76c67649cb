"""Picks in the simulator: what is pointed at, how far the lift errs, and whether it is held."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from vlm_nav.bench.lift import LiftTimes, lift_times
from vlm_nav.bench.pick_simulator import PickEyes, PickSimulator
from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.manipulation.events import PickEnd, PickTask
from vlm_nav.manipulation.grasp_plan import Approach
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.picking import Picking
from vlm_nav.manipulation.steps import PlanStep
from vlm_nav.manipulation.trajectory_arm import TrajectorySettings
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.pointing import Pointer
from vlm_nav.sim.answering.seeing_doubles import seeing_double
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.arm_follower import simulated_arm
from vlm_nav.sim.house.pick_scenes import PickScene, pick_scene
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.robot.robot_sizes import default_sizes
from vlm_nav.sim.robot.sensors import DepthNoise
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.view import SimulatedView

_LIFTED_M, _HELD_S, _MOST_TABLE_N, _TIMED_CALLS = 0.15, 3.0, 20.0, 3
ARM = TrajectorySettings(lift_m=0.18, travel_height_m=1.06, arm_radius_m=0.035)
"""What is held slips a little; what stands on the table is lower than the hand travels."""

GRASP = GraspSettings((Approach.TOP_DOWN,), depth_m=0.055, room_m=0.03)
"""What is seen of a thing is its near side: fingers that open wide go past its far side too."""


@dataclass(frozen=True)
class PickResult:
    """One pick; `rise_m` is the least while it was held.

    `pixel_off_px` is how far the chosen pixel lies from those that show the thing, None where
    none was chosen; errors are None where nothing was lifted from the picture.
    """

    seed: int
    target: str
    lifted: bool
    reason: str | None
    rise_m: float
    table_n: float
    pixel_off_px: float | None
    calls: int
    lift_error_mm: float | None
    lift_error_noise_mm: float | None
    lift_grasp_ms: float | None
    lift_1000_ms: float | None


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
    off_px = [one.pixel_off_px for one in results if one.pixel_off_px is not None]
    return {
        'episodes': len(results),
        'lifted': float(np.mean([one.lifted for one in results])),
        'lift_error_mm': _mean([one.lift_error_mm for one in results]),
        'lift_error_noise_mm': _mean([one.lift_error_noise_mm for one in results]),
        'table_contacts_over_20n': sum(one.table_n > _MOST_TABLE_N for one in results),
        'pixel_on_target': sum(off == 0.0 for off in off_px) / len(results),
        'pixel_off_px': _mean(off_px),
        'lift_grasp_ms': _median([one.lift_grasp_ms for one in results]),
        'lift_1000_ms': _median([one.lift_1000_ms for one in results]),
        'per_episode': [asdict(one) for one in results],
    }


async def picking_of(
    robot: SimulatedRobot[PickSimulator], eyes: PickEyes, scene: PickScene
) -> Picking:
    """Return what carries picks out with the arm of a robot before a table; `seer` answers."""
    arm = await simulated_arm(robot, default_sizes(), ARM)
    return Picking(
        eyes,
        Pointer(seeing_double('seer', scene.plan, eyes.views), seed=scene.plan.seed),
        lift,
        PlanStep(gripper_of_robot(), GRASP, arm.reachable),
        arm,
    )


async def _picked(seed: int) -> PickResult:
    scene = pick_scene(seed)
    async with SimulatedRobot(partial(PickSimulator, scene, seed)) as robot:
        await robot.ask(PickSimulator.make_ready)
        eyes = PickEyes(robot, RecentViews())
        picking = await picking_of(robot, eyes, scene)
        end = await picking.carry_out(PickTask(f'pick up the {scene.target.name}'))
        rise_m = await robot.ask(lambda one: one.least_rise_m(_HELD_S))
        table_n = await robot.ask(lambda one: one.most_n)
    assert eyes.view is not None, 'a pick looks first'
    return _result(scene, end, eyes.view, rise_m, table_n)


def _result(
    scene: PickScene, end: PickEnd, view: SimulatedView, rise_m: float, table_n: float
) -> PickResult:
    pixel, seed = end.decision.pixel, scene.plan.seed
    frame = frame_of(view)
    noisy_m = DepthNoise()(view.true_depth_m, np.random.default_rng(seed))
    times = _times(frame, pixel)
    return PickResult(
        seed=seed,
        target=scene.target.identifier,
        lifted=rise_m >= _LIFTED_M,
        reason=None if end.reason is None else end.reason.value,
        rise_m=rise_m,
        table_n=table_n,
        pixel_off_px=_off_px(scene, view, pixel),
        calls=end.decision.calls,
        lift_error_mm=_error_mm(frame, view, pixel),
        lift_error_noise_mm=_error_mm(replace(frame, depth_m=noisy_m), view, pixel),
        lift_grasp_ms=None if times is None else times.lift_grasp_ms,
        lift_1000_ms=None if times is None else times.lift_1000_ms,
    )


def _off_px(scene: PickScene, view: SimulatedView, pixel: Pixel | None) -> float | None:
    """Return how far a pixel is from the nearest one that shows the target."""
    rows, columns = np.nonzero(view.things == scene.plan.things.index(scene.target))
    if pixel is None or not len(rows):
        return None
    off = np.hypot(columns - round(pixel.u_px), rows - round(pixel.v_px))
    return float(off.min())


def _error_mm(frame: RgbdFrame, view: SimulatedView, pixel: Pixel | None) -> float | None:
    """Return how far the lifted point is from the one that the pixel truly shows."""
    lifted = None if pixel is None else lift(frame, pixel)
    if pixel is None or lifted is None or isinstance(lifted, Refused):
        return None
    depth_m = float(view.true_depth_m[round(pixel.v_px), round(pixel.u_px)])
    ray = view.camera.rays(np.array([[pixel.u_px, pixel.v_px]]))
    truth: FloatArray = transform_points(view.base_from_camera, ray * depth_m)[0]
    return float(np.linalg.norm(lifted.point_base - truth)) * 1e3


def _times(frame: RgbdFrame, pixel: Pixel | None) -> LiftTimes | None:
    if pixel is None or isinstance(lift(frame, pixel), Refused):
        return None
    return lift_times(frame, pixel, calls=_TIMED_CALLS)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
