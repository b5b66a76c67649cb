"""`vlm-nav check-calibration` on a recorded board, and on boards as they should be."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Command, as_process
from sensor_data import folder


def jsk(*options: str | Path) -> tuple[str | Path, ...]:
    """Return the arguments for the recorded board, whose depth is not registered."""
    data = folder('checkerboard_jsk')
    return (
        'check-calibration',
        *('--color', data / 'rgb_image_raw.jpg', '--depth', data / 'depth_image_raw.npz'),
        *('--camera', data / 'rgb_camera_info.yaml', '--square', '0.108'),
        *options,
    )


@pytest.mark.data
def test_a_bad_calibration_is_told_by_words_numbers_and_status() -> None:
    said = as_process(*jsk('--json'))
    assert said.status == 3, said.stderr
    (line,) = said.lines
    assert line['agrees'] is False
    assert line['colour']['error'] == pytest.approx(-0.11, abs=0.015)
    assert abs(line['depth']['error']) < 0.03
    assert line['apart_px'] > 15.0
    assert sorted(line['corners']) == [6, 7]
    assert len(line['problems']) == 2


@pytest.mark.data
def test_people_are_told_what_disagrees(vlm_nav: Command) -> None:
    said = vlm_nav(*jsk('--corners', '7x6'))
    assert said.status == 3
    assert 'squares of 0.095' in said.stdout
    assert 'too small (0.108 m by the ruler)' in said.stdout
    assert 'DISAGREES' in said.stdout
    assert 'not registered' in said.stdout


@pytest.fixture
def good(tmp_path: Path) -> tuple[str | Path, ...]:
    """Give the arguments for a board of 0.1 m squares that all agree about."""
    rows, columns = np.indices((480, 640))
    # 50 pixels at 500 pixels of focal length and 1 m.
    squares = np.stack([(columns - 70) // 50, (rows - 40) // 50])
    inside = (squares >= 0).all(axis=0) & (squares[0] < 9) & (squares[1] < 8)
    black = inside & (squares.sum(axis=0) % 2 == 0)
    cv2.imwrite(str(tmp_path / 'color.png'), np.where(black, 20, 230).astype(np.uint8))
    np.save(tmp_path / 'depth.npy', np.where(black, np.nan, 1.0))
    k = [500, 0, 319.5, 0, 500, 239.5, 0, 0, 1]
    (tmp_path / 'camera.json').write_text(json.dumps({'k': k, 'width': 640, 'height': 480}))
    return (
        'check-calibration',
        *('--color', tmp_path / 'color.png', '--depth', tmp_path / 'depth.npy'),
        *('--camera', tmp_path / 'camera.json'),
    )


def test_a_good_calibration_agrees(vlm_nav: Command, good: tuple[str | Path, ...]) -> None:
    said = vlm_nav(*good, '--square', '0.1')
    assert said.status == 0, said.stdout
    assert 'agrees within 3.0%' in said.stdout
    (line,) = vlm_nav(*good, '--square', '0.1', '--json').lines
    assert line['agrees'] is True
    assert line['problems'] == []
    assert line['colour']['side_m'] == pytest.approx(0.1, rel=0.005)
    assert line['depth']['side_m'] == pytest.approx(0.1, rel=0.005)
    assert line['apart_px'] < 1.0


def test_the_tolerance_decides(vlm_nav: Command, good: tuple[str | Path, ...]) -> None:
    assert vlm_nav(*good, '--square', '0.105', '--tolerance', '0.06').status == 0
    assert vlm_nav(*good, '--square', '0.105', '--tolerance', '0.04').status == 3


def test_depth_without_holes_is_measured_through_colour_alone(
    vlm_nav: Command, good: tuple[str | Path, ...], tmp_path: Path
) -> None:
    np.save(tmp_path / 'whole.npy', np.ones((480, 640)))
    said = vlm_nav(*good, '--depth', tmp_path / 'whole.npy', '--square', '0.1', '--json')
    (line,) = said.lines
    assert (said.status, line['depth'], line['apart_px']) == (0, None, None)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (('--square', '0'), 'a square has 0 to 10 m'),
        (('--square', 'nan'), 'a square has 0 to 10 m'),
        (('--square', '0.1', '--corners', '7'), 'inner corners are given as 7x6'),
        (('--square', '0.1', '--corners', '17x16'), 'a checkerboard of 17 x 16'),
        (('--square', '0.1', '--depth', '/nowhere'), '/nowhere'),
    ],
)
def test_no_answer_is_an_error_of_status_1(
    vlm_nav: Command, good: tuple[str | Path, ...], options: tuple[str, ...], words: str
) -> None:
    said = vlm_nav(*good, *options)
    assert (said.status, said.stdout) == (1, '')
    assert words in said.stderr


def test_no_depth_on_the_board_is_an_error(
    vlm_nav: Command, good: tuple[str | Path, ...], tmp_path: Path
) -> None:
    np.save(tmp_path / 'none.npy', np.full((480, 640), np.nan))
    said = vlm_nav(*good, '--depth', tmp_path / 'none.npy', '--square', '0.1')
    assert said.status == 1
    assert 'depth on the board was wanted' in said.stderr
