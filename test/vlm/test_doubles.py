"""The doubles answer by their scripts, on the path that every answer takes."""

import asyncio
import random
from dataclasses import replace

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.vlm import doubles
from vlm_nav.vlm.errors import ModelLate, ModelRefused, UnusableAnswer
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Purpose, Question


async def ask(model: Model, question: Question, within_s: float = 5.0) -> Answer:
    return await model.ask(question, Deadline.after(within_s))


async def test_the_marks_nearest_to_the_target_are_picked_nearest_first(
    question: Question,
) -> None:
    assert (await ask(doubles.NearestToTarget(Pixel(500, 380)), question)).labels == (3, 2)
    assert (await ask(doubles.NearestToTarget(Pixel(0, 0)), question)).labels == (1, 2)


async def test_a_target_may_depend_on_the_picture_and_be_several_pixels(
    question: Question,
) -> None:
    targets = {'front/1': [Pixel(540, 400), Pixel(100, 80)]}
    answer = await ask(doubles.NearestToTarget(targets.__getitem__), question)
    assert answer.labels == (1, 3)


async def test_without_a_target_in_the_picture_the_answer_is_none(
    question: Question,
) -> None:
    assert (await ask(doubles.NearestToTarget(lambda _: ()), question)).none


async def test_the_nearest_mark_is_found_over_several_pictures(question: Question) -> None:
    rear = MarkedPicture('rear', np.zeros((9, 9, 3), np.uint8), (Mark(7, Pixel(3, 3)),))
    both = replace(question, pictures=(*question.pictures, rear), pick=1)
    targets = {'front/1': (), 'rear': Pixel(8, 8)}
    assert (await ask(doubles.NearestToTarget(targets.__getitem__), both)).labels == (7,)


async def test_noise_is_wrong_in_the_share_asked_for_and_the_same_for_the_same_seed(
    question: Question,
) -> None:
    one = replace(question, pick=1)

    async def answers(p: float) -> list[tuple[int, ...]]:
        model = doubles.NoisyNearest(Pixel(540, 400), p, random.Random(5))
        return [(await ask(model, one)).labels for _ in range(200)]

    assert set(await answers(0.0)) == {(3,)}
    noisy = await answers(0.6)
    assert noisy == await answers(0.6)
    assert 50 < sum(labels != (3,) for labels in noisy) < 110
    with pytest.raises(InvalidValueError, match='share'):
        doubles.NoisyNearest(Pixel(0, 0), 1.5, random.Random(5))


async def test_always_first_and_random_pick_what_is_drawn(question: Question) -> None:
    assert (await ask(doubles.AlwaysFirst(), question)).labels == (1, 2)
    answer = await ask(doubles.RandomChoice(random.Random(1)), question)
    assert len(set(answer.labels)) == 2
    assert set(answer.labels) <= {1, 2, 3}


async def test_who_knows_marks_only_has_not_arrived_and_who_is_asked_by_lot_has_at_times(
    question: Question,
) -> None:
    bare = replace(question.pictures[0], marks=())
    arrival = replace(question, purpose=Purpose.ARRIVAL, pictures=(bare,), may_answer_arrived=True)
    knowing = (doubles.NearestToTarget(Pixel(0, 0)), doubles.AlwaysFirst(), doubles.SaysNone())
    assert [(await ask(model, arrival)).arrived for model in knowing] == [False] * 3
    assert (await ask(doubles.SaysArrived(), arrival)).arrived
    by_lot = doubles.RandomChoice(random.Random(1))
    assert len({(await ask(by_lot, arrival)).arrived for _ in range(20)}) == 2


async def test_none_and_arrived_are_said(question: Question) -> None:
    assert (await ask(doubles.SaysNone(), question)).none
    arrived = replace(question, may_answer_arrived=True)
    assert (await ask(doubles.SaysArrived(), arrived)).arrived


@pytest.mark.parametrize(
    ('model', 'error'),
    [
        (doubles.Refuser(), ModelRefused),
        (doubles.Malformed(), UnusableAnswer),
        (doubles.NamesUndrawn(), UnusableAnswer),
        (doubles.SaysArrived(), UnusableAnswer),
    ],
)
async def test_the_failing_doubles_fail_in_their_ways(
    model: Model, error: type[Exception], question: Question
) -> None:
    with pytest.raises(error):
        await ask(model, question)


@pytest.mark.parametrize(
    'model', [doubles.AlwaysFirst(), doubles.Slow(doubles.AlwaysFirst(), 60.0)]
)
async def test_doubles_keep_the_deadline(model: Model, question: Question) -> None:
    with pytest.raises(ModelLate):
        await ask(model, question, within_s=0.0)


async def test_slow_answers_in_the_end_and_can_be_cancelled(question: Question) -> None:
    assert (await ask(doubles.Slow(doubles.AlwaysFirst(), 0.01), question)).labels == (1, 2)
    task = asyncio.ensure_future(ask(doubles.Slow(doubles.AlwaysFirst(), 60.0), question, 90.0))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_pixel_is_one_of_the_camera_that_stands_in_front_of_the_first_question(
    question: Question,
) -> None:
    front = replace(question.pictures[0], camera='front')
    black = np.zeros((9, 9, 3), np.uint8)
    left = MarkedPicture('left', black, (Mark(7, Pixel(3, 3)),), camera='left')
    model = doubles.NearestToTarget(Pixel(3, 3))
    assert (await ask(model, replace(question, pictures=(front, left)))).labels == (1, 2)
    assert (await ask(model, replace(question, pictures=(left,)))).none
