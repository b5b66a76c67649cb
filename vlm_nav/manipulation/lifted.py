"""What lifting makes of a pixel: a point with its surface and its object, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray


class LiftSource(str, Enum):
    """Where the depth of a lifted point comes from.

    MEASURED: the pixel has depth of its own. FILLED: its neighbours have, and they surround it
    on one surface. PLANE: nothing near it has; its ray meets a plane that was given.
    """

    MEASURED = 'measured'
    FILLED = 'filled'
    PLANE = 'plane'


@dataclass(frozen=True)
class PixelBox:
    """A box in a picture, its borders included, in pixels."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float


@dataclass(frozen=True, eq=False)
class UprightBox:
    """The smallest box around an object that stands upright in the base frame.

    `size_m` is (along, across, up): along is the longer side of the outline seen from above, and
    `yaw_rad` its direction, counter-clockwise from x, in [-pi/2, pi/2).
    """

    centre_base: FloatArray
    size_m: tuple[float, float, float]
    yaw_rad: float


@dataclass(frozen=True, eq=False)
class Extent:
    """What is visible of an object.

    `points_base` is (n, 3), `mask` (H, W) of the whole picture, `box` stands around the points.
    `is_cut` where the border of the picture cuts it off.
    """

    points_base: FloatArray
    mask: NDArray[np.bool_]
    box: UprightBox
    is_cut: bool = False


@dataclass(frozen=True, eq=False)
class Lifted:
    """The point that a pixel shows, in the base frame at the picture's stamp, in metres.

    `normal_base` is the surface's, of length 1, towards the camera; `view_base` the direction
    of length 1 from the camera to the point; `sigma_m` the standard deviation along it.
    `stamp_ns` is the picture's.
    """

    pixel: Pixel
    point_base: FloatArray
    normal_base: FloatArray
    view_base: FloatArray
    sigma_m: float
    source: LiftSource
    extent: Extent
    stamp_ns: int


@dataclass(frozen=True)
class Refused:
    """Why there is no point or no grasp; `detail` says what was wanted, came and is available."""

    reason: HandReason | ObservationReason
    detail: str
