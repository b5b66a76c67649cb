"""What stands around a thing, as points that the gripper must not touch."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.cells import without_specks
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import ends, thinned
from vlm_nav.observation.rgbd_frame import RgbdFrame

_MOST_SCENE_POINTS = 3000
_MOST_FAR_POINTS = 600
_BESIDE_M = 0.05
_MOST_SCENE_PIXELS = 35_000


def scene_around(frame: RgbdFrame, lifted: Lifted, reach_m: float = 0.25) -> FloatArray:
    """Return the points (n, 3) around the thing, without those of it and of its rim.

    The rim, where depth is between that of the thing and that of what lies behind, is one wide of
    the pixels that are looked at, every third of a picture of 640 x 480.
    """
    if frame.depth_m is None:
        return np.empty((0, 3))
    step = max(1, round(math.sqrt(frame.depth_m.size / _MOST_SCENE_PIXELS)))
    depth_m = without_specks(frame.depth_m[::step, ::step])
    rotation = frame.base_from_camera[:3, :3].astype(np.float32)
    points = (frame.camera.pixel_rays()[::step, ::step] * depth_m[..., None]) @ rotation.T
    points += frame.base_from_camera[:3, 3].astype(np.float32)
    others = points[~_widened(lifted.extent.mask, step)]
    low, high = ends(lifted.extent.points_base)
    with np.errstate(invalid='ignore'):
        near = ((others > low - reach_m) & (others < high + reach_m)).all(axis=-1)
        others = others[near].astype(np.float64)
        # Where the fingers go every point counts, where the palm goes fewer do.
        beside = ((others > low - _BESIDE_M) & (others < high + _BESIDE_M)).all(axis=-1)
    return np.vstack(
        [
            thinned(others[beside], _MOST_SCENE_POINTS),
            thinned(others[~beside], _MOST_FAR_POINTS),
        ]
    )


def _widened(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Return every `step`-th pixel of a mask that has grown by one such pixel."""
    coarse = mask[::step, ::step]
    grown = coarse.copy()
    grown[1:] |= coarse[:-1]
    grown[:-1] |= coarse[1:]
    grown[:, 1:] |= coarse[:, :-1]
    grown[:, :-1] |= coarse[:, 1:]
    widened: NDArray[np.bool_] = grown
    return widened
