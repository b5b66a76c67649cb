"""Where the pixels of an imagined picture were seen, as plain data; checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.imagined_view import Provenance

MOST_SOURCES: Final = 64
_LARGEST_SIDE_PX = 4096
_MOST_PIXELS = 4_000_000
_LONGEST_NAME = 1000
_WIDEST_PX = 100_000


def provenance_as_data(provenance: Provenance) -> dict[str, Any]:
    """Return what JSON can hold of where pixels come from: differences along rows, packed."""
    height, width = provenance.source.shape
    return {
        'identifiers': list(provenance.identifiers),
        'widths_px': list(provenance.widths_px),
        'height_px': height,
        'width_px': width,
        'source': _packed(provenance.source.astype('<i4')),
        'pixel': _packed(provenance.pixel.astype('<i4')),
    }


def provenance_from_data(data: object) -> Provenance:
    """Return where pixels come from; raises InvalidValueError for what does not fit together.

    Each pixel that has a source lies in it by its width; how high it is, who has it must check.
    """
    if not isinstance(data, Mapping):
        raise InvalidValueError(f'an object was wanted, got {type(data).__name__}')
    identifiers, widths = data.get('identifiers'), data.get('widths_px')
    if not isinstance(identifiers, list) or not isinstance(widths, list):
        raise InvalidValueError('identifiers and widths_px are lists')
    if not (len(identifiers) == len(widths) <= MOST_SOURCES):
        raise InvalidValueError(f'at most {MOST_SOURCES} sources, each with a width')
    if not all(isinstance(one, str) and len(one) <= _LONGEST_NAME for one in identifiers):
        raise InvalidValueError('identifiers are texts')
    height, width = (_count(data, name, _LARGEST_SIDE_PX) for name in ('height_px', 'width_px'))
    if height * width > _MOST_PIXELS:
        raise InvalidValueError(f'at most {_MOST_PIXELS} pixels, got {width} x {height}')
    source = _unpacked(data.get('source'), (height, width))
    pixel = _unpacked(data.get('pixel'), (height, width))
    known = source >= 0
    if (source >= len(identifiers)).any() or (pixel[known] < 0).any():
        raise InvalidValueError('a pixel comes from one of the sources')
    return Provenance(
        identifiers=tuple(identifiers),
        source=np.where(known, source, -1).astype(np.int16),
        pixel=np.where(known, pixel, -1).astype(np.int32),
        widths_px=tuple(_checked_count(value, 'a width', _WIDEST_PX) for value in widths),
    )


def _packed(values: NDArray[np.int32]) -> str:
    # Neighbours come from neighbours: differences are small and repeat.
    steps = np.diff(values.ravel(), prepend=np.int32(0)).astype('<i4')
    return base64.b64encode(zlib.compress(steps.tobytes(), 1)).decode('ascii')


def _unpacked(text: object, shape: tuple[int, int]) -> NDArray[np.int64]:
    if not isinstance(text, str):
        raise InvalidValueError(f'packed numbers were wanted, got {type(text).__name__}')
    wanted = 4 * shape[0] * shape[1]
    try:
        # No more is unpacked than fits, however much somebody has packed.
        unpacking = zlib.decompressobj()
        raw = unpacking.decompress(base64.b64decode(text, validate=True), wanted + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise InvalidValueError(f'packed numbers were wanted: {error}') from error
    if len(raw) != wanted:
        raise InvalidValueError(f'{wanted} bytes of numbers were wanted, got {len(raw)}')
    values: NDArray[np.int64] = np.cumsum(np.frombuffer(raw, dtype='<i4'), dtype=np.int64)
    return values.reshape(shape)


def _count(data: Mapping[str, Any], name: str, most: int) -> int:
    return _checked_count(data.get(name), name, most)


def _checked_count(value: object, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidValueError(f'{name} is a whole number from 1 to {most}')
    return value
