"""The model behind any OpenAI-compatible chat.completions endpoint."""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import replace
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.vlm.completion import answer_text, tokens_of
from vlm_nav.vlm.endpoint_errors import (
    asked_pause_s,
    complaint,
    describe,
    is_transient,
    scrubbed,
)
from vlm_nav.vlm.errors import (
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from vlm_nav.vlm.openai_settings import OpenAiSettings
from vlm_nav.vlm.picture_encoding import data_url, encode_picture
from vlm_nav.vlm.question import Answer, Question, SentPicture, SentQuestion
from vlm_nav.vlm.reading import read_answer
from vlm_nav.vlm.request_shape import RequestShape
from vlm_nav.vlm.waiting import DeadlinePassedError, done_by
from vlm_nav.vlm.wording import captions, wording

__all__ = ['OpenAiModel', 'OpenAiSettings']

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 4.0
_NO_KEY = 'not-needed'
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)


class OpenAiModel:
    """Asks a vision-language model over HTTP, within the deadline and with own retries.

    The client is made at the first question, so that a node starts without a key. Where
    `base_url` is given and the key's variable is unset, a stand-in key serves: local servers
    want none. Proxy variables of the environment hold, except for a server on this machine.
    What the endpoint refuses to take (a response format, an optional argument) is left out
    from then on. One instance may be asked several times at once, in one event loop.
    """

    def __init__(self, settings: OpenAiSettings, *, rng: random.Random | None = None) -> None:
        """Keep the settings; `rng` spreads the pauses between attempts."""
        self._settings = settings
        self._rng = rng or random.Random(0)
        self._shape = RequestShape(settings.response_format)
        self._client: openai.AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._key = ''

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the checked answer to `question` before `deadline`.

        Raises `ModelLate` when the deadline passes, `ModelRefused` for a missing or wrong key,
        a refused request, spent quota or a refusal in words, `ModelUnreachable` when no attempt
        got through, `UnusableAnswer` for everything that came and cannot be read. Each carries
        what was sent. Cancelling closes the request.
        """
        started_s = time.monotonic()
        sent = self._sent(question)
        self._check_number(sent)
        try:
            completion = await done_by(deadline, self._complete(sent, deadline))
        except DeadlinePassedError:
            raise self._late(sent) from None
        text = scrubbed(answer_text(completion, self._where(), sent, self._key), self._key)
        return read_answer(
            question,
            text,
            latency_s=time.monotonic() - started_s,
            tokens=tokens_of(completion),
            sent=sent,
            truncated=completion.choices[0].finish_reason == 'length',
        )

    async def aclose(self) -> None:
        """Close the connections; a later question opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    def _sent(self, question: Question) -> SentQuestion:
        words = wording(question)
        pictures = tuple(
            replace(self._encoded(picture), caption=caption)
            for picture, caption in zip(question.pictures, captions(question), strict=True)
        )
        return SentQuestion(self._settings.model, words.system, words.text, pictures)

    def _check_number(self, sent: SentQuestion) -> None:
        shown, most = len(sent.pictures), self._settings.max_pictures
        if most is not None and shown > most:
            raise ModelRefused(
                self._said(f'the question shows {shown} pictures, max_pictures is {most}'),
                sent=sent,
            )

    def _encoded(self, picture: MarkedPicture) -> SentPicture:
        return encode_picture(
            picture,
            max_side_px=self._settings.max_image_side_px,
            jpeg_quality=self._settings.jpeg_quality,
        )

    async def _complete(self, sent: SentQuestion, deadline: Deadline) -> ChatCompletion:
        """Try until something comes, the endpoint refuses, or no time is left for a pause."""
        attempt = 1
        while not deadline.expired():
            shape = self._shape
            try:
                return await self._create(sent, shape, deadline)
            except openai.APITimeoutError:
                break
            except openai.APIError as error:
                failure = error
            except _UNREADABLE as error:
                raise UnusableAnswer(
                    self._said(f'an unreadable body: {error}'), sent=sent
                ) from None
            if self._reshaped(failure, shape, sent):
                continue
            pause_s = self._pause_s(failure, attempt)
            if attempt >= self._settings.attempt_limit or pause_s >= deadline.remaining_s():
                raise self._typed(failure, attempt, sent)
            await asyncio.sleep(pause_s)
            attempt += 1
        raise self._late(sent)

    async def _create(
        self, sent: SentQuestion, shape: RequestShape, deadline: Deadline
    ) -> ChatCompletion:
        client = self._connected(sent)
        messages: Any = self._messages(sent, shape)
        # Not by the package's own arguments: its older versions know fewer of them.
        return await client.chat.completions.create(
            model=sent.model,
            messages=messages,
            extra_body=shape.arguments(self._settings.options()),
            timeout=max(deadline.remaining_s(), 0.001),
        )

    def _messages(self, sent: SentQuestion, shape: RequestShape) -> list[dict[str, Any]]:
        detail = {'detail': self._settings.detail} if shape.takes_detail() else {}
        pictures: list[dict[str, Any]] = []
        for picture in sent.pictures:
            if picture.caption:
                pictures.append({'type': 'text', 'text': picture.caption})
            url = {'url': data_url(picture)}
            pictures.append({'type': 'image_url', 'image_url': {**url, **detail}})
        return [
            {'role': 'system', 'content': sent.system},
            {'role': 'user', 'content': [*pictures, {'type': 'text', 'text': sent.text}]},
        ]

    def _connected(self, sent: SentQuestion) -> openai.AsyncOpenAI:
        """Return the client of the running loop; connections do not outlive their loop."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            self._key = self._found_key(sent)
            # A proxy knows nothing of this machine's own loopback.
            http_client = _direct_client() if self._settings.is_loopback() else None
            self._client = openai.AsyncOpenAI(
                api_key=self._key,
                base_url=self._settings.base_url,
                max_retries=0,
                http_client=http_client,
            )
            self._loop = loop
        return self._client

    def _found_key(self, sent: SentQuestion) -> str:
        variable = self._settings.api_key_variable
        key = os.environ.get(variable, '').strip()
        if key:
            return key
        if self._settings.base_url is not None:
            return _NO_KEY
        raise ModelRefused(
            f'wanted a key for model {sent.model!r}; the environment variable {variable} is not '
            'set; set it, or give base_url for a server that needs no key',
            sent=sent,
        )

    def _reshaped(self, failure: openai.APIError, shape: RequestShape, sent: SentQuestion) -> bool:
        """Return whether another try in a simpler shape makes sense, and remember that shape."""
        if not isinstance(failure, openai.APIStatusError) or failure.status_code not in (400, 422):
            return False
        following = shape.after_refusal(
            complaint(failure), shape.arguments(self._settings.options())
        )
        if following is None:
            return False
        if self._shape is shape:  # else a question asked at the same time has moved on already
            self._shape = following
        return True

    def _pause_s(self, failure: openai.APIError, attempt: int) -> float:
        if not is_transient(failure):
            return float('inf')
        asked_s = asked_pause_s(failure)
        if asked_s is not None:
            return asked_s
        longest_s = min(FIRST_PAUSE_S * 2.0 ** (attempt - 1), LONGEST_PAUSE_S)
        return longest_s * self._rng.uniform(0.5, 1.0)

    def _typed(self, failure: openai.APIError, attempt: int, sent: SentQuestion) -> ModelError:
        asked_s = asked_pause_s(failure)
        asked = f', asks to wait {asked_s:.1f} s' if asked_s is not None else ''
        message = self._said(f'{describe(failure, self._key)} (attempt {attempt}{asked})')
        if isinstance(failure, openai.APIResponseValidationError):
            return UnusableAnswer(message, sent=sent)
        if isinstance(failure, openai.APIStatusError) and not is_transient(failure):
            return ModelRefused(message, sent=sent)
        return ModelUnreachable(message, sent=sent)

    def _late(self, sent: SentQuestion) -> ModelLate:
        return ModelLate(self._said('no answer before the deadline'), sent=sent)

    def _said(self, what: str) -> str:
        return scrubbed(f'{self._where()}: {what}', self._key)

    def _where(self) -> str:
        return f'{self._settings.endpoint()}, model {self._settings.model!r}'


def _direct_client() -> Any:
    """Return the package's own HTTP client, deaf to proxy variables, under its name of today."""
    make = getattr(openai, 'DefaultAsyncHttpx2Client', None) or openai.DefaultAsyncHttpxClient
    return make(trust_env=False)
