"""Colour pictures and depth from files."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.files.reading import FileError, bytes_of
from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.geometry.errors import DepthEncodingError
from vlm_nav.messages.compressed_images import rgb_from_compressed
from vlm_nav.messages.errors import ImageError
from vlm_nav.messages.raw_images import check_size

_PICTURE = 'a colour picture (png, jpg, ppm, bmp, tiff, webp)'
_DEPTH = 'a depth picture (png, pgm, tiff, npy, npz)'
_COMPRESSED = (b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff')


@dataclass
class _CompressedFile:
    format: str
    data: Any


def rgb_of_file(path: Path) -> RgbArray:
    """Return the colour picture (H, W, 3) of a file; raises FileError."""
    data = bytes_of(path, _PICTURE)
    try:
        if data.startswith(_COMPRESSED):
            return rgb_from_compressed(_CompressedFile(path.suffix, data))
        bgr = _decoded(data, cv2.IMREAD_COLOR)
    except ImageError as error:
        raise FileError(f'{_PICTURE} was wanted, {path}: {error}') from error
    if bgr is None:
        raise FileError(f'{_PICTURE} was wanted, {path} does not decode to one')
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def depth_of_file(path: Path, encoding: DepthEncoding | None = None) -> DepthArray:
    """Return the depth (H, W) of a file in metres, NaN where unknown; raises FileError.

    Without an `encoding` whole numbers are millimetres and others metres, as in ROS.
    """
    stored = _stored(path)
    if encoding is None:
        whole = np.issubdtype(stored.dtype, np.integer)
        encoding = DepthEncoding.MILLIMETRES if whole else DepthEncoding.METRES
    try:
        return read_depth(stored, encoding)
    except DepthEncodingError as error:
        raise FileError(f'{_DEPTH} was wanted, {path}: {error}') from error


def _stored(path: Path) -> NDArray[Any]:
    data = bytes_of(path, _DEPTH)
    if path.suffix in ('.npy', '.npz'):
        return _numpy_array(path, data)
    try:
        stored = _decoded(data, cv2.IMREAD_UNCHANGED)
    except ImageError as error:
        raise FileError(f'{_DEPTH} was wanted, {path}: {error}') from error
    if stored is None:
        raise FileError(f'{_DEPTH} was wanted, {path} does not decode to one')
    return stored


def _numpy_array(path: Path, data: bytes) -> NDArray[Any]:
    try:
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            names = loaded.files
            name = 'depth' if 'depth' in names else names[0]
            if len(names) > 1 and name != 'depth':
                raise FileError(f"{path} has several arrays and none is 'depth': {names}")
            return np.asarray(loaded[name])
    except (ValueError, OSError, EOFError, LookupError, MemoryError, zipfile.BadZipFile) as error:
        raise FileError(f'{_DEPTH} was wanted, {path}: {error}') from error


def _decoded(data: bytes, flags: int) -> NDArray[Any] | None:
    """Return what OpenCV makes of a file; raises ImageError for one beyond MAXIMUM_PIXELS."""
    _check_declared_size(data)
    try:
        decoded = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except cv2.error:
        return None
    if decoded is None:
        return None
    check_size(decoded.shape[1], decoded.shape[0])
    return np.asarray(decoded)


def _check_declared_size(data: bytes) -> None:
    """Refuse a PNG by what its header claims, before anything is decoded."""
    if data.startswith(_COMPRESSED[0]) and len(data) >= 24:
        width, height = (int.from_bytes(data[at : at + 4], 'big') for at in (16, 20))
        check_size(width, height)
