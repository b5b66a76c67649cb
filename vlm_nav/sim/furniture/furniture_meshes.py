"""Furniture as triangles: what is kept of a catalogue's model, in files of some 50 kB.

A thing's frame stands below its middle, x along its front, y to its left, z up; metres.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError

FORMAT = 1

# What unpacking and decoding raise for files that are cut off, overwritten or of another make.
_UNREADABLE = (
    OSError, KeyError, ValueError, TypeError, EOFError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error, cv2.error,
)  # fmt: skip


class FurnitureError(InvalidValueError):
    """A file holds no furniture that can be read."""


@dataclass(frozen=True, eq=False)
class MeshPart:
    """A mesh with one picture on it.

    `vertices` (n, 3) metres, `faces` (m, 3) indices, `places` (n, 2) on the picture from its
    upper left corner in its widths and heights, `picture` (H, W, 3) uint8 red, green, blue. What
    is `painted` is grey, and takes the colour that the thing has. What glows (0 to 1) is seen
    without light.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    places: NDArray[np.float32]
    picture: NDArray[np.uint8]
    painted: bool = False
    glow: float = 0.0


@dataclass(frozen=True, eq=False)
class MeshedThing:
    """The parts of a thing whose box has `size_m`, and who made it."""

    parts: tuple[MeshPart, ...]
    size_m: tuple[float, float, float]
    creator: str


def write_thing(file: Path, thing: MeshedThing) -> None:
    """Write a thing into a .npz file."""
    arrays: dict[str, NDArray[np.generic]] = {
        'format': np.array(FORMAT),
        'size_m': np.array(thing.size_m),
        'creator': np.array(thing.creator),
        'painted': np.array([part.painted for part in thing.parts]),
    }
    for index, part in enumerate(thing.parts):
        arrays[f'vertices_{index}'] = part.vertices.astype(np.float32)
        arrays[f'faces_{index}'] = part.faces.astype(np.uint16)
        arrays[f'places_{index}'] = part.places.astype(np.float16)
        arrays[f'picture_{index}'] = _encoded(part.picture)
    np.savez_compressed(file, allow_pickle=False, **arrays)


def read_thing(file: Path) -> MeshedThing:
    """Return the thing in a .npz file; raises FurnitureError where there is none."""
    if not zipfile.is_zipfile(file):
        raise FurnitureError(f'{file} holds no furniture: it is no whole .npz file')
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as arrays:
            if int(arrays['format']) != FORMAT:
                raise FurnitureError(f'{file} has format {arrays["format"]}, wanted is {FORMAT}')
            parts = [_part(arrays, index, bool(p)) for index, p in enumerate(arrays['painted'])]
            x_m, y_m, z_m = (float(length) for length in arrays['size_m'])
            if not (parts and all(0.0 < length < math.inf for length in (x_m, y_m, z_m))):
                raise FurnitureError(f'{len(parts)} parts of {x_m} x {y_m} x {z_m} m')
            return MeshedThing(tuple(parts), (x_m, y_m, z_m), str(arrays['creator']))
    except _UNREADABLE as error:
        raise FurnitureError(f'{file} holds no furniture: {error}') from error


def _part(arrays: np.lib.npyio.NpzFile, index: int, painted: bool) -> MeshPart:
    picture = cv2.imdecode(arrays[f'picture_{index}'], cv2.IMREAD_COLOR)
    if picture is None:
        raise FurnitureError(f'part {index} has no picture')
    vertices, faces = arrays[f'vertices_{index}'], arrays[f'faces_{index}'].astype(np.int32)
    places = arrays[f'places_{index}'].astype(np.float32)
    shapes = (vertices.shape[1:], faces.shape[1:], places.shape)
    if shapes != ((3,), (3,), (len(vertices), 2)) or not faces.size:
        raise FurnitureError(f'part {index} has no triangles on a picture')
    if not np.isfinite(vertices).all() or faces.min() < 0 or faces.max() >= len(vertices):
        raise FurnitureError(f'the triangles of part {index} have corners that are nowhere')
    return MeshPart(
        vertices,
        faces,
        places,
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8),
        painted,
    )


def _encoded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return small pictures without loss, so that colours of a palette do not run."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    if max(picture.shape[:2]) <= 64:
        return np.asarray(cv2.imencode('.png', bgr)[1], dtype=np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 88]
    return np.asarray(cv2.imencode('.jpg', bgr, quality)[1], dtype=np.uint8)
