"""Frames of earlier looks that pictures of other places are made of, beside what is seen now."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.imagined_view import LONGEST_SIDE_PX
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.observation.shrinking import shrunk_frame

# A camera that was turned by so much shows as much else as one that was moved by a metre.
_TURN_PER_METRE_RAD = math.radians(60.0)
# Nearer to each other than this, the newer one shows it all.
_ALIKE = 0.4


@dataclass(frozen=True, eq=False)
class EarlierFrames:
    """At most `most` frames with depth, taken from places and along headings that lie apart.

    They are kept no larger than pictures are made of them, see `imagined_view.LONGEST_SIDE_PX`:
    2.2 MB each at 640 x 480. Frames of another map than the newest one's are forgotten: nobody
    knows where they are. Raises InvalidValueError for a negative number; with 0 none is kept.
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
            kept = [one for one in kept if one.map_frame == frame.map_frame]
            far = _apart(kept, [frame])[:, 0] > _ALIKE
            kept = [one for one, is_far in zip(kept, far, strict=True) if is_far]
            kept.append(shrunk_frame(frame, LONGEST_SIDE_PX))
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
    apart = _apart(frames, frames)
    apart[np.tril_indices(len(frames))] = np.inf
    return int(np.unravel_index(int(apart.argmin()), apart.shape)[0])


def _apart(some: Sequence[RgbdFrame], others: Sequence[RgbdFrame]) -> FloatArray:
    """Return how far apart cameras were (n, m), in metres; a turn counts as a way."""
    first, second = _map_from_camera(some), _map_from_camera(others)
    away_m = np.linalg.norm(first[:, None, :3, 3] - second[None, :, :3, 3], axis=-1)
    cosines = np.clip(first[:, :3, 2] @ second[:, :3, 2].T, -1.0, 1.0)
    apart: FloatArray = away_m + np.arccos(cosines) / _TURN_PER_METRE_RAD
    return apart


def _map_from_camera(frames: Sequence[RgbdFrame]) -> FloatArray:
    poses = [frame.map_from_base @ frame.base_from_camera for frame in frames]
    return np.array(poses).reshape(-1, 4, 4)
