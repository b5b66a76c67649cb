"""`vlm-nav pivot` on recorded pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Command, Said, as_process
from face_network import write_face_network
from sensor_data import folder, kitchen_cameras, kitchen_frame, robot_floor_frame

pytestmark = pytest.mark.data
PIXEL = (420.0, 400.0)
MODEL = ('--vlm', f'scripted:nearest:{PIXEL[0]:.0f},{PIXEL[1]:.0f}')
INSTRUCTION = ('--instruction', 'go to the red chair')


def robot(*options: str | Path) -> tuple[str | Path, ...]:
    """Return the arguments for the frame of the real robot."""
    data = folder('robot_floor_frame')
    files = ('--color', data / 'rgb.jpg', '--depth', data / 'depth.png')
    return ('pivot', *files, '--camera', data / 'calib.yaml', *INSTRUCTION, *MODEL, *options)


def floor_of_robot() -> tuple[float, float]:
    """Return where on the floor the pixel looks."""
    frame = robot_floor_frame()
    ray = frame.base_from_camera[:3, :3] @ frame.camera.rays(PIXEL)
    start = frame.base_from_camera[:3, 3]
    place = start - ray * start[2] / ray[2]
    return float(place[0]), float(place[1])


def off_m(line: dict[str, float], place: tuple[float, float]) -> float:
    """Return how far a goal lies from a place."""
    return math.hypot(line['x_m'] - place[0], line['y_m'] - place[1])


def test_the_command_says_one_object_of_json_and_nothing_else() -> None:
    said = as_process(*robot('--json'))
    assert said.status == 0, said.stderr
    (line,) = said.lines
    assert (line['outcome'], line['frame_id'], line['calls']) == ('goal', 'base_link', 9)
    assert off_m(line, floor_of_robot()) < 0.35
    assert line['yaw_rad'] == pytest.approx(math.atan2(line['y_m'], line['x_m']))
    assert math.hypot(line['u_px'] - PIXEL[0], line['v_px'] - PIXEL[1]) < 30.0
    assert 'of the calibration' in line['camera_pose']
    assert line['camera_height_m'] == pytest.approx(0.429, abs=0.001)


def test_people_are_told_in_a_line_and_where_the_camera_is_beside_it(vlm_nav: Command) -> None:
    said = vlm_nav(*robot())
    (line,) = said.stdout.splitlines()
    assert line.startswith('goal, ')
    assert 'in base_link' in line
    assert 'camera 0.43 m high, -3.4 deg down' in said.stderr


def test_annotated_pictures_show_each_question_and_the_goal(
    vlm_nav: Command, tmp_path: Path
) -> None:
    out = tmp_path / 'new' / 'pictures'
    given = ('pivot.runs:=2', 'pivot.rounds:=2', 'checks:=[mirrored]')
    parameters = [word for one in given for word in ('-p', one)]
    said = vlm_nav(*robot('--out', out, *parameters, '--json'))
    rounds = [f'round{turn}_run{run}.png' for turn in (1, 2) for run in (1, 2)]
    *shown, check, last = sorted(path.name for path in out.iterdir())[::-1]
    assert (sorted(shown), last) == (rounds, 'decision.png')
    assert check.startswith('mirrored_run')
    clean = robot_floor_frame().rgb
    for path in out.iterdir():
        drawn = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        drawn = drawn[:, ::-1] if path.name == check else drawn
        assert drawn.shape == clean.shape
        assert 2 * (drawn == clean).all(axis=-1).sum() > clean[..., 0].size
        assert (drawn != clean).any(axis=-1).sum() > 2000
    (line,) = said.lines
    goal = cv2.cvtColor(cv2.imread(str(out / 'decision.png')), cv2.COLOR_BGR2RGB)
    dot = goal[round(line['v_px']), round(line['u_px'])]
    assert not np.array_equal(dot, clean[round(line['v_px']), round(line['u_px'])])


def without_pose(tmp_path: Path) -> Path:
    """Return the robot's calibration without the camera's pose."""
    path = tmp_path / 'camera.json'
    k = [525.0, 0.0, 319.5, 0.0, 525.0, 239.5, 0.0, 0.0, 1.0]
    path.write_text(json.dumps({'k': k, 'width': 640, 'height': 480, 'd': []}))
    return path


def robot_with(tmp_path: Path, vlm_nav: Command, *options: str | Path) -> Said:
    """Return what is said about the robot's frame when its calibration has no pose."""
    return vlm_nav(*robot('--json', '--camera', without_pose(tmp_path), *options))


def test_without_a_pose_the_floor_is_found_in_the_depth(vlm_nav: Command, tmp_path: Path) -> None:
    said = robot_with(tmp_path, vlm_nav)
    (line,) = said.lines
    assert line['outcome'] == 'goal'
    assert 'fitted to the floor' in line['camera_pose']
    assert line['camera_height_m'] == pytest.approx(0.42, abs=0.02)
    # The camera is 6 cm before the base, which no depth tells.
    x_m, y_m = floor_of_robot()
    assert off_m(line, (x_m - 0.06, y_m)) < 0.35
    assert 'fitted to the floor' in said.stderr


def test_a_pose_may_be_given_as_height_and_angle_or_as_a_matrix(
    vlm_nav: Command, tmp_path: Path
) -> None:
    upright = ('--camera-height', '0.43', '--camera-pitch', '-3.4')
    (line,) = robot_with(tmp_path, vlm_nav, *upright).lines
    x_m, y_m = floor_of_robot()
    assert off_m(line, (x_m - 0.06, y_m)) < 0.35
    matrix = tmp_path / 'pose.txt'
    np.savetxt(matrix, robot_floor_frame().base_from_camera)
    (line,) = robot_with(tmp_path, vlm_nav, '--base-from-camera', matrix).lines
    assert off_m(line, (x_m, y_m)) < 0.35
    assert line['camera_pose'] == str(matrix)


def test_a_point_of_the_picture_needs_no_depth(vlm_nav: Command) -> None:
    data = folder('robot_floor_frame')
    files = ('--color', data / 'rgb.jpg', '--camera', data / 'calib.yaml')
    said = vlm_nav('pivot', *files, *INSTRUCTION, *MODEL, '--space', 'image', '--json')
    (line,) = said.lines
    assert math.hypot(line['u_px'] - PIXEL[0], line['v_px'] - PIXEL[1]) < 40.0
    assert 'x_m' not in line


def test_the_kitchen_is_decided_about_with_its_two_cameras(
    vlm_nav: Command, tmp_path: Path
) -> None:
    cameras, frame = kitchen_cameras(), kitchen_frame(72)
    names = {}
    for name, camera in (('color', cameras.color), ('depth', cameras.depth)):
        names[name] = tmp_path / f'{name}.json'
        k = [camera.fx_px, 0, camera.cx_px, 0, camera.fy_px, camera.cy_px, 0, 0, 1]
        names[name].write_text(json.dumps({'k': k, 'width': 640, 'height': 480}))
    np.savetxt(tmp_path / 'between.txt', cameras.color_from_depth)
    data = folder('kitchen_7scenes')
    said = vlm_nav(
        'pivot',
        *('--color', data / 'frame-000072.color.jpg', '--camera', names['color']),
        *('--depth', data / 'frame-000072.depth.png', '--depth-camera', names['depth']),
        *('--color-from-depth', tmp_path / 'between.txt'),
        *(*INSTRUCTION, '--vlm', 'scripted:nearest:214,344', '--json'),
    )
    (line,) = said.lines
    assert line['camera_height_m'] == pytest.approx(frame.base_from_camera[2, 3], abs=0.05)
    assert math.hypot(line['u_px'] - 214.0, line['v_px'] - 344.0) < 40.0


def test_depth_of_another_camera_is_refused_where_nobody_says_how_they_stand(
    vlm_nav: Command,
) -> None:
    data = folder('checkerboard_jsk')
    said = vlm_nav(
        'pivot',
        *('--color', data / 'rgb_image_raw.jpg', '--camera', data / 'rgb_camera_info.yaml'),
        *('--depth', data / 'depth_image_raw.npz'),
        *('--depth-camera', data / 'depth_camera_info.yaml'),
        *(*INSTRUCTION, '--vlm', 'scripted:nearest:214,344', '--json'),
    )
    assert (said.status, said.stdout) == (1, '')
    assert 'no_transform' in said.stderr


def test_a_fence_in_a_map_means_nothing_to_a_picture(vlm_nav: Command) -> None:
    (free,) = vlm_nav(*robot('--json')).lines
    said = vlm_nav(*robot('--json', '-p', 'fence:=90 90, 91 90, 91 91'))
    assert said.lines == [free]
    assert 'fence and keep_out are left out' in said.stderr


def test_a_hold_is_an_answer(vlm_nav: Command) -> None:
    said = vlm_nav(*robot('--json', '--vlm', 'scripted:none'))
    (line,) = said.lines
    assert (said.status, line['outcome'], line['reason']) == (0, 'hold', 'none_fits')
    assert (line['x_m'], line['u_px']) == (None, None)


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (('--color', '/nowhere.png'), '/nowhere.png'),
        (('--depth', '/tmp'), '/tmp is a folder'),
        (('--camera', '/nowhere.yaml'), '/nowhere.yaml'),
        (('--depth-format', 'metres'), 'metres is stored as floating'),
        (('--camera-pitch', '3'), '--camera-height'),
        (('--camera-height', '-1'), 'above 0 m'),
        (('--vlm', 'scripted:what'), 'scripted:nearest'),
        (('--out', '/dev/null/x'), '/dev/null/x'),
    ],
)
def test_what_cannot_be_is_an_error_in_one_line(
    vlm_nav: Command, options: tuple[str, ...], words: str
) -> None:
    said = vlm_nav(*robot('--json', *options))
    assert (said.status, said.stdout) == (1, '')
    assert words in said.stderr.splitlines()[-1]


def test_depth_of_another_size_wants_its_own_camera(vlm_nav: Command, tmp_path: Path) -> None:
    small = tmp_path / 'small.npy'
    np.save(small, np.ones((240, 320), dtype=np.float32))
    said = vlm_nav(*robot('--depth', small))
    assert said.status == 1
    assert '320 x 240: give --depth-camera' in said.stderr


def test_without_floor_in_the_depth_a_pose_is_asked_for(vlm_nav: Command, tmp_path: Path) -> None:
    wall = tmp_path / 'wall.npy'
    np.save(wall, np.ones((480, 640), dtype=np.float32))
    said = robot_with(tmp_path, vlm_nav, '--depth', wall)
    assert said.status == 1
    assert 'no floor is to be seen' in said.stderr
    assert '--base-from-camera' in said.stderr


def test_an_answer_is_recorded_with_a_warning_and_played_again_for_the_same_picture_only(
    vlm_nav: Command, tmp_path: Path
) -> None:
    tape = tmp_path / 'tape'
    once = ('-p', 'pivot.runs:=1', '-p', 'pivot.rounds:=1', '--cassette', tape, '--json')
    recorded = vlm_nav(*robot(*once, '--cassette-mode', 'record'))
    assert f'camera pictures and answers are kept in {tape}' in recorded.stderr
    played = vlm_nav(*robot(*once, '--cassette-mode', 'replay_or_fail'))
    assert played.lines == recorded.lines
    assert 'kept' not in played.stderr
    other = (*once, '--cassette-mode', 'replay_or_fail', '--instruction', 'go to the door')
    (line,) = vlm_nav(*robot(*other)).lines
    assert (line['outcome'], line['reason']) == ('hold', 'not_on_cassette')
    assert 'none of its 1 questions has these words' in line['detail']


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (('--cassette', 'tape'), 'wants a --cassette-mode'),
        (('--cassette-mode', 'replay'), 'wants a folder'),
        (('--cassette', 'none', '--cassette-mode', 'replay'), 'a cassette was wanted in none'),
        (('-p', 'budget.hour_cost:=1.0'), 'budget.prices'),
    ],
)
def test_a_cassette_or_a_budget_that_cannot_be_is_refused_in_a_line(
    vlm_nav: Command, options: tuple[str, ...], words: str
) -> None:
    said = vlm_nav(*robot(*options))
    assert said.status == 1
    (line,) = said.stderr.splitlines()[-1:]
    assert words in line


@pytest.mark.parametrize('space', ['ground', 'image'])
def test_a_spent_budget_ends_the_decision_with_its_reason(vlm_nav: Command, space: str) -> None:
    (line,) = vlm_nav(*robot('--space', space, '-p', 'budget.mission_calls:=4', '--json')).lines
    assert (line['outcome'], line['reason']) == ('hold', 'budget_spent')


@pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split('.')[:2])) < (4, 8),
    reason=f'OpenCV {cv2.__version__} does not read this form of YuNet',
)
@pytest.mark.parametrize('space', ['ground', 'image'])
def test_faces_are_blurred_before_the_picture_is_asked_about(
    vlm_nav: Command, tmp_path: Path, space: str
) -> None:
    rgb = robot_floor_frame().rgb.copy()
    rgb[64:96, 128:160] = (255, 0, 0)
    color, network = tmp_path / 'color.png', write_face_network(tmp_path / 'red.onnx')
    cv2.imwrite(str(color), rgb[..., ::-1])
    reds = []
    for blur in (True, False):
        out = tmp_path / f'blur_{blur}'
        given = (f'blur_faces:={blur}', f'face_model:={network}', 'pivot.runs:=1')
        parameters = [word for one in given for word in ('-p', one)]
        said = vlm_nav(*robot('--color', color, '--space', space, '--out', out, *parameters))
        assert said.status == 0
        assert len(list(out.iterdir())) >= 2
        pictures = [cv2.imread(str(path)) for path in out.iterdir()]
        reds.append(
            any((one[70:90, 134:154] == (0, 0, 255)).all(axis=-1).any() for one in pictures)
        )
    assert reds == [False, True]
