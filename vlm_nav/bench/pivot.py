"""How long PIVOT's own work takes: everything but the model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vlm_nav.bench.scenes import colour_pictures, floor_frame
from vlm_nav.bench.timing import Timing, one_core, time_of
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.selectors import GroundReach, PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.ground_space import GroundSpace
from vlm_nav.pivot.proposing import marked_pictures, offer_candidates
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.vlm.doubles import NearestToTarget
from vlm_nav.vlm.picture_encoding import jpeg_of
from vlm_nav.vlm.question import Answer, Question

# M, K, N and E of the paper; without early stop, so that all nine questions are asked.
SETTINGS = PivotSettings(samples=10, picks=3, rounds=3, runs=3, early_stop=False)
REACH = GroundReach()
TARGET = Pixel(380.0, 350.0)

# A wide-angle lens, eight coefficients.
_RATIONAL_CAMERA = PinholeCamera(
    640, 480, 380.0, 380.0, 319.5, 239.5, (0.3, -0.02, 1e-4, -2e-4, 5e-3, 0.6, 0.01, 2e-3)
)


@dataclass(frozen=True)
class PivotBench:
    """The figures; times are of one call on one core."""

    scene: str
    pictures: str
    propose_check_draw: Timing
    marks_drawn: int
    decision_3x3: Timing
    decision_marks: int
    encode: Timing
    encode_bytes: int
    project_1000: Timing
    project_1000_opencv: Timing

    def as_json(self) -> dict[str, Any]:
        """Return the medians by the names that stay the same from version to version."""
        return {
            'scene': self.scene,
            'pictures': self.pictures,
            'propose_check_draw_ms': self.propose_check_draw.median_ms,
            'marks_drawn': self.marks_drawn,
            'decision_3x3_ms': self.decision_3x3.median_ms,
            'decision_marks': self.decision_marks,
            'encode_ms': self.encode.median_ms,
            'encode_bytes': self.encode_bytes,
            'project_1000_ms': self.project_1000.median_ms,
            'project_1000_ratio_to_opencv': self.project_1000.ratio_to(self.project_1000_opencv),
        }


def bench_pivot(data: Path, calls: int = 40) -> PivotBench:
    """Measure on one core; `data` is the folder with recorded pictures, if there are any."""
    with one_core():
        frame = floor_frame(data)
        pictures_name, pictures = colour_pictures(data)
        first = time_of(lambda: _propose_check_draw(frame), calls=calls)
        marks = len(_propose_check_draw(frame).marks)
        decision, decision_marks = _deciding(frame, calls)
        drawn = [draw_marks(_marked(frame, rgb)) for rgb in pictures]
        encoding = [time_of(partial(jpeg_of, one), calls=5) for one in drawn]
        sizes = [len(jpeg_of(one)) for one in drawn]
        project, opencv = _projecting(calls)
    return PivotBench(
        scene=frame.identifier,
        pictures=pictures_name,
        propose_check_draw=first,
        marks_drawn=marks,
        decision_3x3=decision,
        decision_marks=decision_marks,
        encode=_median_of(encoding),
        encode_bytes=round(float(np.median(sizes))),
        project_1000=project,
        project_1000_opencv=opencv,
    )


@dataclass(eq=False)
class DrawingDouble:
    """A double that answers at once, once it has drawn what a model would be shown."""

    inner: NearestToTarget = field(default_factory=lambda: NearestToTarget(TARGET))
    marks_drawn: int = 0

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Draw the pictures and return the marks nearest to the target."""
        for picture in question.pictures:
            draw_marks(picture)
            self.marks_drawn += len(picture.marks)
        return await self.inner.ask(question, deadline)


def _deciding(frame: RgbdFrame, calls: int) -> tuple[Timing, int]:
    # One loop and its threads for all, as in a node that runs.
    loop = asyncio.new_event_loop()
    try:
        timing = time_of(lambda: _decide(frame, loop), calls=calls)
        return timing, _decide(frame, loop).marks_drawn
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def _propose_check_draw(frame: RgbdFrame) -> MarkedPicture:
    guard = guard_for(Sight(frame), FreeSpaceSettings())
    space = GroundSpace((frame,), guard, REACH.nearest_m, REACH.farthest_m)
    offer = offer_candidates(space, None, SETTINGS.samples, np.random.default_rng(0))
    (picture,) = marked_pictures(space, offer, also_unmarked=True)
    draw_marks(picture)
    return picture


def _decide(frame: RgbdFrame, loop: asyncio.AbstractEventLoop) -> DrawingDouble:
    double = DrawingDouble()
    selector = PivotSelector(double, SETTINGS, reach=REACH)
    loop.run_until_complete(selector.select(Sight(frame), 'go there', Deadline.after(60.0)))
    return double


def _marked(frame: RgbdFrame, rgb: RgbArray) -> MarkedPicture:
    """Return another picture under the marks of a first question about the frame."""
    marked = _propose_check_draw(frame)
    return MarkedPicture('picture', rgb, marked.marks, marked.radius_px)


def _projecting(calls: int) -> tuple[Timing, Timing]:
    rng = np.random.default_rng(0)
    points = rng.uniform((-1.0, -0.8, 0.8), (1.0, 0.8, 5.0), size=(1000, 3))
    camera = _RATIONAL_CAMERA
    matrix = np.array(
        [
            [camera.fx_px, 0.0, camera.cx_px],
            [0.0, camera.fy_px, camera.cy_px],
            [0.0, 0.0, 1.0],
        ]
    )
    d, still = np.array(camera.distortion), np.zeros(3)
    ours = time_of(lambda: camera.project(points), calls=10 * calls)
    opencv = time_of(lambda: cv2.projectPoints(points, still, still, matrix, d), calls=10 * calls)
    return ours, opencv


def _median_of(timings: list[Timing]) -> Timing:
    return Timing(
        float(np.median([one.median_ms for one in timings])),
        min(one.fastest_ms for one in timings),
        max(one.slowest_ms for one in timings),
    )
