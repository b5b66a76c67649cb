"""Numbered marks on pictures as data, and pictures mirrored and as they were taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.cuts import Cut
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.observation.imagined_view import Provenance


@dataclass(frozen=True)
class Mark:
    """A numbered disc at `anchor`, with an arrow from `tail` to it where `tail` is given.

    `farther` is told by colour and size: from -1, the most nearer to the camera (blue, large), to
    1, the most farther away (red, small).
    """

    label: int
    anchor: Pixel
    tail: Pixel | None = None
    farther: float | None = None


class PictureKind(str, Enum):
    """Where a picture comes from: a camera now, a synthesis, or a camera some time ago."""

    SEEN = 'seen'
    IMAGINED = 'imagined'
    REMEMBERED = 'remembered'


@dataclass(frozen=True, eq=False)
class MarkedPicture:
    """A clean picture and the marks that belong on it.

    `rgb` is (H, W, 3) uint8, `radius_px` the discs' radius in its pixels. The identifier is
    opaque; it names the picture in records and lets a double look up what it shows. `camera`
    names who took it, empty where there is one only, and `heading_rad` where that camera looks
    from the robot, positive to the left. A `mirrored` picture shows left and right exchanged, its
    marks with it. Of a `cut` picture `rgb` is that part, enlarged, and the marks lie on it.
    `imagined` says where each pixel of an imagined picture was seen, None where that is not known.
    """

    identifier: str
    rgb: RgbArray
    marks: tuple[Mark, ...] = ()
    radius_px: float = 18.0
    camera: str = ''
    heading_rad: float = 0.0
    mirrored: bool = False
    cut: Cut | None = None
    kind: PictureKind = PictureKind.SEEN
    imagined: Provenance | None = None


def mirrored_picture(picture: MarkedPicture) -> MarkedPicture:
    """Return the picture with left and right exchanged, marks and all; twice is the picture."""
    last_px = picture.rgb.shape[1] - 1.0

    def across(pixel: Pixel) -> Pixel:
        return Pixel(last_px - pixel.u_px, pixel.v_px)

    marks = tuple(
        replace(mark, anchor=across(mark.anchor), tail=across(mark.tail) if mark.tail else None)
        for mark in picture.marks
    )
    rgb = np.ascontiguousarray(picture.rgb[:, ::-1])
    return replace(picture, rgb=rgb, marks=marks, mirrored=not picture.mirrored)


def as_taken(picture: MarkedPicture) -> MarkedPicture:
    """Return the picture as its camera took it: what its identifier stands for.

    The marks of a part lie where they belong in the whole picture then, of whose pixels there
    are none: `rgb` is empty.
    """
    taken = mirrored_picture(picture) if picture.mirrored else picture
    cut = taken.cut
    if cut is None:
        return taken
    marks = tuple(
        replace(
            mark,
            anchor=cut.in_picture(mark.anchor),
            tail=cut.in_picture(mark.tail) if mark.tail else None,
        )
        for mark in taken.marks
    )
    return replace(taken, rgb=taken.rgb[:0, :0], marks=marks, cut=None)
