"""Costmaps: whose cell a place lies in, and where the robot's centre may stand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.observation.costmap import (
    INSCRIBED,
    UNKNOWN,
    Costmap,
    CostmapError,
    CostmapView,
    may_stand,
)


def costmap(
    values: np.ndarray, origin: FloorPose = FloorPose(0.0, 0.0, 0.0), resolution_m: float = 0.5
) -> Costmap:
    return Costmap(values.astype(np.int8), resolution_m, origin, 'map', 0)


NUMBERED = np.arange(12).reshape(3, 4)


def test_columns_grow_along_x_and_rows_along_y() -> None:
    grid = costmap(NUMBERED)
    assert grid.values_at((0.1, 0.1)) == 0
    assert grid.values_at((1.9, 0.1)) == 3
    assert grid.values_at((0.1, 1.4)) == 8
    assert grid.values_at([(0.6, 0.6), (1.1, 1.1)]).tolist() == [5, 10]


def test_a_cell_has_its_lower_border_and_not_its_upper_one() -> None:
    grid = costmap(NUMBERED)
    assert grid.values_at([(0.0, 0.0), (0.5, 0.0), (0.0, 0.5)]).tolist() == [0, 1, 4]
    outside = [(2.0, 0.1), (0.1, 1.5), (-1e-6, 0.1), (0.1, -1e-6)]
    assert grid.values_at(outside).tolist() == [UNKNOWN] * 4
    assert grid.contains(outside).tolist() == [False] * 4
    assert grid.contains([(0.0, 0.0), (1.99, 1.49)]).tolist() == [True, True]


@given(
    st.floats(-10.0, 10.0),
    st.floats(-10.0, 10.0),
    st.floats(-3.2, 3.2),
    st.integers(0, 2),
    st.integers(0, 3),
    st.floats(0.05, 0.45),
    st.floats(0.05, 0.45),
)
def test_a_turned_and_shifted_grid_is_read_in_its_own_axes(
    x_m: float, y_m: float, yaw_rad: float, row: int, column: int, right_m: float, up_m: float
) -> None:
    grid = costmap(NUMBERED, FloorPose(x_m, y_m, yaw_rad))
    along, across = 0.5 * column + right_m, 0.5 * row + up_m
    place = (
        x_m + along * math.cos(yaw_rad) - across * math.sin(yaw_rad),
        y_m + along * math.sin(yaw_rad) + across * math.cos(yaw_rad),
    )
    assert grid.values_at(place) == NUMBERED[row, column]
    assert grid.contains(place)


@pytest.mark.parametrize(
    ('value', 'stands'),
    [(-128, False), (-1, False), (0, True), (1, True), (98, True), (99, False), (100, False)],
)
def test_the_robot_stands_where_it_is_known_and_not_inscribed(value: int, stands: bool) -> None:
    assert may_stand(np.array([value], dtype=np.int8)).tolist() == [stands]
    assert INSCRIBED == 99


@pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf, 1e300])
def test_a_place_that_is_nowhere_is_unknown(bad: float) -> None:
    grid = costmap(NUMBERED, FloorPose(1.0, 2.0, 0.5))
    assert grid.values_at([(bad, 0.0), (0.0, bad), (bad, bad)]).tolist() == [UNKNOWN] * 3
    assert not grid.contains([(bad, 0.0), (0.0, bad), (bad, bad)]).any()


@pytest.mark.parametrize('shape', [(1, 1), (1, 7), (7, 1)])
def test_narrow_grids_are_grids(shape: tuple[int, int]) -> None:
    grid = costmap(np.full(shape, 5))
    assert grid.values_at((0.2, 0.2)) == 5
    assert grid.values_at((3.6, 3.6)) == UNKNOWN


@pytest.mark.parametrize('shape', [(0, 0), (0, 5), (5, 0), (5,), (2, 2, 2)])
def test_a_grid_without_cells_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(CostmapError, match='rows and columns'):
        costmap(np.zeros(shape))


@pytest.mark.parametrize('resolution_m', [0.0, -0.1, math.nan, math.inf])
def test_a_resolution_that_is_no_length_is_refused(resolution_m: float) -> None:
    with pytest.raises(CostmapError, match='resolution'):
        costmap(NUMBERED, resolution_m=resolution_m)


def test_shapes_are_kept() -> None:
    grid = costmap(NUMBERED)
    assert grid.values_at(np.zeros((2, 3, 2))).shape == (2, 3)
    assert grid.values_at(np.zeros((0, 2))).shape == (0,)
    assert grid.values_at((0.1, 0.1)).dtype == np.int8


def test_places_before_the_base_are_found_through_its_pose() -> None:
    base = transform_from_floor_pose(FloorPose(1.0, 0.25, math.pi / 2.0))
    view = CostmapView(costmap(NUMBERED), base)
    # One metre ahead of a robot that looks along y.
    assert view.values_at_base([(1.0, 0.0), (0.0, 0.6), (0.0, -0.6)]).tolist() == [10, 0, 3]
    assert view.values_at_base([(5.0, 0.0)]).tolist() == [UNKNOWN]
