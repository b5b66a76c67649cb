"""Marked pictures as they leave for a model: fitted in size, drawn, compressed."""

from __future__ import annotations

import base64
from dataclasses import replace

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, draw_marks
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.question import SentPicture


def encode_picture(
    picture: MarkedPicture, *, max_side_px: int = 1024, jpeg_quality: int = 85
) -> SentPicture:
    """Return the JPEG of `picture` with its marks drawn at the size that is sent.

    Drawing comes after resizing, so numbers stay sharp. Raises `InvalidValueError` for an empty
    picture and for one that is not (H, W, 3) uint8.
    """
    drawn = draw_marks(fitted(picture, max_side_px))
    return SentPicture('image/jpeg', jpeg_of(drawn, jpeg_quality))


def jpeg_of(rgb: RgbArray, jpeg_quality: int = 85) -> bytes:
    """Return a picture (H, W, 3) as JPEG; raises `InvalidValueError` where that cannot be."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    if not done:
        raise InvalidValueError(f'a picture of shape {rgb.shape} cannot be written as JPEG')
    return data.tobytes()


def fitted(picture: MarkedPicture, max_side_px: int) -> MarkedPicture:
    """Return `picture` with its longer side at most `max_side_px`, marks and discs scaled along.

    Never enlarges. A mark keeps its place on the scene: pixel centres are whole numbers before
    and after.
    """
    if picture.rgb.ndim != 3 or picture.rgb.shape[2] != 3 or picture.rgb.dtype != np.uint8:
        raise InvalidValueError(
            f'a picture is (H, W, 3) uint8, got {picture.rgb.shape} {picture.rgb.dtype}'
        )
    height, width = picture.rgb.shape[:2]
    if min(height, width) == 0:
        raise InvalidValueError(f'picture {picture.identifier!r} is empty: {width}x{height}')
    scale = max_side_px / max(height, width)
    if scale >= 1.0:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    x_scale, y_scale = size[0] / width, size[1] / height
    rgb = cv2.resize(picture.rgb, size, interpolation=cv2.INTER_AREA)
    return replace(
        picture,
        rgb=np.asarray(rgb, dtype=np.uint8),
        marks=tuple(_scaled(mark, x_scale, y_scale) for mark in picture.marks),
        radius_px=picture.radius_px * scale,
    )


def data_url(picture: SentPicture) -> str:
    """Return `picture` as a data URL."""
    return f'data:{picture.media_type};base64,{base64.b64encode(picture.data).decode("ascii")}'


def _scaled(mark: Mark, x_scale: float, y_scale: float) -> Mark:
    def moved(pixel: Pixel) -> Pixel:
        return Pixel((pixel.u_px + 0.5) * x_scale - 0.5, (pixel.v_px + 0.5) * y_scale - 0.5)

    return replace(mark, anchor=moved(mark.anchor), tail=moved(mark.tail) if mark.tail else None)
