"""Questions as plain data, for doubles that live in another process: never any pixels.

What comes back from such data is checked: whoever sent it is not trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind, as_taken
from vlm_nav.vlm.provenance_data import provenance_as_data, provenance_from_data
from vlm_nav.vlm.question import Purpose, Question

MOST_PICTURES, MOST_MARKS = 64, 1000
LONGEST_TEXT = 100_000
LARGEST_NUMBER = 1e9


def question_as_data(question: Question) -> dict[str, Any]:
    """Return what JSON can hold of a question: identifiers and marks stand for the pictures."""
    return {
        'purpose': question.purpose.value,
        'instruction': question.instruction,
        'pictures': [_picture_as_data(picture) for picture in question.pictures],
        'pick': question.pick,
        'may_answer_none': question.may_answer_none,
        'may_answer_arrived': question.may_answer_arrived,
        'evidence': list(question.evidence),
        'visited': list(question.visited),
    }


def question_from_data(data: object) -> Question:
    """Return the question, its pictures without pixels; raises InvalidValueError for others."""
    fields = _Fields(data)
    purpose = fields.text('purpose')
    if purpose not in {item.value for item in Purpose}:
        raise InvalidValueError(f'a purpose was wanted, got {purpose[:40]!r}')
    pick = fields.number('pick')
    if not (pick.is_integer() and 1 <= pick <= MOST_MARKS):
        raise InvalidValueError(f'pick is 1 to {MOST_MARKS}, got {pick!r}')
    visited = [_whole(item) for item in fields.items('visited', MOST_MARKS)]
    return Question(
        purpose=Purpose(purpose),
        instruction=fields.text('instruction'),
        pictures=tuple(_picture(item) for item in fields.items('pictures', MOST_PICTURES)),
        pick=int(pick),
        may_answer_none=fields.truth('may_answer_none'),
        may_answer_arrived=fields.truth('may_answer_arrived'),
        evidence=tuple(_text(item) for item in fields.items('evidence', MOST_MARKS)),
        visited=tuple(visited),
    )


def _picture_as_data(picture: MarkedPicture) -> dict[str, Any]:
    # Who looks up what a picture shows knows it as it was taken.
    marks = [_mark_as_data(mark) for mark in as_taken(picture).marks]
    imagined = picture.imagined
    return {
        'identifier': picture.identifier,
        'camera': picture.camera,
        'heading_rad': picture.heading_rad,
        'marks': marks,
        'kind': picture.kind.value,
        'imagined': None if imagined is None else provenance_as_data(imagined),
    }


def _picture(data: object) -> MarkedPicture:
    fields = _Fields(data)
    imagined = fields.optional('imagined')
    return MarkedPicture(
        identifier=fields.text('identifier'),
        rgb=np.zeros((0, 0, 3), dtype=np.uint8),
        marks=tuple(_mark(item) for item in fields.items('marks', MOST_MARKS)),
        camera=fields.text('camera'),
        heading_rad=fields.number('heading_rad'),
        kind=_kind(fields.optional('kind')),
        imagined=None if imagined is None else provenance_from_data(imagined),
    )


def _kind(value: object) -> PictureKind:
    known = {kind.value: kind for kind in PictureKind}
    if value is None:
        return PictureKind.SEEN
    if not isinstance(value, str) or value not in known:
        raise InvalidValueError(f'a kind of picture is one of {", ".join(known)}')
    return known[value]


def _mark_as_data(mark: Mark) -> dict[str, Any]:
    place = {'label': mark.label, 'u_px': mark.anchor.u_px, 'v_px': mark.anchor.v_px}
    return place if mark.farther is None else {**place, 'farther': mark.farther}


def _mark(data: object) -> Mark:
    fields = _Fields(data)
    label = _whole(fields.number('label'))
    farther = fields.number('farther') if fields.has('farther') else None
    anchor = Pixel(fields.number('u_px'), fields.number('v_px'))
    return Mark(label, anchor, farther=farther)


class _Fields:
    """An object's fields by name, each of the type that is asked for."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, Mapping):
            raise InvalidValueError(f'an object was wanted, got {type(data).__name__}')
        self._data = data

    def has(self, name: str) -> bool:
        return name in self._data

    def text(self, name: str) -> str:
        return _text(self._data.get(name))

    def number(self, name: str) -> float:
        value = self._data.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InvalidValueError(f'{name} is a number, got {type(value).__name__}')
        if not abs(value) <= LARGEST_NUMBER:
            raise InvalidValueError(f'{name} is at most {LARGEST_NUMBER:g} either way')
        return float(value)

    def truth(self, name: str) -> bool:
        value = self._data.get(name)
        if not isinstance(value, bool):
            raise InvalidValueError(f'{name} is true or false, got {type(value).__name__}')
        return value

    def optional(self, name: str) -> object:
        return self._data.get(name)

    def items(self, name: str, most: int) -> list[object]:
        value = self._data.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise InvalidValueError(f'{name} is a list of at most {most}')
        return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise InvalidValueError(f'a text was wanted, got {type(value).__name__}')
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidValueError(f'a whole number was wanted, got {type(value).__name__}')
    if not (abs(value) <= LARGEST_NUMBER and value == int(value)):
        raise InvalidValueError(f'a whole number up to {LARGEST_NUMBER:g} was wanted')
    return int(value)
