"""Image messages in and out: one call for raw and compressed pictures alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.ros.compressed_images import depth_from_compressed, rgb_from_compressed
from vlm_nav.ros.raw_images import DepthArray, RgbArray, depth_from_raw, rgb_from_raw

if TYPE_CHECKING:
    from sensor_msgs.msg import Image


def rgb_from_message(message: Any) -> RgbArray:
    """Return the RGB picture (H, W, 3) uint8 of an Image or CompressedImage.

    For `rgb8` it is a read-only view of the message's bytes. Raises ImageError, whose
    `reason` says why there is no picture.
    """
    # The compressed message is the one with a `format`.
    if hasattr(message, 'format'):
        return rgb_from_compressed(message)
    return rgb_from_raw(message)


def depth_from_message(message: Any) -> DepthArray:
    """Return the depth (H, W) float32 in metres, NaN where unknown.

    Of an Image or CompressedImage. Raises ImageError, whose `reason` says why there is none.
    """
    if hasattr(message, 'format'):
        return depth_from_compressed(message)
    return depth_from_raw(message)


def image_from_rgb(rgb: RgbArray, header: Any) -> Image:
    """Return an `rgb8` Image of an RGB picture (H, W, 3) uint8 under a std_msgs/Header.

    Raises InvalidValueError for another shape or type.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise InvalidValueError(f'a picture is (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}')
    from sensor_msgs.msg import Image

    height, width = rgb.shape[:2]
    message = Image(
        header=header, height=height, width=width, encoding='rgb8', is_bigendian=0, step=3 * width
    )
    # The setter copies bytes into its array at once; an array.array made here costs ten times
    # as much.
    message.data = rgb.tobytes()
    return message
