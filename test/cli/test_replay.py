"""`vlm-nav replay` on a recorded kitchen."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from bag_writing import messages_of, write_bag
from command_line import Command, as_process
from sensor_data import folder, kitchen_frame

from vlm_nav.records.read import read_record

pytestmark = pytest.mark.data
FIELDS = {
    'stamp_ns',
    'outcome',
    'reason',
    'detail',
    'frame_id',
    'x_m',
    'y_m',
    'yaw_rad',
    'confidence',
    'labels',
    'calls',
    'record',
}
MODEL = ('--vlm', 'scripted:nearest:320,420')
INSTRUCTION = ('--instruction', 'go to the chair')


def kitchen() -> Path:
    """Return the kitchen's bag."""
    return folder('bags') / 'kitchen_rgbd'


def test_the_command_says_a_line_of_json_for_each_decision_and_nothing_else() -> None:
    said = as_process('replay', kitchen(), *INSTRUCTION, *MODEL, '--json')
    assert said.status == 0, said.stderr
    assert len(said.lines) == 20
    for line in said.lines:
        assert line.keys() == FIELDS
        assert line['outcome'] in ('goal', 'hold')
        assert (line['x_m'] is None) == (line['outcome'] == 'hold')
        assert (line['reason'] is None) == (line['outcome'] == 'goal')
    first = said.lines[0]
    assert first['stamp_ns'] == 1_600_000_000_000_000_000
    assert (first['frame_id'], first['record']) == ('map', '')
    assert first['calls'] == 9
    # Lines for people, about what is looked at, have gone elsewhere.
    assert '/camera/color/image_raw/compressed' in said.stderr


def test_people_are_told_in_lines(vlm_nav: Command) -> None:
    said = vlm_nav('replay', kitchen(), *INSTRUCTION, *MODEL, '--every', '3')
    lines = said.stdout.splitlines()
    assert said.status == 0
    assert lines[0].split()[:3] == ['0.00', 's', 'goal,']
    assert 'in map, confidence 1.00, 9 questions' in lines[0]
    assert 'hold, all_candidates_blocked' in lines[-1]


def test_the_goal_is_the_floor_under_the_pixel(vlm_nav: Command) -> None:
    spec = ('--vlm', 'scripted:nearest:214,344')
    lines = vlm_nav('replay', kitchen(), *INSTRUCTION, *spec, '--json', '--every', '0').lines
    line, frame = lines[2], kitchen_frame(72)
    assert line['stamp_ns'] == frame.stamp_ns
    pose = frame.map_from_base @ frame.base_from_camera
    along = pose[:3, :3] @ frame.camera.rays((214.0, 344.0))
    floor = pose[:3, 3] - along * (pose[2, 3] - frame.map_from_base[2, 3]) / along[2]
    assert math.hypot(line['x_m'] - floor[0], line['y_m'] - floor[1]) < 0.35
    away = floor[:2] - frame.map_from_base[:2, 3]
    turned_rad = math.remainder(line['yaw_rad'] - math.atan2(*away[::-1]), math.tau)
    assert abs(turned_rad) < math.radians(15.0)


def test_records_are_kept_where_they_are_wanted(vlm_nav: Command, tmp_path: Path) -> None:
    out = tmp_path / 'records'
    said = vlm_nav(
        'replay', kitchen(), *INSTRUCTION, *MODEL, '--json', '--every', '20', '--out', out
    )
    assert len(said.lines) == 2
    for line in said.lines:
        record = read_record(Path(line['record']))
        assert Path(line['record']).parent == out
        assert record.decision is not None
        assert record.decision.outcome == line['outcome']


def test_parameters_come_from_a_file_and_one_by_one(vlm_nav: Command, tmp_path: Path) -> None:
    file = tmp_path / 'mine.yaml'
    file.write_text('/**:\n  ros__parameters:\n    pivot:\n      runs: 1\n      rounds: 1\n')
    rest = (*INSTRUCTION, *MODEL, '--json', '--every', '100', '--params', file)
    (line,) = vlm_nav('replay', kitchen(), *rest).lines
    assert (line['calls'], line['confidence']) == (1, None)
    (line,) = vlm_nav('replay', kitchen(), *rest, '-p', 'pivot.runs:=2').lines
    assert line['calls'] == 2
    (line,) = vlm_nav('replay', kitchen(), *rest, '-p', 'base_frame:=robot').lines
    assert (line['reason'], line['outcome']) == ('no_transform', 'hold')
    said = vlm_nav('replay', kitchen(), *rest, '-p', 'pivot.run:=2')
    assert said.status == 1
    assert 'pivot.run' in said.stderr
    assert 'pivot.runs' in said.stderr


def test_the_shipped_parameters_are_taken(vlm_nav: Command) -> None:
    file = Path(__file__).resolve().parents[2] / 'config' / 'navigator.yaml'
    said = vlm_nav(
        'replay', kitchen(), *INSTRUCTION, *MODEL, '--json', '--every', '100', '--params', file
    )
    assert said.status == 0, said.stderr
    assert said.lines[0]['outcome'] == 'goal'


def test_what_holds_on_the_robot_holds_here(vlm_nav: Command) -> None:
    rest = ('replay', kitchen(), *INSTRUCTION, *MODEL, '--json', '--every', '100')
    (free,) = vlm_nav(*rest).lines
    far = '90 90, 91 90, 91 91'
    (kept_out,) = vlm_nav(*rest, '-p', "keep_out:=['-9 -9, 9 -9, 9 9, -9 9']").lines
    assert (kept_out['outcome'], kept_out['reason']) == ('hold', 'all_candidates_blocked')
    (elsewhere,) = vlm_nav(*rest, '-p', f"keep_out:=['{far}']").lines
    assert elsewhere == free
    (before,) = vlm_nav(*rest, '-p', 'stand_off_m:=0.3').lines
    nearer_m = math.hypot(free['x_m'], free['y_m']) - math.hypot(before['x_m'], before['y_m'])
    assert nearer_m == pytest.approx(0.3, abs=0.05)


def test_without_depth_and_costmaps_every_decision_says_what_is_missing(vlm_nav: Command) -> None:
    said = vlm_nav(
        'replay', kitchen(), *INSTRUCTION, *MODEL, '--json', '--depth', 'none', '--every', '9'
    )
    assert {line['reason'] for line in said.lines} == {'no_valid_costmap'}


def test_a_model_without_a_key_holds_for_that_reason(vlm_nav: Command) -> None:
    said = vlm_nav('replay', kitchen(), *INSTRUCTION, '--json', '--every', '100')
    assert said.status == 0
    assert said.lines[0]['reason'] == 'vlm_refused'
    assert 'OPENAI_API_KEY' in said.lines[0]['detail']


def test_problems_of_the_bag_are_told_beside_the_decisions(
    vlm_nav: Command, tmp_path: Path
) -> None:
    messages = messages_of(kitchen())
    depth = [index for index, one in enumerate(messages) if '/depth/image' in one.topic]
    for index in depth[3:16]:
        one = messages[index]
        messages[index] = replace(one, data=b'\x00\x01')
    bag = write_bag(tmp_path / 'bag', messages)
    said = vlm_nav('replay', bag, *INSTRUCTION, *MODEL, '--json', '--every', '3')
    assert said.status == 0
    assert said.lines
    warnings = [line for line in said.stderr.splitlines() if line.startswith('vlm-nav: ')]
    assert all('/camera/depth/image_raw' in line for line in warnings[:10])
    assert warnings[10:] == ['vlm-nav: 3 more problems of this bag']


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (('/nowhere',), 'there is no'),
        ((Path(__file__),), 'a rosbag2'),
    ],
)
def test_what_is_no_bag_is_an_error_in_one_line(
    vlm_nav: Command, arguments: tuple[str | Path, ...], words: str
) -> None:
    said = vlm_nav('replay', *arguments, *INSTRUCTION, *MODEL)
    assert (said.status, said.stdout) == (1, '')
    (line,) = said.stderr.splitlines()
    assert line.startswith('vlm-nav: ')
    assert words in line


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (('--vlm', 'gpt'), 'scripted:nearest'),
        (('--image', '/nope'), '/camera/color/image_raw/compressed'),
        (('--params', '/nowhere.yaml'), '/nowhere.yaml'),
        (('-p', 'nearest_m:=9'), 'nearest_m'),
        (('-p', 'pivot.runs:=many'), 'pivot.runs is a int'),
        (('--base-url', 'nonsense'), 'base_url'),
    ],
)
def test_options_that_cannot_be_are_errors_that_name_what_can(
    vlm_nav: Command, options: tuple[str, ...], words: str
) -> None:
    said = vlm_nav('replay', kitchen(), *INSTRUCTION, *options)
    assert (said.status, said.stdout) == (1, '')
    assert words in said.stderr
