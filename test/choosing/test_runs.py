"""Several questions at once: order, errors, cancellation, and models that misbehave."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from vlm_nav.choosing.runs import ask_together
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.vlm.errors import ModelLate, UnusableAnswer
from vlm_nav.vlm.question import Answer, Purpose, Question


def question(number: int, labels: tuple[int, ...] = (1, 2, 3)) -> Question:
    marks = tuple(Mark(label, Pixel(10.0 * label, 10.0)) for label in labels)
    picture = MarkedPicture(str(number), np.zeros((40, 60, 3), dtype=np.uint8), marks)
    return Question(Purpose.IMAGE_POINT, f'question {number}', (picture,))


class Backwards:
    """Answers the last question first, and keeps count of what is under way."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.answered: list[str] = []
        self.turns = [asyncio.Event() for _ in range(count + 1)]
        self.turns[count].set()

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        number = int(question.instruction.split()[1])
        self.asked.append(question.instruction)
        try:
            await self.turns[number + 1].wait()
        except asyncio.CancelledError:
            self.cancelled.append(question.instruction)
            raise
        self.turns[number].set()
        self.answered.append(question.instruction)
        if number == 1:
            raise ModelLate('question 1 came too late')
        return Answer((1,), raw_text=question.instruction)


async def test_answers_come_in_the_order_of_the_questions() -> None:
    model = Backwards(4)
    questions = [question(number) for number in range(4)]
    results = await ask_together(model, questions, Deadline.after(5.0))
    assert model.answered == [f'question {number}' for number in (3, 2, 1, 0)]
    answers = [result.raw_text for result in results]
    assert answers == ['question 0', '', 'question 2', 'question 3']
    assert isinstance(results[1], ModelLate)


async def test_all_are_asked_at_once_and_all_are_cancelled() -> None:
    model = Backwards(3)
    model.turns[3].clear()
    task = asyncio.ensure_future(
        ask_together(model, [question(number) for number in range(3)], Deadline.after(5.0))
    )
    while len(model.asked) < 3:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(model.cancelled) == ['question 0', 'question 1', 'question 2']


async def test_nothing_asked_is_nothing_answered() -> None:
    assert await ask_together(Backwards(0), [], Deadline.after(1.0)) == []


@pytest.mark.parametrize('labels', [(4,), (0,), (1, 9), (2, 2), (-1,)])
async def test_labels_that_were_not_drawn_or_come_twice_are_no_answer(
    labels: tuple[int, ...],
) -> None:
    class Misbehaving:
        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            return Answer(labels, raw_text='my words')

    (result,) = await ask_together(Misbehaving(), [question(0)], Deadline.after(1.0))
    assert isinstance(result, UnusableAnswer)
    assert result.raw_text == 'my words'
    assert '1, 2, 3' in str(result)


async def test_an_error_of_the_program_ends_the_others_too() -> None:
    cancelled = asyncio.Event()

    class Broken:
        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            if question.instruction == 'question 0':
                await asyncio.sleep(0)
                raise ZeroDivisionError
            try:
                await asyncio.sleep(60.0)
            finally:
                cancelled.set()
            raise AssertionError

    with pytest.raises(ZeroDivisionError):
        await ask_together(Broken(), [question(0), question(1)], Deadline.after(1.0))
    assert cancelled.is_set()
