"""Faces in pictures: found by OpenCV's own detectors, and made unrecognisable.

A detector misses faces: what is done here is a courtesy to people, and no promise of privacy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import RgbArray


@dataclass(frozen=True)
class FaceBox:
    """Where a face is in a picture, in pixels; it may reach over the border."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


FaceDetector: TypeAlias = Callable[[RgbArray], Sequence[FaceBox]]

CASCADES = ('haarcascade_frontalface_default.xml', 'haarcascade_profileface.xml')
"""What is looked for where no model is named: faces from the front, and from the left side."""

# Where Debian and Ubuntu put what the wheels of OpenCV 4 bring along.
_SHARED = (Path('/usr/share/opencv4/haarcascades'), Path('/usr/share/opencv/haarcascades'))
_LONGEST_SIDE_PX = 640
_SMALLEST_FACE_PX = 20
# Sizes that are tried, one so much larger than the other, and how many finds make a face: rather
# something else is blurred too.
_STEP, _NEIGHBOURS = 1.2, 3
_SURE = 0.6
_OVERLAP = 0.3
_MOST_FACES = 200
# A blurred face has so many cells across; its box is widened, for hair and chin tell people too.
_CELLS = 4
_WIDENED = 0.3


def face_detector(model: str) -> FaceDetector:
    """Return a detector of faces: of the file `model`, or of OpenCV's own cascades if it is empty.

    `model` is YuNet as an .onnx (the release of 2023 from OpenCV 4.8 on, that of 2022 before), or
    a cascade as an .xml. Cascades need an OpenCV that has them: 4, or 5 with its contrib modules.
    Raises InvalidValueError where there is no such file, or OpenCV does not take it, for then no
    picture may leave.
    """
    if model.endswith('.onnx'):
        return _tried(functools.partial(_by_network, _network(_file(model))))
    if not hasattr(cv2, 'CascadeClassifier'):
        raise InvalidValueError(
            f'OpenCV {cv2.__version__} finds no faces by itself: it has no cascades any more; '
            f'name YuNet as an .onnx by face_model, got {model!r}'
        )
    files = [_file(model)] if model else _own_cascades()
    return _tried(functools.partial(_by_cascades, [_cascade(path) for path in files]))


def blurred(rgb: RgbArray, faces: Iterable[FaceBox]) -> RgbArray:
    """Return the picture (H, W, 3) with its faces averaged to a few cells; the given one stays.

    Averages keep nothing of what a blur could be undone from.
    """
    hidden: RgbArray = rgb.copy()
    for face in faces:
        rows, columns = _widened(face, rgb.shape[0], rgb.shape[1])
        patch = rgb[rows, columns]
        if not patch.size:
            continue
        cells = cv2.resize(patch, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        size = (patch.shape[1], patch.shape[0])
        hidden[rows, columns] = cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR)
    return hidden


def _widened(face: FaceBox, height: int, width: int) -> tuple[slice, slice]:
    aside, above = int(_WIDENED * face.width_px), int(_WIDENED * face.height_px)
    rows = slice(
        max(0, face.top_px - above), max(0, min(height, face.top_px + face.height_px + above))
    )
    columns = slice(
        max(0, face.left_px - aside), max(0, min(width, face.left_px + face.width_px + aside))
    )
    return rows, columns


def _file(model: str) -> Path:
    path = Path(model).expanduser()
    if not path.is_file():
        raise InvalidValueError(f'a model of faces was wanted, there is no file {path}')
    return path


def _own_cascades() -> list[Path]:
    """Return the cascades that came with OpenCV; raises InvalidValueError where none did."""
    with_wheel = Path(getattr(getattr(cv2, 'data', None), 'haarcascades', '') or '/nowhere')
    for folder in (with_wheel, *_SHARED):
        files = [folder / name for name in CASCADES]
        if all(file.is_file() for file in files):
            return files
    raise InvalidValueError(
        f'OpenCV {cv2.__version__} came without its cascades; install the package opencv-data, or '
        'name a model by face_model (YuNet as .onnx, a cascade as .xml)'
    )


def _network(path: Path) -> Any:
    try:
        return cv2.FaceDetectorYN.create(str(path), '', (320, 320), _SURE, _OVERLAP, _MOST_FACES)
    except (AttributeError, cv2.error) as error:
        raise InvalidValueError(
            f'OpenCV {cv2.__version__} takes no {path} for YuNet: {error}'
        ) from error


def _cascade(path: Path) -> Any:
    # By its name in a text: the types of OpenCV 5 know of none, those of 4 do.
    cascade = getattr(cv2, 'CascadeClassifier')()  # noqa: B009
    try:
        taken = cascade.load(str(path))
    except cv2.error:
        taken = False
    if not taken:
        raise InvalidValueError(f'OpenCV {cv2.__version__} finds no cascade in {path}')
    return cascade


def _tried(detect: FaceDetector) -> FaceDetector:
    """Return the detector once it has looked at a picture: better now than with a robot's."""
    try:
        detect(np.full((240, 320, 3), 127, dtype=np.uint8))
    except cv2.error as error:
        raise InvalidValueError(
            f'OpenCV {cv2.__version__} cannot look for faces with this model: {error}'
        ) from error
    return detect


def _by_network(network: Any, rgb: RgbArray) -> list[FaceBox]:
    bgr, scale = _at_working_size(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    network.setInputSize((bgr.shape[1], bgr.shape[0]))
    _, found = network.detect(bgr)
    return [] if found is None else [_box(face[:4], scale) for face in found]


def _by_cascades(cascades: Sequence[Any], rgb: RgbArray) -> list[FaceBox]:
    grey, scale = _at_working_size(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    grey = cv2.equalizeHist(grey)
    least = (_SMALLEST_FACE_PX, _SMALLEST_FACE_PX)
    found = []
    for cascade in cascades:
        for face in cascade.detectMultiScale(grey, _STEP, _NEIGHBOURS, 0, least):
            found.append(_box(face, scale))
    # The last one knows faces from one side only.
    mirrored = cv2.flip(grey, 1)
    for face in cascades[-1].detectMultiScale(mirrored, _STEP, _NEIGHBOURS, 0, least):
        left, top, width, height = face
        found.append(_box((grey.shape[1] - left - width, top, width, height), scale))
    return found


def _at_working_size(picture: Any) -> tuple[Any, float]:
    """Return the picture no larger than faces are looked for in, and its scale."""
    scale = _LONGEST_SIDE_PX / max(picture.shape[:2])
    if scale >= 1.0:
        return picture, 1.0
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def _box(face: Sequence[float], scale: float) -> FaceBox:
    left, top, width, height = (round(float(value) / scale) for value in face)
    return FaceBox(left, top, width, height)
