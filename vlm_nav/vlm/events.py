"""What is told about questions while they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vlm_nav.core.candidate import Candidate
from vlm_nav.core.events import Event
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.question import Answer, Question


@dataclass(frozen=True)
class Asked(Event):
    """A question goes out; runs and rounds count from 1, `attempt` 2 is a second try.

    `check` names the check that asks a question of this run and round otherwise, empty for the
    question itself.
    """

    question: Question
    candidates: tuple[Candidate[Any], ...]
    run: int
    round: int
    attempt: int = 1
    check: str = ''


@dataclass(frozen=True)
class Answered(Event):
    """What came back for the question that was asked in this run, round and attempt."""

    asked: Asked
    result: Answer | ModelError
