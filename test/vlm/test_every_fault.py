"""Every way in which an endpoint fails: a typed end, in time, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import AskingReason
from vlm_nav.vlm.errors import (
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    RefusedInWords,
    UnusableAnswer,
)
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Question

from .fault_server import (
    FAULTS,
    GOOD,
    LONG_ANSWER,
    answers_after,
    says,
    self_signed,
    sends_slowly,
    serving,
)

# Enough to connect on a busy machine, and no more than is waited for in each test.
DEADLINE_S = 1.0
LATE_BY_AT_MOST_S = 0.2
# What a machine that does something else at the time may add.
MARGIN_S = 0.3
PATIENCE_S = 10.0

LATE, UNREACHABLE, REFUSED, UNUSABLE = ModelLate, ModelUnreachable, ModelRefused, UnusableAnswer
ENDS: dict[str, type[ModelError]] = {
    'slow first byte': LATE,
    'slow body': LATE,
    'hang': LATE,
    'trickle without end': LATE,
    '401': REFUSED,
    '403': REFUSED,
    '404': REFUSED,
    '408': UNREACHABLE,
    '409': UNREACHABLE,
    '429': UNREACHABLE,
    '429 with a pause': UNREACHABLE,
    '429 with a long pause': UNREACHABLE,
    '429 with a pause of no date': UNREACHABLE,
    '429 without quota': REFUSED,
    '500': UNREACHABLE,
    '503': UNREACHABLE,
    'HTML with 200': UNUSABLE,
    'empty choices': UNUSABLE,
    'no content': UNUSABLE,
    'refusal': RefusedInWords,
    'length cut': UNUSABLE,
    'half a JSON': UNUSABLE,
    'wrong labels': UNUSABLE,
    '100 kB answer': UNUSABLE,
    'reset': UNREACHABLE,
    'reset in the body': UNREACHABLE,
    'broken off': UNREACHABLE,
}
REASONS = {
    ModelLate: AskingReason.VLM_LATE,
    ModelRefused: AskingReason.VLM_REFUSED,
    RefusedInWords: AskingReason.VLM_REFUSED,
    ModelUnreachable: AskingReason.VLM_UNREACHABLE,
    UnusableAnswer: AskingReason.VLM_UNUSABLE,
}


NEEDS_OPENSSL = pytest.mark.skipif(
    shutil.which('openssl') is None, reason='the program openssl makes the certificate'
)


def sockets() -> set[str]:
    """Return the sockets that this process holds."""
    held = set()
    for entry in os.listdir('/proc/self/fd'):
        try:
            target = os.readlink(f'/proc/self/fd/{entry}')
        except FileNotFoundError:  # the folder's own
            continue
        if target.startswith('socket:'):
            held.add(target)
    return held


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """Fail the test where a task or a socket outlives it, or an error was only logged."""
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    tasks, held = asyncio.all_tasks(), sockets()
    yield
    end_s = time.monotonic() + PATIENCE_S
    # The server's threads close their ends when they notice that the client has left.
    while sockets() - held and time.monotonic() < end_s:
        await asyncio.sleep(0.01)
    assert sockets() - held == set()
    assert asyncio.all_tasks() - tasks - {asyncio.current_task()} == set()
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def failed(
    url: str, question: Question, within_s: float = PATIENCE_S, **settings: Any
) -> ModelError:
    """Return how a question ended, which has to be in time."""
    model = OpenAiModel(
        OpenAiSettings(model='seer', base_url=url, **settings), rng=random.Random(3)
    )
    began_s = time.monotonic()
    try:
        with pytest.raises(ModelError) as caught:
            await model.ask(question, Deadline.after(within_s))
        took_s = time.monotonic() - began_s
    finally:
        await model.aclose()
    assert took_s < within_s + LATE_BY_AT_MOST_S + MARGIN_S
    return caught.value


def test_every_fault_has_an_end() -> None:
    assert ENDS.keys() == FAULTS.keys()


@pytest.mark.parametrize('fault', FAULTS)
async def test_a_fault_ends_in_time_with_its_reason(fault: str, question: Question) -> None:
    within_s = DEADLINE_S if ENDS[fault] is LATE else PATIENCE_S
    with serving(FAULTS[fault]) as server:
        error = await failed(server.url, question, within_s, attempt_limit=2)
        assert len(server.bodies) >= 1
        assert type(error) is ENDS[fault]
        assert error.reason is REASONS[type(error)]
        assert server.url in str(error) or error.raw_text
        assert error.sent is not None


async def test_a_port_that_refuses_is_unreachable(question: Question) -> None:
    with serving(says()) as server:
        url = server.url
    assert type(await failed(url, question)) is UNREACHABLE


@pytest.mark.parametrize('fault', ['429', 'reset in the body'])
async def test_tries_end_with_the_deadline_however_many_are_left(
    fault: str, question: Question
) -> None:
    with serving(FAULTS[fault]) as server:
        error = await failed(server.url, question, DEADLINE_S, attempt_limit=20)
        assert 1 <= len(server.bodies) < 20
    assert type(error) in (UNREACHABLE, LATE)


@NEEDS_OPENSSL
async def test_a_certificate_that_nobody_vouches_for_is_not_tried_again_and_says_what_helps(
    question: Question, tmp_path: Path
) -> None:
    with serving(says(), context=self_signed(tmp_path)) as server:
        error = await failed(server.url, question)
        assert await asyncio.to_thread(server.hung_up.wait, PATIENCE_S)
    assert server.bodies == []
    assert type(error) is ModelUnreachable
    for words in ('attempt 1', 'certificate', 'SSL_CERT_FILE'):
        assert words in str(error)


@NEEDS_OPENSSL
async def test_a_server_whose_own_certificate_is_named_is_trusted(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(says(), context=self_signed(tmp_path)) as server:
        monkeypatch.setenv('SSL_CERT_FILE', str(tmp_path / 'certificate.pem'))
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        answer = await model.ask(question, Deadline.after(PATIENCE_S))
        await model.aclose()
    assert answer.labels == (2, 1)


@pytest.mark.parametrize(
    ('variable', 'value'),
    [
        ('SSL_CERT_FILE', '{folder}'),
        ('ALL_PROXY', 'socks5://127.0.0.1:9'),
    ],
)
async def test_an_environment_that_lets_no_client_be_made_is_told(
    variable: str,
    value: str,
    question: Question,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value.format(folder=tmp_path))
    error = await failed('https://127.0.0.1:9/v1', question)
    assert type(error) is UNREACHABLE
    assert 'SSL_CERT_FILE' in str(error)
    assert 'proxy' in str(error)


@pytest.mark.parametrize('slowly', [answers_after(0.2), sends_slowly(0.3)])
async def test_what_is_slow_and_yet_in_time_is_an_answer(slowly: Any, question: Question) -> None:
    with serving(slowly) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        answer = await model.ask(question, Deadline.after(PATIENCE_S))
        await model.aclose()
    assert (answer.labels, answer.raw_text) == ((2, 1), GOOD)
    assert answer.latency_s >= 0.2


async def test_a_choice_at_the_end_of_a_hundred_kilobytes_is_read(question: Question) -> None:
    with serving(says(f'{LONG_ANSWER}\n{GOOD}')) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        answer = await model.ask(question, Deadline.after(PATIENCE_S))
        await model.aclose()
    assert answer.labels == (2, 1)
