"""Faces are found by OpenCV's detectors and cannot be recognised afterwards."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from face_network import BOX_PX, CELL_PX, write_face_network

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.observation.faces import FaceBox, blurred, face_detector

VERSION = tuple(map(int, cv2.__version__.split('.')[:2]))
reads_networks = pytest.mark.skipif(
    VERSION < (4, 8), reason=f'OpenCV {cv2.__version__} does not read this form of YuNet'
)
has_cascades = pytest.mark.skipif(
    not hasattr(cv2, 'CascadeClassifier'), reason=f'OpenCV {cv2.__version__} has no cascades'
)
SKIN, HAIR, LIPS = (225, 180, 150), (90, 60, 40), (150, 60, 60)


def wall(height: int = 480, width: int = 640) -> RgbArray:
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([100 + columns % 64, 110 + rows % 64, 90 + (rows + columns) % 64], -1).astype(
        np.uint8
    )


def draw_face(rgb: RgbArray, at: tuple[int, int], size_px: float) -> None:
    """Draw a face whose skin is 1.4 times as wide as `size_px`."""

    def oval(color: tuple[int, int, int], x: float, y: float, wide: float, high: float) -> None:
        centre = (round(at[0] + size_px * x), round(at[1] + size_px * y))
        axes = (max(1, round(size_px * wide)), max(1, round(size_px * high)))
        cv2.ellipse(rgb, centre, axes, 0, 0, 360, color, cv2.FILLED, cv2.LINE_AA)

    oval(HAIR, 0.0, -0.15, 0.82, 1.05)
    oval(SKIN, 0.0, 0.1, 0.7, 0.92)
    for side in (-0.3, 0.3):
        oval((150, 105, 85), side, -0.08, 0.2, 0.14)
        oval((245, 245, 245), side, -0.05, 0.13, 0.07)
        oval((30, 20, 20), side, -0.05, 0.06, 0.07)
        oval((60, 40, 30), side, -0.27, 0.2, 0.05)
    oval((205, 155, 125), 0.0, 0.22, 0.09, 0.22)
    oval((160, 110, 90), 0.0, 0.42, 0.14, 0.05)
    oval(LIPS, 0.0, 0.65, 0.26, 0.07)


@has_cascades
def test_the_cascades_of_opencv_find_faces_and_leave_the_rest_of_the_picture() -> None:
    rgb = np.full((480, 640, 3), 172, dtype=np.uint8)
    places = {(200, 200): 80.0, (480, 300): 45.0}
    for at, size_px in places.items():
        draw_face(rgb, at, size_px)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 1.5)
    faces = face_detector('')(rgb)
    centres = [(one.left_px + one.width_px / 2, one.top_px + one.height_px / 2) for one in faces]
    for at in places:
        assert min(np.hypot(x - at[0], y - at[1]) for x, y in centres) < 20.0
    hidden = blurred(rgb, faces)
    assert len(face_detector('')(hidden)) == 0
    assert np.array_equal(hidden[:60], rgb[:60])
    assert np.array_equal(hidden[400:], rgb[400:])


@has_cascades
def test_a_file_that_is_no_cascade_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'faces.xml').write_text('<opencv_storage></opencv_storage>', encoding='utf-8')
    with pytest.raises(InvalidValueError, match=r'faces\.xml'):
        face_detector(str(tmp_path / 'faces.xml'))


@pytest.mark.skipif(hasattr(cv2, 'CascadeClassifier'), reason='this OpenCV has cascades')
@pytest.mark.parametrize('model', ['', '/some/cascade.xml'])
def test_an_opencv_without_cascades_asks_for_a_network(model: str) -> None:
    with pytest.raises(InvalidValueError, match=r'name YuNet as an \.onnx by face_model'):
        face_detector(model)


@reads_networks
@pytest.mark.parametrize(('shape', 'scale'), [((480, 640), 1), ((960, 1280), 2), ((250, 333), 1)])
def test_a_network_finds_faces_where_they_are_in_a_picture_of_any_size(
    tmp_path: Path, shape: tuple[int, int], scale: int
) -> None:
    detect = face_detector(str(write_face_network(tmp_path / 'red.onnx')))
    rgb = wall(*shape)
    assert list(detect(rgb)) == []
    cell = scale * CELL_PX
    rgb[2 * cell : 3 * cell, 4 * cell : 5 * cell] = (255, 0, 0)
    (face,) = detect(rgb)
    left, top = (middle * cell - scale * BOX_PX / 2 for middle in (4.5, 2.5))
    found = (face.left_px, face.top_px, face.width_px, face.height_px)
    assert found == pytest.approx((left, top, scale * BOX_PX, scale * BOX_PX), abs=scale)


@reads_networks
def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'faces.onnx').write_bytes(b'no network')
    with pytest.raises(InvalidValueError, match=r'faces\.onnx'):
        face_detector(str(tmp_path / 'faces.onnx'))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match='there is no file'):
        face_detector(str(tmp_path / 'faces.onnx'))


def test_of_a_face_a_few_averages_stay_and_of_the_rest_everything() -> None:
    rgb = wall()
    rgb.setflags(write=False)
    face = FaceBox(200, 100, 100, 120)
    hidden = blurred(rgb, [face])
    inside = np.zeros(rgb.shape[:2], dtype=np.bool_)
    inside[64:256, 170:330] = True
    assert np.array_equal(hidden[~inside], rgb[~inside])
    assert (hidden[inside] != rgb[inside]).any(axis=-1).mean() > 0.95
    # Two people of the same colours in the same places look alike now.
    other = rgb.copy()
    cells = other[64:256, 170:330].reshape(4, 48, 4, 40, 3)
    other[64:256, 170:330] = cells[:, ::-1, :, ::-1].reshape(192, 160, 3)
    assert not np.array_equal(other, rgb)
    assert np.array_equal(blurred(other, [face]), hidden)


@pytest.mark.parametrize(
    'face', [FaceBox(-50, -50, 100, 100), FaceBox(600, 440, 90, 90), FaceBox(700, 500, 40, 40)]
)
def test_a_face_at_the_border_is_blurred_as_far_as_it_shows(face: FaceBox) -> None:
    rgb = wall()
    hidden = blurred(rgb, [face])
    shows = face.left_px - 0.3 * face.width_px < rgb.shape[1]
    assert (hidden != rgb).any() == shows
    assert np.array_equal(hidden[200:300, 200:400], rgb[200:300, 200:400])
