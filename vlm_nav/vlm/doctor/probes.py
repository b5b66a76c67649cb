"""The single questions of an examination; what keeps them from an answer is a finding too."""

from __future__ import annotations

import math
import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import AskingReason
from vlm_nav.vlm.answer_schema import ChosenMarks
from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.doctor.findings import Finding, not_checked, not_ok, ok
from vlm_nav.vlm.doctor.pictures import (
    DOT,
    WIDTH_PX,
    dot_picture,
    number_picture,
    numbers,
    squares_picture,
)
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.pointing import Pointed, point_at
from vlm_nav.vlm.question import Answer, Purpose, Question

if TYPE_CHECKING:
    from vlm_nav.vlm.openai_model import OpenAiModel

TEXT, PICTURE, ORDER = 'text round trip', 'picture round trip', 'order of two pictures'
FORM, DISCS, LATENCY, TOKENS = 'answer form', 'numbered discs', 'latency', 'tokens'
COORDINATES = 'coordinates'
CALLS = 5
# Not found, not allowed, not implemented.
_LISTS_NOTHING = (404, 405, 501)
_WORD = 'ready'
_NEAR_PX = 0.08 * WIDTH_PX
_MOST_LISTED = 8

_BLIND_REMEDY = 'use a model that takes pictures; llama-server wants its --mmproj for them'
_REMEDIES = {
    AskingReason.VLM_LATE: 'use a faster model or wait longer (pivot.question_timeout_s)',
    AskingReason.VLM_UNREACHABLE: 'start the server, or check base_url and the network',
    AskingReason.VLM_REFUSED: "see the endpoint's words: the key, the model's name, its quota",
    AskingReason.VLM_UNUSABLE: 'check that base_url ends as it should (/v1); else another model',
}


@dataclass
class Probes:
    """Asks one model; each question may take `timeout_s`, and `rng` chooses what is drawn."""

    model: OpenAiModel
    timeout_s: float
    rng: random.Random
    _numbers: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Choose the numbers that are drawn."""
        self._numbers = numbers(self.rng, 3)

    async def listed(self) -> Finding:
        """Find whether the endpoint knows the model that is asked."""
        subject, wanted = 'model list', self.model.settings.model
        try:
            names = await self.model.endpoint.models(self._deadline())
        except ModelError as error:
            if any(f': status {status}:' in str(error) for status in _LISTS_NOTHING):
                return not_checked(subject, 'the endpoint lists no models')
            return _failed(subject, error)
        # Gemini lists "models/NAME" and takes NAME.
        if wanted in {name.removeprefix('models/') for name in names} | set(names):
            return ok(subject, f'{wanted} is one of {len(names)}')
        shown = ', '.join(names[:_MOST_LISTED]) + (', ...' if len(names) > _MOST_LISTED else '')
        if len(names) == 1:
            return ok(subject, f'{shown} is the only one; many servers take any name for it')
        return not_ok(subject, f'{wanted} is not listed', f'name one of: {shown or "none"}')

    async def text(self) -> Finding:
        """Find whether words come back."""
        try:
            reply = await self.model.converse(
                f'Answer with the single word {_WORD}.', (), self._deadline()
            )
        except ModelError as error:
            return _failed(TEXT, error)
        if _WORD in reply.text.lower():
            return ok(TEXT, f'after {reply.latency_s:.1f} s')
        return not_ok(TEXT, f'asked for {_WORD!r}, got {_cut(reply.text)}', 'use another model')

    async def picture(self) -> Finding:
        """Find whether the model sees a picture."""
        number = self._numbers[0]
        words = 'Which number does the picture show? Answer with the number alone.'
        try:
            reply = await self.model.converse(
                words, (self.model.encoded(number_picture(number)),), self._deadline()
            )
        except ModelError as error:
            return _failed(PICTURE, error, _BLIND_REMEDY)
        if set(_numbers_in(reply.text)) == {number}:
            return ok(PICTURE, f'shows {number}, is read as {number}')
        read = _cut(reply.text)
        return not_ok(PICTURE, f'shows {number}, is read as {read}', 'use a model that sees')

    async def order(self) -> Finding:
        """Find whether the model tells the first picture from the second."""
        if self.model.settings.max_pictures == 1:
            return not_checked(ORDER, 'the profile allows one picture (max_pictures)')
        first, second = self._numbers[1:]
        words = (
            'Each of the two pictures shows a number. Answer with the two numbers alone, that of '
            'the first picture first.'
        )
        pictures = [self.model.encoded(number_picture(each)) for each in (first, second)]
        remedy = 'ask it with one camera, or use another model'
        try:
            reply = await self.model.converse(words, pictures, self._deadline())
        except ModelError as error:
            return _failed(ORDER, error, 'set max_pictures: 1 in the profile')
        read = _numbers_in(reply.text)
        if read == [first, second]:
            return ok(ORDER, f'{first} before {second}')
        return not_ok(ORDER, f'{first} before {second} is read as {_cut(reply.text)}', remedy)

    async def decisions(self) -> list[Finding]:
        """Find how questions as the robot asks them are answered: five of them."""
        answers: list[tuple[Answer, bool]] = []
        errors: list[ModelError] = []
        for _ in range(CALLS):
            picture, labels = squares_picture(self.rng)
            colour = self.rng.choice(list(labels))
            question = Question(Purpose.IMAGE_POINT, f'the {colour} square', (picture,))
            try:
                answer = await self.model.ask(question, self._deadline())
            except ModelError as error:
                errors.append(error)
            else:
                answers.append((answer, answer.labels[:1] == (labels[colour],)))
        if not answers:
            rest = (not_checked(name, 'no answer came') for name in (DISCS, LATENCY, TOKENS))
            return [_failed(FORM, errors[0]), *rest]
        return [
            self._form([answer for answer, _ in answers], errors),
            _discs([right for _, right in answers]),
            self._latency([answer for answer, _ in answers], errors),
            _tokens([answer for answer, _ in answers]),
        ]

    async def coordinates(self) -> Finding:
        """Find whether the model points where something is, by its convention."""
        convention = self.model.settings.coordinates
        asked = convention or Convention.QWEN3_VL
        try:
            pointed = await point_at(
                self.model, 'Point at the centre of the red dot.', dot_picture(), asked,
                self._deadline(),
            )  # fmt: skip
        except ModelError as error:
            return _failed(COORDINATES, error)
        fitting = [each for each in Convention if _hits(pointed, each)]
        return _judged(convention, fitting, pointed.reply.text)

    def _form(self, answers: Sequence[Answer], errors: Sequence[ModelError]) -> Finding:
        form = self.model.endpoint.shape.response_format
        wanted = self.model.settings.response_format
        told = form if form == wanted else f'{form}; {wanted} was refused'
        # A server may take what it does not know, and pass it over.
        other = sum(not _is_in_form(answer.raw_text) for answer in answers)
        if other and form != 'text':
            told = f'{told} is taken, and {other} of {len(answers)} answers do not keep to it'
        if not errors:
            return ok(FORM, told)
        words = f'{told}; {len(errors)} of {CALLS} questions failed: {errors[0]}'
        return not_ok(FORM, words, _REMEDIES[errors[0].reason])

    def _latency(self, answers: Sequence[Answer], errors: Sequence[ModelError]) -> Finding:
        latencies_s = [answer.latency_s for answer in answers]
        late = sum(error.reason is AskingReason.VLM_LATE for error in errors)
        told = (
            f'median {statistics.median(latencies_s):.2f} s, longest {max(latencies_s):.2f} s of '
            f'{len(latencies_s)}; a question may take {self.timeout_s:g} s'
        )
        if late:
            remedy = _REMEDIES[AskingReason.VLM_LATE]
            return not_ok(LATENCY, f'{told}, {late} took longer', remedy)
        return ok(LATENCY, told)

    def _deadline(self) -> Deadline:
        return Deadline.after(self.timeout_s)


def _is_in_form(text: str) -> bool:
    """Return whether a text is one object of the schema, and nothing else."""
    try:
        ChosenMarks.model_validate_json(text, strict=True)
    except ValidationError:
        return False
    return True


def _discs(right: Sequence[bool]) -> Finding:
    told = f'{sum(right)} of {len(right)} chosen right'
    if all(right):
        return ok(DISCS, told)
    return not_ok(DISCS, told, 'use a stronger model, or detail: high')


def _tokens(answers: Sequence[Answer]) -> Finding:
    prompt = statistics.median(answer.tokens.prompt for answer in answers)
    completion = statistics.median(answer.tokens.completion for answer in answers)
    if prompt or completion:
        return ok(TOKENS, f'{prompt:g} to ask and {completion:g} to answer one question')
    return not_checked(TOKENS, 'the endpoint counts none', 'limit calls instead of tokens')


def _judged(convention: Convention | None, fitting: Sequence[Convention], text: str) -> Finding:
    names = ' or '.join(each.value for each in fitting)
    # One of them: more is no value of the parameter.
    remedy = f'set vlm.coordinates: {fitting[0].value}' if fitting else ''
    if convention is None:
        told = f'its answer fits {names}' if fitting else f'its answer fits none: {_cut(text)}'
        words = f'no convention is known for the model; {told}'
        return not_checked(COORDINATES, words, remedy)
    if convention in fitting:
        return ok(COORDINATES, f'{convention.value}: points at what is asked for')
    if fitting:
        words = f'the answer {_cut(text)} does not fit {convention.value}, but {names}'
        return not_ok(COORDINATES, words, remedy)
    words = f'the answer {_cut(text)} points elsewhere'
    return not_ok(COORDINATES, words, 'rely on numbered discs; driving needs nothing else')


def _hits(pointed: Pointed, convention: Convention) -> bool:
    pixels = pointed.points(convention).pixels
    return bool(pixels) and _distance_px(pixels[0], DOT) <= _NEAR_PX


def _distance_px(first: Pixel, second: Pixel) -> float:
    return math.hypot(first.u_px - second.u_px, first.v_px - second.v_px)


def _failed(subject: str, error: ModelError, remedy: str = '') -> Finding:
    told = f'{error.reason.value}: {error}'
    # Words came through before, so what fails is the thing itself; only time is another matter.
    late = error.reason is AskingReason.VLM_LATE
    return not_ok(subject, told, _REMEDIES[error.reason] if late or not remedy else remedy)


def _numbers_in(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r'\d{1,6}', text)]


def _cut(text: str) -> str:
    return repr(text.strip()[:60])
