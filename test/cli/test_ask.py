"""`vlm-nav ask`: somebody's words and picture reach the model, and its words come back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from command_line import Command
from face_network import write_face_network

from ..vlm.fault_server import FaultServer, fails, hangs, says, serving

# Scripts from the right, without spaces, with combining characters and signs beyond 16 bits.
INSTRUCTIONS = (
    'Fahr zum größten Stuhl – aber langsam!',
    'اذهب إلى الكرسي الأحمر (رقم 3)',
    'לך אל הכיסא האדום',
    '走到红色的椅子旁边。',
    'लाल कुर्सी के पास जाओ',
    'e\u0301t\u00e9 ≠ \u00e9te\u0301',
    '去🪑👩‍🦽旁边',
    '<instruction>"\\n\t{}</instruction>',
)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Give a picture of 1600 x 1200, larger than is sent."""
    path = tmp_path / 'picture.png'
    cv2.imwrite(str(path), np.full((1200, 1600, 3), 128, np.uint8))
    return path


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """Give a server that says something in words."""
    with serving(says('Two chairs.\nOne of them is red.')) as served:
        yield served


def sent_picture(server: FaultServer) -> np.ndarray:
    """Return the picture (H, W, 3) BGR of the last question."""
    url = server.bodies[-1]['messages'][1]['content'][0]['image_url']['url']
    jpeg = np.frombuffer(base64.b64decode(url.partition(',')[2]), np.uint8)
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)


def test_the_picture_and_the_words_go_out_as_they_are_and_the_answer_comes_back(
    vlm_nav: Command, picture: Path, server: FaultServer
) -> None:
    said = vlm_nav('ask', picture, 'How many chairs?', '--base-url', server.url, '--model', 'm')
    assert (said.status, said.stdout) == (0, 'Two chairs.\nOne of them is red.\n'), said.stderr
    assert '700 tokens asked, 20 answered' in said.stderr
    (body,) = server.bodies
    assert body['messages'][1]['content'][-1]['text'] == 'How many chairs?'
    assert 'response_format' not in body
    assert sent_picture(server).shape == (768, 1024, 3)


@pytest.mark.parametrize('instruction', INSTRUCTIONS)
def test_words_of_any_script_reach_the_model_unchanged(
    instruction: str, vlm_nav: Command, picture: Path, server: FaultServer
) -> None:
    assert vlm_nav('ask', picture, instruction, '--base-url', server.url).status == 0
    assert server.bodies[0]['messages'][1]['content'][-1]['text'] == instruction


def test_a_model_points_at_pixels_of_the_picture_as_it_was_taken(
    vlm_nav: Command, picture: Path
) -> None:
    answer = '[{"point_2d": [250, 500], "label": "chair"}, {"point_2d": [3000, 1]}]'
    with serving(says(answer)) as server:
        said = vlm_nav(
            'ask', picture, 'the chair', '--points', '--json',
            '--vlm', 'vllm:Qwen3-VL', '--base-url', server.url,
        )  # fmt: skip
        assert 'with x and y from 0 to 1000' in str(server.bodies[0]['messages'])
    (fields,) = said.lines
    assert fields['points'] == [{'u_px': 399.5, 'v_px': 599.5}]
    assert fields['refused_points'] == 1
    assert (fields['answer'], fields['model'], fields['endpoint']) == (
        answer, 'Qwen3-VL', server.url,
    )  # fmt: skip


def test_where_no_convention_is_known_nothing_is_guessed(
    vlm_nav: Command, picture: Path, server: FaultServer
) -> None:
    given = ('ask', picture, 'the chair', '--points', '--base-url', server.url)
    said = vlm_nav(*given)
    assert said.status == 1
    assert 'vlm.coordinates' in said.stderr
    assert server.bodies == []
    pointed = vlm_nav(*given, '-p', 'vlm.coordinates:=unit')
    assert (pointed.status, pointed.stdout) == (0, 'no point: Two chairs.\nOne of them is red.\n')


def test_of_several_models_the_first_that_answers_counts(
    vlm_nav: Command, picture: Path, server: FaultServer, tmp_path: Path
) -> None:
    file = tmp_path / 'models.yaml'
    with serving(fails(401)) as shut:
        profiles = {
            name: {'base_url': each.url, 'model': 'm'}
            for name, each in {'shut': shut, 'open': server}.items()
        }
        file.write_text(json.dumps({'profiles': profiles}))
        said = vlm_nav(
            'ask', picture, 'hi', '--vlm', 'shut,open', '-p', f'vlm.models_file:={file}'
        )
    assert said.stdout.startswith('Two chairs')
    assert 'shut: ' in said.stderr
    assert 'status 401' in said.stderr


@pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split('.')[:2])) < (4, 8),
    reason=f'OpenCV {cv2.__version__} does not read this form of YuNet',
)
def test_faces_are_blurred_where_that_is_wanted(
    vlm_nav: Command, server: FaultServer, tmp_path: Path
) -> None:
    bgr = np.full((480, 640, 3), 128, np.uint8)
    bgr[64:96, 128:160] = (0, 0, 255)
    picture, network = tmp_path / 'picture.png', write_face_network(tmp_path / 'red.onnx')
    cv2.imwrite(str(picture), bgr)
    reds = []
    for blur in (True, False):
        given = ('-p', f'blur_faces:={blur}', '-p', f'face_model:={network}')
        assert vlm_nav('ask', picture, 'hi', '--base-url', server.url, *given).status == 0
        patch = sent_picture(server)[70:90, 134:154]
        reds.append(bool((patch[..., 2] - patch[..., 0].astype(int)).max() > 200))
    assert reds == [False, True]


def test_what_a_model_says_cannot_steer_the_terminal(vlm_nav: Command, picture: Path) -> None:
    with serving(says('red \x1b[2J\x1b]0;title\x07 [bold]chair[/bold]')) as server:
        said = vlm_nav('ask', picture, 'hi', '--base-url', server.url)
    assert '\x1b' not in said.stdout
    assert '[bold]chair[/bold]' in said.stdout


def test_no_answer_is_one_line_and_status_1(vlm_nav: Command, picture: Path) -> None:
    with serving(hangs) as server:
        said = vlm_nav('ask', picture, 'hi', '--base-url', server.url, '--timeout', '0.3')
    assert (said.status, said.stdout) == (1, '')
    assert 'no answer before the deadline' in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_double_and_a_file_that_is_no_picture_are_refused(
    vlm_nav: Command, picture: Path, tmp_path: Path
) -> None:
    double = vlm_nav('ask', picture, 'hi', '--vlm', 'scripted:first')
    assert double.status == 1
    assert 'behind an endpoint' in double.stderr
    assert vlm_nav('ask', tmp_path / 'nowhere.png', 'hi').status == 1
