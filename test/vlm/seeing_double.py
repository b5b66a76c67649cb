"""A double that sees what the doctor draws: it reads the pictures that reach it, and words."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.doctor import pictures

from .fault_server import Behaviour, Handler, fails, says

# How a family writes the middle of the red dot in a picture of so many pixels.
POINTING = {
    'thousand': '[{{"point_2d": [{x:.0f}, {y:.0f}]}}]',
    'down_first': '[{{"point": [{y:.0f}, {x:.0f}]}}]',
    'nowhere': '[{{"point_2d": [10, 990]}}]',
}


@dataclass(frozen=True)
class Sight:
    """What a double is able to do: the defaults see everything."""

    sees: bool = True
    first_picture_first: bool = True
    pointing: str = 'thousand'
    takes_schemas: bool = True
    keeps_to_schemas: bool = True
    chooses_right: bool = True
    counts_tokens: bool = True


def sees(sight: Sight = Sight()) -> Behaviour:
    """Answer the doctor's questions by looking at the pictures, as well as `sight` allows."""

    def behaviour(handler: Handler) -> None:
        if not sight.takes_schemas and 'response_format' in handler.body:
            fails(400, "'response_format' is not supported")(handler)
            return
        *shown, words = handler.body['messages'][1]['content']
        answer = _answer(words['text'], [_picture(part) for part in shown], sight)
        if not sight.keeps_to_schemas and answer.startswith('{'):
            answer = f'Here you are: {answer}'
        usage = {} if sight.counts_tokens else {'usage': None}
        says(answer, body=usage)(handler)

    return behaviour


def _answer(words: str, shown: Sequence[RgbArray], sight: Sight) -> str:
    if not shown:
        return 'Ready.'
    if not sight.sees:
        return 'I cannot see any picture, could you describe it? 1'
    if 'red dot' in words:
        return _pointed(shown[0], sight.pointing)
    square = re.search(r'the (\w+) square', words)
    if square:
        return _chosen(shown[0], square[1], right=sight.chooses_right)
    read = [_number(rgb) for rgb in shown]
    return ', '.join(map(str, read if sight.first_picture_first else read[::-1]))


def _number(rgb: RgbArray) -> int:
    def difference(number: int) -> float:
        return float(np.abs(_drawn(number)[::4, ::4].astype(int) - rgb[::4, ::4]).mean())

    return min(pictures.NUMBERS, key=difference)


@functools.cache
def _drawn(number: int) -> RgbArray:
    return pictures.number_picture(number).rgb


def _chosen(rgb: RgbArray, colour: str, *, right: bool) -> str:
    """Return the number of the disc around which the picture has a colour, or another one."""

    def difference(place: Pixel) -> float:
        beside = rgb[round(place.v_px) + 40, round(place.u_px) + 40].astype(int)
        return float(np.abs(beside - pictures.COLOURS[colour]).sum())

    marks = sorted(read_marks(rgb, range(1, 10)), key=lambda mark: difference(mark.centre))
    label = marks[0 if right else -1].label
    return json.dumps({'reason': colour, 'points': [label], 'none': False, 'arrived': False})


def _pointed(rgb: RgbArray, pointing: str) -> str:
    red = (rgb[..., 0] > 150) & (rgb[..., 1] < 100)
    rows, columns = np.nonzero(red)
    height, width = red.shape
    x, y = columns.mean() / width * 1000.0, rows.mean() / height * 1000.0
    return POINTING[pointing].format(x=x, y=y)


def _picture(part: dict[str, Any]) -> RgbArray:
    data = base64.b64decode(part['image_url']['url'].partition(',')[2])
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.ascontiguousarray(bgr[..., ::-1])
