"""Let the model choose among pictures of where the robot could be; several runs at once.

After "ImagineNav: Prompting Vision-Language Models as Embodied Navigator through Scene
Imagination", arXiv 2410.09874. Every run shows the same pictures in another order under other
numbers, so that a liking for the first picture or a number is no agreement.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from vlm_nav.checks.check import Check
from vlm_nav.choosing.asking import Asking
from vlm_nav.core.candidate import Candidate, MetricFacts, Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Listener
from vlm_nav.core.reasons import ChoosingReason, ReasonCode
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import label_radius_px
from vlm_nav.imagination.confirming import objections_to
from vlm_nav.imagination.orders import orders
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Purpose, Question

ViewCandidates: TypeAlias = Sequence[Candidate[Viewpoint]]
ViewFacts: TypeAlias = Callable[[ViewCandidates], Sequence[str]]
ViewLabels: TypeAlias = Callable[[ViewCandidates], Sequence[int]]

# The disc keeps clear of the picture's corner.
_CORNER_RADII = 1.4
_NONE = -1


@dataclass(frozen=True)
class ViewSettings:
    """Sizes of one choice: `count` pictures, `runs` at once, and how many of these must agree.

    Of an imagined picture at least `least_known` must have been seen. `remembered` is how many
    pictures of earlier are shown besides. The choice is asked for again as each of `checks` says.
    """

    count: int = 12
    runs: int = 3
    minimum_agreement: float = 0.5
    least_known: float = 0.25
    question_timeout_s: float = 20.0
    remembered: int = 0
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidValueError where a number makes no choice possible."""
        if self.count < 1 or self.runs < 1 or self.remembered < 0:
            raise InvalidValueError(f'one picture and one run or more, got {self}')
        if not (0.0 <= self.minimum_agreement <= 1.0 and 0.0 <= self.least_known <= 1.0):
            raise InvalidValueError(f'shares lie in 0..1, got {self}')
        if not self.question_timeout_s > 0.0:
            raise InvalidValueError(f'a time-out is positive, got {self.question_timeout_s}')


@dataclass(frozen=True, eq=False)
class View:
    """A viewpoint and the picture that stands for it, without a mark."""

    viewpoint: Viewpoint
    picture: MarkedPicture


@dataclass(frozen=True)
class ViewResult:
    """The end of one choice: a view, or `reason` says what was in the way.

    `confidence` is the share of runs that chose it, None for a single run; `seen` whether most of
    these said that the thing shows in it. `labels` are those of the first run that chose it.
    """

    view: View | None = None
    seen: bool = False
    reason: ReasonCode | None = None
    detail: str = ''
    confidence: float | None = None
    labels: tuple[int, ...] = ()


def _no_lines(candidates: ViewCandidates) -> tuple[str, ...]:
    return ()


def _no_labels(candidates: ViewCandidates) -> tuple[int, ...]:
    return ()


@dataclass(eq=False)
class ViewInquiry:
    """One choice's way to the model; `calls` counts the questions that went out.

    `remembered` are pictures without marks that are shown beside the views.
    """

    views: Sequence[View]
    model: Model
    instruction: str
    settings: ViewSettings
    deadline: Deadline
    evidence: ViewFacts = _no_lines
    visited: ViewLabels = _no_labels
    remembered: Sequence[MarkedPicture] = ()
    listeners: Sequence[Listener] = ()
    calls: int = field(default=0, init=False)

    async def choose(self, seed: int = 0) -> ViewResult:
        """Return the view that the runs agree on, or why there is none.

        Of views with as many votes the one wins that is most worth a drive. Raises Refusal where
        nothing is answered any more.
        """
        if not self.views:
            reason = ChoosingReason.ALL_CANDIDATES_BLOCKED
            return ViewResult(reason=reason, detail='there is no view to choose from')
        by_run = orders(len(self.views), self.settings.runs, seed)
        asking = Asking(
            self.model,
            self.deadline,
            self.settings.question_timeout_s,
            self.listeners,
            self._went_out,
        )
        asked = [self._asked(order, run) for run, order in enumerate(by_run, 1)]
        results = await asking.ask(asked)
        result = self._agreed(by_run, results)
        return await self._confirmed(result, by_run, asked, results, asking, seed)

    def _went_out(self, count: int) -> None:
        self.calls += count

    def _asked(self, order: Sequence[int], run: int) -> Asked:
        views = [self.views[index] for index in order]
        pictures = [marked(view.picture, label) for label, view in enumerate(views, 1)]
        candidates = tuple(
            _candidate(view, picture) for view, picture in zip(views, pictures, strict=True)
        )
        question = Question(
            purpose=Purpose.VIEW,
            instruction=self.instruction,
            pictures=(*pictures, *self.remembered),
            evidence=tuple(self.evidence(candidates)),
            visited=tuple(self.visited(candidates)),
        )
        return Asked(question, candidates, run, 1)

    def _agreed(
        self, orders: Sequence[Sequence[int]], results: Sequence[Answer | ModelError]
    ) -> ViewResult:
        answers = {run: result for run, result in enumerate(results) if isinstance(result, Answer)}
        if not answers:
            failed = next(result for result in results if isinstance(result, ModelError))
            return ViewResult(reason=failed.reason, detail=str(failed))
        chosen = {run: _chosen(orders[run], answer) for run, answer in answers.items()}
        votes = Counter(chosen.values())
        best = max(votes, key=lambda index: (votes[index], self._worth(index), -index))
        share = votes[best] / len(results)
        confidence = None if len(results) == 1 else share
        if share < self.settings.minimum_agreement:
            detail = f'of {len(results)} runs {votes[best]} chose the same view'
            return ViewResult(
                reason=ChoosingReason.NO_AGREEMENT, detail=detail, confidence=confidence
            )
        voters = [answers[run] for run, index in chosen.items() if index == best]
        if best == _NONE:
            detail = f'no view leads on: {voters[0].reason}'
            return ViewResult(
                reason=ChoosingReason.NONE_FITS, detail=detail, confidence=confidence
            )
        return ViewResult(
            view=self.views[best],
            seen=_mostly_seen(voters),
            confidence=confidence,
            labels=voters[0].labels,
        )

    async def _confirmed(
        self,
        result: ViewResult,
        orders: Sequence[Sequence[int]],
        asked: Sequence[Asked],
        results: Sequence[Answer | ModelError],
        asking: Asking,
        seed: int,
    ) -> ViewResult:
        """Return the result as the checks leave it: surer or less sure, or inconsistent.

        The choice and each check are one voice; the confidence is the share of the runs that
        agree times that of the voices. A result without a view is not checked.
        """
        checks = self.settings.checks
        if result.view is None or not checks:
            return result
        run = next(
            run
            for run, answer in enumerate(results)
            if isinstance(answer, Answer)
            and answer.labels
            and self.views[_chosen(orders[run], answer)] is result.view
        )
        objections = await objections_to(result.labels[0], asked[run], checks, asking, seed)
        voices = 1 + len(checks)
        runs_share = 1.0 if result.confidence is None else result.confidence
        share = runs_share * (voices - len(objections)) / voices
        detail = '; '.join(objections)
        if objections and share < self.settings.minimum_agreement:
            reason = ChoosingReason.INCONSISTENT
            return ViewResult(reason=reason, detail=detail, confidence=share)
        return replace(result, confidence=share, detail=detail)

    def _worth(self, index: int) -> float:
        if index == _NONE:
            return -math.inf
        worth = self.views[index].viewpoint.worth
        return 0.0 if math.isnan(worth) else worth


def marked(picture: MarkedPicture, label: int) -> MarkedPicture:
    """Return the picture with its number in the upper left corner, which stands for all of it."""
    height, width = picture.rgb.shape[:2]
    radius_px = label_radius_px(width, height)
    corner_px = _CORNER_RADII * radius_px
    anchor = Pixel(min(corner_px, (width - 1) / 2.0), min(corner_px, (height - 1) / 2.0))
    return replace(picture, marks=(Mark(label, anchor),), radius_px=radius_px)


def _candidate(view: View, picture: MarkedPicture) -> Candidate[Viewpoint]:
    pose, mark = view.viewpoint.pose, picture.marks[0]
    facts = MetricFacts(math.hypot(pose.x_m, pose.y_m), math.atan2(pose.y_m, pose.x_m))
    return Candidate(mark.label, view.viewpoint, mark.anchor, facts)


def _chosen(order: Sequence[int], answer: Answer) -> int:
    """Return the index of the view that an answer names first, _NONE where it names none."""
    return order[answer.labels[0] - 1] if answer.labels else _NONE


def _mostly_seen(answers: Sequence[Answer]) -> bool:
    return 2 * sum(answer.seen is True for answer in answers) > len(answers)
