"""Parts of pictures, shown larger: a closer look at what was photographed once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray, RgbArray

# A region below the first share of a picture is doubled, one from the second on is left as large
# as it is; between them the zoom falls evenly (VLM-R3).
_DOUBLED_BELOW, _AS_IT_IS_FROM = 1.0 / 8.0, 1.0 / 2.0
_MOST_ZOOM = 2.0


@dataclass(frozen=True)
class Cut:
    """A part of a picture, in its whole pixels, and the size in pixels that it is shown in."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    shown_width_px: int
    shown_height_px: int

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a part without pixels."""
        sizes = (self.width_px, self.height_px, self.shown_width_px, self.shown_height_px)
        if min(sizes) < 1 or min(self.left_px, self.top_px) < 0:
            raise InvalidValueError(f'a part of a picture has pixels of it, got {self}')

    def in_picture(self, shown: Pixel) -> Pixel:
        """Return where a pixel of the part, as it is shown, lies in the whole picture.

        Whole numbers are pixel centres in both: the corner of a picture lies at (-0.5, -0.5).
        """
        return Pixel(
            self.left_px + (shown.u_px + 0.5) * self.width_px / self.shown_width_px - 0.5,
            self.top_px + (shown.v_px + 0.5) * self.height_px / self.shown_height_px - 0.5,
        )

    def as_shown(self, pixel: Pixel) -> Pixel:
        """Return where a pixel of the whole picture shows in the part; the way back."""
        return Pixel(
            (pixel.u_px - self.left_px + 0.5) * self.shown_width_px / self.width_px - 0.5,
            (pixel.v_px - self.top_px + 0.5) * self.shown_height_px / self.height_px - 0.5,
        )


def zoom_of(share: float) -> float:
    """Return how much larger a region is shown that covers this share (0 to 1) of a picture."""
    between = (share - _DOUBLED_BELOW) / (_AS_IT_IS_FROM - _DOUBLED_BELOW)
    return float(_MOST_ZOOM - (_MOST_ZOOM - 1.0) * np.clip(between, 0.0, 1.0))


def cut_around(centre: Pixel, half_size_px: FloatArray, width_px: int, height_px: int) -> Cut:
    """Return the part of a picture around `centre`, moved inside the picture where it leaves it.

    `half_size_px` (2,) is half its width and height. It is enlarged as `zoom_of` says.
    """
    sizes = np.array((width_px, height_px))
    size = np.clip(np.ceil(2.0 * np.asarray(half_size_px)), 1, sizes).astype(np.int64)
    corner = np.round((centre.u_px, centre.v_px) - (size - 1) / 2.0).astype(np.int64)
    left_px, top_px = np.clip(corner, 0, sizes - size).tolist()
    zoom = zoom_of(float(np.prod(size / sizes)))
    shown = np.maximum(1, np.round(zoom * size)).astype(np.int64)
    return Cut(left_px, top_px, *size.tolist(), *shown.tolist())


def cut_out(rgb: RgbArray, cut: Cut) -> RgbArray:
    """Return the part (h, w, 3) of a picture (H, W, 3), enlarged."""
    part = rgb[cut.top_px : cut.top_px + cut.height_px, cut.left_px : cut.left_px + cut.width_px]
    size = (cut.shown_width_px, cut.shown_height_px)
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
