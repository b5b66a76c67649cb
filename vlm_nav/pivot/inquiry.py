"""Asking about offers of candidates on behalf of one decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias, TypeVar

from vlm_nav.choosing.runs import ask_together
from vlm_nav.core.candidate import Candidate
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import Refusal
from vlm_nav.pivot.proposing import Offer, marked_pictures
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.pivot.spaces import ActionSpace
from vlm_nav.vlm.errors import AskingOver, ModelError, UnusableAnswer
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question

ActionT = TypeVar('ActionT')

EvidenceProvider: TypeAlias = Callable[[Sequence[Candidate[Any]]], Iterable[str]]
VisitedLabels: TypeAlias = Callable[[Sequence[Candidate[Any]]], Iterable[int]]


def none_visited(candidates: Sequence[Candidate[Any]]) -> tuple[int, ...]:
    """Return no label: nothing is known of where the robot was."""
    return ()


@dataclass(eq=False)
class Inquiry(Generic[ActionT]):
    """One decision's way to the model; `calls` counts the questions that went out.

    `offered` are the candidates of all first rounds.
    """

    space: ActionSpace[ActionT]
    model: Model
    instruction: str
    settings: PivotSettings
    deadline: Deadline
    evidence: Sequence[EvidenceProvider] = ()
    visited: VisitedLabels = none_visited
    may_answer_arrived: bool = False
    listeners: Sequence[Listener] = ()
    calls: int = field(default=0, init=False)
    offered: list[Candidate[ActionT]] = field(default_factory=list, init=False)

    def question_about(
        self, offer: Offer[ActionT], pick: int, run: int, round_number: int
    ) -> Asked:
        """Return the question which of the offered candidates fit best.

        The first round shows all pictures, a later one those in which something is offered.
        """
        if round_number == 1:
            self.offered.extend(offer.candidates)
        lines = [line for provider in self.evidence for line in provider(offer.candidates)]
        question = Question(
            purpose=self.space.purpose,
            instruction=self.instruction,
            pictures=marked_pictures(self.space, offer, also_unmarked=round_number == 1),
            pick=min(pick, len(offer.candidates)),
            may_answer_arrived=self.may_answer_arrived,
            evidence=tuple(lines),
            visited=tuple(self.visited(offer.candidates)),
        )
        return Asked(question, offer.candidates, run, round_number)

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
        self.calls += len(asked)
        sooner = self.deadline.sooner(self.settings.question_timeout_s)
        results = await ask_together(self.model, [item.question for item in asked], sooner)
        for item, result in zip(asked, results, strict=True):
            tell(self.listeners, Answered(item, result))
        over = next((result for result in results if isinstance(result, AskingOver)), None)
        if over is not None:
            # What was answered before is no decision: the robot does not act on half a question.
            raise Refusal(over.reason, str(over))
        return results
