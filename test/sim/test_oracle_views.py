"""True pictures of viewpoints are taken from where imagined ones would be."""

from __future__ import annotations

import asyncio
import math
from functools import partial

import numpy as np
import pytest

pytest.importorskip('mujoco')

from small_house import two_rooms

from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.warped_views import base_from_viewpoint_camera
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.placing import seen_from
from vlm_nav.sim.oracle_views import OracleViews
from vlm_nav.sim.ports import frame_of
from vlm_nav.sim.rendering import RenderingError
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.sim.view import SimulatedView

START, TURNED = FloorPose(1.0, 1.0, 0.3), FloorPose(1.0, 1.0, 1.3)
PLACE = FloorPose(0.5, 0.2, -0.4)
PAN_RAD, TILT_RAD = 0.35, 0.2


def moved_head(simulator: Simulator) -> SimulatedView:
    """Return what the camera sees once it looks aside and down: it is before the neck's axis."""
    simulator.set_head(PAN_RAD, TILT_RAD)
    simulator.advance(2.0)
    return simulator.look()


def turned(simulator: Simulator) -> SimulatedView:
    simulator.place(TURNED)
    seen = simulator.look()
    simulator.place(START)
    return seen


async def true_views(*viewpoints: Viewpoint) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the cameras' poses of true views, and those by the rule of imagined ones."""
    kept: list[SimulatedView] = []
    settings = SimulatorSettings(width_px=64, height_px=48, depth_noise=None)
    async with SimulatedRobot(partial(Simulator, two_rooms(), settings, START)) as robot:
        frame = frame_of(await robot.ask(moved_head))
        frames = (frame, seen_from(frame_of(await robot.ask(turned)), frame))
        views = await OracleViews(robot, kept.append).imagine(
            frames, viewpoints, Deadline.after(60.0)
        )
    assert all(isinstance(view, ImaginedView) for view in views)
    ruled = [
        frame.map_from_base @ base_from_viewpoint_camera(one.pose, frames[one.view])
        for one in viewpoints
    ]
    return [view.map_from_base @ view.base_from_camera for view in kept], ruled


@pytest.mark.parametrize('view', [0, 1])
def test_a_camera_that_is_tilted_turned_and_off_centre_stands_where_imagined_ones_would(
    view: int,
) -> None:
    try:
        (true,), (ruled,) = asyncio.run(true_views(Viewpoint(PLACE, view)))
    except RenderingError as error:
        pytest.skip(str(error))
    np.testing.assert_allclose(true, ruled, atol=1e-3)
    ahead_rad = math.atan2(true[1, 2], true[0, 2])
    assert ahead_rad == pytest.approx(START.yaw_rad + PLACE.yaw_rad, abs=1e-3)
