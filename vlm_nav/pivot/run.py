"""One of the independent runs of PIVOT: what it knows, and what an answer makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

import numpy as np

from vlm_nav.choosing.aggregations import scatter
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.pivot.distribution import Gaussian, fit
from vlm_nav.pivot.proposing import Offer, is_narrow
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.pivot.spaces import ActionSpace
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Answer

ActionT = TypeVar('ActionT')


class RunState(str, Enum):
    """Where a run stands; all but OPEN are final."""

    OPEN = 'open'
    CONVERGED = 'converged'
    NONE = 'none'
    ARRIVED = 'arrived'
    FAILED = 'failed'


@dataclass(frozen=True, eq=False)
class FirstChoice(Generic[ActionT]):
    """What a run was asked first, and which labels it chose, best first."""

    asked: Asked
    offer: Offer[ActionT]
    labels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Run(Generic[ActionT]):
    """A run after some rounds; `best` (d,) is the winner of its last answered round.

    `first` is what it chose in its first round, None as long as it chose nothing. `doubt` is the
    most that the geometric verifier has against any of its answers.
    """

    number: int
    rng: np.random.Generator
    state: RunState = RunState.OPEN
    distribution: Gaussian | None = None
    best: FloatArray | None = None
    labels: tuple[int, ...] = ()
    reason: ReasonCode | None = None
    detail: str = ''
    first: FirstChoice[ActionT] | None = None
    doubt: float = 0.0

    def failed(self, reason: ReasonCode, detail: str) -> Run[ActionT]:
        """Return the run ended for a reason."""
        return replace(self, state=RunState.FAILED, reason=reason, detail=detail)

    def after(
        self,
        space: ActionSpace[ActionT],
        offer: Offer[ActionT],
        asked: Asked,
        result: Answer | ModelError,
        settings: PivotSettings,
    ) -> Run[ActionT]:
        """Return the run as the answer to what was asked about its offer leaves it."""
        if isinstance(result, ModelError):
            return self.failed(result.reason, str(result))
        if result.arrived:
            return replace(self, state=RunState.ARRIVED)
        if result.none or not result.labels:
            # None of the finer candidates is better: the winner of the round before stands.
            kept = RunState.NONE if self.best is None else RunState.CONVERGED
            return replace(self, state=kept)
        chosen = np.array([offer.vector_of(label) for label in result.labels])
        fitted = fit(chosen, space.floor, isotropic=settings.isotropic)
        narrow = settings.early_stop and is_narrow(space, fitted, offer.radii_px)
        return replace(
            self,
            state=RunState.CONVERGED if narrow else RunState.OPEN,
            distribution=fitted,
            best=chosen[0],
            labels=result.labels,
            first=self.first or FirstChoice(asked, offer, result.labels),
            doubt=max(self.doubt, _doubt(offer, result.labels)),
        )


def _doubt(offer: Offer[ActionT], labels: tuple[int, ...]) -> float:
    """Return how scattered picks are: in the picture, where neighbours are what a model sees."""
    marks = [(one.anchor.u_px, one.anchor.v_px) for one in offer.candidates]
    places = offer.vectors if len(set(offer.pictures.tolist())) > 1 else np.array(marks)
    numbers = [candidate.label for candidate in offer.candidates]
    return scatter(places[[numbers.index(label) for label in labels]], places)
