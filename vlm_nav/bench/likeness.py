"""How alike two pictures are: peak signal-to-noise ratio, and structural similarity."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import RgbArray

_WHITE = 255.0
# The constants and the window of Wang et al., "Image Quality Assessment", 2004.
_C1, _C2 = (0.01 * _WHITE) ** 2, (0.03 * _WHITE) ** 2
_WINDOW, _SIGMA_PX = (11, 11), 1.5


def psnr_db(picture: RgbArray, truth: RgbArray, where: NDArray[np.bool_]) -> float:
    """Return how near a picture (H, W, 3) comes to the truth at some pixels (H, W), in dB.

    100 dB where they are equal.
    """
    differences = picture[where].astype(np.float64) - truth[where]
    error = float(np.square(differences).mean()) if differences.size else 0.0
    return min(100.0, 10.0 * math.log10(_WHITE**2 / error)) if error > 0.0 else 100.0


def ssim_map(picture: RgbArray, truth: RgbArray) -> NDArray[np.float32]:
    """Return the structural similarity (H, W) of two pictures (H, W, 3) in grey, -1 to 1."""
    first, second = (
        np.asarray(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY), dtype=np.float32)
        for one in (picture, truth)
    )
    mean1, mean2 = _around(first), _around(second)
    variance1 = _around(first * first) - mean1 * mean1
    variance2 = _around(second * second) - mean2 * mean2
    together = _around(first * second) - mean1 * mean2
    above = (2.0 * mean1 * mean2 + _C1) * (2.0 * together + _C2)
    below = (mean1**2 + mean2**2 + _C1) * (variance1 + variance2 + _C2)
    return np.asarray(above / below, dtype=np.float32)


def _around(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, _WINDOW, _SIGMA_PX), dtype=np.float32)
