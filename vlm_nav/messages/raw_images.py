"""sensor_msgs/Image as numpy arrays, without a copy where the encoding allows it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.messages.errors import EmptyImageError, UnknownEncodingError

# Larger pictures are refused: no camera of a robot delivers them, and a few bytes of a
# compressed one can claim any size.
MAXIMUM_PIXELS = 64_000_000

_NO_MILLIMETRES = 65535


class ImageMessage(Protocol):
    """The fields of sensor_msgs/Image that are read; any object that has them will do."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


# Bytes per pixel and the way to RGB. 8UC3 says nothing about its channels; OpenCV's order is
# taken, as cv_bridge does when it shows such a picture.
_COLOUR: dict[str, tuple[int, Callable[[RgbArray], RgbArray]]] = {
    'rgb8': (3, lambda view: view),
    'bgr8': (3, lambda view: _converted(view, cv2.COLOR_BGR2RGB)),
    '8UC3': (3, lambda view: _converted(view, cv2.COLOR_BGR2RGB)),
    'rgba8': (4, lambda view: _converted(view, cv2.COLOR_RGBA2RGB)),
    'bgra8': (4, lambda view: _converted(view, cv2.COLOR_BGRA2RGB)),
    'mono8': (1, lambda view: _converted(view, cv2.COLOR_GRAY2RGB)),
    '8UC1': (1, lambda view: _converted(view, cv2.COLOR_GRAY2RGB)),
}
DEPTH_ENCODINGS = {'16UC1': 'u2', 'mono16': 'u2', '32FC1': 'f4'}
"""How depth is stored: the kind of number of each encoding."""

_BRIDGED = ('bayer', 'yuv', 'uyvy', 'yuyv', 'nv21', 'nv24')


def rgb_from_raw(message: ImageMessage) -> RgbArray:
    """Return the picture (H, W, 3) as RGB; a read-only view of the bytes for `rgb8`.

    Raises EmptyImageError for no pixels, too few bytes or a size beyond MAXIMUM_PIXELS, and
    UnknownEncodingError naming the encodings that are known.
    """
    if message.encoding not in _COLOUR:
        return _bridged_rgb(message)
    bytes_per_pixel, to_rgb = _COLOUR[message.encoding]
    rows = _rows(message, bytes_per_pixel)
    return to_rgb(rows.reshape(message.height, message.width, bytes_per_pixel))


def depth_from_raw(message: ImageMessage) -> DepthArray:
    """Return the depth (H, W) in metres, NaN where it is unknown.

    `16UC1` and `mono16` are millimetres (0 and 65535 unknown), `32FC1` is metres (not finite,
    zero and negative unknown). Raises as `rgb_from_raw`.
    """
    if message.encoding not in DEPTH_ENCODINGS:
        raise UnknownEncodingError(
            f'depth comes as {", ".join(DEPTH_ENCODINGS)}, got encoding {message.encoding!r}'
        )
    order = '>' if message.is_bigendian else '<'
    stored = np.dtype(order + DEPTH_ENCODINGS[message.encoding])
    values = _rows(message, stored.itemsize).view(stored)
    if stored.kind == 'u':
        return metres_from_millimetres(values)
    return known_metres(values.astype(np.float32, copy=False))


def metres_from_millimetres(values_mm: NDArray[Any]) -> DepthArray:
    """Return uint16 millimetres as float32 metres, NaN for 0 and 65535."""
    depth_m: DepthArray = values_mm.astype(np.float32) * np.float32(0.001)
    depth_m[(values_mm == 0) | (values_mm == _NO_MILLIMETRES)] = np.nan
    return depth_m


def known_metres(values_m: DepthArray) -> DepthArray:
    """Return metres with NaN for what is not finite and positive; the array itself if all is."""
    with np.errstate(invalid='ignore'):
        known = (values_m > 0.0) & (values_m < np.inf)
    if known.all():
        return values_m
    return np.where(known, values_m, np.float32(np.nan))


def check_size(width: int, height: int) -> None:
    """Raise EmptyImageError where a picture has no pixels, or more than MAXIMUM_PIXELS."""
    if width <= 0 or height <= 0:
        raise EmptyImageError(f'a picture has pixels, got {width} x {height}')
    if width * height > MAXIMUM_PIXELS:
        raise EmptyImageError(
            f'a picture has at most {MAXIMUM_PIXELS} pixels, got {width} x {height}'
        )


def _rows(message: ImageMessage, bytes_per_pixel: int) -> NDArray[np.uint8]:
    """Return the bytes (H, W * bytes_per_pixel) without the padding of the rows."""
    check_size(message.width, message.height)
    row = message.width * bytes_per_pixel
    wanted = message.step * message.height
    if message.step < row or len(message.data) < wanted:
        raise EmptyImageError(
            f'{message.width} x {message.height} {message.encoding} wants rows of {row} bytes '
            f'or more and step * height bytes of data, got step {message.step} and '
            f'{len(message.data)} bytes'
        )
    data = np.frombuffer(message.data, dtype=np.uint8, count=wanted)
    data.flags.writeable = False
    return data.reshape(message.height, message.step)[:, :row]


def _converted(view: RgbArray, code: int) -> RgbArray:
    return np.asarray(cv2.cvtColor(view, code), dtype=np.uint8)


def _bridged_rgb(message: ImageMessage) -> RgbArray:
    """Let cv_bridge, where it is installed, read the raw patterns of colour sensors."""
    check_size(message.width, message.height)
    bridge = _cv_bridge() if message.encoding.startswith(_BRIDGED) else None
    if bridge is None:
        raise UnknownEncodingError(
            f'a colour picture comes as {", ".join(_COLOUR)}; bayer and yuv where cv_bridge is '
            f'installed; got encoding {message.encoding!r}'
        )
    if len(message.data) < message.step * message.height:
        raise EmptyImageError(
            f'step * height is {message.step * message.height} bytes, got {len(message.data)}'
        )
    try:
        return np.asarray(bridge.CvBridge().imgmsg_to_cv2(message, 'rgb8'), dtype=np.uint8)
    except bridge.CvBridgeError as error:
        raise UnknownEncodingError(
            f'cv_bridge does not read {message.encoding!r}: {error}'
        ) from error


def _cv_bridge() -> Any:
    try:
        return importlib.import_module('cv_bridge')
    except ImportError:
        return None
