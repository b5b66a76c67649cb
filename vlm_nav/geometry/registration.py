"""Depth that lies in one camera's optical frame, seen from another camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.errors import GeometryError


def register_depth(
    depth_m: DepthArray,
    depth_camera: PinholeCamera,
    color_camera: PinholeCamera,
    color_from_depth: FloatArray,
) -> DepthArray:
    """Return depth (H, W) of the colour picture, NaN where the depth camera saw nothing.

    `depth_m` is (h, w) of `depth_camera`, `color_from_depth` the 4x4 between the two optical
    frames. Where several points fall on a pixel the nearest is kept; where the colour picture
    is the finer one, a point covers the pixels that its own pixel spans.
    """
    if depth_m.shape != (depth_camera.height_px, depth_camera.width_px):
        raise GeometryError(
            f'depth of {depth_camera.width_px} x {depth_camera.height_px} pixels was wanted, '
            f'got an array of shape {depth_m.shape}'
        )
    known = np.isfinite(depth_m)
    points = depth_camera.pixel_rays()[known] * depth_m[known][:, None]
    points = points @ color_from_depth[:3, :3].T.astype(np.float32)
    points += color_from_depth[:3, 3].astype(np.float32)
    return _nearest(color_camera, points, _footprint_px(depth_camera, color_camera))


def _footprint_px(depth_camera: PinholeCamera, color_camera: PinholeCamera) -> int:
    """Return how many colour pixels one depth pixel spans, in each direction, rounded up."""
    ratio = max(color_camera.fx_px / depth_camera.fx_px, color_camera.fy_px / depth_camera.fy_px)
    return max(1, math.ceil(ratio - 0.05))


def _nearest(camera: PinholeCamera, points: NDArray[np.float32], footprint: int) -> DepthArray:
    height, width = camera.height_px, camera.width_px
    pixels = camera.project(points)
    inside = camera.contains(pixels, margin_px=-footprint)
    corner = np.round(pixels[inside] - (footprint - 1) / 2.0).astype(np.int64)
    depths = points[inside, 2]
    nearest = np.full(height * width, np.inf, dtype=np.float32)
    for down in range(footprint):
        for right in range(footprint):
            u, v = corner[:, 0] + right, corner[:, 1] + down
            visible = (u >= 0) & (u < width) & (v >= 0) & (v < height)
            np.minimum.at(nearest, v[visible] * width + u[visible], depths[visible])
    nearest[np.isinf(nearest)] = np.nan
    return nearest.reshape(height, width)
