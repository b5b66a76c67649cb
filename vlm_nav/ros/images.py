"""Pictures as image messages."""

from __future__ import annotations

from typing import Any

import numpy as np
from sensor_msgs.msg import Image

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import RgbArray


def image_from_rgb(rgb: RgbArray, header: Any) -> Image:
    """Return an `rgb8` Image of an RGB picture (H, W, 3) uint8 under a std_msgs/Header.

    Raises InvalidValueError for another shape or type.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise InvalidValueError(f'a picture is (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}')
    height, width = rgb.shape[:2]
    message = Image(
        header=header, height=height, width=width, encoding='rgb8', is_bigendian=0, step=3 * width
    )
    # The setter copies bytes into its array at once; an array.array made here costs ten times
    # as much.
    message.data = rgb.tobytes()
    return message
