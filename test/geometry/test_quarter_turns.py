"""Cameras turned by quarters look where they did."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import camera_pose

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.quarter_turns import (
    quarters_to_upright,
    turned_camera,
    turned_from_camera,
    turned_picture,
)

IDEAL = PinholeCamera(160, 120, 130.0, 131.0, 77.5, 61.0)
PLUMB = PinholeCamera(160, 120, 130.0, 131.0, 77.5, 61.0, (0.05, -0.1, 0.01, -0.02, 0.01))
RATIONAL = PinholeCamera(
    160, 120, 130.0, 131.0, 77.5, 61.0, (0.3, -0.1, 0.004, -0.006, 0.01, 0.2, 0.05, 0.02)
)


@pytest.mark.parametrize('camera', [IDEAL, PLUMB, RATIONAL])
@given(
    quarters=st.integers(0, 5),
    x_m=st.floats(-0.8, 0.8),
    y_m=st.floats(-0.6, 0.6),
    z_m=st.floats(1.5, 5.0),
)
def test_a_point_shows_at_the_pixel_that_was_turned_along(
    camera: PinholeCamera, quarters: int, x_m: float, y_m: float, z_m: float
) -> None:
    u_px, v_px = camera.project((x_m, y_m, z_m))
    turned = turned_camera(camera, quarters)
    point = turned_from_camera(quarters)[:3, :3] @ (x_m, y_m, z_m)
    expected = (u_px, v_px)
    width, height = camera.width_px, camera.height_px
    for _ in range(quarters % 4):
        expected = (expected[1], width - 1.0 - expected[0])
        width, height = height, width
    assert turned.project(point) == pytest.approx(expected, abs=1e-9)
    assert (turned.width_px, turned.height_px) == (width, height)


@pytest.mark.parametrize('quarters', range(4))
def test_the_picture_turns_as_its_camera_does(quarters: int) -> None:
    picture = np.zeros((120, 160, 3), dtype=np.uint8)
    picture[30, 100] = 255
    turned = turned_picture(picture, quarters)
    camera = turned_camera(IDEAL, quarters)
    assert turned.shape == (camera.height_px, camera.width_px, 3)
    assert turned.flags.c_contiguous
    ray = turned_from_camera(quarters)[:3, :3] @ IDEAL.rays((100.0, 30.0))
    u_px, v_px = np.round(camera.project(ray)).astype(int)
    assert (turned[v_px, u_px] == 255).all()


@pytest.mark.parametrize(
    ('roll_deg', 'quarters'),
    [(0.0, 0), (40.0, 0), (-40.0, 0), (90.0, 3), (50.0, 3), (180.0, 2), (-90.0, 1), (-130.0, 1)],
)
def test_the_floor_comes_below_after_as_few_quarters_as_needed(
    roll_deg: float, quarters: int
) -> None:
    pose = camera_pose(left_deg=70.0, roll_deg=roll_deg)
    found = quarters_to_upright(pose)
    assert found == quarters
    upright = pose @ np.linalg.inv(turned_from_camera(found))
    below = -upright[2, :2]
    assert below[1] > abs(below[0]) - 1e-9


def test_a_camera_that_looks_straight_down_is_not_turned() -> None:
    for roll_deg in (0.0, 90.0, 180.0):
        assert quarters_to_upright(camera_pose(down_deg=88.0, roll_deg=roll_deg)) == 0
