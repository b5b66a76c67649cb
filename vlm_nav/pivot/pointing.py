"""PIVOT over the points of a picture, then a closer look at the part that was pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event, Listener
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import ChoosingReason, ReasonCode
from vlm_nav.drawing.cuts import Cut, cut_around, cut_out
from vlm_nav.geometry.arrays import DepthArray, FloatArray, RgbArray
from vlm_nav.observation.segments import segments
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.segment_space import SegmentSpace
from vlm_nav.pivot.settings import Aggregation, PivotResult, PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer


class FirstMarks(str, Enum):
    """Where the first look's marks stand: at random, or one in each segment of the picture."""

    SAMPLES = 'samples'
    SEGMENTS = 'segments'


@dataclass(frozen=True)
class PointingSettings:
    """How a point of a picture is chosen.

    The points of two runs agree within `agreement_share` of the longer side of what is shown.
    After the first choice come `closer_looks` at a part, each with `closer_rounds` questions a
    run. A part reaches `spread_stds` standard deviations of what was picked to each side, and
    its sides are never shorter than `smallest_share` of the picture's.
    """

    agreement_share: float = 0.15
    closer_looks: int = 1
    closer_rounds: int = 3
    spread_stds: float = 2.5
    smallest_share: float = 0.2
    marks: FirstMarks = FirstMarks.SAMPLES

    def __post_init__(self) -> None:
        """Raise InvalidValueError for numbers that leave nothing to choose from."""
        shares = (self.agreement_share, self.smallest_share)
        if not all(0.0 < share <= 1.0 for share in shares) or not self.spread_stds > 0.0:
            raise InvalidValueError(
                f'shares lie above 0 and up to 1, spread_stds is positive, got {self}'
            )
        if self.closer_looks < 0 or self.closer_rounds < 1:
            raise InvalidValueError(f'looks are 0 or more and rounds 1 or more, got {self}')


@dataclass(frozen=True)
class Pointed:
    """A point of a picture, in its own pixels, or the reason why there is none.

    `cuts` are the parts that were looked at more closely, the last one last.
    """

    pixel: Pixel | None
    reason: ReasonCode | None = None
    detail: str = ''
    confidence: float | None = None
    labels: tuple[int, ...] = ()
    calls: int = 0
    cuts: tuple[Cut, ...] = ()


@dataclass(eq=False)
class _Picks:
    """A listener that keeps where the last answer of each run lies."""

    _of_run: dict[int, list[Pixel]] = field(default_factory=dict, init=False)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Answered) and isinstance(event.result, Answer):
            labels = event.result.labels
            chosen = [one.anchor for one in event.asked.candidates if one.label in labels]
            if chosen and not event.asked.check:
                self._of_run[event.asked.run] = chosen

    def spread_px(self, around: Pixel) -> FloatArray:
        """Return the standard deviation (2,) of all picks about a pixel."""
        picks = [(one.u_px, one.v_px) for run in self._of_run.values() for one in run]
        away = np.array(picks).reshape(-1, 2) - (around.u_px, around.v_px)
        squares: FloatArray = np.square(away).mean(axis=0) if len(away) else np.zeros(2)
        return np.sqrt(squares)


@dataclass(frozen=True, eq=False)
class Pointer:
    """Chooses the point of a picture that an instruction means."""

    model: Model
    pivot: PivotSettings = PivotSettings()
    settings: PointingSettings = PointingSettings()
    listeners: Sequence[Listener] = ()
    seed: int = 0

    async def point(
        self,
        identifier: str,
        rgb: RgbArray,
        instruction: str,
        deadline: Deadline,
        allowed: NDArray[np.bool_] | None = None,
        depth_m: DepthArray | None = None,
    ) -> Pointed:
        """Return the point of a picture (H, W, 3) by `deadline`.

        `allowed` (H, W) are the pixels that may be chosen, None for all; `depth_m` (H, W) helps
        to tell segments apart. Where a closer look
        leads to nothing, the point of the look before it stands. Raises Refusal where nothing is
        answered any more.
        """
        picks = _Picks()
        if self.settings.marks is FirstMarks.SEGMENTS:
            found = await in_own_thread(segments, rgb, depth_m)
            space: ImagePointSpace = SegmentSpace(identifier, rgb, allowed, segments=found)
            # There are no others between them, and between two of them is none.
            first = replace(self.pivot, rounds=1, aggregation=Aggregation.MAJORITY)
        else:
            space, first = ImagePointSpace(identifier, rgb, allowed), self.pivot
        result = await self._choose(space, instruction, deadline, first, picks)
        pointed = _pointed(result, result.action)
        for _ in range(self.settings.closer_looks):
            if pointed.pixel is None or result.action is None:
                break
            cut = self._part(pointed, picks, rgb)
            space, picks = _closer(identifier, rgb, allowed, cut), _Picks()
            settings = replace(self.pivot, rounds=self.settings.closer_rounds)
            result = await self._choose(space, instruction, deadline, settings, picks)
            pointed = _closer_pointed(pointed, result, cut)
        return pointed

    async def _choose(
        self,
        space: ImagePointSpace,
        instruction: str,
        deadline: Deadline,
        settings: PivotSettings,
        picks: _Picks,
    ) -> PivotResult[Pixel]:
        radius_px = self.settings.agreement_share * max(space.rgb.shape[:2])
        inquiry = Inquiry(
            space=space,
            model=self.model,
            instruction=instruction,
            settings=replace(settings, agreement_radius=radius_px),
            deadline=deadline,
            listeners=(*self.listeners, picks),
        )
        return await pivot(inquiry, self.seed)

    def _part(self, pointed: Pointed, picks: _Picks, rgb: RgbArray) -> Cut:
        """Return the part around what was picked, in pixels of the whole picture."""
        assert pointed.pixel is not None
        height_px, width_px = rgb.shape[:2]
        centre, scale = pointed.pixel, np.ones(2)
        if pointed.cuts:
            cut = pointed.cuts[-1]
            centre = cut.as_shown(centre)
            sizes = (cut.width_px / cut.shown_width_px, cut.height_px / cut.shown_height_px)
            scale = np.array(sizes)
        spread_px = picks.spread_px(centre) * scale
        least_px = 0.5 * self.settings.smallest_share * np.array((width_px, height_px))
        half_px = np.maximum(self.settings.spread_stds * spread_px, least_px)
        return cut_around(pointed.pixel, half_px, width_px, height_px)


def _closer(
    identifier: str, rgb: RgbArray, allowed: NDArray[np.bool_] | None, cut: Cut
) -> ImagePointSpace:
    """Return the points of a part as it is shown."""
    shown = None
    if allowed is not None:
        # The same rule as for the pixel that comes back: a point counts by the one it lies in.
        us = [round(cut.in_picture(Pixel(u, 0)).u_px) for u in range(cut.shown_width_px)]
        vs = [round(cut.in_picture(Pixel(0, v)).v_px) for v in range(cut.shown_height_px)]
        shown = allowed[np.ix_(np.clip(vs, 0, None), np.clip(us, 0, None))]
    return ImagePointSpace(identifier, cut_out(rgb, cut), shown, cut=cut)


def _pointed(result: PivotResult[Pixel], pixel: Pixel | None) -> Pointed:
    reason = result.reason
    if pixel is None and reason is None:
        # Nothing was asked about having arrived.
        reason = ChoosingReason.NONE_FITS
    return Pointed(pixel, reason, result.detail, result.confidence, result.labels, result.calls)


def _closer_pointed(before: Pointed, result: PivotResult[Pixel], cut: Cut) -> Pointed:
    """Return the point that a closer look leaves, with what all looks cost."""
    calls, cuts = before.calls + result.calls, (*before.cuts, cut)
    if result.action is None:
        why = 'none fits' if result.reason is None else result.reason.value
        detail = f'the closer look led to nothing ({why}): the point before it stands'
        return replace(before, calls=calls, cuts=cuts, detail=detail)
    after = _pointed(result, cut.in_picture(result.action))
    return replace(after, calls=calls, cuts=cuts)
