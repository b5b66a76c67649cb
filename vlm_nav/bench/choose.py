"""How often each way of asking several times is right, for how many tokens, with models that err.

No model is asked: doubles that know the place which is meant err in a share of their answers that
is given. What comes out says what a way makes of errors, not how often a model makes them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from vlm_nav.bench.scenes import floor_frame
from vlm_nav.bench.tokens import answered_tokens, asked_tokens
from vlm_nav.checks.known import checks_named
from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.selectors import GroundReach
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.pivot.ground_space import GroundSpace
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import Aggregation, PivotResult, PivotSettings
from vlm_nav.vlm.doubles import NearestToTarget, NoisyNearest, ScriptedModel, chosen
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question

RIGHT_M = 0.5
"""How near to the place that is meant an action is right."""

ERROR_RATES = (0.0, 0.1, 0.2, 0.3, 0.5)
_FEWEST_RUNS = 3
_PATIENCE_S = 600.0


class Errors(str, Enum):
    """How a double errs: in a share of its answers by lot, or all through a share of its errands.

    belief: it takes another place for the one that is meant. side: it takes what is shown on the
    left, whatever it is.
    """

    ANSWER = 'answer'
    BELIEF = 'belief'
    SIDE = 'side'


@dataclass(frozen=True)
class Way:
    """A way of asking several times; one run alone is the same by every aggregation.

    Where `checks` are named, a decision of which less than `CHECKED_AGREEMENT` is sure is none;
    else every decision is made, so that the ways can be compared by how often it is right.
    """

    aggregation: Aggregation
    runs: int
    checks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return what people call it."""
        name = 'one run' if self.runs == 1 else f'{self.aggregation.value}, {self.runs}'
        return f'{name}, checked' if self.checks else name


CHECKED_AGREEMENT = 0.7
_CHECKS = ('mirrored', 'shuffled')
_CHECKED = tuple(Way(Aggregation.REFIT, runs, _CHECKS) for runs in (1, _FEWEST_RUNS))

WAYS: tuple[Way, ...] = (
    Way(Aggregation.REFIT, 1),
    *(Way(one, runs) for one in Aggregation for runs in (_FEWEST_RUNS, 5)),
    *_CHECKED,
)


@dataclass(frozen=True)
class Figure:
    """What came of one way with one kind of errors at one rate: shares and means of decisions.

    Of those that are not `right` the share `held` is none at all, and the robot stays.
    """

    way: Way
    errors: Errors
    error_rate: float
    right: float
    held: float
    questions: float
    tokens: float

    def as_json(self) -> dict[str, Any]:
        """Return the figure by names that stay the same from version to version."""
        return {
            'aggregation': self.way.aggregation.value,
            'runs': self.way.runs,
            'checks': list(self.way.checks),
            'errors': self.errors.value,
            'error_rate': self.error_rate,
            'accuracy': round(self.right, 4),
            'held': round(self.held, 4),
            'questions': round(self.questions, 2),
            'tokens': round(self.tokens, 1),
        }


@dataclass(eq=False)
class CountedModel:
    """Asks another model and adds up what that would cost."""

    inner: Model
    questions: int = 0
    tokens: int = 0

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the other model's answer."""
        answer = await self.inner.ask(question, deadline)
        self.questions += 1
        self.tokens += asked_tokens(question) + answered_tokens(answer)
        return answer


@dataclass(frozen=True, eq=False)
class Errand:
    """A place (x, y) on the floor of the base frame that is meant, and the pixel that shows it."""

    place: FloatArray
    pixel: Pixel


def bench_choose(
    data: Path,
    decisions: int = 100,
    ways: Sequence[Way] = WAYS,
    error_rates: Sequence[float] = ERROR_RATES,
) -> tuple[str, list[Figure]]:
    """Return the name of the scene, and a figure for each way, error rate and kind of error.

    `data` is the folder with recorded pictures, if there are any. All ways get the same errands.
    """
    frame = floor_frame(data)
    reach = GroundReach()
    guard = guard_for(Sight(frame), FreeSpaceSettings())
    space = GroundSpace((frame,), guard, reach.nearest_m, reach.farthest_m)
    errands = _errands(space, decisions)
    figures = [
        _figure(space, errands, way, errors, rate)
        for errors in Errors
        for rate in error_rates
        if rate > 0.0 or errors is Errors.ANSWER
        for way in ways
    ]
    return frame.identifier, figures


def _errands(space: GroundSpace, count: int) -> list[Errand]:
    """Return errands to free places all over the view, always the same ones."""
    rng = np.random.default_rng(0)
    errands: list[Errand] = []
    while len(errands) < count:
        proposals = space.propose(space.sample(None, count, rng))
        for index in np.flatnonzero([reason is None for reason in proposals.refused]):
            pixel = Pixel(*map(float, proposals.anchors[index]))
            errands.append(Errand(proposals.vectors[index], pixel))
    return errands[:count]


def _figure(
    space: GroundSpace, errands: Sequence[Errand], way: Way, errors: Errors, rate: float
) -> Figure:
    right, held, questions, tokens = 0, 0, 0, 0
    for number, errand in enumerate(errands):
        model = CountedModel(_erring(errands, number, errors, rate))
        result = asyncio.run(_decide(space, way, model, number))
        right += _is_right(result, errand)
        held += result.action is None
        questions += model.questions
        tokens += model.tokens
    count = len(errands)
    return Figure(
        way, errors, rate, right / count, held / count, questions / count, tokens / count
    )


class TakesTheLeft(ScriptedModel):
    """A double that picks what is shown on the left of a picture, whatever is asked for."""

    def reply(self, question: Question) -> str:
        """Return the labels of the marks that stand farthest to the left."""
        marks = [mark for picture in question.pictures for mark in picture.marks]
        marks.sort(key=lambda mark: mark.anchor.u_px)
        return chosen([mark.label for mark in marks[: question.pick]], 'on the left')


def _erring(errands: Sequence[Errand], number: int, errors: Errors, rate: float) -> Model:
    """Return the double for an errand."""
    rng = random.Random(number)
    meant = errands[number].pixel
    if errors is Errors.ANSWER:
        return NoisyNearest(meant, rate, rng)
    other = errands[rng.randrange(len(errands))].pixel
    if rng.random() >= rate:
        return NearestToTarget(meant)
    return TakesTheLeft() if errors is Errors.SIDE else NearestToTarget(other)


async def _decide(
    space: GroundSpace, way: Way, model: Model, seed: int
) -> PivotResult[GroundAction]:
    inquiry = Inquiry(
        space=space,
        model=model,
        instruction='go to the place that is meant',
        settings=PivotSettings(
            runs=way.runs,
            aggregation=way.aggregation,
            minimum_agreement=CHECKED_AGREEMENT if way.checks else 0.0,
            checks=checks_named(way.checks),
        ),
        deadline=Deadline.after(_PATIENCE_S),
    )
    return await pivot(inquiry, seed)


def _is_right(result: PivotResult[GroundAction], errand: Errand) -> bool:
    if result.action is None:
        return False
    bearing_rad = result.action.bearing_rad
    place = result.action.range_m * np.array((np.cos(bearing_rad), np.sin(bearing_rad)))
    return bool(np.linalg.norm(place - errand.place) <= RIGHT_M)
