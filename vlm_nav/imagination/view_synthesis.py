"""Pictures of what would be seen from viewpoints, behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame


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
        return [_as_seen(frames[one.view], one) for one in viewpoints]


def _as_seen(frame: RgbdFrame, viewpoint: Viewpoint) -> ImaginedView:
    known = np.ones(frame.rgb.shape[:2], dtype=np.bool_)
    return ImaginedView(frame.identifier, frame.rgb, known, frame.depth_m, viewpoint.pose)
