"""Pictures, depth and grids as the bytes of files, and back without a loss.

PNG at its fastest level; run-length matching is both faster and smaller than the default on
camera pictures, depth and costmaps.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.records.errors import RecordError

_FAST = (
    cv2.IMWRITE_PNG_COMPRESSION, 1,
    cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
)  # fmt: skip
_LARGEST_MM = 65534


def png_of_color(rgb: RgbArray) -> bytes:
    """Return an RGB picture (H, W, 3) uint8 as PNG."""
    return _png(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))


def color_of_png(path: Path) -> RgbArray:
    """Return the RGB picture (H, W, 3) uint8 of a PNG; raises RecordError where it is none."""
    bgr = _stored(path, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def depth_file(depth_m: DepthArray) -> tuple[str, bytes]:
    """Return the ending and the bytes of a file that keeps depth (H, W) in metres exactly.

    A camera that measures in millimetres fits a 16-bit PNG, which is small and can be looked at.
    Depth that was registered or simulated does not, and is kept as float32: rounding it would
    move a place across the guard's limits, and the decision could not be made again.
    """
    with np.errstate(invalid='ignore'):
        scaled = np.rint(depth_m * 1000.0)
        fits = (scaled > 0.0) & (scaled <= _LARGEST_MM)
    stored = np.where(fits, scaled, 0.0).astype(np.uint16)
    again = read_depth(stored, DepthEncoding.MILLIMETRES)
    if np.array_equal(again, depth_m, equal_nan=True):
        return 'png', _png(stored)
    file = io.BytesIO()
    np.save(file, depth_m.astype(np.float32), allow_pickle=False)
    return 'npy', file.getvalue()


def read_depth_file(path: Path) -> DepthArray:
    """Return depth (H, W) float32 in metres, NaN unknown; raises RecordError where it is none."""
    if path.suffix == '.png':
        return read_depth(_stored(path, cv2.IMREAD_UNCHANGED), DepthEncoding.MILLIMETRES)
    try:
        return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise RecordError(f'depth was wanted in {path}: {error}') from error


def png_of_grid(values: NDArray[np.int8]) -> bytes:
    """Return a grid (rows, columns) of int8 as a grey PNG with the same bytes."""
    return _png(np.ascontiguousarray(values).view(np.uint8))


def grid_of_png(path: Path) -> NDArray[np.int8]:
    """Return the int8 grid of a grey PNG; raises RecordError where it is none."""
    return _stored(path, cv2.IMREAD_UNCHANGED).view(np.int8)


def _png(array: NDArray[Any]) -> bytes:
    done, data = cv2.imencode('.png', array, _FAST)
    if not done:
        raise RecordError(f'a picture was wanted for a PNG, got {array.shape} {array.dtype}')
    return data.tobytes()


def _stored(path: Path, flags: int) -> NDArray[Any]:
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise RecordError(f'a picture was wanted: {error}') from error
    picture = cv2.imdecode(data, flags) if data.size else None
    if picture is None:
        raise RecordError(f'a picture was wanted in {path}, got {data.size} bytes of no picture')
    return picture
