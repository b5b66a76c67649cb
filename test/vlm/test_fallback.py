"""Where one endpoint does not answer the next one does, and a broken one is left alone a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest
from virtual_time import VirtualLoop, virtual_time

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.errors import (
    AskingOver,
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    NothingSent,
    RefusedInWords,
    UnusableAnswer,
)
from vlm_nav.vlm.fallback import Fallback
from vlm_nav.vlm.health import FIRST_REST_S, LONGEST_REST_S
from vlm_nav.vlm.model import notice_of
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Answer, Question
from vlm_nav.vlm.specification import model_from_spec

from .endpoints import EndpointDouble
from .fault_server import fails, hangs, says, serving

NEVER_S = 1000.0
ONE, TWO = Answer((1,)), Answer((2,))
DOWN = ModelUnreachable('down')
UNREADABLE = UnusableAnswer('?', raw_text='the left one')


def in_virtual_time(work: Any, *arguments: Any) -> Any:
    """Run `work(loop, *arguments)` to its end."""
    with virtual_time() as loop:
        result = loop.run_until_complete(work(loop, *arguments))
        assert not asyncio.all_tasks(loop)
        assert loop.complaints == []
        return result


def one_question(
    question: Question, cloud: EndpointDouble, local: EndpointDouble, within_s: float = 20.0
) -> Answer:
    """Return the answer to one question."""

    async def work(loop: VirtualLoop) -> Answer:
        model = Fallback({'cloud': cloud, 'local': local}, clock=loop.time)
        return await model.ask(question, Deadline.after(within_s))

    answer: Answer = in_virtual_time(work)
    return answer


def test_the_first_endpoint_answers_alone_where_it_can(question: Question) -> None:
    cloud, local = EndpointDouble((1.0, ONE)), EndpointDouble((1.0, TWO))
    assert one_question(question, cloud, local) == ONE
    assert local.asked == 0


@pytest.mark.parametrize(
    'error', [DOWN, ModelRefused('no key'), UnusableAnswer('HTML'), UNREADABLE]
)
def test_where_the_first_fails_the_next_one_answers(error: ModelError, question: Question) -> None:
    cloud, local = EndpointDouble((1.0, error)), EndpointDouble((1.0, TWO))
    assert one_question(question, cloud, local) == TWO


def test_a_first_endpoint_that_hangs_leaves_time_for_the_next(question: Question) -> None:
    cloud, local = EndpointDouble((NEVER_S, ONE)), EndpointDouble((9.0, TWO))
    assert one_question(question, cloud, local, within_s=20.0) == TWO


@pytest.mark.parametrize('error', [RefusedInWords('I will not'), AskingOver('spent')])
def test_a_refusal_in_words_and_a_spent_budget_are_nobody_elses_business(
    error: ModelError, question: Question
) -> None:
    cloud, local = EndpointDouble((1.0, error)), EndpointDouble((1.0, TWO))
    with pytest.raises(type(error)):
        one_question(question, cloud, local)
    assert local.asked == 0


def test_where_all_fail_the_error_is_of_the_firsts_kind_and_names_each(
    question: Question,
) -> None:
    cloud = EndpointDouble((1.0, ModelRefused('no key')))
    with pytest.raises(ModelRefused) as caught:
        one_question(question, cloud, EndpointDouble((1.0, DOWN)))
    assert str(caught.value) == 'cloud: no key; local: down'


def test_without_time_nobody_is_asked(question: Question) -> None:
    cloud, local = EndpointDouble((1.0, ONE)), EndpointDouble((1.0, TWO))
    with pytest.raises(ModelLate):
        one_question(question, cloud, local, within_s=0.0)
    assert (cloud.asked, local.asked) == (0, 0)


def asked_after(
    question: Question, *pauses_s: float, cloud: EndpointDouble, at_once: int = 1
) -> list[int]:
    """Return how often the first endpoint was asked after each pause and question behind it."""

    async def work(loop: VirtualLoop) -> list[int]:
        local = EndpointDouble((1.0, TWO))
        model = Fallback({'cloud': cloud, 'local': local}, clock=loop.time)
        counts = []
        for pause_s in pauses_s:
            await asyncio.sleep(pause_s)
            asking = (model.ask(question, Deadline.after(20.0)) for _ in range(at_once))
            await asyncio.gather(*asking)
            counts.append(cloud.asked)
        return counts

    counts: list[int] = in_virtual_time(work)
    return counts


def test_after_two_failures_in_a_row_an_endpoint_rests_and_is_then_tried_again(
    question: Question,
) -> None:
    cloud = EndpointDouble((0.0, DOWN), (0.0, ONE), (0.0, DOWN), (0.0, DOWN), (0.0, ONE))
    pauses_s = (0.0, 0.0, 0.0, 0.0, 1.0, FIRST_REST_S, 0.0)
    assert asked_after(question, *pauses_s, cloud=cloud) == [1, 2, 3, 4, 4, 5, 6]


def test_rests_grow_longer_up_to_a_bound(question: Question) -> None:
    cloud = EndpointDouble((0.0, DOWN))
    rests_s = [FIRST_REST_S, 2 * FIRST_REST_S, 4 * FIRST_REST_S, LONGEST_REST_S, LONGEST_REST_S]
    pauses_s = (0.0, 0.0, *rests_s)
    assert asked_after(question, *pauses_s, cloud=cloud) == [1, 2, 3, 4, 5, 6, 7]
    early = EndpointDouble((0.0, DOWN))
    pauses_s = (0.0, 0.0, FIRST_REST_S, 2 * FIRST_REST_S - 5.0)
    assert asked_after(question, *pauses_s, cloud=early) == [1, 2, 3, 3]


def test_of_questions_at_once_one_tries_a_rested_endpoint(question: Question) -> None:
    cloud = EndpointDouble((0.5, DOWN))
    pauses_s = (0.0, FIRST_REST_S, 4 * FIRST_REST_S)
    assert asked_after(question, *pauses_s, cloud=cloud, at_once=3) == [3, 4, 5]


def test_words_that_cannot_be_read_tell_nothing_about_an_endpoints_health(
    question: Question,
) -> None:
    cloud = EndpointDouble((0.0, UNREADABLE))
    assert asked_after(question, 0.0, 0.0, 0.0, 0.0, cloud=cloud) == [1, 2, 3, 4]


def test_the_last_endpoint_is_asked_however_often_it_failed(question: Question) -> None:
    async def work(loop: VirtualLoop) -> None:
        for _ in range(5):
            with pytest.raises(ModelUnreachable):
                await model.ask(question, Deadline.after(20.0))

    local = EndpointDouble((0.0, DOWN))
    model = Fallback({'cloud': EndpointDouble((0.0, DOWN)), 'local': local}, clock=lambda: 0.0)
    in_virtual_time(work)
    assert local.asked == 5


def test_a_trial_that_is_cancelled_leaves_the_next_question_free_to_try(
    question: Question,
) -> None:
    async def work(loop: VirtualLoop) -> None:
        model = Fallback({'cloud': cloud, 'local': EndpointDouble((0.0, TWO))}, clock=loop.time)
        for _ in range(2):
            await model.ask(question, Deadline.after(20.0))
        await asyncio.sleep(FIRST_REST_S)
        trial = asyncio.ensure_future(model.ask(question, Deadline.after(20.0)))
        await asyncio.sleep(1.0)
        trial.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trial
        assert await model.ask(question, Deadline.after(20.0)) == ONE

    cloud = EndpointDouble((0.0, DOWN), (0.0, DOWN), (NEVER_S, ONE), (0.0, ONE))
    in_virtual_time(work)


async def test_all_connections_are_closed_and_every_notice_is_given() -> None:
    cloud, local = EndpointDouble((0.0, ONE)), EndpointDouble((0.0, ONE), notice='a double')
    model = Fallback({'cloud': cloud, 'local': local})
    assert notice_of(model) == 'a double'
    await model.aclose()
    assert (cloud.closed, local.closed) == (1, 1)


def test_nobody_to_ask_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='one endpoint or more'):
        Fallback({})


async def test_a_list_falls_back_from_a_server_that_hangs_to_one_that_answers(
    question: Question, no_task_left_behind: None
) -> None:
    def endpoint(url: str) -> OpenAiModel:
        return OpenAiModel(OpenAiSettings(model='seer', base_url=url), rng=random.Random(3))

    with serving(hangs) as hung, serving(fails(401)) as shut, serving(says()) as well:
        servers = {'hung': hung, 'shut': shut, 'well': well}
        model = Fallback({name: endpoint(server.url) for name, server in servers.items()})
        answer = await model.ask(question, Deadline.after(3.0))
        await model.aclose()
        assert await asyncio.to_thread(hung.hung_up.wait, 5.0)
    assert answer.labels == (2, 1)
    assert [len(server.bodies) for server in servers.values()] == [1, 1, 1]


async def test_a_list_is_written_with_commas(question: Question) -> None:
    model = model_from_spec('scripted:slow:60,scripted:nearest:541.5,399')
    assert isinstance(model, Fallback)
    assert (await model.ask(question, Deadline.after(1.0))).labels[0] == 3


def test_something_can_be_put_around_each_endpoint_of_a_list() -> None:
    class Around:
        def __init__(self, model: Any) -> None:
            self.notice = f'around {type(model).__name__}'

        def ask(self, question: Question, deadline: Deadline) -> Coroutine[Any, Any, Answer]:
            raise NotImplementedError

    model = model_from_spec('scripted:first,scripted:none', around=Around)
    assert notice_of(model) == 'around AlwaysFirst; around SaysNone'


def test_a_trial_that_an_error_of_the_program_ends_is_over(question: Question) -> None:
    class Breaks(EndpointDouble):
        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            if self.asked == 2:
                self.asked += 1
                raise OverflowError
            return await super().ask(question, deadline)

    async def work(loop: VirtualLoop) -> int:
        cloud = Breaks((0.0, DOWN))
        model = Fallback({'cloud': cloud, 'local': EndpointDouble((0.0, TWO))}, clock=loop.time)
        for _ in range(2):
            await model.ask(question, Deadline.after(20.0))
        await asyncio.sleep(FIRST_REST_S)
        with pytest.raises(OverflowError):
            await model.ask(question, Deadline.after(20.0))
        await model.ask(question, Deadline.after(20.0))
        return cloud.asked

    assert in_virtual_time(work) == 4


def test_an_endpoint_that_was_sent_nothing_in_time_has_not_failed(question: Question) -> None:
    cloud = EndpointDouble((0.0, NothingSent('late')))
    assert asked_after(question, 0.0, 0.0, 0.0, 0.0, cloud=cloud) == [1, 2, 3, 4]
