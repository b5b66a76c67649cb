"""Words and pictures to an OpenAI-compatible endpoint, and its text back, inside a deadline."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import openai
from openai.types.chat import ChatCompletion

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.waiting import DeadlinePassedError, Turns, done_by
from vlm_nav.vlm.completion import answer_text, tokens_of
from vlm_nav.vlm.endpoint_errors import (
    asked_pause_s,
    complaint,
    describe,
    is_transient,
    refused_part,
    scrubbed,
)
from vlm_nav.vlm.errors import (
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from vlm_nav.vlm.openai_access import check_default_url, found_key
from vlm_nav.vlm.openai_settings import OpenAiSettings
from vlm_nav.vlm.question import SentQuestion, TokenUse
from vlm_nav.vlm.request_shape import RequestShape

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 4.0
# So long further questions wait at most because one was told to: a header may say anything.
LONGEST_KEPT_S = 60.0
REQUESTS_AT_ONCE = 16
_UNREADABLE = (ValueError, TypeError, AttributeError, RecursionError)
# What HTTP clients raise for the variables of an environment: files, URLs, proxies.
_NO_CLIENT = (openai.OpenAIError, OSError, ValueError, TypeError, ImportError)
_ENVIRONMENT_REMEDY = 'look at SSL_CERT_FILE, SSL_CERT_DIR and the proxy variables'

ResultT = TypeVar('ResultT')


@dataclass(frozen=True)
class Reply:
    """The text that came, what it cost, and whether the endpoint cut it short."""

    text: str
    tokens: TokenUse
    truncated: bool
    latency_s: float


class OpenAiEndpoint:
    """One endpoint and model: connections, the key, own retries, and what it does not take.

    The client is made at the first request, so that a node starts without a key. Where
    `base_url` is given and the key's variable is unset, a stand-in key serves: local servers
    want none. Proxy variables of the environment hold, except for a server on this machine.
    What the endpoint refuses to take (a response format, an optional argument) is left out
    from then on. No more than REQUESTS_AT_ONCE are under way; others wait for their turn, as long
    as their deadline allows. A pause that one request is asked for is kept by all.
    """

    def __init__(self, settings: OpenAiSettings, *, rng: random.Random) -> None:
        """Keep the settings; `rng` spreads the pauses between attempts."""
        self._settings = settings
        self._rng = rng
        self._turns = Turns(REQUESTS_AT_ONCE)
        self._connecting = Turns(1)
        self._shape = RequestShape(settings.response_format)
        self._client: openai.AsyncOpenAI | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._key = ''
        self._not_before = Deadline.after(0.0)

    @property
    def shape(self) -> RequestShape:
        """Return how requests are formed by now."""
        return self._shape

    async def reply(
        self, sent: SentQuestion, deadline: Deadline, *, in_words: bool = False
    ) -> Reply:
        """Return the text that the endpoint answers; `in_words` asks for no form of it.

        Raises a `ModelError` of a fitting kind with what was sent, before the deadline.
        """
        started_s = time.monotonic()

        def create(shape: RequestShape) -> Awaitable[ChatCompletion]:
            return self._create(sent, shape, deadline)

        completion = await self._in_time(create, sent, deadline, in_words)
        text = answer_text(completion, self._where(), sent, self._key)
        return Reply(
            text=scrubbed(text, self._key),
            tokens=tokens_of(completion),
            truncated=completion.choices[0].finish_reason == 'length',
            latency_s=time.monotonic() - started_s,
        )

    async def models(self, deadline: Deadline) -> tuple[str, ...]:
        """Return the names of the models that the endpoint lists; raises as `reply` does."""

        async def names(_: RequestShape) -> tuple[str, ...]:
            timeout_s = max(deadline.remaining_s(), 0.001)
            client = await self._connected(None)
            page = await client.models.list(timeout=timeout_s)
            return tuple(str(entry.id) for entry in page.data)

        return await self._in_time(names, None, deadline, in_words=True)

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    async def _in_time(
        self,
        request: Callable[[RequestShape], Awaitable[ResultT]],
        sent: SentQuestion | None,
        deadline: Deadline,
        in_words: bool,
    ) -> ResultT:
        try:
            return await done_by(deadline, self._tried(request, sent, deadline, in_words))
        except DeadlinePassedError:
            raise self._late(sent) from None

    async def _tried(
        self,
        request: Callable[[RequestShape], Awaitable[ResultT]],
        sent: SentQuestion | None,
        deadline: Deadline,
        in_words: bool,
    ) -> ResultT:
        """Try until something comes, the endpoint refuses, or no time is left for a pause."""
        attempt = 1
        first = replace(self._shape, response_format='text') if in_words else self._shape
        shape = first
        while not deadline.expired():
            try:
                result = await request(shape)
            except openai.APITimeoutError:
                break
            except openai.APIError as error:
                failure = error
            except _UNREADABLE as error:
                raise UnusableAnswer(
                    self._said(f'an unreadable body: {error}'), sent=sent
                ) from None
            else:
                # Only now is it sure that the shape was what the endpoint did not take.
                self._shape = self._shape.taught(first, shape)
                return result
            simpler = self._simpler(failure, shape)
            if simpler is not None:
                shape = simpler
                continue
            self._keep_pause(failure)
            pause_s = self._pause_s(failure, attempt)
            if attempt >= self._settings.attempt_limit or pause_s >= deadline.remaining_s():
                raise self._typed(failure, attempt, sent)
            await asyncio.sleep(pause_s)
            attempt += 1
        raise self._late(sent)

    async def _create(
        self, sent: SentQuestion, shape: RequestShape, deadline: Deadline
    ) -> ChatCompletion:
        # Answers that come all together are read without a break: so many, and no more.
        async with self._turns:
            await self._pause_over(sent, deadline)
            client = await self._connected(sent)
            # Not by the package's own arguments: its older versions know fewer of them, and it
            # looks through all messages for what it might change, as long as all else takes.
            body = {
                'messages': shape.messages(sent, self._settings.detail),
                **shape.arguments(self._settings.options(), sent.asks_seen),
            }
            return await client.chat.completions.create(
                model=sent.model,
                messages=[],
                extra_body=body,
                timeout=max(deadline.remaining_s(), 0.001),
            )

    async def _connected(self, sent: SentQuestion | None) -> openai.AsyncOpenAI:
        """Return the client of the running loop; connections do not outlive their loop."""
        loop = asyncio.get_running_loop()
        async with self._connecting:
            client = self._client
            if client is None or self._loop is not loop:
                self._key = self._found_key(sent)
                try:
                    client = await in_own_thread(self._new_client, self._key)
                except _NO_CLIENT as error:
                    told = f'no client can be made: {error}; {_ENVIRONMENT_REMEDY}'
                    raise ModelUnreachable(self._said(told), sent=sent) from None
                self._client, self._loop = client, loop
        return client

    def _new_client(self, key: str) -> openai.AsyncOpenAI:
        """Return a client; certificates and modules are read for it, which takes 0.1 s."""
        client = openai.AsyncOpenAI(
            api_key=key,
            base_url=self._settings.base_url,
            max_retries=0,
            # A proxy knows nothing of this machine's own loopback.
            http_client=http_client(with_proxies=not self._settings.is_loopback()),
        )
        _ = client.chat.completions  # is imported by the package when it is looked at
        return client

    def _found_key(self, sent: SentQuestion | None) -> str:
        try:
            check_default_url(self._settings)
            return found_key(self._settings)
        except ModelRefused as error:
            error.sent = sent
            raise

    def _simpler(self, failure: openai.APIError, shape: RequestShape) -> RequestShape | None:
        """Return the shape in which another try makes sense, None where none does."""
        if not isinstance(failure, openai.APIStatusError) or failure.status_code not in (400, 422):
            return None
        arguments = shape.arguments(self._settings.options())
        return shape.after_refusal(complaint(failure), arguments, refused_part(failure))

    def _keep_pause(self, failure: openai.APIError) -> None:
        """Let all requests wait for as long as the endpoint asks one of them to."""
        if is_transient(failure):
            kept = Deadline.after(min(asked_pause_s(failure) or 0.0, LONGEST_KEPT_S))
            self._not_before = max(self._not_before, kept, key=lambda pause: pause.at_s)

    async def _pause_over(self, sent: SentQuestion, deadline: Deadline) -> None:
        """Wait until requests may go out again; raise ModelUnreachable where that is too late."""
        while (pause_s := self._not_before.remaining_s()) > 0.0:
            if pause_s >= deadline.remaining_s():
                told = (
                    f'no request was sent: an earlier one was asked to wait, {pause_s:.1f} s more'
                )
                raise ModelUnreachable(self._said(told), sent=sent)
            await asyncio.sleep(pause_s)

    def _pause_s(self, failure: openai.APIError, attempt: int) -> float:
        if not is_transient(failure):
            return float('inf')
        asked_s = asked_pause_s(failure)
        if asked_s is not None:
            return asked_s
        longest_s = min(FIRST_PAUSE_S * 2.0 ** (attempt - 1), LONGEST_PAUSE_S)
        return longest_s * self._rng.uniform(0.5, 1.0)

    def _typed(
        self, failure: openai.APIError, attempt: int, sent: SentQuestion | None
    ) -> ModelError:
        asked_s = asked_pause_s(failure)
        asked = f', asks to wait {asked_s:.1f} s' if asked_s is not None else ''
        message = self._said(f'{describe(failure, self._key)} (attempt {attempt}{asked})')
        if isinstance(failure, openai.APIResponseValidationError):
            return UnusableAnswer(message, sent=sent)
        if isinstance(failure, openai.APIStatusError) and not is_transient(failure):
            return ModelRefused(message, sent=sent)
        return ModelUnreachable(message, sent=sent)

    def _late(self, sent: SentQuestion | None) -> ModelLate:
        return ModelLate(self._said('no answer before the deadline'), sent=sent)

    def _said(self, what: str) -> str:
        return scrubbed(f'{self._where()}: {what}', self._key)

    def _where(self) -> str:
        return f'{self._settings.endpoint()}, model {self._settings.model!r}'


def http_client(*, with_proxies: bool) -> Any:
    """Return an HTTP client of the package, under its name of today.

    With proxies, variables of the environment name them. The one that the package makes by
    itself is none to rely on: its older versions fail to with a newer httpx.
    """
    make = getattr(openai, 'DefaultAsyncHttpx2Client', None) or openai.DefaultAsyncHttpxClient
    return make(trust_env=with_proxies)
