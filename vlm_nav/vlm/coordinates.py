"""Points that a model names in a picture, by the convention of its family, as pixels.

Families count pixels, percent or thousandths, from the left or from the top first. Which of
them holds cannot be told from the numbers, so it is a setting and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from vlm_nav.core.candidate import Pixel
from vlm_nav.vlm.pointing_text import Written, written_points

PictureSize: TypeAlias = tuple[int, int]
"""Width and height in pixels."""

_QWEN_CELL_PX = 28
_ROUNDING_SHARE = 0.02
"""How far beyond the border a point may lie, as a share of the side: models round."""


class _Scale(Enum):
    UNIT = 1.0
    PERCENT = 100.0
    THOUSAND = 1000.0
    PIXEL_SENT = 'pixels of the picture as it was sent'
    PIXEL_RESIZED = 'pixels of the picture as the model rounds its sides'


class Convention(str, Enum):
    """How a family of models writes a place in a picture; docs/models.md describes each."""

    QWEN2_5_VL = 'qwen2_5_vl'
    QWEN3_VL = 'qwen3_vl'
    MOLMO = 'molmo'
    MOLMO_2 = 'molmo_2'
    GEMINI = 'gemini'
    UNIT = 'unit'
    PIXEL_SENT = 'pixel_sent'


_SCALES = {
    Convention.QWEN2_5_VL: _Scale.PIXEL_RESIZED,
    Convention.QWEN3_VL: _Scale.THOUSAND,
    Convention.MOLMO: _Scale.PERCENT,
    Convention.MOLMO_2: _Scale.THOUSAND,
    Convention.GEMINI: _Scale.THOUSAND,
    Convention.UNIT: _Scale.UNIT,
    Convention.PIXEL_SENT: _Scale.PIXEL_SENT,
}
_DOWN_BEFORE_RIGHT = frozenset({Convention.GEMINI})

_ASKED_FORMS = {
    Convention.QWEN2_5_VL: '[{"point_2d": [x, y], "label": "..."}] in pixels of the picture',
    Convention.QWEN3_VL: '[{"point_2d": [x, y], "label": "..."}] with x and y from 0 to 1000',
    Convention.MOLMO: '<point x="..." y="..."> with x and y in percent of the picture',
    Convention.MOLMO_2: '<points coords="1 1 x y"> with x and y from 0 to 1000',
    Convention.GEMINI: '[{"point": [y, x], "label": "..."}] with y and x from 0 to 1000',
    Convention.UNIT: '[(x, y)] with x and y from 0 to 1',
    Convention.PIXEL_SENT: '[{"point": [x, y]}] in pixels of the picture',
}


@dataclass(frozen=True)
class PointsRead:
    """`pixels` of the original picture in the order of the text; `refused` lay far outside."""

    pixels: tuple[Pixel, ...]
    refused: int = 0


def asked_form(convention: Convention, sent: PictureSize) -> str:
    """Return the words that ask for points in the form of `convention`."""
    form = f'Answer with nothing but {_ASKED_FORMS[convention]}'
    if _SCALES[convention] in (_Scale.PIXEL_SENT, _Scale.PIXEL_RESIZED):
        return f'{form}, which is {sent[0]} pixels wide and {sent[1]} high.'
    return f'{form}.'


def read_points(
    text: str, convention: Convention, *, sent: PictureSize, picture: PictureSize
) -> PointsRead:
    """Return the points that `text` names, of boxes the centres, as pixels of the original.

    `sent` is the size of the picture as it left for the model, `picture` that of the original.
    What lies beyond the border by no more than rounding does is moved onto the border, what
    lies farther out is refused. Pixel centres are whole numbers.
    """
    pixels: list[Pixel] = []
    refused = 0
    for x, y in _shares(text, convention, sent):
        if min(x, y) < -_ROUNDING_SHARE or max(x, y) > 1.0 + _ROUNDING_SHARE:
            refused += 1
        else:
            pixels.append(Pixel(_along(x, picture[0]), _along(y, picture[1])))
    return PointsRead(tuple(pixels), refused)


def _shares(text: str, convention: Convention, sent: PictureSize) -> Iterator[tuple[float, float]]:
    """Yield each point as shares of the picture's width and height."""
    for point in written_points(text):
        x, y = _right_and_down(point, convention)
        match _SCALES[convention]:
            case _Scale.PIXEL_SENT:
                yield (x + 0.5) / sent[0], (y + 0.5) / sent[1]
            case _Scale.PIXEL_RESIZED:
                yield (x + 0.5) / _in_cells(sent[0]), (y + 0.5) / _in_cells(sent[1])
            case scale:
                yield x / scale.value, y / scale.value


def _right_and_down(point: Written, convention: Convention) -> tuple[float, float]:
    # An attribute that is called x is x, whatever comes first in a list.
    if convention in _DOWN_BEFORE_RIGHT and not point.named:
        return point.second, point.first
    return point.first, point.second


def _in_cells(side_px: int) -> int:
    """Return the length of a side after the model has rounded it to whole cells."""
    return max(1, round(side_px / _QWEN_CELL_PX)) * _QWEN_CELL_PX


def _along(share: float, side_px: int) -> float:
    return min(max(share * side_px - 0.5, 0.0), side_px - 1.0)
