"""Pictures of any camera, drawn as by one that is always the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sensor_data import robot_floor_frame
from synthetic import Box, camera_pose, frame_of
from viewpoints_around import WIDE

from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX, level_view

BOXES = (Box((2.0, 2.5), (0.2, 0.9)), Box((3.0, 3.5), (-1.5, -0.5)))


def test_tilt_and_roll_of_the_camera_do_not_show() -> None:
    level, tilted = (
        level_view(frame_of(BOXES, camera_pose(1.0, down, roll_deg=roll), camera=WIDE))
        for down, roll in ((20.0, 0.0), (26.0, 7.0))
    )
    both = (level[5] > 0.0) & (tilted[5] > 0.0)
    assert both.mean() > 0.4
    differs = np.abs(level - tilted)[3:5, both]
    assert np.median(differs) < 0.01
    assert (differs > 0.1).mean() < 0.05


def test_another_heading_of_the_camera_shows_what_is_there() -> None:
    ahead = level_view(frame_of(BOXES, camera_pose(left_deg=0.0), camera=WIDE))
    aside = level_view(frame_of(BOXES, camera_pose(left_deg=180.0), camera=WIDE))
    assert ahead[4].max() > 0.4
    assert aside[4].max() < 0.05
    assert (aside[5] > 0.0).mean() > 0.3


def test_without_depth_only_colours_show() -> None:
    frame = frame_of(BOXES)
    with_depth, without = level_view(frame), level_view(replace(frame, depth_m=None))
    assert np.array_equal(with_depth[:3], without[:3])
    assert not without[3:].any()
    assert with_depth[3:].any()


@pytest.mark.data
def test_a_real_picture_is_drawn_in_range() -> None:
    picture = level_view(robot_floor_frame())
    assert picture.shape == (CHANNELS, HEIGHT_PX, WIDTH_PX)
    assert np.isfinite(picture).all()
    assert picture.min() >= 0.0
    assert picture.max() <= 1.0
    # The floor: known, and low.
    assert (picture[4][picture[5] > 0.0] < 0.02).mean() > 0.2
