"""Pictures and their cameras turned by quarters, as one turns a photograph taken in portrait."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera

# Below this share of its length the vertical tells no side of the picture: the camera looks
# nearly straight down or up.
_LEAST_TILT = 0.17


def quarters_to_upright(base_from_camera: FloatArray) -> int:
    """Return how many quarters to the left (0 to 3) a picture is turned to have its floor below.

    0 for a camera that looks straight down or up, in whose picture no side is the lower one.
    """
    right, below = -base_from_camera[2, 0], -base_from_camera[2, 1]
    if np.hypot(right, below) < _LEAST_TILT:
        return 0
    return int(np.argmax((below, -right, -below, right)))


def turned_picture(picture: NDArray[Any], quarters: int) -> NDArray[Any]:
    """Return a picture (H, W, ...) turned to the left by quarters."""
    return np.ascontiguousarray(np.rot90(picture, quarters))


def turned_camera(camera: PinholeCamera, quarters: int) -> PinholeCamera:
    """Return the camera that takes the picture which `turned_picture` returns."""
    turned = camera
    for _ in range(quarters % 4):
        turned = _turned_once(turned)
    return turned


def turned_from_camera(quarters: int) -> FloatArray:
    """Return the rotation (4, 4) from a camera's optical frame to that of the turned camera."""
    once = np.array(((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))
    transform = np.eye(4)
    transform[:3, :3] = np.linalg.matrix_power(once, quarters % 4)
    return transform


def _turned_once(camera: PinholeCamera) -> PinholeCamera:
    distortion = camera.distortion
    if distortion:
        k1, k2, p1, p2, *others = distortion
        # (p2, p1) lies in the picture as a vector does, and turns with it.
        distortion = (k1, k2, -p2, p1, *others)
    return PinholeCamera(
        width_px=camera.height_px,
        height_px=camera.width_px,
        fx_px=camera.fy_px,
        fy_px=camera.fx_px,
        cx_px=camera.cy_px,
        cy_px=camera.width_px - 1.0 - camera.cx_px,
        distortion=distortion,
    )
