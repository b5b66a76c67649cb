"""Cameras and poses from the files that calibration leaves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sensor_data import folder, kitchen_cameras, robot_floor_frame, tote

from vlm_nav.files.calibrations import calibration_of_file, pose_of_file
from vlm_nav.files.reading import FileError
from vlm_nav.geometry.camera import PinholeCamera

SIZE = (640, 480)
ECHOED = """header:
  stamp: {sec: 1, nanosec: 2}
  frame_id: camera
height: 480
width: 640
distortion_model: plumb_bob
d:
- 0.1
- -0.2
- 0.001
- 0.002
- 0.0
k: [500.0, 0.0, 320.0, 0.0, 501.0, 240.0, 0.0, 0.0, 1.0]
binning_x: 0
binning_y: 0
roi: {x_offset: 0, y_offset: 0, height: 0, width: 0, do_rectify: false}
---
"""
CALIBRATED = """image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [500.0, 0.0, 320.0, 0.0, 501.0, 240.0, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.1, -0.2, 0.001, 0.002, 0.0]
"""
OPENCV = """%YAML:1.0
---
image_width: 640
image_height: 480
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 500., 0., 320., 0., 501., 240., 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 1
   cols: 5
   dt: d
   data: [ 1.0e-01, -2.0e-01, 1.0e-03, 2.0e-03, 0. ]
"""
EXPECTED = PinholeCamera(640, 480, 500.0, 501.0, 320.0, 240.0, (0.1, -0.2, 0.001, 0.002, 0.0))


def file_of(tmp_path: Path, text: str) -> Path:
    """Return a file with a text."""
    path = tmp_path / 'camera.yaml'
    path.write_text(text, encoding='utf-8')
    return path


@pytest.mark.parametrize('text', [ECHOED, CALIBRATED, OPENCV], ids=['echo', 'calibration', 'cv'])
def test_a_camera_is_the_same_in_every_form(tmp_path: Path, text: str) -> None:
    assert calibration_of_file(file_of(tmp_path, text), *SIZE).camera == EXPECTED


def test_json_and_capital_letters_are_read(tmp_path: Path) -> None:
    k = [[500.0, 0.0, 320.0], [0.0, 501.0, 240.0], [0.0, 0.0, 1.0]]
    fields = {'K': k, 'D': list(EXPECTED.distortion), 'width': 640, 'height': 480}
    assert calibration_of_file(file_of(tmp_path, json.dumps(fields)), *SIZE).camera == EXPECTED


def test_eight_coefficients_without_a_name_are_those_of_the_rational_model(
    tmp_path: Path,
) -> None:
    eight = [0.1, -0.2, 0.001, 0.002, 0.0, 0.3, 0.04, 0.005]
    k = [500.0, 0.0, 320.0, 0.0, 501.0, 240.0, 0.0, 0.0, 1.0]
    text = json.dumps({'camera_matrix': {'data': k}, 'distortion_coefficients': eight})
    camera = calibration_of_file(file_of(tmp_path, text), *SIZE).camera
    assert camera.distortion == tuple(eight)


def test_a_bare_matrix_is_for_the_picture_at_hand(tmp_path: Path) -> None:
    path = file_of(tmp_path, '500 0 320\n0 501 240\n0 0 1\n')
    found = calibration_of_file(path, 600, 400).camera
    assert found == PinholeCamera(600, 400, 500.0, 501.0, 320.0, 240.0)


def test_a_region_of_interest_and_binning_count(tmp_path: Path) -> None:
    text = ECHOED.replace('binning_x: 0', 'binning_x: 2').replace('binning_y: 0', 'binning_y: 2')
    found = calibration_of_file(file_of(tmp_path, text), 320, 240).camera
    assert (found.fx_px, found.cx_px) == (250.0, 160.0)


@pytest.mark.data
def test_recorded_calibrations_are_read() -> None:
    robot = calibration_of_file(folder('robot_floor_frame') / 'calib.yaml', *SIZE)
    assert robot.camera == robot_floor_frame().camera
    assert robot.base_from_camera is not None
    assert np.allclose(robot.base_from_camera, robot_floor_frame().base_from_camera)
    board = folder('checkerboard_jsk') / 'rgb_camera_info.yaml'
    assert calibration_of_file(board, *SIZE).camera.fx_px == pytest.approx(570.3422)
    in_tote = folder('tote_arc2017') / 'camera_info.json'
    assert calibration_of_file(in_tote, *SIZE).camera == tote().camera
    kitchen = folder('kitchen_7scenes') / 'camera-intrinsics.txt'
    assert calibration_of_file(kitchen, *SIZE).camera == kitchen_cameras().depth


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'a camera'),
        ('hello', 'a camera'),
        ('[1, 2]', 'K has 9 numbers'),
        ('width: 640\nheight: 480\n', 'no k, K or camera_matrix'),
        (ECHOED.replace('500.0', '.nan'), 'finite'),
        (ECHOED.replace('500.0', '0.0'), 'positive'),
        (ECHOED.replace('plumb_bob', 'fisheye_of_mine'), 'fisheye_of_mine'),
        (ECHOED.replace('width: 640', 'width: 1280'), '1280 x 480 pixels, the picture has 640'),
        (ECHOED.replace('width: 640', 'width: [1]'), 'a camera'),
        ('k: !!python/object/apply:os.system ["true"]', 'python/object'),
        ('k: {data: {a: 1}}', 'a camera'),
        ('roi: 3\n' + 'k: [500, 0, 320, 0, 500, 240, 0, 0, 1]', 'a camera'),
        ('a: &a [*a]', 'a camera'),
        ('{' * 3000, 'a camera'),
    ],
)
def test_what_is_no_calibration_is_refused_with_the_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(FileError, match=words):
        calibration_of_file(file_of(tmp_path, text), *SIZE)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / 'camera.yaml').write_bytes(b'\xff\xfe\x00\x81')
    for path in (tmp_path / 'camera.yaml', tmp_path, tmp_path / 'nowhere'):
        with pytest.raises(FileError, match='a camera'):
            calibration_of_file(path, *SIZE)


def test_a_pose_is_read_from_text_and_lists(tmp_path: Path) -> None:
    pose = np.eye(4)
    pose[:3, 3] = (0.1, 0.2, 0.3)
    text = '\n'.join(' '.join(map(str, row)) for row in pose)
    for written in (text, json.dumps(pose.tolist()), json.dumps(pose[:3].ravel().tolist())):
        assert np.array_equal(pose_of_file(file_of(tmp_path, written)), pose)


@pytest.mark.parametrize('text', ['', '1 2 3', 'a b', '2 ' * 16, 'nan ' * 16, '{a: 1}'])
def test_what_is_no_pose_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match='4x4'):
        pose_of_file(file_of(tmp_path, text))
