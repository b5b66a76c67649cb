"""A double of an endpoint: each question ends as a script says, after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.vlm.errors import ModelError, ModelLate
from vlm_nav.vlm.question import Answer, Question

End = Answer | ModelError


class EndpointDouble:
    """Ends its questions one after another as `ends` say, and all further ones as the last."""

    def __init__(self, *ends: tuple[float, End], notice: str = '') -> None:
        self._ends: Sequence[tuple[float, End]] = ends
        self.asked = 0
        self.cancelled = 0
        self.closed = 0
        self.notice = notice

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        after_s, end = self._ends[min(self.asked, len(self._ends) - 1)]
        self.asked += 1
        try:
            await done_by(deadline, asyncio.sleep(after_s))
        except DeadlinePassedError:
            raise ModelLate('too late') from None
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(end, ModelError):
            raise end
        return end

    async def aclose(self) -> None:
        self.closed += 1
