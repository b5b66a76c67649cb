"""Pictures of what would be seen from viewpoints, behind one interface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ImaginingReason, ReasonCode
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Farther than this nobody imagines anything from what is seen here.
_FARTHEST_M = 100.0


@dataclass(frozen=True)
class ReasonedAbsence:
    """Why there is no picture of a viewpoint."""

    reason: ReasonCode
    detail: str


class ViewSynthesis(Protocol):
    """Makes pictures of what would be seen from viewpoints."""

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        """Return a picture for each viewpoint, in order, or why there is none."""
        ...


@dataclass(frozen=True)
class NoSynthesis:
    """Shows of each viewpoint what is seen now towards it: nothing is imagined."""

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        """Return the frame of each viewpoint, under its own identifier."""
        return [unfit(frames, one) or _as_seen(frames[one.view], one) for one in viewpoints]


def unfit(frames: Sequence[RgbdFrame], viewpoint: Viewpoint) -> ReasonedAbsence | None:
    """Return why nobody can imagine a viewpoint, whatever is seen; None where somebody may."""
    pose, problem = viewpoint.pose, ''
    numbers = (pose.x_m, pose.y_m, pose.yaw_rad)
    if not 0 <= viewpoint.view < len(frames):
        problem = f'one of {len(frames)} frames was wanted, got number {viewpoint.view}'
    elif not (all(map(math.isfinite, numbers)) and math.hypot(*numbers[:2]) <= _FARTHEST_M):
        problem = f'a pose within {_FARTHEST_M:g} m was wanted, got {numbers}'
    return ReasonedAbsence(ImaginingReason.VIEW_EMPTY, problem) if problem else None


def _as_seen(frame: RgbdFrame, viewpoint: Viewpoint) -> ImaginedView:
    known = np.ones(frame.rgb.shape[:2], dtype=np.bool_)
    return ImaginedView(frame.identifier, frame.rgb, known, frame.depth_m, viewpoint.pose)
