"""One look of the simulated robot, with the truth that no node of the product is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, FloatArray, RgbArray
from vlm_nav.geometry.camera import PinholeCamera

NOTHING = -1
"""The index of a pixel that shows none of the plan's things."""


@dataclass(frozen=True, eq=False)
class SimulatedView:
    """What a camera of the simulator sees, and what is true about it.

    `rgb` is (H, W, 3) uint8; `depth_m` (H, W) float32 along the optical axis as the sensor gives
    it, NaN where it gives none; `true_depth_m` the same without noise or holes. `things` (H, W)
    int32 are indices into the plan's things, NOTHING elsewhere. `base_from_camera` and the true
    `map_from_base` are rigid 4x4. `identifier` is the one that a frame made of messages of this
    picture has, so that both can be told to be the same.
    """

    identifier: str
    rgb: RgbArray
    depth_m: DepthArray
    true_depth_m: DepthArray
    things: NDArray[np.int32]
    camera: PinholeCamera
    base_from_camera: FloatArray
    map_from_base: FloatArray
    stamp_ns: int
