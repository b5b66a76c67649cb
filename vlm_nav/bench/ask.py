"""What asking itself takes: everything but the model, the network, JSON and JPEG."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from vlm_nav.bench.answering_server import answering
from vlm_nav.bench.scenes import floor_frame
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.answer_schema import SCHEMA_NAME, strict_schema
from vlm_nav.vlm.budget import Budget, Budgeted, BudgetSettings, Limits
from vlm_nav.vlm.composed import composed_model
from vlm_nav.vlm.model import close
from vlm_nav.vlm.openai_endpoint import http_client
from vlm_nav.vlm.openai_model import OpenAiModel
from vlm_nav.vlm.picture_encoding import data_url, encode_picture
from vlm_nav.vlm.profiles import ModelSettings, ready_profiles
from vlm_nav.vlm.question import Purpose, Question, SentPicture
from vlm_nav.vlm.spending import price_table
from vlm_nav.vlm.wording import wording

# How long a fast model thinks; with it many questions are under way at once.
_THINKS_S = 0.2
_TICK_S = 0.001
_PATIENCE_S = 120.0
_MODEL = 'answering'
_WARM_UP = 3


@dataclass(frozen=True)
class AskBench:
    """The figures, in milliseconds.

    `overhead_ms` is the processor time that a question takes beyond that of the `openai` package's
    own call with the same content and that of drawing and compressing its picture: `ask_ms` less
    `client_ms` less `jpeg_ms`, in the median. `loop_lag_ms` is how late the event loop came to
    other things at worst while `at_once` questions were asked, the first use of the client
    included; the median of several times. `idle_lag_ms` is the same while nothing is asked: what
    the machine itself is late.
    """

    overhead_ms: float
    ask_ms: float
    client_ms: float
    jpeg_ms: float
    calls: int
    loop_lag_ms: float
    loop_lags_ms: tuple[float, ...]
    idle_lag_ms: float
    at_once: int

    def as_json(self) -> dict[str, Any]:
        """Return the figures by the names that stay the same from version to version."""
        return {**vars(self), 'loop_lags_ms': list(self.loop_lags_ms)}


def bench_ask(data: Path, *, calls: int = 200, at_once: int = 100, times: int = 5) -> AskBench:
    """Measure; `data` is the folder with recorded pictures, if there are any."""
    question = question_of(floor_frame(data).rgb)
    with answering(0.0) as url:
        ask, client, jpeg, overhead = asyncio.run(_overhead(url, question, calls))
    with answering(_THINKS_S) as url:
        lags = [asyncio.run(_lag(url, question, at_once)) for _ in range(times)]
    idle = asyncio.run(_lag_of(asyncio.sleep(1.0)))
    return AskBench(
        overhead_ms=overhead,
        ask_ms=ask,
        client_ms=client,
        jpeg_ms=jpeg,
        calls=calls,
        loop_lag_ms=statistics.median(lags),
        loop_lags_ms=tuple(lags),
        idle_lag_ms=idle,
        at_once=at_once,
    )


def question_of(rgb: RgbArray) -> Question:
    """Return a question about ten places of a picture (H, W, 3) uint8."""
    height, width = rgb.shape[:2]
    tail = Pixel(width / 2.0, height - 10.0)
    marks = tuple(
        Mark(number, Pixel(width * number / 11.0, height * (0.5 + 0.04 * (number % 5))), tail)
        for number in range(1, 11)
    )
    evidence = tuple(f'{number}: 2.{number} m away, free for 1.{number} m' for number in range(10))
    picture = MarkedPicture('picture', rgb, marks)
    return Question(
        Purpose.GROUND_WAYPOINT, 'go to the door', (picture,), pick=3, evidence=evidence
    )


class _TimedModel(OpenAiModel):
    """The model, which knows the processor time that its last picture took to draw and encode."""

    picture_s = 0.0

    def encoded(self, picture: MarkedPicture) -> SentPicture:
        began_s = time.process_time()
        sent = super().encoded(picture)
        self.picture_s = time.process_time() - began_s
        return sent


def _settings(url: str) -> ModelSettings:
    return ModelSettings(ready_profiles(), over_first={'model': _MODEL, 'base_url': url})


def _budget() -> Budget:
    """Return a budget whose limits are far away."""
    limits = Limits(calls=10**9, tokens=10**9, cost=1e6)
    return Budget(BudgetSettings(limits, limits, price_table([f'{_MODEL} 2.5 10'], 'USD')))


async def _overhead(url: str, question: Question, calls: int) -> tuple[float, float, float, float]:
    """Return the medians of asking, of the package's own call, of a picture, and of the rest."""
    timed = _TimedModel(_settings(url).of('openai'))
    model = Budgeted(timed, _budget())
    client = openai.AsyncOpenAI(
        api_key='none', base_url=url, max_retries=0, http_client=http_client(with_proxies=False)
    )
    request = _request(question)

    async def asks() -> None:
        await model.ask(question, Deadline.after(_PATIENCE_S))

    async def client_asks() -> None:
        await client.chat.completions.create(**request)

    rows = []
    try:
        for _ in range(calls + _WARM_UP):
            asked_ms = await _cpu_ms(asks)
            rows.append((asked_ms, await _cpu_ms(client_asks), 1e3 * timed.picture_s))
    finally:
        await close(model)
        await client.close()
    rows = rows[_WARM_UP:]
    ask, own, jpeg = (statistics.median(column) for column in zip(*rows, strict=True))
    # Each by itself: what else the machine does comes and goes.
    overhead = statistics.median(asked - client - picture for asked, client, picture in rows)
    return ask, own, jpeg, overhead


def _request(question: Question) -> dict[str, Any]:
    """Return the arguments of the package's call for a question, made beforehand."""
    words = wording(question)
    sent = encode_picture(question.pictures[0])
    picture = {'type': 'image_url', 'image_url': {'url': data_url(sent)}}
    content = [picture, {'type': 'text', 'text': words.text}]
    schema = {'name': SCHEMA_NAME, 'strict': True, 'schema': strict_schema()}
    return {
        'model': _MODEL,
        'messages': [
            {'role': 'system', 'content': words.system},
            {'role': 'user', 'content': content},
        ],
        'response_format': {'type': 'json_schema', 'json_schema': schema},
        'timeout': _PATIENCE_S,
    }


async def _cpu_ms(work: Callable[[], Awaitable[None]]) -> float:
    """Return the processor time of all threads: others on the machine do not count."""
    began_s = time.process_time()
    await work()
    return (time.process_time() - began_s) * 1e3


async def _lag(url: str, question: Question, at_once: int) -> float:
    """Return how late the loop was at worst, in milliseconds, while so many questions were asked.

    The model has not been asked anything before.
    """
    model = composed_model(
        'openai', settings=_settings(url), budget=_budget(), rng=random.Random(0)
    )
    until = Deadline.after(_PATIENCE_S)
    try:
        return await _lag_of(asyncio.gather(*(model.ask(question, until) for _ in range(at_once))))
    finally:
        await close(model)


async def _lag_of(work: Awaitable[Any]) -> float:
    lags_s: list[float] = []
    watching = asyncio.create_task(_watch(lags_s))
    await work
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return 1e3 * max(lags_s)


async def _watch(lags_s: list[float]) -> None:
    while True:
        due_s = time.perf_counter() + _TICK_S
        await asyncio.sleep(_TICK_S)
        lags_s.append(time.perf_counter() - due_s)
