"""Marked pictures as they leave for a model: fitted in size, drawn, compressed."""

from __future__ import annotations

import base64
import math
from dataclasses import replace

import cv2
import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.spacing import APART_RADII
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.vlm.question import SentPicture

LOWEST_QUALITY = 80
_READABLE_RADIUS_PX = 9.0
_USUAL_PIXELS = 640 * 480
# Even a small picture has tables and marks.
_LEAST_BYTES = 12_000
_SHRUNK = 0.92


def encode_picture(
    picture: MarkedPicture, *, max_side_px: int = 1024, jpeg_quality: int = 85, max_kb: int = 60
) -> SentPicture:
    """Return the JPEG of `picture` with its marks drawn at the size that is sent.

    Drawing comes after resizing, so numbers stay sharp. `max_kb` is how many thousand bytes a
    picture of 640 x 480 may have, larger and smaller ones in proportion, 0 any: what is too large
    is compressed more, down to quality 80, and then made smaller. Raises `InvalidValueError` for
    an empty picture and for one that is not (H, W, 3) uint8.
    """
    fitting = readable(fitted(picture, max_side_px))
    most_bytes = _most_bytes(fitting.rgb, max_kb)
    quality = jpeg_quality
    data = jpeg_of(draw_marks(fitting), quality)
    while len(data) > most_bytes:
        if quality > LOWEST_QUALITY:
            quality = LOWEST_QUALITY
        else:
            side_px = int(_SHRUNK * max(fitting.rgb.shape[:2]))
            fitting = readable(fitted(picture, side_px))
        data = jpeg_of(draw_marks(fitting), quality)
    height, width = fitting.rgb.shape[:2]
    return SentPicture('image/jpeg', data, width_px=width, height_px=height)


def readable(picture: MarkedPicture) -> MarkedPicture:
    """Return the picture with discs so large that their numbers can be read, where room is."""
    if picture.radius_px >= _READABLE_RADIUS_PX or not picture.marks:
        return picture
    anchors = np.array([(mark.anchor.u_px, mark.anchor.v_px) for mark in picture.marks])
    away_px = np.linalg.norm(anchors[:, None] - anchors[None], axis=-1)
    np.fill_diagonal(away_px, np.inf)
    room_px = float(away_px.min()) / APART_RADII
    radius_px = max(picture.radius_px, min(_READABLE_RADIUS_PX, room_px))
    return replace(picture, radius_px=radius_px)


def _most_bytes(rgb: RgbArray, max_kb: int) -> float:
    if max_kb == 0:
        return math.inf
    pixels: int = rgb.shape[0] * rgb.shape[1]
    return max(_LEAST_BYTES, 1000.0 * max_kb * pixels / _USUAL_PIXELS)


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
