"""One picture put together from what several frames show from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.filling import filled
from vlm_nav.imagination.warping import ALL, Box, Warped, warp
from vlm_nav.observation.imagined_view import ImaginedView, Provenance
from vlm_nav.observation.rgbd_frame import RgbdFrame

_NEARER_SHARE = 0.96


@dataclass(frozen=True, eq=False)
class Source:
    """A part of a frame with depth that shows something of a new picture."""

    frame: RgbdFrame
    part: Box = ALL

    def pixels(self, nearest: NDArray[np.int16]) -> NDArray[np.int32]:
        """Return flat indices in the frame (h, w) of columns and rows (h, w, 2) of the part."""
        height, width = self.frame.rgb.shape[:2]
        rows, columns = (
            np.arange(size)[one] for size, one in zip((height, width), self.part, strict=True)
        )
        pixel = np.clip(nearest[..., 1], 0, len(rows) - 1).astype(np.int32)
        pixel *= np.int32(width)
        pixel += np.clip(nearest[..., 0], 0, len(columns) - 1)
        pixel += np.int32(rows[0] * width + columns[0])
        return pixel


def fused(
    sources: Sequence[Source],
    camera: PinholeCamera,
    base_from_camera: FloatArray,
    pose: FloorPose,
    identifier: str,
) -> ImaginedView:
    """Return one picture made of one frame with depth or several, holes filled."""
    canvas = _Canvas.of((camera.height_px, camera.width_px))
    for index, one in enumerate(sources):
        canvas.add(index, one, warp(one.frame, camera, base_from_camera, one.part))
    known = canvas.source >= 0
    provenance = Provenance(
        tuple(one.frame.identifier for one in sources),
        canvas.source,
        canvas.pixel,
        tuple(one.frame.camera.width_px for one in sources),
    )
    return ImaginedView(
        identifier, filled(canvas.rgb, known), known, canvas.depth_m, pose, provenance
    )


@dataclass(frozen=True, eq=False)
class _Canvas:
    """A picture that is put together: `source` and `pixel` are -1 where nothing is known yet."""

    rgb: RgbArray
    source: NDArray[np.int16]
    pixel: NDArray[np.int32]
    depth_m: NDArray[np.float32]
    magnified: NDArray[np.float32]

    @staticmethod
    def of(shape: tuple[int, int]) -> _Canvas:
        """Return one of which nothing is known."""
        return _Canvas(
            np.zeros((*shape, 3), dtype=np.uint8),
            np.full(shape, -1, dtype=np.int16),
            np.full(shape, -1, dtype=np.int32),
            np.full(shape, np.nan, dtype=np.float32),
            np.full(shape, np.nan, dtype=np.float32),
        )

    def add(self, index: int, source: Source, warped: Warped) -> None:
        """Add what a source shows in front, or finer than those before it."""
        box = box_of(warped.known)
        better = self._better(warped, box).view(np.uint8)
        if not better.any():
            return
        exact = warped.looked_up(box)
        maps = cv2.convertMaps(exact.u_px, exact.v_px, cv2.CV_16SC2)
        colours = source.frame.rgb[source.part]
        fetched = cv2.remap(colours, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        np.copyto(self.source[box], index, where=better.view(np.bool_))
        for new, into in (
            (fetched, self.rgb),
            (source.pixels(exact.nearest), self.pixel),
            (warped.depth_m[box], self.depth_m),
            (warped.magnified[box], self.magnified),
        ):
            cv2.copyTo(new, better, into[box])

    def _better(self, warped: Warped, box: Box) -> NDArray[np.bool_]:
        new_m, here_m = warped.depth_m[box], self.depth_m[box]
        with np.errstate(invalid='ignore'):
            better = warped.magnified[box] < self.magnified[box]
            better &= ~(new_m * np.float32(_NEARER_SHARE) > here_m)
            better |= new_m < here_m * np.float32(_NEARER_SHARE)
        better |= self.source[box] < 0
        better &= warped.known[box]
        return better


def box_of(mask: NDArray[np.bool_]) -> Box:
    """Return the rows and columns from the first that holds any to the last."""
    ends = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    rows, columns = (
        slice(found[0], found[-1] + 1) if found.size else slice(0, 0) for found in ends
    )
    return rows, columns
