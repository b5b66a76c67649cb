"""What a question would cost, for models that count nothing: an estimate by one rule for all."""

from __future__ import annotations

import math

from vlm_nav.vlm.question import Answer, Question
from vlm_nav.vlm.wording import captions, wording

# English text has about so many characters for each token.
_CHARACTERS = 4.0
# A picture in high detail as models count that cut it into tiles: so many for itself, and so many
# for each tile of 512 pixels.
_PICTURE, _TILE, _TILE_PX = 85, 170, 512


def asked_tokens(question: Question) -> int:
    """Return about how many tokens a question has, its pictures as they are."""
    words = wording(question)
    text = ''.join((words.system, words.text, *captions(question)))
    pictures = sum(_of_picture(*picture.rgb.shape[1::-1]) for picture in question.pictures)
    return math.ceil(len(text) / _CHARACTERS) + pictures


def answered_tokens(answer: Answer) -> int:
    """Return about how many tokens an answer has."""
    return math.ceil(len(answer.raw_text) / _CHARACTERS)


def _of_picture(width_px: int, height_px: int) -> int:
    return _PICTURE + _TILE * math.ceil(width_px / _TILE_PX) * math.ceil(height_px / _TILE_PX)
