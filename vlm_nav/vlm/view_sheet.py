"""Several numbered pictures as one, for models that look at one picture better than at many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.drawing.palette import GREY
from vlm_nav.vlm.picture_encoding import fitted

IDENTIFIER = 'sheet'
_GAP_PX = 6
_LONGEST_ROW = 3


def sheet_of(pictures: Sequence[MarkedPicture], max_side_px: int = 1024) -> MarkedPicture:
    """Return the pictures (H, W, 3) beside and below each other as one clean picture, marks along.

    Up to three stand in a row, each as large as lets the sheet's longer side be `max_side_px` at
    most; the marks keep their places on what they mark. A sheet on which any is imagined
    counts as imagined. Raises InvalidValueError for no picture.
    """
    if not pictures:
        raise InvalidValueError('a sheet has one picture or more, got none')
    columns = min(_LONGEST_ROW, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    largest_px = _largest_side_px(pictures, columns, rows, max_side_px)
    tiles = [fitted(picture, largest_px) for picture in pictures]
    height = max(tile.rgb.shape[0] for tile in tiles)
    width = max(tile.rgb.shape[1] for tile in tiles)
    size = (rows * (height + _GAP_PX) - _GAP_PX, columns * (width + _GAP_PX) - _GAP_PX, 3)
    sheet = np.full(size, GREY, dtype=np.uint8)
    marks: list[Mark] = []
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + _GAP_PX), (index % columns) * (width + _GAP_PX)
        sheet[top : top + tile.rgb.shape[0], left : left + tile.rgb.shape[1]] = tile.rgb
        marks += [_moved(mark, left, top) for mark in tile.marks]
    radius_px = max(tile.radius_px for tile in tiles)
    imagined = any(tile.kind is PictureKind.IMAGINED for tile in tiles)
    kind = PictureKind.IMAGINED if imagined else tiles[0].kind
    return MarkedPicture(IDENTIFIER, sheet, tuple(marks), radius_px, kind=kind)


def _largest_side_px(
    pictures: Sequence[MarkedPicture], columns: int, rows: int, max_side_px: int
) -> int:
    """Return how long the longer side of each picture may be."""
    height = max(int(picture.rgb.shape[0]) for picture in pictures)
    width = max(int(picture.rgb.shape[1]) for picture in pictures)
    room = [
        (max_side_px - (count - 1) * _GAP_PX) / (count * side)
        for count, side in ((columns, width), (rows, height))
    ]
    return max(1, math.floor(min(1.0, *room) * max(height, width)))


def _moved(mark: Mark, left: int, top: int) -> Mark:
    def at(pixel: Pixel) -> Pixel:
        return Pixel(pixel.u_px + left, pixel.v_px + top)

    return replace(mark, anchor=at(mark.anchor), tail=at(mark.tail) if mark.tail else None)
