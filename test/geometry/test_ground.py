"""Planes: distances, other frames, rays, and the floor among other points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.geometry.errors import GeometryError
from vlm_nav.geometry.ground import FLOOR, Plane, fit_floor, intersect
from vlm_nav.geometry.poses import FloorPose, transform_from, transform_from_floor_pose

angles = st.floats(-1.2, 1.2)


def pose(x_m: float, pitch_rad: float, yaw_rad: float) -> np.ndarray:
    pitched = transform_from(
        (x_m, -0.4, 1.3), (math.cos(pitch_rad / 2), 0.0, math.sin(pitch_rad / 2), 0.0)
    )
    return transform_from_floor_pose(FloorPose(0.5, 2.0, yaw_rad)) @ pitched


@given(st.floats(-3.0, 3.0), angles, angles, st.integers(0, 1000))
def test_a_plane_has_the_same_distances_in_every_frame(
    x_m: float, pitch_rad: float, yaw_rad: float, seed: int
) -> None:
    here_from_there = pose(x_m, pitch_rad, yaw_rad)
    points = np.random.default_rng(seed).uniform(-5.0, 5.0, size=(20, 3))
    plane = Plane((0.6, 0.0, 0.8), -0.3)
    moved = points @ here_from_there[:3, :3].T + here_from_there[:3, 3]
    seen = plane.seen_from(here_from_there)
    np.testing.assert_allclose(seen.height_m(moved), plane.height_m(points), atol=1e-9)


@given(st.floats(0.2, 2.0), st.floats(0.05, 1.2), angles, st.integers(0, 1000))
def test_rays_meet_the_plane_on_the_plane(
    height_m: float, slope: float, bearing_rad: float, seed: int
) -> None:
    rays = np.random.default_rng(seed).normal(size=(30, 3))
    rays[0] = (math.cos(bearing_rad), math.sin(bearing_rad), -slope)
    origin = (0.1, 0.2, height_m)
    met = intersect(FLOOR, origin, rays)
    downward = rays[:, 2] < 0.0
    assert (np.isfinite(met).all(axis=1) == downward).all()
    np.testing.assert_allclose(FLOOR.height_m(met[downward]), 0.0, atol=1e-9)
    assert met[0, 0] == pytest.approx(0.1 + height_m / slope * math.cos(bearing_rad))


def test_rays_that_run_along_or_away_meet_nothing() -> None:
    rays = [(1.0, 0.0, 0.0), (1.0, 0.0, 0.5), (0.0, 0.0, 0.0), (math.nan, 0.0, -1.0)]
    assert np.isnan(intersect(FLOOR, (0.0, 0.0, 1.0), rays)).all()


def test_tilt_is_the_angle_to_the_horizontal() -> None:
    assert FLOOR.tilt_rad() == 0.0
    assert Plane((0.0, math.sin(0.2), math.cos(0.2)), 1.0).tilt_rad() == pytest.approx(0.2)
    assert Plane((0.0, 0.0, -1.0), 1.0).tilt_rad() == 0.0


@given(st.floats(-0.03, 0.03), st.floats(-0.03, 0.03), st.floats(-0.05, 0.05), st.integers(0, 99))
def test_the_floor_is_found_under_furniture_and_noise(
    slope_x: float, slope_y: float, height_m: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    floor = rng.uniform((0.0, -1.5, 0.0), (2.5, 1.5, 0.0), size=(800, 3))
    floor[:, 2] = height_m + floor[:, :2] @ (slope_x, slope_y) + rng.normal(0.0, 0.003, 800)
    boxes = rng.uniform((1.0, -1.5, 0.1), (2.5, 1.5, 1.0), size=(300, 3))
    unknown = np.full((50, 3), np.nan)
    plane = fit_floor(np.concatenate([floor, boxes, unknown]))
    assert plane.normal[2] > 0.0
    assert np.linalg.norm(plane.normal) == pytest.approx(1.0)
    expected = Plane((-slope_x, -slope_y, 1.0), -height_m)
    np.testing.assert_allclose(
        plane.height_m(floor[:50]), expected.height_m(floor[:50]), atol=6e-3
    )


def test_without_floor_there_is_nothing_to_fit() -> None:
    with pytest.raises(GeometryError, match='a floor needs 50 points'):
        fit_floor(np.full((500, 3), 2.0))
