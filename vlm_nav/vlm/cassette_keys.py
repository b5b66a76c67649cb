"""What makes two questions the same one, whenever they were asked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import unicodedata
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.answer_schema import strict_schema
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.wording import captions, wording

# Each of so many spots is the mean of hundreds of pixels: neither the noise of a camera nor
# another JPEG decoder moves it by more than a level or two, and a cup that was put there does.
_WIDTH, _HEIGHT = 32, 24
_THUMB_BYTES = _WIDTH * _HEIGHT * 3
LARGEST_DIFFERENCE = 3
_NEAR_PX = 1.0


def key_of(model: str, question: Question) -> str:
    """Return what is the same for questions of the same words to the same model in one form.

    White space and the way in which Unicode writes a letter make no difference. What the pictures
    show is compared by their `Look`.
    """
    words = wording(question)
    told = {
        'model': model,
        'system': _normalised(words.system),
        'text': _normalised(words.text),
        'captions': [_normalised(caption) for caption in captions(question)],
        'schema': strict_schema(question.purpose is Purpose.VIEW),
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode('ascii')).hexdigest()


@dataclass(frozen=True)
class Look:
    """One picture of a question as it is compared: a thumbnail, and its marks.

    `thumb` is the clean picture as 24 rows of 32 RGB spots in base64. `marks` are label, u and v
    of each mark, and u and v of its arrow's tail where it has one, in pixels of the clean picture.
    """

    thumb: str
    marks: tuple[tuple[float, ...], ...]


def look_of(picture: MarkedPicture) -> Look:
    """Return how a picture (H, W, 3) uint8 is compared; raises InvalidValueError for another."""
    if picture.rgb.ndim != 3 or not picture.rgb.size or picture.rgb.dtype != np.uint8:
        raise InvalidValueError(f'a picture is (H, W, 3) uint8, got {picture.rgb.shape}')
    return Look(_thumb(picture.rgb), tuple(_mark(mark) for mark in picture.marks))


def difference(some: tuple[Look, ...], others: tuple[Look, ...]) -> float | None:
    """Return by how many levels of 255 pictures differ in the spot that differs most.

    None where there are other pictures, other marks, or a mark is at another place.
    """
    if len(some) != len(others):
        return None
    if not all(_same_marks(one, other) for one, other in zip(some, others, strict=True)):
        return None
    levels = (
        int(np.abs(_levels(one) - _levels(other)).max())
        for one, other in zip(some, others, strict=True)
    )
    return max(levels, default=0)


def _same_marks(one: Look, other: Look) -> bool:
    return len(one.marks) == len(other.marks) and all(
        len(mark) == len(counterpart)
        and mark[0] == counterpart[0]
        and all(abs(a - b) <= _NEAR_PX for a, b in zip(mark[1:], counterpart[1:], strict=True))
        for mark, counterpart in zip(one.marks, other.marks, strict=True)
    )


def _thumb(rgb: RgbArray) -> str:
    small = cv2.resize(rgb, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    return base64.b64encode(small.tobytes()).decode('ascii')


def checked_thumb(thumb: str) -> str:
    """Return a thumbnail of a file; raises InvalidValueError where it is none."""
    try:
        data = base64.b64decode(thumb, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidValueError(f'a thumbnail in base64 was wanted: {error}') from error
    if len(data) != _THUMB_BYTES:
        raise InvalidValueError(f'a thumbnail has {_THUMB_BYTES} bytes, got {len(data)}')
    return thumb


def _levels(look: Look) -> NDArray[np.int16]:
    return np.frombuffer(base64.b64decode(look.thumb), np.uint8).astype(np.int16)


def _mark(mark: Mark) -> tuple[float, ...]:
    tail = () if mark.tail is None else _place(mark.tail)
    return (float(mark.label), *_place(mark.anchor), *tail)


def _place(pixel: Pixel) -> tuple[float, float]:
    return round(pixel.u_px, 2), round(pixel.v_px, 2)


def _normalised(text: str) -> str:
    return ' '.join(unicodedata.normalize('NFC', text).split())
