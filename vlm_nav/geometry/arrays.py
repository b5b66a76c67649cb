"""The arrays that every room speaks of, by what they hold; shapes are in the docstrings."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
"""Numbers of geometry: metres, radians, pixels, transforms."""

DepthArray: TypeAlias = NDArray[np.float32]
"""Depth in metres along the optical axis, NaN where unknown."""

RgbArray: TypeAlias = NDArray[np.uint8]
"""Colour pictures, red first."""
