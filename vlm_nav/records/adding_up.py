"""How the lines of `events.jsonl` add up to a record.

A record is what its lines say, so that one whose process was killed reads like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vlm_nav.records.errors import RecordError
from vlm_nav.records.lines import (
    AnsweredLine,
    AskedLine,
    CheckedLine,
    DecidedLine,
    DroveLine,
    EndedLine,
    Line,
    LookedLine,
    MovedLine,
    ReleasedLine,
    StartedLine,
    TurnedLine,
)
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.schema import (
    ArrivalPart,
    DecidedPart,
    DecisionPart,
    EndedPart,
    HeaderPart,
    Record,
)


def record_from(lines: Iterable[Line]) -> Record:
    """Return the record that the lines add up to, the first of them a StartedLine.

    Raises RecordError where it is not, and where an answer or a motion belongs to nothing.
    """
    first, *rest = tuple(lines) or (None,)
    if not isinstance(first, StartedLine):
        found = 'nothing' if first is None else first.event
        raise RecordError(f"a record begins with the line 'started', found {found}")
    adding_up = _AddingUp()
    for line in rest:
        adding_up.add(line)
    return adding_up.record(first)


class _AddingUp:
    """The parts of a record so far, and what the next of them will belong to."""

    def __init__(self) -> None:
        self._looks: list[LookPart] = []
        self._questions: list[QuestionPart] = []
        self._arrivals: list[ArrivalPart] = []
        self._decisions: list[DecisionPart] = []
        self._ended: EndedPart | None = None
        self._look: int | None = None
        self._asked: list[int] = []

    def add(self, line: Line) -> None:
        match line:
            case LookedLine():
                self._look = len(self._looks)
                self._looks.append(line.look)
            case AskedLine():
                self._asked.append(len(self._questions))
                self._questions.append(line.question)
            case AnsweredLine():
                self._reply(line)
            case CheckedLine():
                arrival = ArrivalPart(**vars(line.arrival), **self._belonging())
                self._arrivals.append(arrival)
            case DecidedLine():
                self._decide(line.decision, hand=line.hand)
            case TurnedLine():
                self._move(turns=(*self._last().turns, line.turn))
            case DroveLine():
                self._drive(line)
            case ReleasedLine():
                self._complete(released_s=line.at_s)
            case MovedLine():
                self._move(arm=line.arm)
            case EndedLine():
                self._end(line)

    def record(self, started: StartedLine) -> Record:
        return Record(
            **{name: getattr(started, name) for name in HeaderPart.model_fields},
            looks=tuple(self._looks),
            questions=tuple(self._questions),
            arrivals=tuple(self._arrivals),
            decisions=tuple(self._decisions),
            ended=self._ended,
        )

    def _belonging(self) -> dict[str, Any]:
        """Return the look and the questions that belong to what became clear now."""
        asked, self._asked = tuple(self._asked), []
        return {'look': self._look, 'questions': asked}

    def _decide(self, decision: DecidedPart, **more: Any) -> None:
        self._decisions.append(DecisionPart(**vars(decision), **self._belonging(), **more))

    def _complete(self, **more: Any) -> None:
        self._decisions[-1:] = [self._last().model_copy(update=more)]

    def _move(self, **moved: Any) -> None:
        self._complete(**moved)
        # What the robot saw before it moved is not what the next decision is made from.
        self._look = None

    def _drive(self, line: DroveLine) -> None:
        """Keep how the drive ended, and what was asked on the way with the decision to drive."""
        asked, self._asked = tuple(self._asked), []
        self._move(drive=line.drive, questions=(*self._last().questions, *asked))

    def _last(self) -> DecisionPart:
        if not self._decisions:
            raise RecordError('what moves belongs to a decision, there is none')
        return self._decisions[-1]

    def _end(self, line: EndedLine) -> None:
        if not self._decisions:
            self._decide(line.decision)
        last, how = self._last(), line.arm or line.drive or line.decision
        # What was told when it happened bears the time at which it happened.
        if line.drive is not None and last.drive is None and last.outcome == line.decision.outcome:
            self._move(drive=line.drive)
        if line.arm is not None and last.arm is None:
            self._move(arm=line.arm)
        self._ended = EndedPart(
            at_s=line.at_s,
            outcome=line.decision.outcome,
            reason=how.reason,
            detail=how.detail,
            spent=line.decision.spent,
        )

    def _reply(self, line: AnsweredLine) -> None:
        if not 0 <= line.question < len(self._questions):
            raise RecordError(
                f'an answer belongs to one of {len(self._questions)} questions, '
                f'got {line.question}'
            )
        asked = self._questions[line.question]
        self._questions[line.question] = asked.model_copy(update={'reply': line.reply})
