"""Free space that several cameras show together."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surround import room_sight
from synthetic import Box, camera_pose, frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.common_free_space import common_free_space, free_space_of
from vlm_nav.observation.floor_grid import Cell, FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame

SETTINGS = FreeSpaceSettings()
LEFT, BACK = math.pi / 2.0, math.pi


def around(*boxes: Box, **pose: float) -> list[RgbdFrame]:
    """Return what four cameras around the robot see of a floor with boxes."""
    return [
        frame_of(boxes, camera_pose(left_deg=left, **pose)) for left in (0.0, 90.0, 180.0, -90.0)
    ]


def test_one_frame_shows_the_same_alone_and_in_common() -> None:
    frame = frame_of([Box((2.0, 2.3), (-0.3, 0.3))])
    alone, common = free_space_of(frame, SETTINGS), common_free_space((frame,), SETTINGS)
    assert alone.cells.shape == common.cells.shape == (200, 100)
    np.testing.assert_array_equal(alone.cells, common.cells)
    np.testing.assert_array_equal(alone.obstacles, common.obstacles)
    assert not alone.assumed.any()


def test_cameras_all_around_know_the_floor_all_around() -> None:
    free_space = common_free_space(around(), SETTINGS)
    assert free_space.cells.shape == (200, 200)
    for bearing in np.radians([0.0, 90.0, -90.0, 180.0, -180.0, 175.0]):
        assert free_space.free_range_m(bearing) > 4.5
        assert free_space.unobstructed_range_m(bearing) == math.inf


@pytest.mark.parametrize('bearing_deg', [0.0, 90.0, 180.0, -90.0])
def test_what_stands_on_any_side_ends_the_way_there_and_nowhere_else(bearing_deg: float) -> None:
    bearing = math.radians(bearing_deg)
    x_m, y_m = 2.0 * math.cos(bearing), 2.0 * math.sin(bearing)
    post = Box((x_m - 0.1, x_m + 0.1), (y_m - 0.1, y_m + 0.1))
    free_space = common_free_space(around(post), SETTINGS)
    assert free_space.free_range_m(bearing) == pytest.approx(2.0 - 0.1 - 0.22, abs=0.1)
    assert free_space.unobstructed_range_m(bearing) < 1.75
    assert free_space.free_range_m(bearing + 1.5 - 2.0 * math.pi * (bearing > 1.6)) > 4.0


@given(st.floats(-180.0, 180.0), st.floats(1.0, 3.0))
@settings(max_examples=25)
def test_no_camera_makes_an_obstacle_of_another_vanish(bearing_deg: float, range_m: float) -> None:
    bearing = math.radians(bearing_deg)
    x_m, y_m = range_m * math.cos(bearing), range_m * math.sin(bearing)
    frames = around(Box((x_m - 0.15, x_m + 0.15), (y_m - 0.15, y_m + 0.15)))
    common = common_free_space(frames, SETTINGS)
    bearings = np.radians(np.arange(-180.0, 180.0, 3.0))
    for frame in frames:
        alone = free_space_of(frame, SETTINGS)
        nearest_m = common.unobstructed_range_m(bearings)
        # A point on the edge of a cell may fall into its neighbour in the larger grid.
        assert (nearest_m <= alone.unobstructed_range_m(bearings) + SETTINGS.cell_m).all()


def test_what_another_camera_looks_at_is_in_no_blind_zone() -> None:
    # The front camera sees no floor nearer than 1 m; a pit gapes there, which the left one sees.
    front = frame_of((), camera_pose(0.5, 5.0))
    pit = Box((0.2, 0.9), (0.5, 1.3), (-1.0, 0.0))
    left = frame_of([pit], camera_pose(0.8, 35.0, 75.0))
    place = [(0.5, 0.8)]
    assert free_space_of(front, SETTINGS).cells_at(place)[0] == Cell.FREE
    assert common_free_space((front, left), SETTINGS).cells_at(place)[0] == Cell.UNKNOWN
    whole = frame_of((), camera_pose(0.8, 35.0, 75.0))
    assert common_free_space((front, whole), SETTINGS).cells_at(place)[0] == Cell.FREE


def test_a_blind_zone_that_a_camera_without_depth_looks_at_is_only_assumed_to_be_free() -> None:
    front = frame_of((), camera_pose(0.5, 5.0))
    left = dataclasses.replace(frame_of((), camera_pose(0.8, 35.0, 75.0)), depth_m=None)
    free_space = common_free_space((front, left), SETTINGS)
    places = [(0.5, 0.8), (0.3, 0.0), (2.0, 0.0)]
    assert (free_space.cells_at(places) == Cell.FREE).all()
    assert free_space.is_assumed(places).tolist() == [True, False, False]
    assert free_space.is_assumed([(-1.0, 0.0), (9.0, 0.0)]).all()


def test_cameras_that_look_ahead_need_no_grid_behind() -> None:
    frames = [frame_of((), camera_pose(left_deg=left)) for left in (-20.0, 20.0)]
    assert common_free_space(frames, SETTINGS).settings.behind_m == 0.0


def test_a_real_shape_of_a_room_is_free_to_all_sides_as_far_as_its_walls() -> None:
    sight = room_sight('front', 'left', 'right', 'back')
    free_space = common_free_space(sight.frames, SETTINGS)
    ranges_m = free_space.free_range_m(np.radians(np.arange(-180.0, 180.0, 5.0)))
    assert (ranges_m > 0.5).mean() > 0.9
    assert ranges_m.max() < 4.0


def test_a_grid_reaches_no_further_behind_than_ahead() -> None:
    with pytest.raises(InvalidValueError, match='behind the base'):
        FreeSpaceSettings(behind_m=6.0)
    with pytest.raises(InvalidValueError):
        FreeSpaceSettings(behind_m=-1.0)
