"""sensor_msgs/CompressedImage: JPEG and PNG colour, and the compressedDepth transport.

A compressedDepth message is a header of 12 bytes (int32 format, float32 A, float32 B, little
endian) before a 16 bit PNG. For `16UC1` the PNG holds millimetres; for `32FC1` it holds
quantised inverse depth q, with depth_m = A / (q - B) and q = 0 where it is unknown.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.messages.errors import EmptyImageError, UnknownEncodingError
from vlm_nav.messages.raw_images import check_size, known_metres, metres_from_millimetres


class CompressedMessage(Protocol):
    """The fields of sensor_msgs/CompressedImage that are read."""

    format: str
    data: Any


_DEPTH_HEADER = struct.Struct('<iff')
_KNOWN_DEPTH = '16UC1 and 32FC1 "compressedDepth png", and plain png of 16 bit millimetres'
_PNG_START = b'\x89PNG\r\n\x1a\n'
_JPEG_START = b'\xff\xd8\xff'
_JPEG_SCAN, _JPEG_END = b'\xff\xda', b'\xff\xd9'
# Markers that stand alone in a JPEG, and those that carry the picture's size: C0 to CF, but
# for DHT, JPG and DAC.
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}
_JPEG_SIZED = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def rgb_from_compressed(message: CompressedMessage) -> RgbArray:
    """Return a JPEG or PNG as RGB (H, W, 3); its first bytes decide which it is.

    The orientation flag is not followed: the calibration belongs to the pixels as stored.
    Raises EmptyImageError for what does not decode or is larger than MAXIMUM_PIXELS, and
    UnknownEncodingError for another kind of file or depth on a colour topic.
    """
    if 'compressedDepth' in message.format:
        raise UnknownEncodingError(
            f'a colour picture comes as jpeg or png, got depth ({message.format!r})'
        )
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    stored = _decoded(np.frombuffer(message.data, dtype=np.uint8), flags, message.format)
    # "compressed rgb8" is written by publishers that gave the encoder RGB as if it were BGR.
    swapped = 'compressed rgb' in message.format
    rgb = stored if swapped else cv2.cvtColor(stored, cv2.COLOR_BGR2RGB)
    return np.asarray(rgb, dtype=np.uint8)


def depth_from_compressed(message: CompressedMessage) -> DepthArray:
    """Return a compressedDepth (or plain 16 bit PNG) as metres (H, W), NaN where unknown.

    Raises as `rgb_from_compressed`; RVL is not read.
    """
    encoding, _, transport = message.format.partition(';')
    words = transport.split()
    data = np.frombuffer(message.data, dtype=np.uint8)
    if 'rvl' in words or 'jpeg' in words or encoding.strip() in ('jpeg', 'jpg'):
        raise _unknown_depth(message)
    if data[:8].tobytes() == _PNG_START:
        return metres_from_millimetres(_png_depth(data, message))
    if len(data) <= _DEPTH_HEADER.size:
        raise EmptyImageError(
            f'compressedDepth has a header of {_DEPTH_HEADER.size} bytes and a PNG, '
            f'got {len(data)} bytes'
        )
    _, a, b = _DEPTH_HEADER.unpack(data[: _DEPTH_HEADER.size].tobytes())
    stored = data[_DEPTH_HEADER.size :]
    if encoding.strip() in ('16UC1', 'mono16'):
        return metres_from_millimetres(_png_depth(stored, message))
    if encoding.strip() == '32FC1':
        return _metres_from_inverse(_png_depth(stored, message), a, b)
    raise _unknown_depth(message)


def _metres_from_inverse(quantised: NDArray[np.uint16], a: float, b: float) -> DepthArray:
    if not (math.isfinite(a) and math.isfinite(b) and a > 0.0):
        raise EmptyImageError(f'inverse depth has finite parameters and A above 0, got {a}, {b}')
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
        depth_m = np.float32(a) / (quantised.astype(np.float32) - np.float32(b))
    depth_m[quantised == 0] = np.nan
    return known_metres(depth_m)


def _png_depth(data: NDArray[np.uint8], message: CompressedMessage) -> NDArray[np.uint16]:
    if data[:8].tobytes() != _PNG_START:
        raise EmptyImageError(
            f'{message.format!r} holds a PNG, got bytes that begin {data[:8].tobytes()!r}'
        )
    stored = _decoded(data, cv2.IMREAD_UNCHANGED, message.format)
    if stored.dtype != np.uint16 or stored.ndim != 2:
        raise UnknownEncodingError(
            f'depth comes as {_KNOWN_DEPTH}, got a PNG of {stored.dtype} {stored.shape}'
        )
    return stored


def _unknown_depth(message: CompressedMessage) -> UnknownEncodingError:
    return UnknownEncodingError(
        f'depth comes as {_KNOWN_DEPTH}, got format {message.format!r} '
        '(RVL is not read: let the publisher use png)'
    )


def _decoded(data: NDArray[np.uint8], flags: int, name: str) -> NDArray[Any]:
    stored = data.tobytes()
    width, height = _declared_size(stored, name)
    check_size(width, height)
    # Some versions of OpenCV fill up what is missing.
    if stored.startswith(_JPEG_START) and stored.rfind(_JPEG_END) < stored.rfind(_JPEG_SCAN):
        raise EmptyImageError(f'{name!r} ends before its picture does, after {len(data)} bytes')
    try:
        decoded = cv2.imdecode(data, flags)
    except cv2.error as error:
        raise EmptyImageError(f'{name!r} does not decode: {error}') from error
    if decoded is None:
        raise EmptyImageError(f'{len(data)} bytes of {name!r} do not decode to a picture')
    return np.asarray(decoded)


def _declared_size(data: bytes, name: str) -> tuple[int, int]:
    """Return width and height from the file's header, before anything is decoded."""
    if data.startswith(_PNG_START) and len(data) >= 24:
        width, height = struct.unpack_from('>II', data, 16)
        return width, height
    if data.startswith(_JPEG_START):
        return _jpeg_size(data)
    if not data:
        raise EmptyImageError(f'{name!r} came without any bytes')
    raise UnknownEncodingError(
        f'a compressed picture is a JPEG or a PNG, got format {name!r} and bytes that begin '
        f'{data[:8]!r}'
    )


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_SIZED:
            height, width = struct.unpack_from('>HH', data, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], 'big')
    raise EmptyImageError('the JPEG names no size: its header is damaged')
