"""Rigid transforms as 4x4 arrays named `to_from`, and poses on the floor.

`point_base = base_from_camera @ point_camera`. Quaternions are (w, x, y, z), as in transforms3d.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from transforms3d.quaternions import mat2quat, quat2mat

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import PoseError

_RIGID_TOLERANCE = 1e-3


@dataclass(frozen=True)
class FloorPose:
    """A pose on the floor: metres and radians, yaw counter-clockwise from x."""

    x_m: float
    y_m: float
    yaw_rad: float


def rigid_transform(matrix: ArrayLike) -> FloatArray:
    """Return `matrix` as a (4, 4) float64 copy; raise PoseError unless it is rigid and finite."""
    transform = np.array(matrix, dtype=np.float64)
    if transform.shape != (4, 4):
        raise PoseError(f'a rigid transform has shape (4, 4), got {transform.shape}')
    if not np.isfinite(transform).all():
        raise PoseError(f'a rigid transform is finite, got {transform.tolist()}')
    rotation = transform[:3, :3]
    error = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if error > _RIGID_TOLERANCE or np.linalg.det(rotation) < 0.0:
        raise PoseError(f'a rigid transform has an orthonormal rotation, got {rotation.tolist()}')
    if np.abs(transform[3] - (0.0, 0.0, 0.0, 1.0)).max() > _RIGID_TOLERANCE:
        raise PoseError(f'the last row is 0 0 0 1, got {transform[3].tolist()}')
    return transform


def transform_from(translation_m: ArrayLike, quaternion_wxyz: ArrayLike) -> FloatArray:
    """Return the (4, 4) transform with this translation and rotation.

    Raises PoseError where a value is not finite or the quaternion's norm is not near 1.
    """
    translation = np.asarray(translation_m, dtype=np.float64)
    quaternion = np.asarray(quaternion_wxyz, dtype=np.float64)
    norm = float(np.linalg.norm(quaternion))
    if not (np.isfinite(translation).all() and 0.99 < norm < 1.01):
        raise PoseError(
            'a pose has a finite translation and a unit quaternion (w, x, y, z), '
            f'got {translation.tolist()} and {quaternion.tolist()}'
        )
    transform = np.eye(4)
    transform[:3, :3] = quat2mat(quaternion / norm)
    transform[:3, 3] = translation
    return transform


def quaternion_of(transform: FloatArray) -> FloatArray:
    """Return the rotation of a (4, 4) transform as (w, x, y, z), w not negative."""
    quaternion: FloatArray = mat2quat(transform[:3, :3])
    return quaternion


def wxyz_from_xyzw(quaternion_xyzw: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a message's quaternion (x, y, z, w) in the order used inside, (w, x, y, z)."""
    x, y, z, w = quaternion_xyzw
    return (w, x, y, z)


def xyzw_from_wxyz(quaternion_wxyz: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a quaternion (w, x, y, z) in the order of messages, (x, y, z, w)."""
    w, x, y, z = quaternion_wxyz
    return (x, y, z, w)


def inverse(transform: FloatArray) -> FloatArray:
    """Return the inverse of a rigid (4, 4) transform: `a_from_b` becomes `b_from_a`."""
    rotation = transform[:3, :3]
    inverted = np.eye(4)
    inverted[:3, :3] = rotation.T
    inverted[:3, 3] = -rotation.T @ transform[:3, 3]
    return inverted


def transform_points(to_from: FloatArray, points: ArrayLike) -> FloatArray:
    """Return points of shape (..., 3) moved from the `from` frame into the `to` frame.

    What is not finite stays so.
    """
    array = np.asarray(points, dtype=np.float64)
    with np.errstate(invalid='ignore'):
        moved: FloatArray = array @ to_from[:3, :3].T + to_from[:3, 3]
    return moved


def transform_places(to_from: FloatArray, places: ArrayLike) -> FloatArray:
    """Return places (..., 2) on the floor of the `from` frame as (..., 2) of the `to` frame."""
    array = np.asarray(places, dtype=np.float64)
    on_floor = np.concatenate([array, np.zeros((*array.shape[:-1], 1))], axis=-1)
    moved: FloatArray = transform_points(to_from, on_floor)[..., :2]
    return moved


def transform_from_floor_pose(pose: FloorPose) -> FloatArray:
    """Return the (4, 4) transform of a pose on the floor z = 0 of its parent frame."""
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    transform = np.eye(4)
    transform[:2, :2] = ((cosine, -sine), (sine, cosine))
    transform[:2, 3] = (pose.x_m, pose.y_m)
    return transform


def floor_pose_of(transform: FloatArray) -> FloorPose:
    """Return a (4, 4) transform flattened to the floor: x, y, and the yaw of its x axis."""
    yaw_rad = math.atan2(transform[1, 0], transform[0, 0])
    return FloorPose(float(transform[0, 3]), float(transform[1, 3]), yaw_rad)


def wrap_angle(angle_rad: float) -> float:
    """Return the angle in (-pi, pi]."""
    wrapped = math.remainder(angle_rad, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


def interpolate_transforms(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """Return the transform `share` of the way from `start` to `end`, share in 0..1.

    Translation linearly, rotation by spherical linear interpolation, as tf2 does.
    """
    blended = np.eye(4)
    blended[:3, :3] = quat2mat(_slerp(quaternion_of(start), quaternion_of(end), share))
    blended[:3, 3] = (1.0 - share) * start[:3, 3] + share * end[:3, 3]
    return blended


def _slerp(start_wxyz: FloatArray, end_wxyz: FloatArray, share: float) -> FloatArray:
    cosine = float(np.dot(start_wxyz, end_wxyz))
    end = -end_wxyz if cosine < 0.0 else end_wxyz
    angle = math.acos(min(1.0, abs(cosine)))
    if angle < 1e-6:
        blended: FloatArray = (1.0 - share) * start_wxyz + share * end
        blended /= np.linalg.norm(blended)
        return blended
    weights = (math.sin((1.0 - share) * angle), math.sin(share * angle))
    blended = (weights[0] * start_wxyz + weights[1] * end) / math.sin(angle)
    return blended
