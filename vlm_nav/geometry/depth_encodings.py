"""One reader for the ways in which sensors and data sets store depth.

| encoding | stored | metres |
| --- | --- | --- |
| `millimetres` | uint16, 0 and 65535 unknown (ROS `16UC1`, 7-Scenes, RTAB-Map) | v / 1000 |
| `tenth_millimetres_rotated` | uint16, bits rotated left by 3, 0 unknown (APC shelf) | r / 10000 |
| `five_thousandths` | uint16, 0 unknown (TUM RGB-D) | v / 5000 |
| `swapped_disparity` | uint16 with swapped bytes, Kinect disparity (NYU v2 raw) | see below |
| `metres` | float, NaN unknown (ROS `32FC1`) | v |

Kinect disparity d becomes 351.3 / (1092.5 - d) metres (NYU Depth V2 toolbox); values at and
beyond the pole, and depths over 10 m, are unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray
from vlm_nav.geometry.errors import DepthEncodingError

_MILLIMETRES_UNKNOWN = 65535
_DISPARITY_FACTOR_M, _DISPARITY_POLE, _DISPARITY_LIMIT_M = 351.3, 1092.5, 10.0


class DepthEncoding(str, Enum):
    """How the numbers of a depth picture are to be read."""

    MILLIMETRES = 'millimetres'
    TENTH_MILLIMETRES_ROTATED = 'tenth_millimetres_rotated'
    FIVE_THOUSANDTHS = 'five_thousandths'
    SWAPPED_DISPARITY = 'swapped_disparity'
    METRES = 'metres'


def read_depth(stored: NDArray[np.generic], encoding: DepthEncoding | str) -> DepthArray:
    """Return depth (H, W) float32 in metres along the optical axis, NaN where unknown.

    Raises DepthEncodingError for an unknown encoding, another shape, or another number type.
    """
    try:
        known = DepthEncoding(encoding)
    except ValueError:
        names = ', '.join(item.value for item in DepthEncoding)
        raise DepthEncodingError(f'unknown depth encoding {encoding!r}; known: {names}') from None
    if stored.ndim != 2:
        raise DepthEncodingError(f'a depth picture has shape (H, W), got {stored.shape}')
    wanted = np.floating if known is DepthEncoding.METRES else np.uint16
    if not np.issubdtype(stored.dtype, wanted):
        raise DepthEncodingError(
            f'{known.value} is stored as {wanted.__name__}, got {stored.dtype}'
        )
    return _READERS[known](stored)


def _from_millimetres(stored: NDArray[np.generic]) -> DepthArray:
    unknown = (stored == 0) | (stored == _MILLIMETRES_UNKNOWN)
    return _scaled(stored, 0.001, unknown)


def _from_rotated(stored: NDArray[np.generic]) -> DepthArray:
    raw = stored.astype(np.uint16)
    return _scaled((raw >> 3) | (raw << 13), 0.0001, raw == 0)


def _from_five_thousandths(stored: NDArray[np.generic]) -> DepthArray:
    return _scaled(stored, 1.0 / 5000.0, stored == 0)


def _from_swapped_disparity(stored: NDArray[np.generic]) -> DepthArray:
    disparity = stored.astype(np.uint16).byteswap().astype(np.float32)
    with np.errstate(divide='ignore'):
        depth_m: DepthArray = np.float32(_DISPARITY_FACTOR_M) / (
            np.float32(_DISPARITY_POLE) - disparity
        )
    depth_m[(depth_m <= 0.0) | (depth_m > _DISPARITY_LIMIT_M)] = np.nan
    return depth_m


def _from_metres(stored: NDArray[np.generic]) -> DepthArray:
    depth_m = stored.astype(np.float32)
    depth_m[~(np.isfinite(depth_m) & (depth_m > 0.0))] = np.nan
    return depth_m


def _scaled(values: NDArray[np.generic], unit_m: float, unknown: NDArray[np.bool_]) -> DepthArray:
    depth_m: DepthArray = values.astype(np.float32) * np.float32(unit_m)
    depth_m[unknown] = np.nan
    return depth_m


_READERS: dict[DepthEncoding, Callable[[NDArray[np.generic]], DepthArray]] = {
    DepthEncoding.MILLIMETRES: _from_millimetres,
    DepthEncoding.TENTH_MILLIMETRES_ROTATED: _from_rotated,
    DepthEncoding.FIVE_THOUSANDTHS: _from_five_thousandths,
    DepthEncoding.SWAPPED_DISPARITY: _from_swapped_disparity,
    DepthEncoding.METRES: _from_metres,
}
