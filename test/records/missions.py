"""Missions that end in every way, on a small drawn floor."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.events import Listener
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, transform_from, transform_from_floor_pose
from vlm_nav.navigation.mission import Mission, MissionEnd
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question

INSTRUCTION = 'go to the yellow chair'
MOMENT = datetime(2031, 5, 4, 12, 30, tzinfo=timezone.utc)
REACHED = DriveOutcome(reached=True, reason=None, detail='')
ABORTED = DriveOutcome(reached=False, reason=DrivingReason.NAV_ABORTED, detail='no path')


@functools.lru_cache(maxsize=1)
def floor_frame() -> RgbdFrame:
    """Return the view of an empty floor from 0.5 m, 25 degrees down, 160 x 120 pixels."""
    camera = PinholeCamera(160, 120, 110.3, 110.7, 79.2, 60.1, (0.01, -0.02, 0.0, 0.001, 0.0))
    base_from_camera = _looking_down(0.5, np.radians(25.0))
    rays = camera.pixel_rays() @ base_from_camera[:3, :3].T
    with np.errstate(divide='ignore'):
        depth_m = (-0.5 / rays[..., 2]).astype(np.float32)
    depth_m[(rays[..., 2] >= 0.0) | (depth_m > 6.0)] = np.nan
    rows, columns = np.mgrid[0:120, 0:160]
    rgb = np.stack([columns, rows, (rows * columns) % 256], axis=-1).astype(np.uint8)
    map_from_base = transform_from_floor_pose(FloorPose(1.0 / 3.0, -2.0, 0.7))
    return RgbdFrame(
        rgb, depth_m, camera, base_from_camera, map_from_base, 'map', 1_700_000_000_123, 'front/7'
    )


def _looking_down(height_m: float, angle_rad: float) -> Any:
    level = np.eye(4)
    level[:3, :3] = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    half_rad = angle_rad / 2.0
    pitch = transform_from((0.0, 0.0, height_m), (np.cos(half_rad), 0.0, np.sin(half_rad), 0.0))
    return pitch @ level


def costmap_view() -> CostmapView:
    """Return a costmap of 10 m around with a wall and an unknown strip, oblique to the base."""
    values = np.zeros((101, 100), dtype=np.int8)
    values[:30], values[70:] = -1, 100
    values[40:42, ::2] = 99
    costmap = Costmap(values, 0.1, FloorPose(-4.9, -5.1, 0.2), 'odom', 77)
    return CostmapView(costmap, transform_from_floor_pose(FloorPose(0.3, 0.1, -0.4)))


@dataclass
class EyesThatSee:
    """Eyes with one sight, or none."""

    sight: Sight | None

    async def look(self, _: Deadline) -> Sight:
        if self.sight is None:
            raise Refusal(ObservationReason.STALE_IMAGE, 'the picture is 4 s old')
        return self.sight


@dataclass
class BaseThatEnds:
    """A base whose drives end as told; None drives until it is cancelled."""

    outcome: DriveOutcome | None

    async def drive(self, _: Waypoint, __: Deadline) -> DriveOutcome:
        if self.outcome is None:
            await asyncio.Event().wait()
        assert self.outcome is not None
        return self.outcome


class NeverAnswers:
    """A model that answers when the robot is gone."""

    async def ask(self, _: Question, __: Deadline) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def mission(
    *listeners: Listener,
    model: Model | None = None,
    sight: Sight | None = Sight(floor_frame()),
    outcome: DriveOutcome | None = REACHED,
    names: Callable[[], str] = lambda: 'a_record',
    runs: int = 2,
) -> Mission:
    """Return a mission of `runs` runs of two rounds that tells these listeners."""
    settings = PivotSettings(rounds=2, samples=5, picks=2, runs=runs, early_stop=False)
    selector = PivotSelector(model or AlwaysFirst(), settings, listeners=listeners)
    return Mission(
        EyesThatSee(sight), selector, BaseThatEnds(outcome), listeners=listeners,
        name_record=names,
    )  # fmt: skip


def writer(folder: Path, **options: Any) -> RecordWriter:
    """Return a writer whose problems fail the test."""

    def fail(problem: str) -> None:
        raise AssertionError(problem)

    defaults = {'on_problem': fail, 'wall_clock': lambda: MOMENT}
    return RecordWriter(folder, **{**defaults, **options})


def carried_out(folder: Path, instruction: str = INSTRUCTION, **options: Any) -> MissionEnd:
    """Carry an instruction out with a writer and return how it ended."""
    return asyncio.run(mission(writer(folder), **options).carry_out(instruction))


async def cancelled_when(told: type, folder: Path, **options: Any) -> None:
    """Carry an instruction out and cancel it as soon as an event of this class was told."""
    reached = asyncio.Event()

    def listen(event: object) -> None:
        if isinstance(event, told):
            reached.set()

    listeners = (writer(folder), listen)
    task = asyncio.ensure_future(mission(*listeners, **options).carry_out(INSTRUCTION))
    await reached.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
