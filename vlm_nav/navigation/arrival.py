"""Whether the robot has arrived: the model is asked, and the depth has to agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener
from vlm_nav.core.reasons import ObservationReason, ReasonCode
from vlm_nav.geometry.depth import point_at_pixel
from vlm_nav.geometry.poses import transform_points
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.floor_view import FloorView
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Purpose, Question


@dataclass(frozen=True)
class Verdict:
    """Whether the robot has arrived.

    `said` is what the model says, None where it was not asked or did not answer; `distance_m`
    how far on the floor what it points at lies from the base, None where that was not measured.
    `reason` says why there is no answer; `calls` counts questions.
    """

    arrived: bool
    said: bool | None
    detail: str
    distance_m: float | None = None
    reason: ReasonCode | None = None
    calls: int = 0


@dataclass(frozen=True, eq=False)
class ArrivalCheck:
    """Asks a model whether the robot has arrived, and has it point at the thing where it says so.

    `settings` are those of the decisions; `distance_m` is how near is arrived. On a robot
    without depth the model's word counts alone, and the detail says so.
    """

    model: Model
    settings: PivotSettings = PivotSettings()
    distance_m: float = 1.0
    listeners: Sequence[Listener] = ()
    seed: int = 0

    async def check(self, sight: Sight, instruction: str, deadline: Deadline) -> Verdict:
        """Return whether the robot has arrived where it stands."""
        inquiry = self._inquiry(sight.frame, instruction, deadline)
        pictures = tuple(FloorView(frame).picture for frame in sight.frames)
        if len(pictures) == 1:
            pictures = (replace(pictures[0], camera=''),)
        question = Question(Purpose.ARRIVAL, instruction, pictures, may_answer_arrived=True)
        (answer,) = await inquiry.ask([Asked(question, (), run=1, round=1)])
        if isinstance(answer, ModelError):
            return Verdict(False, None, str(answer), reason=answer.reason, calls=inquiry.calls)
        if not answer.arrived:
            return Verdict(False, False, answer.reason, calls=inquiry.calls)
        verdict = await self.measure(sight, instruction, deadline)
        return replace(verdict, calls=verdict.calls + inquiry.calls)

    async def measure(self, sight: Sight, instruction: str, deadline: Deadline) -> Verdict:
        """Return whether what the model, which says that it has arrived, points at is near."""
        frames = [frame for frame in sight.frames if frame.depth_m is not None]
        if not frames:
            return Verdict(True, True, "by the model's word alone: there is no depth to measure")
        calls, nearest_m, detail = 0, math.inf, ''
        for frame in frames:
            inquiry = self._inquiry(frame, instruction, deadline)
            result = await pivot(inquiry, self.seed)
            calls += inquiry.calls
            if result.action is None:
                detail = detail or result.detail
                continue
            measured = _distance_m(frame, result.action)
            if isinstance(measured, ObservationReason):
                detail = f'there is no depth where the model points ({measured.value})'
                continue
            nearest_m = min(nearest_m, measured)
            if nearest_m <= self.distance_m:
                break
        if not math.isfinite(nearest_m):
            return Verdict(False, True, f'refuted: {detail or "it points nowhere"}', calls=calls)
        arrived = nearest_m <= self.distance_m
        words = f'{nearest_m:.2f} m away, arrived is within {self.distance_m:g} m'
        detail = f'{"confirmed" if arrived else "refuted"}: what the model points at is {words}'
        return Verdict(arrived, True, detail, nearest_m, calls=calls)

    def _inquiry(self, frame: RgbdFrame, instruction: str, deadline: Deadline) -> Inquiry[Pixel]:
        # One run alone points; how near runs agree plays no part.
        settings = replace(self.settings, runs=1, minimum_agreement=0.0)
        return Inquiry(
            space=ImagePointSpace(frame.identifier, frame.rgb),
            model=self.model,
            instruction=instruction,
            settings=settings,
            deadline=deadline,
            listeners=self.listeners,
        )


def _distance_m(frame: RgbdFrame, pixel: Pixel) -> float | ObservationReason:
    """Return how far on the floor what a pixel shows lies from the base."""
    assert frame.depth_m is not None
    point = point_at_pixel(frame.depth_m, frame.camera, pixel)
    if isinstance(point, ObservationReason):
        return point
    x_m, y_m, _ = transform_points(frame.base_from_camera, point.as_array())
    return float(math.hypot(x_m, y_m))
