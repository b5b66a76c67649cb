"""Asking on behalf of a decision: at once, what cannot be read a second time, listeners told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vlm_nav.choosing.runs import ask_together
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import Refusal
from vlm_nav.vlm.errors import AskingOver, ModelError, UnusableAnswer
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer


@dataclass(frozen=True, eq=False)
class Asking:
    """A decision's way to the model; `went_out` is told how many questions are about to."""

    model: Model
    deadline: Deadline
    question_timeout_s: float
    listeners: Sequence[Listener]
    went_out: Callable[[int], None]

    async def ask(self, asked: Sequence[Asked]) -> list[Answer | ModelError]:
        """Return what came back for each question; what cannot be read is asked once more.

        Raises Refusal where nothing is answered any more, with the reason for that.
        """
        results = await self._ask_once(asked)
        again = [
            index for index, result in enumerate(results) if isinstance(result, UnusableAnswer)
        ]
        second = [replace(item, attempt=2) for item in (asked[index] for index in again)]
        for index, result in zip(again, await self._ask_once(second), strict=True):
            results[index] = result
        return results

    async def _ask_once(self, asked: Sequence[Asked]) -> list[Answer | ModelError]:
        for item in asked:
            tell(self.listeners, item)
        self.went_out(len(asked))
        sooner = self.deadline.sooner(self.question_timeout_s)
        results = await ask_together(self.model, [item.question for item in asked], sooner)
        for item, result in zip(asked, results, strict=True):
            tell(self.listeners, Answered(item, result))
        over = next((result for result in results if isinstance(result, AskingOver)), None)
        if over is not None:
            # What was answered before is no decision: the robot does not act on half a question.
            raise Refusal(over.reason, str(over))
        return results
