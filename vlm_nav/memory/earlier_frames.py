"""Frames of earlier looks that pictures of other places are made of, beside what is seen now."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import RgbdFrame

# A camera that was turned by so much shows as much else as one that was moved by a metre.
_TURN_PER_METRE_RAD = math.radians(60.0)
# Nearer to each other than this, the newer one shows it all.
_ALIKE = 0.4


@dataclass(frozen=True, eq=False)
class EarlierFrames:
    """At most `most` frames with depth, taken from places and along headings that lie apart.

    Frames of another map than the newest one's are forgotten: nobody knows where they are. Raises
    InvalidValueError for a negative number; with 0 none is kept.
    """

    most: int = 24
    frames: tuple[RgbdFrame, ...] = ()

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a number that nobody can keep."""
        if self.most < 0:
            raise InvalidValueError(f'no frame or more is kept, got {self.most}')

    def with_frames(self, frames: Iterable[RgbdFrame]) -> EarlierFrames:
        """Return what is kept once these were seen too; newer ones take the place of older."""
        kept = list(self.frames)
        for frame in frames:
            if frame.depth_m is None or self.most == 0:
                continue
            kept = [
                one
                for one in kept
                if one.map_frame == frame.map_frame and _apart(one, frame) > _ALIKE
            ]
            kept.append(frame)
            if len(kept) > self.most:
                kept.pop(_least_missed(kept))
        return replace(self, frames=tuple(kept))

    def around(self, reference: RgbdFrame) -> tuple[RgbdFrame, ...]:
        """Return them placed in the base frame of the reference, none of another map."""
        return tuple(
            seen_from(frame, reference)
            for frame in self.frames
            if frame.map_frame == reference.map_frame
        )


def _least_missed(frames: list[RgbdFrame]) -> int:
    """Return the index of the older one of the two that were taken nearest to each other."""
    apart = np.array([[_apart(one, other) for other in frames] for one in frames])
    apart[np.tril_indices(len(frames))] = np.inf
    return int(np.unravel_index(int(apart.argmin()), apart.shape)[0])


def _apart(one: RgbdFrame, other: RgbdFrame) -> float:
    """Return how far apart two cameras were, in metres; a turn counts as a way."""
    first, second = _map_from_camera(one), _map_from_camera(other)
    away_m = float(np.linalg.norm(first[:3, 3] - second[:3, 3]))
    cosine = float(np.clip(first[:3, 2] @ second[:3, 2], -1.0, 1.0))
    return away_m + math.acos(cosine) / _TURN_PER_METRE_RAD


def _map_from_camera(frame: RgbdFrame) -> FloatArray:
    return np.asarray(frame.map_from_base @ frame.base_from_camera)
