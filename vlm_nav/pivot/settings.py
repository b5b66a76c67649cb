"""The knobs of PIVOT, by the names of the paper, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from vlm_nav.checks.check import Check
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import ReasonCode

ActionT = TypeVar('ActionT')


class Aggregation(str, Enum):
    """How the winners of several runs become one action (paper, section 3.3, and others).

    refit: the mean of the largest group that agrees. ask_again: the model chooses among the
    winners. majority: of the largest group the winner in its middle. mean: of all winners.
    best_of_n: the winner of the run whose first picks lie together most closely. critique: a
    single run, whose choice the model looks at again, one question after the other.
    """

    REFIT = 'refit'
    ASK_AGAIN = 'ask_again'
    MAJORITY = 'majority'
    MEAN = 'mean'
    BEST_OF_N = 'best_of_n'
    CRITIQUE = 'critique'


@dataclass(frozen=True)
class PivotSettings:
    """Sizes of one decision.

    `rounds` is N, `samples` M, `picks` K and `runs` E of the paper; to criticise, `runs` is the
    number of looks that one run gets. `agreement_radius` is the
    distance, in the action space's unit, within which two runs want the same;
    `minimum_agreement` the share of runs that must. `checks` ask once more, otherwise, before an
    action is taken.
    """

    rounds: int = 3
    samples: int = 10
    picks: int = 3
    runs: int = 3
    isotropic: bool = True
    aggregation: Aggregation = Aggregation.REFIT
    agreement_radius: float = 0.5
    minimum_agreement: float = 0.5
    early_stop: bool = True
    question_timeout_s: float = 20.0
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidValueError where a number makes no decision possible."""
        counts = (self.rounds, self.samples, self.picks, self.runs)
        if min(counts) < 1 or self.picks > self.samples:
            raise InvalidValueError(
                'rounds, samples, picks and runs are 1 or more and picks at most samples, '
                f'got {counts}'
            )
        if not (self.agreement_radius > 0.0 and 0.0 <= self.minimum_agreement <= 1.0):
            raise InvalidValueError(
                'the agreement radius is positive and the minimum agreement in 0..1, got '
                f'{self.agreement_radius} and {self.minimum_agreement}'
            )
        if not self.question_timeout_s > 0.0:
            raise InvalidValueError(f'a time-out is positive, got {self.question_timeout_s}')


@dataclass(frozen=True)
class PivotResult(Generic[ActionT]):
    """The end of one decision.

    `action` is there unless the model answered none or arrived, or `reason` says what was in
    the way. `confidence` is the share of runs that agree, less where checks speak against it,
    and None for a single unchecked run. `labels` is the last answer of the run whose winner is
    nearest to the action, `run` its number. `detail` may say of an action what spoke against it.
    """

    action: ActionT | None = None
    arrived: bool = False
    reason: ReasonCode | None = None
    detail: str = ''
    confidence: float | None = None
    labels: tuple[int, ...] = ()
    calls: int = 0
    run: int | None = None
