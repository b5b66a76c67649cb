"""Several questions at once, answers in the order of the questions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.waiting import GRACE_S
from vlm_nav.vlm.errors import ModelError, UnusableAnswer
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question


async def ask_together(
    model: Model, questions: Sequence[Question], deadline: Deadline
) -> list[Answer | ModelError]:
    """Return, in the order of the questions, each answer or the error that came instead.

    All are asked at once. Cancelling the awaiting task cancels them all, and so does an error
    of the program in one of them. A label that was not drawn makes an answer unusable, whatever
    model gave it.
    """
    tasks = [asyncio.ensure_future(_ask(model, item, deadline)) for item in questions]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        under_way = [task for task in tasks if not task.done()]
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way, timeout=GRACE_S)


async def _ask(model: Model, question: Question, deadline: Deadline) -> Answer | ModelError:
    try:
        answer = await model.ask(question, deadline)
    except ModelError as error:
        return error
    drawn = question.labels
    if len(set(answer.labels)) == len(answer.labels) and set(answer.labels) <= set(drawn):
        return answer
    return UnusableAnswer(
        f'wanted labels among {", ".join(map(str, drawn))}, each once; '
        f'came {", ".join(map(str, answer.labels))}',
        raw_text=answer.raw_text,
        sent=answer.sent,
    )
