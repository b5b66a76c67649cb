"""Pictures of several cameras, or of looks to several sides, for people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vlm_nav.drawing.palette import BLACK, GREY, WHITE
from vlm_nav.geometry.arrays import RgbArray

_SEPARATOR_PX = 4
_LONGEST_ROW = 4
_FONT = cv2.FONT_HERSHEY_SIMPLEX
# The height of capital letters of the font at scale 1.
_LETTERS_PX = 22.0
_NAME_SHARE = 0.035
_SMALLEST_LETTERS_PX = 8.0


def contact_sheet(pictures: Sequence[tuple[str, RgbArray]]) -> RgbArray:
    """Return pictures (H, W, 3) beside each other, each with its name in the upper left corner.

    All get the height of the first; more than four stand in rows of three. One picture alone is
    returned as it is, without its name.
    """
    if len(pictures) == 1:
        return pictures[0][1]
    in_row = len(pictures) if len(pictures) <= _LONGEST_ROW else _LONGEST_ROW - 1
    height = pictures[0][1].shape[0]
    rows = [
        _row(pictures[start : start + in_row], height) for start in range(0, len(pictures), in_row)
    ]
    width = max(row.shape[1] for row in rows)
    sheet = np.full(
        (len(rows) * (height + _SEPARATOR_PX) - _SEPARATOR_PX, width, 3), GREY, dtype=np.uint8
    )
    for number, row in enumerate(rows):
        top = number * (height + _SEPARATOR_PX)
        sheet[top : top + height, : row.shape[1]] = row
    return sheet


def _row(pictures: Sequence[tuple[str, RgbArray]], height: int) -> RgbArray:
    separator = np.full((height, _SEPARATOR_PX, 3), GREY, dtype=np.uint8)
    parts: list[RgbArray] = []
    for name, rgb in pictures:
        fitted = _of_height(rgb, height)
        _write_name(fitted, name)
        parts += [fitted, separator]
    row: RgbArray = np.concatenate(parts[:-1], axis=1)
    return row


def _of_height(rgb: RgbArray, height: int) -> RgbArray:
    """Return a copy of the picture with this height."""
    if rgb.shape[0] == height:
        copied: RgbArray = rgb.copy()
        return copied
    width = max(1, round(rgb.shape[1] * height / rgb.shape[0]))
    shrinks = height < rgb.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=how), dtype=np.uint8)


def _write_name(rgb: RgbArray, name: str) -> None:
    # The font has no other letters.
    name = name.replace('\N{DEGREE SIGN}', ' deg').encode('ascii', 'replace').decode()
    letters_px = max(_SMALLEST_LETTERS_PX, _NAME_SHARE * rgb.shape[0])
    scale = letters_px / _LETTERS_PX
    (width, _), below = cv2.getTextSize(name, _FONT, scale, 1)
    margin = round(0.5 * letters_px)
    right, bottom = width + 2 * margin, round(letters_px) + below + 2 * margin
    cv2.rectangle(rgb, (0, 0), (right, bottom), BLACK, cv2.FILLED)
    corner = (margin, margin + round(letters_px))
    cv2.putText(rgb, name, corner, _FONT, scale, WHITE, 1, cv2.LINE_AA)
