"""What a check is: a question that was answered, asked so that the choice has to stay the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from vlm_nav.vlm.question import Answer, Question


@dataclass(frozen=True)
class AskedOtherwise:
    """A question about the same marks as another one, asked in another way.

    `new_labels` has the new number of every mark that bears another one now.
    """

    name: str
    question: Question
    new_labels: Mapping[int, int] = field(default_factory=dict)

    def understood(self, answer: Answer) -> Answer:
        """Return the answer to `question` as one to the question that was first asked."""
        old_labels = {new: old for old, new in self.new_labels.items()}
        return replace(
            answer, labels=tuple(old_labels.get(label, label) for label in answer.labels)
        )

    def label_now(self, label: int) -> int:
        """Return the number that a mark bears in `question`."""
        return self.new_labels.get(label, label)


Check: TypeAlias = Callable[[Question, random.Random], AskedOtherwise]
"""Asks a question otherwise; where it leaves something to chance, the generator decides."""
