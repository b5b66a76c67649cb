"""A picture that an image service answered: whoever runs it, it is checked before it is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.core.errors import VlmNavError
from vlm_nav.imagination.filling import filled
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.messages.compressed_images import rgb_from_compressed
from vlm_nav.messages.errors import ImageError
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame

_PNG, _JPEG = b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff'
_SIZE_AT = (16, 20)
_HALF_OPAQUE = 128


class UnusableViewError(VlmNavError):
    """What came is no picture that was asked for."""


@dataclass
class _Compressed:
    format: str
    data: bytes


def view_from(data: bytes, frame: RgbdFrame, viewpoint: Viewpoint) -> ImaginedView:
    """Return the view that a PNG or JPEG of the size of the frame's picture shows.

    Where a PNG is more transparent than not, nothing is known, and holes are filled as those of a
    warp. Raises UnusableViewError.
    """
    wanted = (frame.camera.width_px, frame.camera.height_px)
    if data.startswith(_PNG):
        pixels = _png(data, wanted)
    elif data.startswith(_JPEG):
        pixels = _jpeg(data)
    else:
        # Nothing of what came is repeated: who echoes a key would bring it into the log.
        raise UnusableViewError(f'a PNG or a JPEG was wanted, got {len(data)} other bytes')
    size = (pixels.shape[1], pixels.shape[0])
    if size != wanted:
        raise UnusableViewError(f'{_told(wanted)} pixels were wanted, got {_told(size)}')
    known = np.ones(pixels.shape[:2], dtype=np.bool_)
    if pixels.shape[2] == 4:
        known = pixels[..., 3] >= _HALF_OPAQUE
    # What stands under what is transparent was made up.
    rgb = filled(np.ascontiguousarray(pixels[..., :3]) * known[..., None], known)
    pose = viewpoint.pose
    turned_deg = math.degrees(pose.yaw_rad)
    name = f'service:{frame.identifier}@{pose.x_m:.2f},{pose.y_m:.2f},{turned_deg:.0f}'
    return ImaginedView(name, rgb, known, None, pose)


def _png(data: bytes, wanted: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the pixels (H, W, 3 or 4) of a PNG, which is decoded only where its size fits."""
    size = tuple(int.from_bytes(data[at : at + 4], 'big') for at in _SIZE_AT)
    if size != wanted:
        raise UnusableViewError(f'{_told(wanted)} pixels were wanted, got {_told(size)}')
    try:
        decoded = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        decoded = None
    if decoded is None or decoded.dtype != np.uint8:
        raise UnusableViewError('a PNG of 8 bits a colour was wanted, what came is none')
    if decoded.ndim == 2:
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    order = cv2.COLOR_BGRA2RGBA if decoded.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(decoded, order), dtype=np.uint8)


def _jpeg(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        return rgb_from_compressed(_Compressed('jpeg', data))
    except ImageError as error:
        raise UnusableViewError(str(error)) from None


def _told(size: tuple[int, ...]) -> str:
    return ' x '.join(map(str, size))
