"""A record cut into steps: what was seen and asked, what was decided, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vlm_nav.records.question_parts import AnswerPart, ErrorPart, QuestionPart
from vlm_nav.records.schema import ArrivalPart, DecisionPart, Record


@dataclass(frozen=True)
class Step:
    """One decision with all that led to it; what came of it is in the decision.

    `look` is the index of the look that the decision was made from, None where nothing was
    seen. `arrivals` are the checks before it whether the robot was there already; `questions`
    are those of the checks and of the decision. `decision` is None where the record ends before
    one.
    """

    look: int | None
    arrivals: tuple[ArrivalPart, ...]
    questions: tuple[QuestionPart, ...]
    decision: DecisionPart | None


@dataclass(frozen=True)
class Totals:
    """Sums over all questions of a record; tokens as the endpoint counted them."""

    questions: int
    waited_s: float
    prompt_tokens: int
    completion_tokens: int


def steps_of(record: Record) -> tuple[Step, ...]:
    """Return the steps of a record, in the order in which they happened."""
    steps = []
    after_s = -math.inf
    for decision in (*record.decisions, None):
        until_s = math.inf if decision is None else decision.at_s
        step = _step(record, decision, after_s, until_s)
        if decision is not None or step.look is not None or step.questions:
            steps.append(step)
        after_s = until_s
    return tuple(steps)


def totals_of(questions: Iterable[QuestionPart]) -> Totals:
    """Return the sums over questions; one that failed counts as a question."""
    asked = tuple(questions)
    replies = [question.reply for question in asked if question.reply is not None]
    answers = [reply.answer for reply in replies if reply.answer is not None]
    # What could not be read has cost its tokens too.
    came: list[AnswerPart | ErrorPart] = [
        *answers,
        *(reply.error for reply in replies if reply.error is not None),
    ]
    return Totals(
        questions=len(asked),
        waited_s=sum(answer.latency_s or 0.0 for answer in answers),
        prompt_tokens=sum(one.prompt_tokens for one in came),
        completion_tokens=sum(one.completion_tokens for one in came),
    )


def answered_by_double(record: Record) -> bool:
    """Return whether an answer came from something that was sent no picture: a double."""
    replies = [question.reply for question in record.questions if question.reply is not None]
    return any(
        reply.answer is not None and (not reply.as_sent or 'double' in reply.model.lower())
        for reply in replies
    )


def _step(record: Record, decision: DecisionPart | None, after_s: float, until_s: float) -> Step:
    arrivals = tuple(one for one in record.arrivals if after_s < one.at_s <= until_s)
    questions = tuple(one for one in record.questions if after_s < one.at_s <= until_s)
    looks = [i for i, one in enumerate(record.looks) if after_s < one.at_s <= until_s]
    look = looks[-1] if looks else None
    if decision is not None and decision.look is not None:
        look = decision.look
    if look is not None and not 0 <= look < len(record.looks):
        look = None
    return Step(look, arrivals, questions, decision)
