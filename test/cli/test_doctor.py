"""`vlm-nav doctor`: a line for each thing, a remedy where one is needed, and a status."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import Command

from ..vlm.fault_server import fails, serving
from ..vlm.seeing_double import sees

MODEL = ('--only', 'model')
MODEL_LINES = 10


def test_a_model_in_order_is_ok_in_every_line(vlm_nav: Command) -> None:
    with serving(sees()) as server:
        server.models = ['Qwen3-VL', 'other']
        said = vlm_nav('doctor', *MODEL, '--vlm', 'vllm:Qwen3-VL', '--base-url', server.url)
    lines = said.stdout.splitlines()
    assert said.status == 0, said.stdout
    assert len(lines) == MODEL_LINES
    assert all(line.startswith('ok  ') for line in lines), said.stdout
    assert 'picture round trip' in said.stdout


def test_what_is_wrong_has_a_remedy_and_status_3(vlm_nav: Command) -> None:
    with serving(fails(503)) as server:
        said = vlm_nav('doctor', *MODEL, '--base-url', server.url, '--json')
    assert said.status == 3
    states = {line['subject']: line['state'] for line in said.lines}
    assert states['text round trip'] == 'not ok'
    assert states['coordinates'] == 'not checked'
    for line in said.lines:
        assert line.keys() == {'subject', 'state', 'words', 'remedy'}
        assert bool(line['remedy']) or line['state'] != 'not ok'


def test_each_model_of_a_list_is_looked_at(vlm_nav: Command, tmp_path: Path) -> None:
    file = tmp_path / 'models.yaml'
    with serving(fails(401)) as shut, serving(sees()) as well:
        well.models = ['Qwen3-VL', 'other']
        profiles = {
            name: {'base_url': server.url, 'model': 'Qwen3-VL'}
            for name, server in {'shut': shut, 'well': well}.items()
        }
        file.write_text(json.dumps({'profiles': profiles}))
        said = vlm_nav(
            'doctor', *MODEL, '--vlm', 'shut,well', '-p', f'vlm.models_file:={file}', '--json'
        )
    assert said.status == 3
    assert len(said.lines) == 2 * MODEL_LINES
    assert {line['state'] for line in said.lines[MODEL_LINES:]} == {'ok'}
    assert said.stderr.splitlines() == ['shut:', 'well:']


def test_a_double_is_not_checked(vlm_nav: Command) -> None:
    said = vlm_nav('doctor', *MODEL, '--vlm', 'scripted:first', '--json')
    assert said.status == 0
    assert [line['state'] for line in said.lines] == ['not checked']


def test_a_key_is_never_said(vlm_nav: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    key = 'sk-secret-0123456789'
    monkeypatch.setenv('OPENAI_API_KEY', key)
    with serving(fails(401, f'Incorrect API key provided: {key}')) as server:
        said = vlm_nav('doctor', *MODEL, '--base-url', server.url)
    assert server.headers[0]['Authorization'] == f'Bearer {key}'
    assert 'Incorrect API key' in said.stdout
    assert key[:8] not in said.stdout + said.stderr


def test_the_robot_is_looked_at_too_and_launch_arguments_are_checked(vlm_nav: Command) -> None:
    pytest.importorskip('rclpy')
    said = vlm_nav('doctor', '--only', 'robot', 'picture:=/camera')
    assert said.status == 1
    assert 'picture:=/camera' in said.stderr
    assert 'depth_camera_info' in said.stderr


def test_without_a_ros_2_the_robot_is_not_checked(
    vlm_nav: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith('vlm_nav.ros.doctor')]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'rclpy', None)
    said = vlm_nav('doctor', '--only', 'robot', '--json')
    assert said.status == 0
    (line,) = said.lines
    assert (line['subject'], line['state']) == ('ROS 2', 'not checked')
    assert 'docs/install.md' in line['remedy']
