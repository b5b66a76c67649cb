"""Reads numbered discs back from the pixels of a picture.

The check that what was drawn can be read, after JPEG too; the doubles that answer from the
picture alone see with it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_drawing import draw_label, ring_thickness_px

_ROUNDNESS = 0.8
_SMALLEST_RADIUS_PX = 5.0
_BRIGHT = 140.0
_SURE = 0.6


@dataclass(frozen=True)
class SeenMark:
    """A disc found in a picture; `likeness` in 0..1 tells how well its number was read."""

    label: int
    centre: Pixel
    radius_px: float
    likeness: float


def read_marks(rgb: NDArray[np.uint8], labels: Iterable[int] = range(1, 31)) -> list[SeenMark]:
    """Return the numbered discs in the picture (H, W, 3), each read as one of `labels`."""
    known = tuple(labels)
    seen = [_read(rgb, centre, radius_px, known) for centre, radius_px in _find_discs(rgb)]
    return sorted((mark for mark in seen if mark.likeness >= _SURE), key=lambda mark: mark.label)


def _find_discs(rgb: NDArray[np.uint8]) -> list[tuple[Pixel, float]]:
    """Return centre and radius of what is bright, round, and ringed in yellow-green."""
    red, green, blue = (rgb[..., channel].astype(np.int16) for channel in range(3))
    ring = ((np.minimum(red + 60, green) - blue) > 60).astype(np.uint8)
    contours, hierarchy = cv2.findContours(ring, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    discs = []
    for index, contour in enumerate(contours):
        is_hole = hierarchy[0][index][3] >= 0
        if is_hole and (disc := _as_disc(rgb, contour)) is not None:
            discs.append(disc)
    return discs


def _as_disc(rgb: NDArray[np.uint8], contour: cv2.typing.MatLike) -> tuple[Pixel, float] | None:
    hull = cv2.convexHull(contour)
    area, (_, enclosing_px) = cv2.contourArea(hull), cv2.minEnclosingCircle(hull)
    if enclosing_px < _SMALLEST_RADIUS_PX or area < _ROUNDNESS * math.pi * enclosing_px**2:
        return None
    moments = cv2.moments(hull)
    centre = Pixel(moments['m10'] / moments['m00'], moments['m01'] / moments['m00'])
    x, y, width, height = cv2.boundingRect(hull)
    if float(np.percentile(rgb[y : y + height, x : x + width], 75)) < _BRIGHT:
        return None
    inner_px = math.sqrt(area / math.pi)
    return centre, _outer_radius_px(inner_px)


def _outer_radius_px(inner_px: float) -> float:
    """Return the drawn radius whose ring leaves an inside of this radius."""
    candidates = np.arange(inner_px, inner_px + 8.0, 0.25)
    inside = [radius - 1.5 - ring_thickness_px(radius) / 2.0 for radius in candidates]
    return float(candidates[int(np.argmin(np.abs(np.array(inside) - inner_px)))])


def _read(
    rgb: NDArray[np.uint8], centre: Pixel, radius_px: float, labels: tuple[int, ...]
) -> SeenMark:
    scores = np.max([_scores(rgb, centre, px, labels) for px in _sizes_px(radius_px)], axis=0)
    best = int(np.argmax(scores))
    return SeenMark(labels[best], centre, radius_px, max(0.0, float(scores[best])))


def _sizes_px(radius_px: float) -> list[float]:
    """Return the radii that a disc may have been drawn with, in half pixels.

    JPEG blurs the ring, so discs look up to half a pixel larger or a pixel smaller than they were
    drawn; with numbers of the wrong size a 6 resembles an 8.
    """
    nearest_px = round(radius_px * 2.0) / 2.0
    return [nearest_px + more_px for more_px in (-0.5, 0.0, 0.5, 1.0)]


def _scores(
    rgb: NDArray[np.uint8], centre: Pixel, radius_px: float, labels: tuple[int, ...]
) -> list[float]:
    """Return how much the inside of a disc resembles each label as drawn with a radius."""
    patch = _inside(rgb, centre, radius_px)
    return [
        float(cv2.matchTemplate(patch, template, cv2.TM_CCOEFF_NORMED).max())
        for template in _templates(labels, radius_px)
    ]


@functools.lru_cache(maxsize=64)
def _templates(labels: tuple[int, ...], radius_px: float) -> tuple[NDArray[np.uint8], ...]:
    side = 2 * math.ceil(radius_px) + 9
    centre = Pixel(side / 2.0, side / 2.0)
    templates = []
    for label in labels:
        canvas = np.full((side, side, 3), 200, dtype=np.uint8)
        draw_label(canvas, centre, label, radius_px)
        half = round(0.62 * radius_px)
        middle = side // 2
        part = canvas[middle - half : middle + half + 1, middle - half : middle + half + 1]
        templates.append(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.uint8))
    return tuple(templates)


def _inside(rgb: NDArray[np.uint8], centre: Pixel, radius_px: float) -> NDArray[np.uint8]:
    """Return the grey inside of the disc, two pixels larger on each side than a template."""
    half = round(0.62 * radius_px) + 2
    padded = cv2.copyMakeBorder(rgb, half, half, half, half, cv2.BORDER_REPLICATE)
    row, column = round(centre.v_px) + half, round(centre.u_px) + half
    part = padded[row - half : row + half + 1, column - half : column + half + 1]
    return cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.uint8)
