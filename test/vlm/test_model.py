"""The end of a model's connections."""

from __future__ import annotations

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.model import close
from vlm_nav.vlm.question import Answer, Question


class Connected:
    """A double with connections."""

    def __init__(self) -> None:
        self.closed = 0

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        return Answer(())

    async def aclose(self) -> None:
        self.closed += 1


async def test_the_connections_of_a_model_that_has_any_are_ended() -> None:
    model = Connected()
    await close(model)
    assert model.closed == 1


async def test_a_model_without_connections_needs_no_end() -> None:
    await close(AlwaysFirst())
