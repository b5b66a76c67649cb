"""The lines of `events.jsonl`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from vlm_nav.records.hand_parts import ArmPart, HandPart
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart, ReplyPart
from vlm_nav.records.schema import CheckedPart, DecidedPart, DrivePart, HeaderPart, TurnPart
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
    decision: DecidedPart
    hand: HandPart | None = None


class CheckedLine(Part):
    """It was clear whether the robot had arrived."""

    event: Literal['checked'] = 'checked'
    arrival: CheckedPart


class TurnedLine(Part):
    """A turn on the spot ended."""

    event: Literal['turned'] = 'turned'
    turn: TurnPart


class DroveLine(Part):
    """The drive ended."""

    event: Literal['drove'] = 'drove'
    drive: DrivePart


class ReleasedLine(Part):
    """A person let the arm move, `at_s` seconds after the start."""

    event: Literal['released'] = 'released'
    at_s: float


class MovedLine(Part):
    """The arm's motion ended."""

    event: Literal['moved'] = 'moved'
    arm: ArmPart


class EndedLine(Part):
    """The instruction was done with, `at_s` seconds after its start."""

    event: Literal['ended'] = 'ended'
    at_s: float
    decision: DecidedPart
    drive: DrivePart | None
    arm: ArmPart | None = None


Line: TypeAlias = (
    StartedLine
    | LookedLine
    | AskedLine
    | AnsweredLine
    | CheckedLine
    | DecidedLine
    | TurnedLine
    | DroveLine
    | ReleasedLine
    | MovedLine
    | EndedLine
)
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator='event')])
