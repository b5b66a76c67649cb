"""What the double of a model answers, and what it tells about each question."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.mark_reader import SeenMark, read_marks
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.sim.answering.disc_choosing import Target, decoded_picture, nearest_labels
from vlm_nav.sim.answering.openai_request import ChatRequest

MODEL = 'vlm_nav-double-not-a-model'
"""The name under which the double answers, whatever model was asked for."""

UNDRAWN_LABEL = 99
# As many as the loops ask for at most; whoever wants fewer takes the first ones.
_PICKED = 3
# Numbers of one question go on from picture to picture; few are read faster than many.
_LABELS_OF_A_PICTURE, _MOST_LABELS = 30, 90
_FACTS_BEGIN = 'What is measured:'
# Only questions that choose among whole pictures have this in their form.
_ASKS_OF_VIEWS = '"seen" (true or false'


class Behaviour(str, Enum):
    """What becomes of the next requests; `undrawn` names a disc that is not there."""

    NORMAL = 'normal'
    HANG = 'hang'
    UNDRAWN = 'undrawn'
    NONE = 'none'
    REFUSE = 'refuse'
    GARBAGE = 'garbage'


@dataclass(frozen=True)
class DoubleSettings:
    """What the double looks for, and how it behaves."""

    target: Target = Target()
    behaviour: Behaviour = Behaviour.NORMAL

    def as_json(self) -> dict[str, Any]:
        """Return the settings under the names by which `changed` takes them."""
        pixel = self.target.pixel
        return {
            'target_pixel': None if pixel is None else [pixel.u_px, pixel.v_px],
            'target_color': self.target.color,
            'behaviour': self.behaviour.value,
        }


def changed(settings: DoubleSettings, change: dict[str, Any]) -> DoubleSettings:
    """Return settings with those in `change` (target_pixel, target_color, behaviour) replaced.

    A new target takes the place of the old one. Raises InvalidValueError for other names and
    for values that make no sense.
    """
    for name, value in change.items():
        if name == 'target_pixel':
            settings = replace(settings, target=Target(pixel=_pixel(value)))
        elif name == 'target_color':
            settings = replace(settings, target=Target(color=_text(value)))
        elif name == 'behaviour':
            settings = replace(settings, behaviour=_behaviour(value))
        else:
            known = ', '.join(DoubleSettings().as_json())
            raise InvalidValueError(f'a setting was wanted, got {name!r}; there are {known}')
    return settings


def reply_to(
    request: ChatRequest, settings: DoubleSettings, number: int
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the completion, None for no answer at all, and what to report about the request.

    Raises BadRequestError for pictures that cannot be read.
    """
    pictures = [decoded_picture(url) for url in request.picture_urls]
    labels = range(1, min(_MOST_LABELS, _LABELS_OF_A_PICTURE * len(pictures)) + 1)
    discs = [read_marks(rgb, labels) for rgb in pictures]
    targets = [settings.target.found_in(rgb) for rgb in pictures]
    sizes = [settings.target.size_in(rgb) for rgb in pictures]
    answer = _answer(settings.behaviour, discs, targets, sizes)
    if answer is not None and _ASKS_OF_VIEWS in request.text:
        answer = _of_views(answer, settings.behaviour, discs, targets, sizes)
    seen = {
        'request': number,
        'behaviour': settings.behaviour.value,
        'model': request.model,
        'facts': _FACTS_BEGIN in request.text,
        'pictures': [
            _seen_picture(*parts) for parts in zip(pictures, discs, targets, strict=True)
        ],
        'picked': None if answer is None else answer['points'],
    }
    if settings.behaviour is Behaviour.HANG:
        return None, seen
    return _completion(request, answer, settings.behaviour, number), seen


def _answer(
    behaviour: Behaviour,
    discs: list[list[SeenMark]],
    targets: list[Pixel | None],
    sizes: list[int],
) -> dict[str, Any] | None:
    if behaviour in (Behaviour.HANG, Behaviour.REFUSE, Behaviour.GARBAGE):
        return None
    if behaviour is Behaviour.UNDRAWN:
        return _said('A double names a disc that is not there.', [UNDRAWN_LABEL])
    if behaviour is Behaviour.NONE:
        return _said('A double was told to choose none.', [])
    # Of several pictures the one that shows the most of it; of a pixel, the first.
    best_first = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    for found, target in ((discs[index], targets[index]) for index in best_first):
        if found and target is not None:
            labels = nearest_labels(found, target, _PICKED)
            where = f'({target.u_px:.0f}, {target.v_px:.0f})'
            return _said(f'A double picks the discs nearest to pixel {where}.', labels)
    return _said('A double found no disc, or not what it looks for.', [])


def _of_views(
    answer: dict[str, Any],
    behaviour: Behaviour,
    discs: list[list[SeenMark]],
    targets: list[Pixel | None],
    sizes: list[int],
) -> dict[str, Any]:
    """Return the answer where a disc stands for the whole picture to the lower right of it."""
    if behaviour is not Behaviour.NORMAL:
        return {**answer, 'seen': False}
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        target = targets[index]
        if target is None:
            continue
        above = [
            disc
            for disc in discs[index]
            if disc.centre.u_px <= target.u_px and disc.centre.v_px <= target.v_px
        ]
        if above:
            words = 'A double picks the picture that shows the most of it.'
            return {**_said(words, nearest_labels(above, target, 1)), 'seen': True}
    return {**_said('A double finds it in no picture.', []), 'seen': False}


def _said(reason: str, points: list[int]) -> dict[str, Any]:
    return {'reason': reason, 'points': points, 'none': not points, 'arrived': False}


def _completion(
    request: ChatRequest, answer: dict[str, Any] | None, behaviour: Behaviour, number: int
) -> dict[str, Any]:
    message: dict[str, Any] = {'role': 'assistant', 'content': None, 'refusal': None}
    if behaviour is Behaviour.REFUSE:
        message['refusal'] = 'This double was told to refuse.'
    elif behaviour is Behaviour.GARBAGE:
        message['content'] = '}{ <|endoftext|> ::'
    else:
        message['content'] = json.dumps(answer)
    # Roughly what models count: four letters, or a square of 32 pixels, for a token.
    prompt = math.ceil(len(request.text) / 4) + 300 * len(request.picture_urls)
    answered = math.ceil(len(message['content'] or '') / 4)
    return {
        'id': f'chatcmpl-double-{number}',
        'object': 'chat.completion',
        'created': 0,
        'model': MODEL,
        'choices': [{'index': 0, 'message': message, 'finish_reason': 'stop', 'logprobs': None}],
        'usage': {
            'prompt_tokens': prompt,
            'completion_tokens': answered,
            'total_tokens': prompt + answered,
        },
    }


def _seen_picture(rgb: RgbArray, discs: list[SeenMark], target: Pixel | None) -> dict[str, Any]:
    return {
        'width_px': rgb.shape[1],
        'height_px': rgb.shape[0],
        'target': None if target is None else [target.u_px, target.v_px],
        'discs': [
            {
                'label': disc.label,
                'u_px': round(disc.centre.u_px, 2),
                'v_px': round(disc.centre.v_px, 2),
                'radius_px': round(disc.radius_px, 2),
            }
            for disc in discs
        ],
    }


def _pixel(value: Any) -> Pixel | None:
    if value is None:
        return None
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(isinstance(number, int | float) for number in numbers):
        raise InvalidValueError(f'target_pixel is [u, v] or null, got {value!r}')
    return Pixel(float(numbers[0]), float(numbers[1]))


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidValueError(f'target_color is a word or null, got {value!r}')
    return value


def _behaviour(value: Any) -> Behaviour:
    known = [behaviour.value for behaviour in Behaviour]
    if value not in known:
        raise InvalidValueError(f'behaviour is one of {", ".join(known)}, got {value!r}')
    return Behaviour(value)
