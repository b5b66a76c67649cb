"""Places on the floor as PIVOT's action space, in metres of the base frame."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate, GroundAction, MetricFacts, Pixel
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.distribution import Gaussian
from vlm_nav.pivot.floor_view import FloorView
from vlm_nav.pivot.spaces import Proposals
from vlm_nav.vlm.question import Purpose


@dataclass(frozen=True, eq=False)
class GroundChecks:
    """What a guard says about places (n, 2) of the base frame.

    `refused` (n,) holds a ReasonCode or None for each; `free_m` (n,) is how far the robot may
    drive along each bearing, NaN where unmeasured.
    """

    refused: NDArray[np.object_]
    free_m: FloatArray


GroundGuard = Callable[[FloatArray], GroundChecks]


@dataclass(frozen=True, eq=False)
class GroundSpace:
    """Places that the robot could drive to; vectors are (x, y) on the floor of the base frame.

    `frames`, one of each camera, are given in one base frame. The first round samples range and
    bearing evenly over each camera's view between `nearest_m` and `farthest_m`. The guard that
    is given judges every place before it is drawn. A place is drawn in the one picture whose
    centre it is nearest to, by the picture's size.
    """

    frames: tuple[RgbdFrame, ...]
    guard: GroundGuard
    nearest_m: float = 0.5
    farthest_m: float = 4.0
    floor_m: float = 0.05

    @property
    def purpose(self) -> Purpose:
        """Return what a choice in this space is for."""
        return Purpose.GROUND_WAYPOINT

    @property
    def pictures(self) -> tuple[MarkedPicture, ...]:
        """Return the clean pictures of the frames; a camera that is the only one goes unnamed."""
        if len(self._views) == 1:
            return (replace(self._views[0].picture, camera=''),)
        return tuple(view.picture for view in self._views)

    @property
    def arrow_tails(self) -> tuple[Pixel | None, ...]:
        """Return the bottom centre of each picture."""
        return tuple(view.arrow_tail for view in self._views)

    @property
    def floor(self) -> tuple[float, ...]:
        """Return the smallest standard deviation in metres."""
        return (self.floor_m, self.floor_m)

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return places (count, 2): from the distribution, or shared by all views if None."""
        if distribution is not None:
            return distribution.sample(count, rng)
        parts = np.array_split(np.arange(count), len(self._views))
        return np.concatenate(
            [
                view.sample(self.nearest_m, self.farthest_m, len(part), rng)
                for view, part in zip(self._views, parts, strict=True)
            ]
        )

    def propose(self, vectors: FloatArray) -> Proposals:
        """Return where the places show; unseen and blocked ones are refused."""
        pictures, anchors, shown = self._shown(vectors)
        range_m = np.hypot(vectors[:, 0], vectors[:, 1])
        shown = shown & (range_m >= self.nearest_m) & (range_m <= self.farthest_m)
        refused = np.full(len(vectors), CandidateReason.OUTSIDE_IMAGE, dtype=np.object_)
        free_m = np.full(len(vectors), np.nan)
        checks = self.guard(vectors[shown])
        refused[shown], free_m[shown] = checks.refused, checks.free_m
        return Proposals(vectors, anchors, refused, free_m, pictures)

    def candidate(self, label: int, proposals: Proposals, index: int) -> Candidate[GroundAction]:
        """Return the place as range and bearing, with what is known about the way to it."""
        action = ground_action(*proposals.vectors[index].tolist())
        free_m = float(proposals.free_m[index])
        facts = MetricFacts(
            action.range_m, action.bearing_rad, None if math.isnan(free_m) else free_m
        )
        anchor = Pixel(*proposals.anchors[index].tolist())
        return Candidate(label, action, anchor, facts, proposals.refused[index])

    def anchors(self, vectors: FloatArray, picture: int) -> FloatArray:
        """Return where the places on the floor show in a picture (n, 2)."""
        return self._views[picture].anchors(vectors)

    def shown_in(self, vectors: FloatArray) -> NDArray[np.int64]:
        """Return the index (n,) of the picture whose centre each place is nearest to."""
        return self._shown(vectors)[0]

    def _shown(
        self, vectors: FloatArray
    ) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
        """Return for each place its picture, its anchor there, and whether it lies within."""
        anchors = np.stack([view.anchors(vectors) for view in self._views])
        away = [view.eccentricities(at) for view, at in zip(self._views, anchors, strict=True)]
        within = [view.shows(at) for view, at in zip(self._views, anchors, strict=True)]
        pictures = np.argmin(away, axis=0)
        rows = np.arange(len(vectors))
        return pictures, anchors[pictures, rows], np.array(within)[pictures, rows]

    @functools.cached_property
    def _views(self) -> tuple[FloorView, ...]:
        return tuple(FloorView(frame) for frame in self.frames)


def ground_action(x_m: float, y_m: float) -> GroundAction:
    """Return a place on the floor of the base frame as range and bearing."""
    return GroundAction(math.hypot(x_m, y_m), math.atan2(y_m, x_m))
