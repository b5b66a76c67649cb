"""The point behind a pixel: where it comes from, how sure it is, or why there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sensor_data import tote

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import ObservationReason
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.depth import (
    NEIGHBOUR_PX,
    DepthPoint,
    DepthSource,
    depth_std_m,
    point_at_pixel,
)
from vlm_nav.geometry.ground import Plane

CAMERA = PinholeCamera(80, 60, 100.0, 100.0, 39.5, 29.5)
MIDDLE = Pixel(40.0, 30.0)

Depth = NDArray[np.float32]


def wall(depth_m: float = 2.0) -> Depth:
    return np.full((60, 80), depth_m, dtype=np.float32)


def slanted(plane: Plane) -> Depth:
    """Return the depth that a plane of the optical frame has in the picture."""
    rays = CAMERA.pixel_rays().astype(np.float64)
    return (-plane.offset_m / (rays @ plane.normal)).astype(np.float32)


def with_hole(depth_m: Depth, half_px: int, pixel: Pixel = MIDDLE) -> Depth:
    holed = depth_m.copy()
    row, column = round(pixel.v_px), round(pixel.u_px)
    holed[row - half_px : row + half_px + 1, column - half_px : column + half_px + 1] = np.nan
    return holed


def lifted(depth_m: Depth, pixel: Pixel = MIDDLE, plane: Plane | None = None) -> DepthPoint:
    point = point_at_pixel(depth_m, CAMERA, pixel, plane=plane)
    assert isinstance(point, DepthPoint), point
    return point


def test_the_depth_of_the_pixel_itself_comes_first() -> None:
    depth_m = wall()
    depth_m[30, 40] = 1.5
    point = lifted(depth_m, plane=Plane((0.0, -1.0, 0.0), 1.0))
    assert point.source is DepthSource.DIRECT
    np.testing.assert_allclose(point.as_array(), 1.5 * CAMERA.rays((40.0, 30.0)), rtol=1e-6)
    assert point.std_m >= depth_std_m(1.5)


def test_a_fraction_of_a_pixel_reads_the_pixel_it_lies_in() -> None:
    depth_m = wall()
    depth_m[30, 41] = 1.0
    point = lifted(depth_m, Pixel(40.6, 30.4))
    assert point.z_m == 1.0
    np.testing.assert_allclose(point.x_m, (40.6 - 39.5) / 100.0)


def test_a_pixel_that_straddles_an_edge_says_that_it_is_unsure() -> None:
    depth_m = wall(1.0)
    depth_m[:, 40:] = 3.0
    assert lifted(depth_m).std_m > 0.8 > 10.0 * lifted(wall(3.0)).std_m


def test_uncertainty_grows_with_the_distance() -> None:
    assert depth_std_m(4.0) > depth_std_m(2.0) > depth_std_m(1.0) > 0.0


@pytest.mark.parametrize('half_px', [0, 1, 2])
def test_a_hole_is_filled_from_the_surface_around_it(half_px: int) -> None:
    point = lifted(with_hole(wall(), half_px))
    assert point.source is DepthSource.NEIGHBOUR
    assert point.z_m == pytest.approx(2.0, abs=1e-3)


@given(
    st.floats(-0.8, 0.8),
    st.floats(-0.8, 0.8),
    st.floats(0.6, 3.0),
    st.integers(10, 69),
    st.integers(10, 49),
)
def test_a_slanted_surface_is_filled_as_it_slants(
    across: float, down: float, away_m: float, column: int, row: int
) -> None:
    length = math.sqrt(across**2 + down**2 + 1.0)
    depth_m = slanted(Plane((across / length, down / length, -1.0 / length), away_m / length))
    depth_m[~((depth_m > 0.2) & (depth_m < 8.0))] = np.nan
    expected_m = float(depth_m[row, column])
    pixel = Pixel(float(column), float(row))
    point = point_at_pixel(with_hole(depth_m, 1, pixel), CAMERA, pixel)
    if math.isfinite(expected_m) and isinstance(point, DepthPoint):
        assert point.z_m == pytest.approx(expected_m, abs=2e-3 * expected_m)
        assert point.std_m >= depth_std_m(expected_m) * 0.99


def test_a_hole_wider_than_the_neighbourhood_stays_a_hole() -> None:
    holed = with_hole(wall(), NEIGHBOUR_PX)
    assert point_at_pixel(holed, CAMERA, MIDDLE) is ObservationReason.NO_DEPTH


def test_depth_is_never_taken_across_a_step() -> None:
    for step_column in range(38, 44):
        depth_m = wall(1.0)
        depth_m[:, step_column:] = 1.3
        found = point_at_pixel(with_hole(depth_m, 2), CAMERA, MIDDLE)
        assert found is ObservationReason.NO_DEPTH, step_column


@given(st.floats(0.3, 2.0), st.integers(0, 3), st.integers(0, 200))
def test_a_filled_hole_lies_on_one_of_the_surfaces_or_is_refused(
    step_m: float, half_px: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0.0, 2.0 * math.pi)
    v, u = np.mgrid[0:60, 0:80]
    side = (u - 40.0) * math.cos(angle) + (v - 30.0) * math.sin(angle) > rng.uniform(-5.0, 5.0)
    near_m = 1.0
    depth_m = np.where(side, near_m + step_m, near_m).astype(np.float32)
    depth_m += rng.normal(0.0, 0.001, depth_m.shape).astype(np.float32)
    found = point_at_pixel(with_hole(depth_m, half_px), CAMERA, MIDDLE)
    if isinstance(found, DepthPoint):
        assert min(abs(found.z_m - near_m), abs(found.z_m - near_m - step_m)) < 0.02


def test_depth_is_not_carried_beyond_the_border_of_a_surface() -> None:
    depth_m = wall()
    depth_m[:, 40:] = np.nan
    assert point_at_pixel(depth_m, CAMERA, MIDDLE) is ObservationReason.NO_DEPTH


def test_a_few_lonely_neighbours_are_no_surface() -> None:
    depth_m = np.full((60, 80), np.nan, dtype=np.float32)
    for row, column in ((28, 38), (28, 42), (32, 38), (32, 42), (30, 37)):
        depth_m[row, column] = 2.0
    assert point_at_pixel(depth_m, CAMERA, MIDDLE) is ObservationReason.NO_DEPTH


def test_the_plane_serves_only_where_it_is_asked_for() -> None:
    empty = np.full((60, 80), np.nan, dtype=np.float32)
    low = Pixel(40.0, 50.0)
    floor = Plane((0.0, -1.0, 0.0), 1.0)
    assert point_at_pixel(empty, CAMERA, low) is ObservationReason.NO_DEPTH
    point = lifted(empty, low, floor)
    assert point.source is DepthSource.PLANE
    assert point.y_m == pytest.approx(1.0)
    assert point.z_m == pytest.approx(100.0 / (50.0 - 29.5))
    assert point.std_m == pytest.approx(100.0 / 20.0 - 100.0 / 20.5, rel=0.1)


def test_above_the_horizon_there_is_no_plane() -> None:
    empty = np.full((60, 80), np.nan, dtype=np.float32)
    floor = Plane((0.0, -1.0, 0.0), 1.0)
    for v_px in (10.0, 29.5, 29.9):
        found = point_at_pixel(empty, CAMERA, Pixel(40.0, v_px), plane=floor)
        assert found is ObservationReason.NO_DEPTH


@pytest.mark.parametrize(
    ('u_px', 'v_px'),
    [(-0.6, 5.0), (79.5, 5.0), (5.0, -0.6), (5.0, 59.5), (math.nan, 5.0), (5.0, math.inf)],
)
def test_a_pixel_outside_the_picture_is_told_apart(u_px: float, v_px: float) -> None:
    found = point_at_pixel(wall(), CAMERA, Pixel(u_px, v_px))
    assert found is ObservationReason.PIXEL_OUTSIDE_IMAGE


@pytest.mark.parametrize('half_px', [0, 1])
@pytest.mark.parametrize(('u_px', 'v_px'), [(-0.5, -0.5), (79.49, 59.49), (0.0, 59.0)])
def test_the_corners_of_the_picture_are_read(u_px: float, v_px: float, half_px: int) -> None:
    pixel = Pixel(u_px, v_px)
    assert lifted(wall(), pixel).z_m == 2.0
    depth_m = wall()
    depth_m[:1, :1] = depth_m[-1:, -1:] = depth_m[-1:, :1] = np.nan
    assert point_at_pixel(depth_m, CAMERA, pixel) is ObservationReason.NO_DEPTH


def test_a_corner_that_the_lens_leaves_dark_is_no_point() -> None:
    lens = (-0.33, 0.11, 0.0, 0.0, -0.017)
    camera = PinholeCamera(80, 60, 37.0, 37.0, 39.5, 29.5, lens)
    found = point_at_pixel(wall(), camera, Pixel(0.0, 0.0))
    assert found is ObservationReason.PIXEL_OUTSIDE_IMAGE


@pytest.mark.data
def test_depth_deleted_from_real_objects_is_found_again_or_refused() -> None:
    scene, rng = tote(), np.random.default_rng(0)
    asked = refused = near = 0
    for mask in scene.masks:
        rows, columns = np.nonzero(mask & np.isfinite(scene.depth_m))
        deleted = rng.permutation(len(rows))[: len(rows) // 2]
        depth_m = scene.depth_m.copy()
        depth_m[rows[deleted], columns[deleted]] = np.nan
        for index in deleted[:200]:
            pixel = Pixel(float(columns[index]), float(rows[index]))
            found = point_at_pixel(depth_m, scene.camera, pixel)
            asked += 1
            if isinstance(found, ObservationReason):
                refused += 1
            else:
                true_m = float(scene.depth_m[rows[index], columns[index]])
                near += abs(found.z_m - true_m) <= 0.010
    assert asked == 1600
    assert near + refused >= 0.95 * asked
    assert refused <= 0.20 * asked
