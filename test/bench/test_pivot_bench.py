"""What `vlm-nav bench pivot` measures; how long it takes is no matter here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import sensor_data

from vlm_nav.bench.pivot import bench_pivot
from vlm_nav.bench.scenes import colour_pictures, floor_frame
from vlm_nav.bench.timing import Timing, one_core, time_of
from vlm_nav.cli.main import main
from vlm_nav.files.reading import FileError

KEYS = {
    'propose_check_draw_ms',
    'marks_drawn',
    'decision_3x3_ms',
    'decision_marks',
    'encode_ms',
    'encode_bytes',
    'project_1000_ms',
}


def test_every_question_of_the_decision_is_asked_and_its_marks_are_drawn(tmp_path: Path) -> None:
    found = bench_pivot(tmp_path, calls=1)
    assert found.scene == 'drawn_room'
    assert found.marks_drawn >= 8
    # Three rounds of three runs with ten marks each.
    assert 80 <= found.decision_marks <= 90
    assert all(found.as_json()[key] > 0 for key in KEYS)


@pytest.mark.data
def test_the_recorded_frame_is_taken_where_it_is_at_hand() -> None:
    data = sensor_data.folder('robot_floor_frame').parent
    assert floor_frame(data).identifier == 'robot_floor_frame'
    name, pictures = colour_pictures(data)
    assert (name, len(pictures)) == ('kitchen_7scenes', 40)


def test_a_folder_whose_pictures_are_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'kitchen_7scenes').mkdir()
    (tmp_path / 'kitchen_7scenes' / 'frame-000000.color.jpg').write_bytes(b'no picture')
    with pytest.raises(FileError, match=r'a colour picture .* was wanted'):
        colour_pictures(tmp_path)


def test_the_median_counts_and_the_warm_up_does_not() -> None:
    calls: list[int] = []
    timing = time_of(lambda: calls.append(1), calls=5, warm_up=2)
    assert len(calls) == 7
    assert timing.fastest_ms <= timing.median_ms <= timing.slowest_ms
    assert Timing(4.0, 0.0, 9.0).ratio_to(Timing(2.0, 0.0, 9.0)) == 2.0


def test_one_core_is_used_and_all_are_given_back() -> None:
    before, threads = os.sched_getaffinity(0), cv2.getNumThreads()
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
        assert cv2.getNumThreads() == 1
    assert os.sched_getaffinity(0) == before
    assert cv2.getNumThreads() == threads


def test_the_command_prints_one_json_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ['bench', 'pivot', '--json', '--calls', '1', '--data', str(tmp_path)]
    monkeypatch.setattr(sys, 'argv', ['vlm-nav', *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= KEYS
    assert np.isfinite([found[key] for key in KEYS]).all()
