"""Pictures of what nobody has looked at yet: no observations, whatever they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.geometry.poses import FloorPose

LONGEST_SIDE_PX: Final = 640
"""No picture is made of larger ones, nor is larger itself: for what it is asked it need not be."""


@dataclass(frozen=True, eq=False)
class Provenance:
    """Where each pixel of an imagined picture was seen.

    `source` (H, W) says in which of the frames with these `identifiers`, -1 where in none, and
    `pixel` (H, W) which of its pixels that was, counted row by row in a picture `widths_px` wide:
    the frame's own, or one that was made smaller.
    """

    identifiers: tuple[str, ...]
    source: NDArray[np.int16]
    pixel: NDArray[np.int32]
    widths_px: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ImaginedView:
    """A picture as it would be seen from a viewpoint."""

    identifier: str
    rgb: RgbArray
    known: NDArray[np.bool_]
    depth_m: NDArray[np.float32] | None
    base_from_viewpoint: FloorPose
    provenance: Provenance | None = None
