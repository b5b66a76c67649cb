"""`vlm-nav lift` and `vlm-nav grasp` on files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Command
from sensor_data import folder
from table_scene import TABLE_M, TableBox, on_top, table_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.steps import LiftStep, PlanStep

CARTON = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Give the options that name the files of a carton on a table, and the pixel of its top."""
    frame = table_frame(CARTON)
    assert frame.depth_m is not None
    cv2.imwrite(str(tmp_path / 'color.png'), frame.rgb[..., ::-1])
    np.save(tmp_path / 'depth.npy', frame.depth_m)
    camera = frame.camera
    k = [camera.fx_px, 0.0, camera.cx_px, 0.0, camera.fy_px, camera.cy_px, 0.0, 0.0, 1.0]
    info = {'width': 640, 'height': 480, 'k': k, 'd': [], 'distortion_model': ''}
    (tmp_path / 'camera.json').write_text(json.dumps(info))
    np.savetxt(tmp_path / 'pose.txt', frame.base_from_camera)
    pixel = on_top(frame, CARTON)
    options = {
        'color': tmp_path / 'color.png',
        'depth': tmp_path / 'depth.npy',
        'camera': tmp_path / 'camera.json',
        'base-from-camera': tmp_path / 'pose.txt',
        'at': f'{pixel.u_px:.0f},{pixel.v_px:.0f}',
    }
    return [part for name, value in options.items() for part in (f'--{name}', str(value))]


def test_a_pixel_is_told_as_a_point_with_its_thing(
    vlm_nav: Command, files: list[str], tmp_path: Path
) -> None:
    said = vlm_nav('lift', *files, '--json', '--out', tmp_path / 'shown')
    (found,) = said.lines
    assert said.status == 0
    assert np.allclose(found['point_base'], (0.7, 0.0, TABLE_M + 0.18), atol=0.003)
    assert np.allclose(found['box_size_m'], (0.06, 0.06, 0.18), atol=0.015)
    drawn = cv2.imread(str(tmp_path / 'shown' / 'hand.png'))
    assert drawn is not None
    assert (drawn != cv2.imread(str(tmp_path / 'color.png'))).any(axis=-1).sum() > 1000


def test_grasps_are_told_best_first_and_drawn(
    vlm_nav: Command, files: list[str], tmp_path: Path
) -> None:
    (found,) = vlm_nav('grasp', *files, '--json', '--out', tmp_path / 'shown').lines
    best = found['grasps'][0]
    assert best['score'] == max(grasp['score'] for grasp in found['grasps'])
    assert abs(best['width_m'] - 0.06) < 0.01
    assert np.isclose(np.linalg.norm(best['quaternion_xyzw']), 1.0)
    assert (tmp_path / 'shown' / 'hand.png').is_file()
    assert 'top_down: ' in vlm_nav('grasp', *files).stdout


def test_grasps_are_those_that_the_node_plans(vlm_nav: Command, files: list[str]) -> None:
    (found,) = vlm_nav('grasp', *files, '--json').lines
    frame = table_frame(CARTON)
    pixel = Pixel(found['u_px'], found['v_px'])
    lifted = LiftStep(LiftSettings(), lambda: frame.stamp_ns)(frame, pixel)
    assert isinstance(lifted, Lifted)
    plan = PlanStep(GripperSizes(), GraspSettings())(frame, lifted)
    assert plan.ranked
    for told, grasp in zip(found['grasps'], plan.ranked, strict=True):
        assert np.allclose(told['position_base'], grasp.base_from_grasp[:3, 3])
        assert np.isclose(told['score'], grasp.score)


def test_a_refusal_is_an_answer_with_its_reason(vlm_nav: Command, files: list[str]) -> None:
    small = vlm_nav('grasp', *files, '--opening', '0.03', '--json')
    assert small.status == 0
    assert small.lines[0]['reason'] == 'gripper_too_small'
    outside = vlm_nav('lift', *files[:-1], '900,20')
    assert outside.stdout.startswith('refused: pixel_outside_image')


@pytest.mark.parametrize('at', ['', 'here', '1,2,3', '1,2,nan,4'])
def test_what_is_no_place_in_a_picture_is_refused(
    vlm_nav: Command, files: list[str], at: str
) -> None:
    said = vlm_nav('lift', *files[:-1], at)
    assert said.status == 1
    assert 'U,V' in said.stderr


@pytest.mark.data
def test_depth_of_another_camera_is_refused_where_nobody_says_how_they_stand(
    vlm_nav: Command,
) -> None:
    data = folder('checkerboard_jsk')
    said = vlm_nav(
        'lift',
        *('--color', data / 'rgb_image_raw.jpg', '--depth', data / 'depth_image_raw.npz'),
        *('--camera', data / 'rgb_camera_info.yaml'),
        *('--depth-camera', data / 'depth_camera_info.yaml', '--at', '320,240'),
    )
    assert said.status == 1
    assert 'no_transform' in said.stderr
