"""Asking about offers of candidates on behalf of one decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from vlm_nav.choosing.asking import Asking
from vlm_nav.core.candidate import Candidate
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener
from vlm_nav.pivot.proposing import Offer, marked_pictures
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.pivot.spaces import ActionSpace
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
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
        asking = Asking(
            self.model,
            self.deadline,
            self.settings.question_timeout_s,
            self.listeners,
            self._went_out,
        )
        return await asking.ask(asked)

    def _went_out(self, count: int) -> None:
        self.calls += count
