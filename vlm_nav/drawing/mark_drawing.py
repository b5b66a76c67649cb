"""How numbered marks, arrows and a goal are put on a copy of a picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import (
    Color,
    MarkStyle,
    radius_at_depth,
    smallest_label_radius_px,
    style_at_depth,
)
from vlm_nav.geometry.arrays import RgbArray

_FONT = cv2.FONT_HERSHEY_SIMPLEX
# OpenCV draws at fractions of a pixel when coordinates are scaled by 2 ** shift.
_SHIFT = 4
_BOLD_FROM_PX = 13.0
# How much of the disc's inside the diagonal of a number takes.
_FILLED_SHARE = 0.87
_INK_FROM = 96


def draw_marks(
    picture: MarkedPicture,
    *,
    chosen: Collection[int] = (),
    style: MarkStyle = MarkStyle(),
) -> RgbArray:
    """Return the picture (H, W, 3) with its marks; the clean one stays as it is.

    Arrows lie below all discs. The labels in `chosen` get the ring of the chosen.
    """
    drawn: RgbArray = picture.rgb.copy()
    for mark in picture.marks:
        if mark.tail is not None:
            look, radius_px = _look_of(mark, picture, style)
            _draw_arrow(drawn, mark.tail, mark.anchor, radius_px, look)
    for mark in picture.marks:
        ring = style.chosen_ring if mark.label in chosen else style.ring
        look, radius_px = _look_of(mark, picture, style)
        draw_label(drawn, mark.anchor, mark.label, radius_px, ring=ring, style=look)
    return drawn


def draw_label(
    rgb: RgbArray,
    anchor: Pixel,
    label: int,
    radius_px: float,
    *,
    ring: Color | None = None,
    style: MarkStyle = MarkStyle(),
) -> None:
    """Draw one numbered disc into `rgb`, its centre at the pixel nearest to `anchor`.

    The radius is rounded to half a pixel: discs of one number and size are drawn once and kept.
    """
    if not (math.isfinite(anchor.u_px) and math.isfinite(anchor.v_px)):
        return
    stamp = _stamp_of(label, round(2.0 * radius_px) / 2.0, ring or style.ring, style)
    half = stamp.ink.shape[0] // 2
    top, left = round(anchor.v_px) - half, round(anchor.u_px) - half
    rows = slice(max(0, -top), max(0, rgb.shape[0] - top))
    columns = slice(max(0, -left), max(0, rgb.shape[1] - left))
    ink, share = stamp.ink[rows, columns], stamp.share[rows, columns]
    if ink.size:
        row, column = max(0, top), max(0, left)
        patch = rgb[row : row + ink.shape[0], column : column + ink.shape[1]]
        cv2.add(cv2.multiply(patch, share, scale=1.0 / 255.0), ink, dst=patch)


def draw_goal(
    rgb: RgbArray, place: Pixel, radius_px: float, *, style: MarkStyle = MarkStyle()
) -> None:
    """Draw a cross-hair into `rgb` where the decision leads; nothing where it does not show."""
    if not (math.isfinite(place.u_px) and math.isfinite(place.v_px)):
        return
    # A dot, and four strokes that point at it and leave what is drawn there to be read.
    dot = (_fixed(place.u_px), _fixed(place.v_px))
    for color, size_px in ((style.number, 5.0), (style.chosen_ring, 3.5)):
        cv2.circle(rgb, dot, _fixed(size_px), color, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    for color, thickness in ((style.number, 5), (style.chosen_ring, 2)):
        for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start, end = (
                (
                    _fixed(place.u_px + share * radius_px * right),
                    _fixed(place.v_px + share * radius_px * down),
                )
                for share in (1.4, 2.4)
            )
            cv2.line(rgb, start, end, color, thickness, cv2.LINE_AA, _SHIFT)


def ring_thickness_px(radius_px: float) -> int:
    """Return how wide the ring of a disc of this radius is."""
    return max(2, round(radius_px / 9.0))


@dataclass(frozen=True, eq=False)
class _Stamp:
    """A disc to be put on pictures: what of the picture stays (of 255), and what is added."""

    share: RgbArray
    ink: RgbArray


@functools.lru_cache(maxsize=256)
def _stamp_of(label: int, radius_px: float, ring: Color, style: MarkStyle) -> _Stamp:
    # What black becomes is the ink; how much brighter white becomes is the share.
    side = 2 * math.ceil(radius_px + 4.0) + 1
    black, white = (np.full((side, side, 3), value, dtype=np.uint8) for value in (0, 255))
    for canvas in (black, white):
        _draw_disc(canvas, label, radius_px, ring, style)
    return _Stamp(share=cv2.subtract(white, black).astype(np.uint8), ink=black)


def _draw_disc(
    canvas: RgbArray, label: int, radius_px: float, ring: Color, style: MarkStyle
) -> None:
    """Draw a numbered disc into the middle of a square canvas."""
    middle = _fixed(canvas.shape[0] // 2)
    centre = (middle, middle)
    inside = canvas.copy()
    _fill(inside, centre, radius_px, style.disc)
    cv2.addWeighted(inside, style.disc_opacity, canvas, 1.0 - style.disc_opacity, 0.0, dst=inside)
    # Filled discs, one within the other: OpenCV takes ten times as long for a thick circle.
    half_px = ring_thickness_px(radius_px) / 2.0
    _fill(canvas, centre, radius_px + 2.5 + half_px, style.number)
    _fill(canvas, centre, radius_px - 0.5 + half_px, ring)
    _put_disc(canvas, inside, centre, radius_px - 1.5 - half_px)
    _draw_number(canvas, centre, label, radius_px, style.number)


def _look_of(mark: Mark, picture: MarkedPicture, style: MarkStyle) -> tuple[MarkStyle, float]:
    """Return the style and the radius that a mark of a picture is drawn with."""
    if mark.farther is None:
        return style, picture.radius_px
    height_px, width_px = picture.rgb.shape[:2]
    smallest_px = smallest_label_radius_px(width_px, height_px)
    radius_px = radius_at_depth(mark.farther, picture.radius_px, smallest_px)
    return style_at_depth(mark.farther, style), radius_px


def _draw_arrow(
    rgb: RgbArray, tail: Pixel, tip: Pixel, radius_px: float, style: MarkStyle
) -> None:
    length = math.hypot(tip.u_px - tail.u_px, tip.v_px - tail.v_px)
    if length <= radius_px:
        return
    # The head ends at the disc's rim, where it can be seen.
    share = (length - radius_px) / length
    end = (
        _fixed(tail.u_px + share * (tip.u_px - tail.u_px)),
        _fixed(tail.v_px + share * (tip.v_px - tail.v_px)),
    )
    start = (_fixed(tail.u_px), _fixed(tail.v_px))
    head = max(style.head_share, min(0.3, 6.0 / length))
    cv2.arrowedLine(rgb, start, end, style.number, 3, cv2.LINE_AA, _SHIFT, head)
    cv2.arrowedLine(rgb, start, end, style.arrow, 1, cv2.LINE_AA, _SHIFT, head)


def _draw_number(
    rgb: RgbArray, centre: tuple[int, int], label: int, radius_px: float, color: Color
) -> None:
    text = str(label)
    scale, thickness, ink = _fitting_number(text, radius_px)
    corner = (
        round(centre[0] / (1 << _SHIFT) - ink.u_px),
        round(centre[1] / (1 << _SHIFT) - ink.v_px),
    )
    cv2.putText(rgb, text, corner, _FONT, scale, color, thickness, cv2.LINE_AA)


@functools.lru_cache(maxsize=256)
def _fitting_number(text: str, radius_px: float) -> tuple[float, int, Pixel]:
    """Return scale and thickness that fit a number into a disc, and where its ink's centre is.

    The ink itself is measured, from the corner that `putText` starts at: what OpenCV says of a
    text's size differs from what it draws, and between its versions.
    """
    thickness = 2 if radius_px >= _BOLD_FROM_PX else 1
    inside_px = radius_px - 1.5 - ring_thickness_px(radius_px)
    scale = radius_px / 14.0
    for _ in range(12):
        left, top, width, height = _ink(text, scale, thickness)
        if math.hypot(width, height) <= 2.0 * _FILLED_SHARE * inside_px:
            break
        scale *= 0.94
    return scale, thickness, Pixel(left + (width - 1) / 2.0, top + (height - 1) / 2.0)


def _ink(text: str, scale: float, thickness: int) -> tuple[int, int, int, int]:
    """Return left, top, width and height of what is drawn, seen from the text's corner."""
    side = 64 + round(64.0 * scale)
    canvas = np.zeros((side, side * len(text)), dtype=np.uint8)
    cv2.putText(canvas, text, (32, side - 32), _FONT, scale, 255, thickness, cv2.LINE_AA)
    left, top, width, height = cv2.boundingRect((canvas > _INK_FROM).astype(np.uint8))
    return left - 32, top - (side - 32), width, height


def _fill(rgb: RgbArray, centre: tuple[int, int], radius_px: float, color: Color) -> None:
    cv2.circle(rgb, centre, _fixed(radius_px), color, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _put_disc(rgb: RgbArray, other: RgbArray, centre: tuple[int, int], radius_px: float) -> None:
    """Put the disc of another picture of the same size into `rgb`, its rim smooth."""
    cover = np.zeros(rgb.shape[:2], dtype=np.uint8)
    cv2.circle(cover, centre, _fixed(radius_px), 255, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    share = cover.astype(np.float32) / 255.0
    rgb[...] = cv2.blendLinear(other, rgb, share, 1.0 - share)


def _fixed(coordinate_px: float) -> int:
    return round(coordinate_px * (1 << _SHIFT))
