"""The port through which every vision-language model is asked."""

from __future__ import annotations

from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.question import Answer, Question


class Model(Protocol):
    """Something that answers questions about pictures."""

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return a checked answer before `deadline`.

        Cancelling the awaiting task ends the request. Raises a `ModelError` of a fitting kind,
        never anything else, when no usable answer came.
        """
        ...


async def close(model: Model) -> None:
    """End the connections of a model that has any: of one with a method `aclose`."""
    aclose = getattr(model, 'aclose', None)
    if aclose is not None:
        await aclose()


def notice_of(model: Model) -> str:
    """Return what a report must say of a model that is none: of one with a `notice`; else ''."""
    return str(getattr(model, 'notice', ''))
