"""Chooses among numbered discs by the pixels of a picture alone."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.mark_reader import SeenMark
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.sim.answering.openai_request import BadRequestError

# Ranges of hue in half degrees, as OpenCV counts them. Green leaves out the rings of discs.
HUES = {
    'red': ((0, 6), (172, 179)),
    'orange': ((7, 16),),
    'yellow': ((22, 30),),
    'green': ((48, 85),),
    'blue': ((100, 128),),
    'purple': ((130, 155),),
}
_SMALLEST_SATURATION, _SMALLEST_VALUE = 140, 45
_SMALLEST_REGION_PX = 60
# Arrows and discs drawn across a thing do not part it.
_BRIDGE_PX = 9

_DATA_URL = re.compile(r'data:image/(?:jpeg|png|webp);base64,(?P<data>.+)', re.DOTALL)


@dataclass(frozen=True)
class Target:
    """Where discs are wanted: at a pixel, or at the foot of the largest thing of a colour."""

    pixel: Pixel | None = None
    color: str | None = None

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a colour that is not known."""
        if self.color is not None and self.color not in HUES:
            raise InvalidValueError(
                f'a colour was wanted, got {self.color!r}; known are {", ".join(HUES)}'
            )

    def found_in(self, rgb: RgbArray) -> Pixel | None:
        """Return the place in the picture (H, W, 3), None where it does not show."""
        if self.color is None:
            return self.pixel
        found = largest_region(self.color, rgb)
        return None if found is None else found.foot

    def size_in(self, rgb: RgbArray) -> int:
        """Return how many pixels of the picture show what is looked for, 0 for a pixel."""
        found = None if self.color is None else largest_region(self.color, rgb)
        return 0 if found is None else found.area_px


@dataclass(frozen=True)
class Region:
    """What shows a colour in a picture: its bottom centre, and how many pixels it has."""

    foot: Pixel
    area_px: int


def decoded_picture(url: str) -> RgbArray:
    """Return the picture (H, W, 3) in a data URL; raises BadRequestError where there is none."""
    match = _DATA_URL.fullmatch(url)
    if match is None:
        raise BadRequestError(
            f'a data URL of a JPEG, PNG or WEBP was wanted, got {url[:40]!r}', 'image_url'
        )
    try:
        data = np.frombuffer(base64.b64decode(match['data'], validate=True), dtype=np.uint8)
    except binascii.Error as error:
        raise BadRequestError(f'invalid base64 image: {error}', 'image_url') from None
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if bgr is None:
        raise BadRequestError(
            f'the {data.size} bytes of the image are no picture that can be read', 'image_url'
        )
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def largest_region(color: str, rgb: RgbArray) -> Region | None:
    """Return the largest region of a colour, None where there is none."""
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    mask = np.zeros(rgb.shape[:2], dtype=np.uint8)
    for low, high in HUES[color]:
        least = np.array((low, _SMALLEST_SATURATION, _SMALLEST_VALUE))
        mask |= np.asarray(cv2.inRange(hsv, least, np.array((high, 255, 255))), dtype=np.uint8)
    kernel = np.ones((_BRIDGE_PX, _BRIDGE_PX), dtype=np.uint8)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    count, _, regions, _ = cv2.connectedComponentsWithStats(closed)
    if count < 2:
        return None
    left, top, width, height, area = (int(size) for size in max(regions[1:], key=_area))
    if area < _SMALLEST_REGION_PX:
        return None
    return Region(Pixel(left + (width - 1) / 2.0, float(top + height - 1)), area)


def nearest_labels(discs: Iterable[SeenMark], target: Pixel, count: int) -> list[int]:
    """Return the labels of the `count` discs nearest to a pixel, the nearest first."""

    def away_px(disc: SeenMark) -> float:
        return math.hypot(disc.centre.u_px - target.u_px, disc.centre.v_px - target.v_px)

    return [disc.label for disc in sorted(discs, key=away_px)[:count]]


def _area(region: NDArray[np.int32]) -> int:
    return int(region[cv2.CC_STAT_AREA])
