"""What was looked at a moment ago, from nearly here: to look again would show the same."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Frames are large; so many show all sides.
_MOST = 12


@dataclass(frozen=True)
class FreshViews:
    """Frames that may stand for another look for `fresh_s`, within `near_m` of their camera.

    With `fresh_s` 0 none is kept.
    """

    fresh_s: float = 30.0
    near_m: float = 0.5
    frames: tuple[RgbdFrame, ...] = ()

    def with_frames(self, frames: Iterable[RgbdFrame]) -> FreshViews:
        """Return the views with newer ones; the oldest make room for them."""
        if self.fresh_s <= 0.0:
            return self
        new = list(frames)
        names = {_name(frame) for frame in new}
        kept = [frame for frame in self.frames if _name(frame) not in names]
        together = sorted([*kept, *new], key=lambda frame: frame.stamp_ns)
        return replace(self, frames=tuple(together[-_MOST:]))

    def forgotten(self) -> FreshViews:
        """Return no views: what was seen may have changed."""
        return replace(self, frames=())

    def around(self, reference: RgbdFrame) -> tuple[RgbdFrame, ...]:
        """Return the views that may stand for a look at the reference's stamp, from there."""
        return tuple(
            frame
            for frame in self.frames
            if frame.map_frame == reference.map_frame
            and 0.0 <= (reference.stamp_ns - frame.stamp_ns) * 1e-9 <= self.fresh_s
            and math.dist(_place(frame), _place(reference)) <= self.near_m
            and _name(frame) != _name(reference)
        )


def _place(frame: RgbdFrame) -> FloatArray:
    place: FloatArray = (frame.map_from_base @ frame.base_from_camera)[:2, 3]
    return place


def _name(frame: RgbdFrame) -> tuple[str, int]:
    return frame.identifier, frame.stamp_ns
