"""A table with boxes on it, seen by an ideal depth camera: what is there is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame

CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
TABLE_M = 0.7
GREY = (120, 120, 120)


@dataclass(frozen=True)
class TableBox:
    """A box with its foot on the table around (x, y), with sizes along x, y and z."""

    x_m: float
    y_m: float
    size_m: tuple[float, float, float]
    color: tuple[int, int, int] = (200, 30, 30)


def base_from_camera(back_m: float = 0.35, above_m: float = 0.5, x_m: float = 0.7) -> FloatArray:
    """Return the pose of a camera that looks at the table at (x, 0) from behind and above."""
    ahead = np.array((back_m, 0.0, -above_m))
    ahead /= np.linalg.norm(ahead)
    right = np.array((0.0, -1.0, 0.0))
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([right, np.cross(ahead, right), ahead])
    pose[:3, 3] = (x_m - back_m, 0.0, TABLE_M + above_m)
    return pose


def table_frame(*boxes: TableBox, noise: float = 0.0, seed: int = 0) -> RgbdFrame:
    """Return the frame; `noise` is in standard deviations of structured light."""
    pose = base_from_camera()
    rays = CAMERA.pixel_rays().astype(np.float64) @ pose[:3, :3].T
    origin = pose[:3, 3]
    depth = (TABLE_M - origin[2]) / rays[..., 2]
    rgb = np.full((480, 640, 3), GREY, dtype=np.uint8)
    for box in boxes:
        half = np.array(box.size_m) / 2.0
        centre = np.array((box.x_m, box.y_m, TABLE_M + half[2]))
        with np.errstate(divide='ignore'):
            one, other = (centre - half - origin) / rays, (centre + half - origin) / rays
        into = np.minimum(one, other).max(axis=-1)
        out = np.maximum(one, other).min(axis=-1)
        hit = (into < out) & (into > 0.0) & (into < depth)
        depth[hit] = into[hit]
        rgb[hit] = box.color
    rng = np.random.default_rng(seed)
    depth += noise * (0.0012 + 0.0019 * (depth - 0.4) ** 2) * rng.standard_normal(depth.shape)
    return RgbdFrame(
        rgb=rgb,
        depth_m=depth.astype(np.float32),
        camera=CAMERA,
        base_from_camera=pose,
        map_from_base=np.eye(4),
        map_frame='map',
        stamp_ns=10_000_000_000,
    )


def pixel_of(frame: RgbdFrame, x_m: float, y_m: float, above_m: float) -> Pixel:
    """Return the pixel that shows a point, given above the table."""
    point = transform_points(inverse(frame.base_from_camera), (x_m, y_m, TABLE_M + above_m))
    u_px, v_px = frame.camera.project(point)
    return Pixel(float(u_px), float(v_px))


def on_top(frame: RgbdFrame, box: TableBox) -> Pixel:
    """Return the pixel in the middle of a box's top."""
    return pixel_of(frame, box.x_m, box.y_m, box.size_m[2])
