"""Several questions at once, answers in the order of the questions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question


async def ask_together(
    model: Model, questions: Sequence[Question], deadline: Deadline
) -> list[Answer | ModelError]:
    """Return, in the order of the questions, each answer or the error that came instead.

    All are asked at once. Cancelling the awaiting task cancels them all.
    """
    return list(await asyncio.gather(*(_ask(model, item, deadline) for item in questions)))


async def _ask(model: Model, question: Question, deadline: Deadline) -> Answer | ModelError:
    try:
        return await model.ask(question, deadline)
    except ModelError as error:
        return error
