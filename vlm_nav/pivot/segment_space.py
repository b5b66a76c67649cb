"""One mark for each segment of a picture, as PIVOT's action space (MPDrive's numbered things)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.segments import Segments
from vlm_nav.pivot.distribution import Gaussian
from vlm_nav.pivot.spaces import ImagePointSpace


@dataclass(frozen=True, eq=False)
class SegmentSpace(ImagePointSpace):
    """The points of a picture that lie farthest inside its segments, instead of random ones.

    They are few and stand where they stand: a single round offers them, the largest segments
    first. What is sampled about a choice is not theirs any more.
    """

    segments: Segments | None = None

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return the segments' points (n, 2), each once; random pixels about a distribution."""
        if distribution is not None:
            return super().sample(distribution, count, rng)
        known = () if self.segments is None else self.segments.anchors
        return np.array([(one.u_px, one.v_px) for one in known], dtype=np.float64).reshape(-1, 2)
