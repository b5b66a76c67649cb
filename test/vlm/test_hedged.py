"""A second request goes out where the first lets itself be waited for."""

from __future__ import annotations

import asyncio
import time

import pytest
from virtual_time import run_virtually

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.errors import ModelLate, ModelUnreachable
from vlm_nav.vlm.hedged import Hedged
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.profiles import ModelSettings, ready_profiles
from vlm_nav.vlm.question import Answer, Question
from vlm_nav.vlm.specification import model_from_spec

from .endpoints import EndpointDouble
from .fault_server import fails, says, serving

ONE, TWO = Answer((1,)), Answer((2,))
DOWN, GONE = ModelUnreachable('down'), ModelUnreachable('gone')


def asked(question: Question, endpoint: EndpointDouble, within_s: float = 20.0) -> Answer:
    """Return the answer of an endpoint that is asked a second time after 2 s."""

    async def work() -> Answer:
        return await Hedged(endpoint, 2.0).ask(question, Deadline.after(within_s))

    return run_virtually(work())


def test_an_answer_in_time_needs_no_second_request(question: Question) -> None:
    endpoint = EndpointDouble((1.9, ONE), (0.0, TWO))
    assert asked(question, endpoint) == ONE
    assert endpoint.asked == 1


def test_the_answer_that_comes_first_counts_and_the_other_request_is_cancelled(
    question: Question,
) -> None:
    for first_s, second_s, answer in ((60.0, 3.0, TWO), (4.0, 60.0, ONE)):
        endpoint = EndpointDouble((first_s, ONE), (second_s, TWO))
        assert asked(question, endpoint) == answer
        assert (endpoint.asked, endpoint.cancelled) == (2, 1)


def test_where_one_request_fails_the_other_is_waited_for(question: Question) -> None:
    assert asked(question, EndpointDouble((3.0, DOWN), (9.0, TWO))) == TWO
    assert asked(question, EndpointDouble((9.0, ONE), (1.0, DOWN))) == ONE


def test_where_both_fail_the_firsts_failure_is_told(question: Question) -> None:
    with pytest.raises(ModelUnreachable, match='down'):
        asked(question, EndpointDouble((9.0, DOWN), (1.0, GONE)))


def test_an_early_failure_is_told_at_once(question: Question) -> None:
    endpoint = EndpointDouble((1.0, DOWN), (0.0, TWO))
    with pytest.raises(ModelUnreachable):
        asked(question, endpoint)
    assert endpoint.asked == 1


def test_the_deadline_holds_for_both(question: Question) -> None:
    with pytest.raises(ModelLate):
        asked(question, EndpointDouble((60.0, ONE)), within_s=5.0)
    endpoint = EndpointDouble((60.0, ONE))
    with pytest.raises(ModelLate):
        asked(question, endpoint, within_s=1.0)
    assert endpoint.asked == 1


def test_cancelling_ends_both(question: Question) -> None:
    endpoint = EndpointDouble((60.0, ONE))

    async def work() -> None:
        task = asyncio.ensure_future(Hedged(endpoint, 2.0).ask(question, Deadline.after(20.0)))
        await asyncio.sleep(5.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_virtually(work())
    assert (endpoint.asked, endpoint.cancelled) == (2, 2)


async def test_a_second_request_keeps_the_pause_that_the_first_was_asked_for(
    question: Question,
) -> None:
    with serving(fails(429, Retry_After='0.6'), says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        hedged = Hedged(model, 0.2)
        began_s = time.monotonic()
        await hedged.ask(question, Deadline.after(20.0))
        assert time.monotonic() - began_s >= 0.6
        await hedged.aclose()


def test_a_profile_is_hedged_where_its_settings_say_so() -> None:
    profiles = ready_profiles()
    assert isinstance(model_from_spec('openai', settings=ModelSettings(profiles)), OpenAiModel)
    hedging = ModelSettings(profiles, {'hedge_after_s': 2.0})
    assert isinstance(model_from_spec('openai', settings=hedging), Hedged)
    with pytest.raises(InvalidValueError):
        Hedged(EndpointDouble((0.0, ONE)), 0.0)
