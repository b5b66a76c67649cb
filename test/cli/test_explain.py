"""`vlm-nav explain` as somebody types it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bag_writing import TYPES, write_bag, written
from sensor_data import folder

from vlm_nav.cli.main import main

TEXT = TYPES.types['std_msgs/msg/String']


@pytest.fixture
def explain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str], list[str]]]:
    """Give the command; it returns its status and its lines on both outputs."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        monkeypatch.setattr(sys, 'argv', ['vlm-nav', 'explain', *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out.splitlines(), said.err.splitlines()

    return run


@pytest.mark.data
def test_a_session_is_told_in_a_few_lines_for_each_goal(
    explain: Callable[..., tuple[int, list[str], list[str]]],
) -> None:
    status, lines, notes = explain(str(folder('nav2_session')))
    assert status == 0
    told = '\n'.join(lines).split('goal ')
    assert 'goal 1: began at 5.1 s, sent by an action client, to the end of its last' in lines[0]
    assert "(4.00, -1.50, -90 deg) in 'map'" in lines[0]
    assert 'succeeded at 14.8 s, after 9.6 s; drove 3.4 m, stood 0.23 m from there' in lines[1]
    assert any('preempted by goal 4 at 20.8 s' in line for line in lines)
    assert any('canceled at 24.8 s' in line and 'a cancel came' in line for line in lines)
    assert any('sent by /goal_pose, to (1.50, 1.00, 0 deg)' in line for line in lines)
    assert '15 recoveries' in told[-1]
    assert len([line for line in lines if line.startswith('goal ')]) == 6
    assert 'is on no topic' in notes[-1]


@pytest.mark.data
def test_as_json_each_goal_is_a_line(
    explain: Callable[..., tuple[int, list[str], list[str]]],
) -> None:
    status, lines, _ = explain(str(folder('nav2_session')), '--json')
    goals = [json.loads(line) for line in lines]
    assert status == 0
    assert [goal['number'] for goal in goals] == [1, 2, 3, 4, 5, 6]
    ends = ['succeeded', 'aborted', 'preempted', 'canceled', 'succeeded', 'aborted']
    assert [goal['end'] for goal in goals] == ends
    assert [goal['target_from'] for goal in goals] == [
        'plan',
        None,
        'plan',
        'plan',
        '/goal_pose',
        None,
    ]
    assert goals[2]['preempted_by'] == 4
    assert goals[1]['hints'] == ['refused_at_once']


@pytest.mark.data
@pytest.mark.parametrize('share', [0.0, 0.3, 0.6, 0.95])
def test_a_bag_that_breaks_off_is_told_of_or_refused_in_one_line(
    explain: Callable[..., tuple[int, list[str], list[str]]], tmp_path: Path, share: float
) -> None:
    data = (folder('nav2_session') / 'nav2_session.mcap').read_bytes()
    broken = tmp_path / 'broken.mcap'
    broken.write_bytes(data[: int(len(data) * share)])
    status, _, notes = explain(str(broken))
    assert status in (0, 1)
    assert notes[0].startswith('vlm-nav: ')
    assert 'Traceback' not in ''.join(notes)


@pytest.mark.data
def test_damage_inside_is_told_and_passed_over(
    explain: Callable[..., tuple[int, list[str], list[str]]], tmp_path: Path
) -> None:
    data = bytearray((folder('nav2_session') / 'nav2_session.mcap').read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    broken = tmp_path / 'broken.mcap'
    broken.write_bytes(data)
    status, lines, notes = explain(str(broken))
    assert status == 0
    assert 'goal 1: ' in lines[0]
    assert 'is damaged near' in notes[0]


def test_a_bag_without_nav2_is_refused_in_one_line(
    explain: Callable[..., tuple[int, list[str], list[str]]], tmp_path: Path
) -> None:
    bag = write_bag(tmp_path / 'bag', [written('/words', 10**9, TEXT(data='x'))])
    status, lines, notes = explain(str(bag))
    assert (status, lines, len(notes)) == (1, [], 1)
    assert '/words' in notes[0]
    assert explain(str(tmp_path / 'none'))[0] == 1
