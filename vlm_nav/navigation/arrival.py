"""Whether the robot has arrived: the model is asked, and the depth has to agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener
from vlm_nav.core.reasons import ObservationReason, ReasonCode
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.depth import point_at_pixel
from vlm_nav.geometry.poses import transform_points, wrap_angle
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.floor_view import FloorView
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.pointing import Pointer
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Purpose, Question

_SIDES = 2


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


@dataclass(frozen=True)
class Pointed:
    """Where in the map the model points at the thing, None where it does not; and its cost."""

    place: tuple[float, float] | None
    calls: int


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
            found, asked = await self._pointed(frame, instruction, deadline)
            calls += asked
            if isinstance(found, str):
                detail = detail or found
                continue
            nearest_m = min(nearest_m, float(np.hypot(*found)))
            if nearest_m <= self.distance_m:
                break
        if not math.isfinite(nearest_m):
            return Verdict(False, True, f'refuted: {detail or "it points nowhere"}', calls=calls)
        arrived = nearest_m <= self.distance_m
        words = f'{nearest_m:.2f} m away, arrived is within {self.distance_m:g} m'
        detail = f'{"confirmed" if arrived else "refuted"}: what the model points at is {words}'
        return Verdict(arrived, True, detail, nearest_m, calls=calls)

    async def point(
        self,
        sight: Sight,
        instruction: str,
        towards: tuple[float, float] | None,
        deadline: Deadline,
    ) -> Pointed:
        """Return where the thing stands, if it shows to the side of a place of the map.

        Asked are the pictures of the cameras that look there best, without a place all of them.
        """
        frames = [frame for frame in sight.frames if frame.depth_m is not None]
        if towards is not None:
            place = towards
            frames = sorted(frames, key=lambda frame: _aside_rad(frame, place))[:_SIDES]
        calls = 0
        for frame in frames:
            found, asked = await self._pointed(frame, instruction, deadline)
            calls += asked
            if not isinstance(found, str):
                x_m, y_m, _ = transform_points(frame.map_from_base, (*found, 0.0))
                return Pointed((float(x_m), float(y_m)), calls)
        return Pointed(None, calls)

    async def _pointed(
        self, frame: RgbdFrame, instruction: str, deadline: Deadline
    ) -> tuple[FloatArray | str, int]:
        """Return where on the floor of the base frame (2,) what is pointed at is, and the cost.

        In words why there is no such place.
        """
        assert frame.depth_m is not None
        # What is far away is small, and beside it shows what is nearer or farther: without the
        # closer look a tenth of the things of a house were put more than 1 m off.
        pointer = Pointer(self.model, self._settings, listeners=self.listeners, seed=self.seed)
        # Where there is no depth, nobody could say where that is.
        measured = np.isfinite(frame.depth_m)
        pointed = await pointer.point(
            frame.identifier, frame.rgb, instruction, deadline, allowed=measured
        )
        if pointed.pixel is None:
            return pointed.detail, pointed.calls
        point = point_at_pixel(frame.depth_m, frame.camera, pointed.pixel)
        if isinstance(point, ObservationReason):
            detail = f'there is no depth where the model points ({point.value})'
            return detail, pointed.calls
        place: FloatArray = transform_points(frame.base_from_camera, point.as_array())[:2]
        return place, pointed.calls

    @property
    def _settings(self) -> PivotSettings:
        # One run alone points; how near runs agree plays no part, and the depth is the check.
        return replace(self.settings, runs=1, minimum_agreement=0.0, checks=())

    def _inquiry(self, frame: RgbdFrame, instruction: str, deadline: Deadline) -> Inquiry[Pixel]:
        return Inquiry(
            space=ImagePointSpace(frame.identifier, frame.rgb),
            model=self.model,
            instruction=instruction,
            settings=self._settings,
            deadline=deadline,
            listeners=self.listeners,
        )


def _aside_rad(frame: RgbdFrame, towards: tuple[float, float]) -> float:
    """Return how far beside the middle of a frame's view a place of the map lies."""
    map_from_camera = frame.map_from_base @ frame.base_from_camera
    ahead_rad = math.atan2(map_from_camera[1, 2], map_from_camera[0, 2])
    place = np.asarray(towards) - map_from_camera[:2, 3]
    return abs(wrap_angle(math.atan2(place[1], place[0]) - ahead_rad))
