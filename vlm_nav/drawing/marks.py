"""Numbered marks as data; `draw_marks` puts them on a copy of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel


@dataclass(frozen=True)
class Mark:
    """A numbered disc at `anchor`, with an arrow from `tail` to it where `tail` is given."""

    label: int
    anchor: Pixel
    tail: Pixel | None = None


@dataclass(frozen=True, eq=False)
class MarkedPicture:
    """A clean picture and the marks that belong on it.

    `rgb` is (H, W, 3) uint8, `radius_px` the discs' radius in its pixels. The identifier is
    opaque; it names the picture in records and lets a double look up what it shows.
    """

    identifier: str
    rgb: NDArray[np.uint8]
    marks: tuple[Mark, ...] = ()
    radius_px: float = 18.0
