"""Viewpoints all around at one distance, whatever is there: what others are measured against."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vlm_nav.geometry.poses import wrap_angle
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.vantage import Vantage
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.observation.headings import half_view_rad, heading_in_base_rad
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Outside of what a picture shows, only holes could be imagined.
_BORDER_RAD = math.radians(5.0)
# So many at least are there to choose from, where the robot sees but one side.
_FEWEST = 3


@dataclass(frozen=True)
class UniformProposer:
    """One viewpoint every `step_rad`, `range_m` from the base, nearer where it is not free.

    Six of them at 2 m are the baseline of ImagineNav (arXiv 2410.09874). Only what a camera looks
    at counts: a robot that sees one side is offered viewpoints that lie closer together there.
    """

    range_m: float = 2.0
    nearest_m: float = 0.5
    step_rad: float = math.radians(60.0)

    @property
    def name(self) -> str:
        """The name that parameters and records call it by."""
        return 'uniform'

    def cannot(self, surroundings: Surroundings) -> str | None:
        """Return in words what it lacks: a costmap, or depth."""
        return None if Vantage(surroundings).can_tell else 'a costmap, or depth'

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        """Return the viewpoints, that ahead first, the others to the left of it in turn."""
        vantage = Vantage(surroundings)
        places = []
        for bearing_rad in self._bearings_rad(surroundings.frames, count):
            between_m = (self.nearest_m, self.range_m)
            range_m = vantage.farthest_m(bearing_rad, between_m)
            if range_m is not None:
                places.append((range_m * math.cos(bearing_rad), range_m * math.sin(bearing_rad)))
        return vantage.viewpoints(np.array(places).reshape(-1, 2))

    def _bearings_rad(self, frames: tuple[RgbdFrame, ...], count: int) -> list[float]:
        step_rad = max(self.step_rad, 2.0 * math.pi / max(count, 1))
        while True:
            steps = range(round(2.0 * math.pi / step_rad))
            bearings_rad = [wrap_angle(step * step_rad) for step in steps]
            seen = [bearing for bearing in bearings_rad if _is_seen(frames, bearing)]
            if len(seen) >= min(_FEWEST, count) or step_rad < _BORDER_RAD:
                return seen[:count]
            step_rad /= 2.0


def _is_seen(frames: tuple[RgbdFrame, ...], bearing_rad: float) -> bool:
    """Return whether any of the frames looks along a bearing of the base."""
    for frame in frames:
        aside_rad = abs(wrap_angle(heading_in_base_rad(frame) - bearing_rad))
        if aside_rad <= half_view_rad(frame) + _BORDER_RAD:
            return True
    return False
