"""The lines of `events.jsonl`, and how they add up to a record.

A record is what its lines say, so that one whose process was killed reads like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from vlm_nav.records.errors import RecordError
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart, ReplyPart
from vlm_nav.records.schema import DecisionPart, DrivePart, HeaderPart, Record
from vlm_nav.records.values import Part


class StartedLine(HeaderPart):
    """An instruction was accepted; always the first line."""

    event: Literal['started'] = 'started'


class LookedLine(Part):
    """The robot looked."""

    event: Literal['looked'] = 'looked'
    look: LookPart


class AskedLine(Part):
    """A question went out."""

    event: Literal['asked'] = 'asked'
    question: QuestionPart


class AnsweredLine(Part):
    """Something came back for the question with this index, counted from 0."""

    event: Literal['answered'] = 'answered'
    question: int
    reply: ReplyPart


class DecidedLine(Part):
    """It was clear what to do."""

    event: Literal['decided'] = 'decided'
    decision: DecisionPart


class DroveLine(Part):
    """The drive ended."""

    event: Literal['drove'] = 'drove'
    drive: DrivePart


class EndedLine(Part):
    """The instruction was done with, `at_s` seconds after its start."""

    event: Literal['ended'] = 'ended'
    at_s: float
    decision: DecisionPart
    drive: DrivePart | None


Line: TypeAlias = (
    StartedLine | LookedLine | AskedLine | AnsweredLine | DecidedLine | DroveLine | EndedLine
)
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator='event')])


def record_from(lines: Iterable[Line]) -> Record:
    """Return the record that the lines add up to, the first of them a StartedLine.

    Raises RecordError where it is not, or where an answer has no question.
    """
    first, *rest = tuple(lines) or (None,)
    if not isinstance(first, StartedLine):
        found = 'nothing' if first is None else first.event
        raise RecordError(f"a record begins with the line 'started', found {found}")
    looks: list[LookPart] = []
    questions: list[QuestionPart] = []
    decision: DecisionPart | None = None
    drive: DrivePart | None = None
    ended_s: float | None = None
    for line in rest:
        match line:
            case LookedLine():
                looks.append(line.look)
            case AskedLine():
                questions.append(line.question)
            case AnsweredLine():
                _reply(questions, line)
            case DecidedLine():
                decision = line.decision
            case DroveLine():
                drive = line.drive
            case EndedLine():
                # What was told when it happened bears the time at which it happened.
                decision, drive = decision or line.decision, drive or line.drive
                ended_s = line.at_s
    return Record(
        **{name: getattr(first, name) for name in HeaderPart.model_fields},
        looks=tuple(looks),
        questions=tuple(questions),
        decision=decision,
        drive=drive,
        ended_s=ended_s,
    )


def _reply(questions: list[QuestionPart], line: AnsweredLine) -> None:
    if not 0 <= line.question < len(questions):
        raise RecordError(
            f'an answer belongs to one of {len(questions)} questions, got {line.question}'
        )
    asked = questions[line.question]
    questions[line.question] = asked.model_copy(update={'reply': line.reply})
