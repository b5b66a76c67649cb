"""A record cut into steps: what was seen and asked, what was decided, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.schema import DecisionPart, DrivePart, Record


@dataclass(frozen=True)
class Step:
    """One decision with the questions before it and the drive after it.

    `look` is the index of the look that the decision was made from, None where nothing was
    seen. `decision` is None where the record ends before one.
    """

    look: int | None
    questions: tuple[QuestionPart, ...]
    decision: DecisionPart | None
    drive: DrivePart | None


@dataclass(frozen=True)
class Totals:
    """Sums over all questions of a record; tokens as the endpoint counted them."""

    questions: int
    waited_s: float
    prompt_tokens: int
    completion_tokens: int


def steps_of(record: Record) -> tuple[Step, ...]:
    """Return the steps of a record, in the order in which they happened."""
    decisions = _decisions(record)
    drives = _drives(record)
    starts = [-math.inf, *(decision.at_s for decision in decisions)]
    ends = [*(decision.at_s for decision in decisions), math.inf]
    steps = []
    for index, (start_s, end_s) in enumerate(zip(starts, ends, strict=True)):
        decision = decisions[index] if index < len(decisions) else None
        questions = tuple(q for q in record.questions if start_s < q.at_s <= end_s)
        looks = [i for i, look in enumerate(record.looks) if start_s < look.at_s <= end_s]
        after_s = ends[index + 1] if index + 1 < len(ends) else math.inf
        drive = _first(drives, end_s, after_s)
        if decision is not None or questions or looks:
            steps.append(Step(looks[-1] if looks else None, questions, decision, drive))
    return tuple(steps)


def totals_of(questions: Iterable[QuestionPart]) -> Totals:
    """Return the sums over questions; one that failed counts as a question."""
    asked = tuple(questions)
    answers = [q.reply.answer for q in asked if q.reply is not None and q.reply.answer is not None]
    return Totals(
        questions=len(asked),
        waited_s=sum(answer.latency_s or 0.0 for answer in answers),
        prompt_tokens=sum(answer.prompt_tokens for answer in answers),
        completion_tokens=sum(answer.completion_tokens for answer in answers),
    )


def answered_by_double(record: Record) -> bool:
    """Return whether an answer came from something that was sent no picture: a double."""
    replies = [question.reply for question in record.questions if question.reply is not None]
    return any(
        reply.answer is not None and (not reply.as_sent or 'double' in reply.model.lower())
        for reply in replies
    )


def _decisions(record: Record) -> Sequence[DecisionPart]:
    return record.decisions


def _drives(record: Record) -> Sequence[DrivePart]:
    return [one.drive for one in record.decisions if one.drive is not None]


def _first(drives: Sequence[DrivePart], after_s: float, until_s: float) -> DrivePart | None:
    """Return the first drive that ended in a stretch of time."""
    return next((drive for drive in drives if after_s <= drive.at_s < until_s), None)
