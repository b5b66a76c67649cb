"""What picking needs of others: who looks, points, lifts, plans, and finds places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.arrays import DepthArray, RgbArray
from vlm_nav.manipulation.grasp_plan import GraspPlan, Place
from vlm_nav.manipulation.lifted import Lifted, Refused
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.pointing import Pointed

Lifting: TypeAlias = Callable[[RgbdFrame, Pixel], Lifted | Refused]
"""From a pixel to the point and the object that it shows."""

Planning: TypeAlias = Callable[[RgbdFrame, Lifted], GraspPlan | Refused]
"""From an object to poses of the gripper that an arm can take."""


class Putting(Protocol):
    """Finds where what the hand holds is put down; `placing.PlaceStep` does."""

    def ready(self) -> Refused | None:
        """Return why nothing can be put down, whatever is seen; None where something can."""
        ...

    def __call__(self, frame: RgbdFrame, pixel: Pixel) -> Place | Refused:
        """Return a place near a pixel, or why there is none."""
        ...


class HandEyes(Protocol):
    """Looks at what may be picked."""

    async def look(self, deadline: Deadline) -> RgbdFrame:
        """Return a picture fresh enough to decide from; raise Refusal where there is none."""
        ...

    async def look_at(self, stamp_ns: int, deadline: Deadline) -> RgbdFrame:
        """Return the picture of this stamp (ROS time); raise Refusal where it is gone."""
        ...


class Points(Protocol):
    """Chooses the pixel that an instruction means; `pointing.Pointer` does."""

    async def point(
        self,
        identifier: str,
        rgb: RgbArray,
        instruction: str,
        deadline: Deadline,
        allowed: NDArray[np.bool_] | None = None,
        depth_m: DepthArray | None = None,
    ) -> Pointed:
        """Return the pixel, or why there is none; raise Refusal where none is answered."""
        ...
