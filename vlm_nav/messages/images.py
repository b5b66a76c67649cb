"""Image messages: one call for raw and compressed pictures alike."""

from __future__ import annotations

from typing import Any

from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.messages.compressed_images import depth_from_compressed, rgb_from_compressed
from vlm_nav.messages.raw_images import DEPTH_ENCODINGS, depth_from_raw, rgb_from_raw


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


def encoding_of(message: Any) -> str:
    """Return how an Image (`encoding`) or CompressedImage (`format`) says that it is stored.

    Empty for a message that does not say, or is neither.
    """
    return getattr(message, 'encoding', '') or getattr(message, 'format', '')


def is_depth(encoding: str) -> bool:
    """Return whether what `encoding_of` returned is the encoding of depth."""
    return encoding.startswith(tuple(DEPTH_ENCODINGS)) or 'compressedDepth' in encoding
