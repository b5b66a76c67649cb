"""Synthetic scenes for tests: a floor with boxes and holes, seen by a small camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.observation.rgbd_frame import RgbdFrame

CAMERA = PinholeCamera(160, 120, 130.0, 130.0, 79.5, 59.5)


@dataclass(frozen=True)
class Box:
    """A box that stands along the axes of the base frame; one of negative height is a pit."""

    x_m: tuple[float, float]
    y_m: tuple[float, float]
    z_m: tuple[float, float] = (0.0, 1.0)


def camera_pose(
    height_m: float = 0.5,
    down_deg: float = 20.0,
    left_deg: float = 0.0,
    roll_deg: float = 0.0,
    x_m: float = 0.0,
) -> FloatArray:
    """Return `base_from_camera` of a camera that looks ahead, down and to the left."""
    down, left, roll = (math.radians(angle) for angle in (down_deg, left_deg, roll_deg))
    ahead = np.array(
        (
            math.cos(down) * math.cos(left),
            math.cos(down) * math.sin(left),
            -math.sin(down),
        )
    )
    right = np.array((math.sin(left), -math.cos(left), 0.0))
    below = np.cross(ahead, right)
    pose = np.eye(4)
    pose[:3, 0] = math.cos(roll) * right + math.sin(roll) * below
    pose[:3, 1] = -math.sin(roll) * right + math.cos(roll) * below
    pose[:3, 2] = ahead
    pose[:3, 3] = (x_m, 0.0, height_m)
    return pose


def frame_of(
    boxes: Sequence[Box] = (),
    pose: FloatArray | None = None,
    *,
    camera: PinholeCamera = CAMERA,
    reach_m: float = 9.0,
    map_from_base: FloatArray | None = None,
) -> RgbdFrame:
    """Return what a camera sees of an endless floor with boxes on it."""
    base_from_camera = camera_pose() if pose is None else pose
    depth_m = depth_of(boxes, base_from_camera, camera, reach_m)
    grey = np.clip(np.nan_to_num(depth_m, nan=0.0) * 25.0 + 20.0, 0, 255).astype(np.uint8)
    start = transform_from_floor_pose(FloorPose(0.0, 0.0, 0.0))
    return RgbdFrame(
        rgb=np.repeat(grey[..., None], 3, axis=-1),
        depth_m=depth_m,
        camera=camera,
        base_from_camera=base_from_camera,
        map_from_base=start if map_from_base is None else map_from_base,
        map_frame='map',
        stamp_ns=7,
        identifier='synthetic',
    )


def depth_of(
    boxes: Sequence[Box], base_from_camera: FloatArray, camera: PinholeCamera, reach_m: float
) -> NDArray[np.float32]:
    """Return the depth that the camera sees, NaN beyond its reach."""
    rays = camera.pixel_rays().astype(np.float64) @ base_from_camera[:3, :3].T
    start = base_from_camera[:3, 3]
    with np.errstate(divide='ignore', invalid='ignore'):
        nearest = -start[2] / rays[..., 2]
        nearest = np.where(nearest > 0.0, nearest, np.inf)
        pits = [box for box in boxes if box.z_m[0] < 0.0]
        for pit in pits:
            inside = _within(start + nearest[..., None] * rays, pit)
            # The bottom of a pit is out of reach.
            nearest = np.where(inside, np.nan, nearest)
        for box in boxes:
            if box not in pits:
                nearest = np.fmin(nearest, _meets(start, rays, box))
    nearest[~(nearest < reach_m)] = np.nan
    return nearest.astype(np.float32)


def _within(points: FloatArray, box: Box) -> NDArray[np.bool_]:
    x, y = points[..., 0], points[..., 1]
    return (x >= box.x_m[0]) & (x <= box.x_m[1]) & (y >= box.y_m[0]) & (y <= box.y_m[1])


def _meets(start: FloatArray, rays: FloatArray, box: Box) -> FloatArray:
    low = (np.array((box.x_m[0], box.y_m[0], box.z_m[0])) - start) / rays
    high = (np.array((box.x_m[1], box.y_m[1], box.z_m[1])) - start) / rays
    enter = np.minimum(low, high).max(axis=-1)
    leave = np.maximum(low, high).min(axis=-1)
    return np.where((enter <= leave) & (enter > 0.0), enter, np.inf)
