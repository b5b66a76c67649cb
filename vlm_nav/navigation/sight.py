"""What a decision is made from: one frame, and the costmaps at its stamp."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.observation.costmap import CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True, eq=False)
class Sight:
    """One look of the robot; `costmaps` is empty on a robot without any."""

    frame: RgbdFrame
    costmaps: tuple[CostmapView, ...] = ()
