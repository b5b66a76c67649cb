"""Rigid transforms, held to the axioms and to formulas written out here."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vlm_nav.geometry.errors import PoseError
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    interpolate_transforms,
    inverse,
    quaternion_of,
    rigid_transform,
    transform_from,
    transform_from_floor_pose,
    transform_points,
    wrap_angle,
    wxyz_from_xyzw,
    xyzw_from_wxyz,
)

Transform = NDArray[np.float64]

metres = st.floats(-100.0, 100.0)
angles = st.floats(-20.0, 20.0)


@st.composite
def transforms(draw: st.DrawFn) -> Transform:
    axis = np.array(draw(st.tuples(*[st.floats(-1.0, 1.0)] * 3)))
    if np.linalg.norm(axis) < 1e-3:
        axis = np.array((0.0, 0.0, 1.0))
    half = draw(st.floats(-math.pi, math.pi)) / 2.0
    axis = axis / np.linalg.norm(axis)
    quaternion = (math.cos(half), *(math.sin(half) * axis))
    return transform_from(draw(st.tuples(metres, metres, metres)), quaternion)


def rotation_by_formula(w: float, x: float, y: float, z: float) -> Transform:
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def angle_between(one: Transform, other: Transform) -> float:
    cosine = (np.trace(one[:3, :3].T @ other[:3, :3]) - 1.0) / 2.0
    return math.acos(min(1.0, max(-1.0, cosine)))


@given(transforms())
def test_a_transform_and_its_inverse_are_nothing(a_from_b: Transform) -> None:
    np.testing.assert_allclose(inverse(a_from_b) @ a_from_b, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(inverse(inverse(a_from_b)), a_from_b, atol=1e-9)


@given(transforms(), transforms())
def test_composition_moves_a_point_one_step_after_the_other(
    a_from_b: Transform, b_from_c: Transform
) -> None:
    points = np.array([(1.0, 2.0, 3.0), (-4.0, 0.5, 0.0)])
    together = transform_points(a_from_b @ b_from_c, points)
    np.testing.assert_allclose(
        together, transform_points(a_from_b, transform_points(b_from_c, points)), atol=1e-9
    )
    np.testing.assert_allclose(
        inverse(a_from_b @ b_from_c), inverse(b_from_c) @ inverse(a_from_b), atol=1e-9
    )


def test_points_of_any_shape_are_moved() -> None:
    quarter = transform_from((1.0, 0.0, 0.0), (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))
    moved = transform_points(quarter, np.full((2, 3, 3), (1.0, 0.0, 5.0)))
    assert moved.shape == (2, 3, 3)
    np.testing.assert_allclose(moved, np.full((2, 3, 3), (1.0, 1.0, 5.0)), atol=1e-12)


@given(transforms())
def test_quaternions_and_matrices_tell_the_same(a_from_b: Transform) -> None:
    quaternion = quaternion_of(a_from_b)
    assert quaternion[0] >= 0.0
    np.testing.assert_allclose(rotation_by_formula(*quaternion), a_from_b[:3, :3], atol=1e-9)
    again = transform_from(a_from_b[:3, 3], quaternion)
    np.testing.assert_allclose(again, a_from_b, atol=1e-9)


def test_a_message_has_w_last_and_the_inside_has_it_first() -> None:
    assert wxyz_from_xyzw((1.0, 2.0, 3.0, 4.0)) == (4.0, 1.0, 2.0, 3.0)
    assert xyzw_from_wxyz((4.0, 1.0, 2.0, 3.0)) == (1.0, 2.0, 3.0, 4.0)
    left_turn = transform_from(
        (0, 0, 0), wxyz_from_xyzw((0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)))
    )
    np.testing.assert_allclose(
        transform_points(left_turn, (1.0, 0.0, 0.0)), (0.0, 1.0, 0.0), atol=1e-12
    )


@pytest.mark.parametrize(
    ('translation', 'quaternion'),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (2.0, 0.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (math.nan, 0.0, 0.0, 1.0)),
        ((math.inf, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
    ],
)
def test_a_pose_without_direction_or_place_is_refused(
    translation: tuple[float, ...], quaternion: tuple[float, ...]
) -> None:
    with pytest.raises(PoseError, match='unit quaternion'):
        transform_from(translation, quaternion)


def test_a_quaternion_is_brought_to_length_one() -> None:
    transform = transform_from((0.0, 0.0, 0.0), (1.005, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(transform, np.eye(4), atol=1e-12)


@pytest.mark.parametrize(
    ('matrix', 'word'),
    [
        (np.eye(3), r'shape \(4, 4\)'),
        (np.full((4, 4), math.nan), 'finite'),
        (np.diag((2.0, 2.0, 2.0, 1.0)), 'orthonormal'),
        (np.diag((1.0, 1.0, -1.0, 1.0)), 'orthonormal'),
        (np.diag((1.0, 1.0, 1.0, 2.0)), 'last row'),
        (np.zeros((4, 4)), 'orthonormal'),
    ],
)
def test_a_matrix_that_is_no_rigid_transform_is_refused(matrix: Transform, word: str) -> None:
    with pytest.raises(PoseError, match=word):
        rigid_transform(matrix)


def test_a_rigid_transform_is_a_copy() -> None:
    given_matrix = np.eye(4)
    rigid_transform(given_matrix)[0, 3] = 5.0
    assert given_matrix[0, 3] == 0.0


@given(metres, metres, st.floats(-math.pi + 1e-6, math.pi))
def test_a_pose_on_the_floor_comes_back(x_m: float, y_m: float, yaw_rad: float) -> None:
    pose = FloorPose(x_m, y_m, yaw_rad)
    back = floor_pose_of(transform_from_floor_pose(pose))
    assert (back.x_m, back.y_m) == (x_m, y_m)
    assert back.yaw_rad == pytest.approx(yaw_rad, abs=1e-9)


def test_yaw_is_counted_to_the_left_of_x() -> None:
    pose = transform_from_floor_pose(FloorPose(1.0, 2.0, math.pi / 2.0))
    np.testing.assert_allclose(
        transform_points(pose, (1.0, 0.0, 0.0)), (1.0, 3.0, 0.0), atol=1e-12
    )


def test_a_tilted_pose_is_flattened_by_the_heading_of_its_x_axis() -> None:
    yaw_then_pitch = transform_from_floor_pose(FloorPose(3.0, 1.0, 0.7)) @ transform_from(
        (0.0, 0.0, 0.9), (math.cos(0.1), 0.0, math.sin(0.1), 0.0)
    )
    flat = floor_pose_of(yaw_then_pitch)
    assert (flat.x_m, flat.y_m, flat.yaw_rad) == pytest.approx((3.0, 1.0, 0.7))


@given(angles)
def test_an_angle_is_wrapped_to_half_a_turn_either_way(angle_rad: float) -> None:
    wrapped = wrap_angle(angle_rad)
    assert -math.pi < wrapped <= math.pi
    assert math.sin(wrapped) == pytest.approx(math.sin(angle_rad), abs=1e-9)
    assert math.cos(wrapped) == pytest.approx(math.cos(angle_rad), abs=1e-9)


def test_half_a_turn_is_positive() -> None:
    assert wrap_angle(math.pi) == math.pi
    assert wrap_angle(-math.pi) == math.pi


@given(transforms(), transforms(), st.floats(0.0, 1.0))
def test_interpolation_turns_evenly_and_the_short_way(
    start: Transform, end: Transform, share: float
) -> None:
    between = rigid_transform(interpolate_transforms(start, end, share))
    whole = angle_between(start, end)
    if whole > math.pi - 1e-3:  # both ways are equally short
        return
    assert angle_between(start, between) == pytest.approx(share * whole, abs=1e-5)
    assert angle_between(between, end) == pytest.approx((1.0 - share) * whole, abs=1e-5)
    np.testing.assert_allclose(
        between[:3, 3], start[:3, 3] + share * (end[:3, 3] - start[:3, 3]), atol=1e-9
    )


def test_interpolation_ends_where_it_should() -> None:
    start = transform_from((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    end = transform_from((2.0, 0.0, 0.0), (math.cos(0.6), 0.0, math.sin(0.6), 0.0))
    np.testing.assert_allclose(interpolate_transforms(start, end, 0.0), start, atol=1e-12)
    np.testing.assert_allclose(interpolate_transforms(start, end, 1.0), end, atol=1e-12)
    np.testing.assert_allclose(interpolate_transforms(end, end, 0.3), end, atol=1e-12)


def test_from_just_left_of_behind_to_just_right_of_it_the_way_leads_over_behind() -> None:
    left = transform_from_floor_pose(FloorPose(0.0, 0.0, math.radians(170.0)))
    right = transform_from_floor_pose(FloorPose(0.0, 0.0, math.radians(-170.0)))
    between = floor_pose_of(interpolate_transforms(left, right, 0.25))
    assert math.degrees(between.yaw_rad) == pytest.approx(175.0)
