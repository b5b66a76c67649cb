"""Frames of cameras in portrait or upside down."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sensor_data import robot_floor_frame
from synthetic import CAMERA, Box, camera_pose, frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.geometry.quarter_turns import turned_camera, turned_from_camera, turned_picture
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.common_free_space import free_space_of
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base
from vlm_nav.observation.upright import upright
from vlm_nav.vlm.doubles import NearestToTarget

SETTINGS = FreeSpaceSettings()
BOX = Box((2.0, 2.3), (-0.3, 0.3))


def as_if_mounted(frame: RgbdFrame, quarters: int) -> RgbdFrame:
    """Return what the same camera would have taken, mounted turned by quarters."""
    assert frame.depth_m is not None
    return dataclasses.replace(
        frame,
        rgb=turned_picture(frame.rgb, quarters),
        depth_m=turned_picture(frame.depth_m, quarters),
        camera=turned_camera(frame.camera, quarters),
        base_from_camera=frame.base_from_camera @ np.linalg.inv(turned_from_camera(quarters)),
    )


def test_a_frame_that_stands_upright_stays_as_it_is() -> None:
    for roll_deg in (0.0, 20.0, -20.0):
        frame = frame_of((), camera_pose(roll_deg=roll_deg))
        assert upright(frame) is frame


@pytest.mark.parametrize('roll_deg', [90.0, 180.0, -90.0])
def test_the_points_of_a_turned_frame_are_the_same(roll_deg: float) -> None:
    frame = frame_of([BOX], camera_pose(roll_deg=roll_deg))
    turned = upright(frame)
    before, after = (
        points[np.isfinite(points).all(axis=-1)]
        for points in (points_base(frame), points_base(turned))
    )
    assert len(before) == len(after)
    for axis in range(3):
        np.testing.assert_allclose(np.sort(before[:, axis]), np.sort(after[:, axis]), atol=1e-5)


@pytest.mark.parametrize('quarters', [1, 2, 3])
def test_a_camera_knows_the_same_floor_however_it_is_mounted(quarters: int) -> None:
    frame = frame_of([BOX], camera_pose(0.5, 15.0))
    again = upright(as_if_mounted(frame, quarters))
    np.testing.assert_array_equal(again.rgb, frame.rgb)
    np.testing.assert_allclose(again.base_from_camera, frame.base_from_camera, atol=1e-12)
    assert again.camera == CAMERA
    expected = free_space_of(frame, SETTINGS)
    found = free_space_of(again, SETTINGS)
    bearings = np.radians(np.arange(-40.0, 41.0, 5.0))
    np.testing.assert_allclose(found.free_range_m(bearings), expected.free_range_m(bearings))


@pytest.mark.parametrize('roll_deg', [90.0, 180.0, -90.0])
def test_the_blind_zone_of_a_portrait_or_hanging_camera_begins_below_what_it_sees(
    roll_deg: float,
) -> None:
    frame = frame_of((), camera_pose(0.5, 15.0, roll_deg=roll_deg))
    assert free_space_of(frame, SETTINGS).free_range_m(0.0) < 0.1
    assert free_space_of(upright(frame), SETTINGS).free_range_m(0.0) > 4.0


@pytest.mark.data
@pytest.mark.parametrize('quarters', [1, 2, 3])
async def test_a_real_robots_decision_does_not_depend_on_how_its_camera_hangs(
    quarters: int,
) -> None:
    frame = robot_floor_frame()
    hanging = as_if_mounted(frame, quarters)
    selector = PivotSelector(NearestToTarget(Pixel(330.0, 400.0)), seed=4)
    expected, found = [
        await selector.select(Sight(one), 'go', Deadline.after(60.0))
        for one in (frame, upright(hanging))
    ]
    assert found.outcome is DecisionOutcome.GOAL
    assert expected.waypoint is not None
    assert found.waypoint is not None
    assert (found.waypoint.x_m, found.waypoint.y_m) == pytest.approx(
        (expected.waypoint.x_m, expected.waypoint.y_m), abs=1e-6
    )
