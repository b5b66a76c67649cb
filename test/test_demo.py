"""scripts/demo as a user runs it."""

import math
import os
import re
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.records.read import read_record
from vlm_nav.sim.drawn.drawn_room import furnished_room

DEMO = Path(__file__).resolve().parents[1] / 'scripts' / 'demo'
PATIENCE_S = 170.0
PLACE = re.compile(r'x (-?\d+\.\d+) m, y (-?\d+\.\d+) m')

pytestmark = [pytest.mark.ros, pytest.mark.timeout(200)]


def run_demo(*arguments: str, **variables: str) -> 'subprocess.CompletedProcess[str]':
    """Run the demonstration from another folder and return what it said."""
    return subprocess.run(
        [str(DEMO), *arguments],
        cwd='/',
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def away_m(x_m: float, y_m: float, name: str) -> float:
    """Return how far a place on the floor is from the box around a thing of the room."""
    box = furnished_room().named(name).box_map
    beyond = [
        max(low - value, value - high, 0.0)
        for value, low, high in zip((x_m, y_m), box.low, box.high, strict=False)
    ]
    return math.hypot(*beyond)


def test_a_robot_in_a_furnished_house_goes_to_the_red_chair_and_says_so(tmp_path: Path) -> None:
    ended = run_demo('--pace', '2', '--out', str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert 'from a double (seer)' in ended.stdout
    assert 'not from a model' in ended.stdout
    assert re.search(r'^Outcome: +arrived', ended.stdout, re.MULTILINE)
    # What it believes is true: it stands beside the chair, and has driven to be there.
    truth = re.search(r'in truth it stands (\d+\.\d) m of way', ended.stdout)
    assert truth is not None
    assert float(truth[1]) <= 1.0
    driven_m = re.search(r'(\d+\.\d) m driven', ended.stdout)
    assert driven_m is not None
    assert float(driven_m[1]) > 2.0
    report = re.search(r'^Report: +(\S+/runs/\w+/report\.html)$', ended.stdout, re.MULTILINE)
    assert report is not None, ended.stdout
    page = Path(report[1]).read_text('utf-8')
    assert 'go to the red chair' in page
    assert '>Arrived<' in page
    record = read_record(Path(report[1]).parent)
    assert record.decision is not None
    assert record.decision.outcome == 'arrived'


def test_where_no_house_can_be_drawn_it_says_so_and_decides_once_in_the_drawn_room(
    tmp_path: Path,
) -> None:
    ended = run_demo(
        '--instruction', 'Go to the blue box!', '--out', str(tmp_path), MUJOCO_GL='disabled'
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert 'No house can be drawn here' in ended.stdout
    assert 'MUJOCO_GL' in ended.stdout
    assert 'from a double' in ended.stdout
    assert 'not from a model' in ended.stdout
    picture = re.search(r'Picture: +(\S+\.png)', ended.stdout)
    assert picture is not None, ended.stdout
    bgr = cv2.imread(picture[1])
    assert bgr is not None
    assert bgr.shape == (480, 640, 3)
    marks = read_marks(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))
    assert len(marks) >= 3
    decided, received = (tuple(map(float, place)) for place in PLACE.findall(ended.stdout))
    assert decided == received
    assert 0.15 < away_m(*received, 'blue box') < 0.7
    assert re.search(r'confidence \d\.\d\d', ended.stdout)
    assert list((tmp_path / 'records').iterdir())


def test_a_colour_that_the_room_does_not_show_ends_without_a_goal(tmp_path: Path) -> None:
    ended = run_demo('--drawn', '--instruction', 'find something purple', '--out', str(tmp_path))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert 'no goal' in ended.stdout
    assert 'none_fits' in ended.stdout


def test_an_instruction_without_a_colour_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    ended = run_demo('--drawn', '--instruction', 'go to the chair', '--out', str(tmp_path))
    assert ended.returncode == 2
    assert 'name one of red, orange' in ended.stderr


def test_ctrl_c_ends_everything_that_was_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(DEMO), '--out', str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        # In the middle of the instruction: it has decided for the first time.
        while not process.stdout.readline().startswith('    '):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    # A process holds its log open as long as it lives.
    held = [_target(link) for link in Path('/proc').glob('[0-9]*/fd/*')]
    assert [file for file in held if file.startswith(str(tmp_path))] == []
    (record,) = (tmp_path / 'runs').iterdir()
    assert (record / 'report.html').is_file()
    ended = read_record(record).ended
    assert ended is not None
    assert ended.reason in ('shutting_down', 'cancelled')


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ''


def test_a_robot_before_a_table_picks_up_what_words_mean(tmp_path: Path) -> None:
    ended = run_demo('--task', 'pick up the soap', '--pace', '2', '--out', str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert 'from a double (seer)' in ended.stdout
    assert re.search(r'^Outcome: +picked', ended.stdout, re.MULTILINE)
    # What it believes is true: the thing is held in the air.
    truth = re.search(r'^Truth: +the soap is (\d\.\d\d) m higher', ended.stdout, re.MULTILINE)
    assert truth is not None, ended.stdout
    assert float(truth[1]) >= 0.15
    picture = re.search(r'^Picture: +(\S+\.png)$', ended.stdout, re.MULTILINE)
    assert picture is not None, ended.stdout
    shown = cv2.imread(picture[1])
    assert shown is not None
    # What was asked about, what was pointed at, and what came of it.
    assert shown.shape[0] == 480
    assert shown.shape[1] >= 2 * 640
