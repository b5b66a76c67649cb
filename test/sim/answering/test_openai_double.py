"""The double of an OpenAI-compatible server, asked over real sockets."""

import asyncio
import base64
import dataclasses
import json
import queue
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.poses import transform_from_floor_pose
from vlm_nav.imagination.choose_view import marked
from vlm_nav.sim.answering.disc_choosing import largest_region
from vlm_nav.sim.answering.double_answers import MODEL, DoubleSettings, changed
from vlm_nav.sim.answering.openai_double import OpenAiDouble
from vlm_nav.sim.drawn.drawn_room import (
    CAMERA,
    ROBOT_POSE,
    base_from_mounted_camera,
    furnished_room,
)
from vlm_nav.vlm.errors import ModelLate, ModelRefused, UnusableAnswer
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.picture_encoding import data_url, encode_picture
from vlm_nav.vlm.question import Answer, Purpose, Question

PLACES = {1: (90.0, 300.0), 2: (505.0, 290.0), 3: (320.0, 400.0), 4: (330.0, 230.0)}
BOTTOM = Pixel(319.5, 479.0)
PATIENCE_S = 10.0


@pytest.fixture(scope='module')
def room_picture() -> MarkedPicture:
    """Return the drawn room with four discs on its floor."""
    camera = transform_from_floor_pose(ROBOT_POSE) @ base_from_mounted_camera()
    rgb, _ = furnished_room().render(CAMERA, camera)
    marks = tuple(Mark(label, Pixel(*place), BOTTOM) for label, place in PLACES.items())
    return MarkedPicture('room', rgb, marks)


@pytest.fixture
def reports() -> 'queue.Queue[dict[str, Any]]':
    """Return where the double's reports arrive."""
    return queue.Queue()


@pytest.fixture
def double(reports: 'queue.Queue[dict[str, Any]]') -> Iterator[OpenAiDouble]:
    """Give a double that looks for red."""
    settings = changed(DoubleSettings(), {'target_color': 'red'})
    with OpenAiDouble(settings, report=reports.put) as served:
        yield served


async def ask(
    base_url: str, *pictures: MarkedPicture, pick: int = 1, timeout_s: float = PATIENCE_S
) -> Answer:
    """Ask as the product does."""
    # At the size that was drawn: where discs are found is held against where they were put.
    model = OpenAiModel(OpenAiSettings(model='any', base_url=base_url, max_picture_kb=0))
    evidence = ('1: 1.0 m ahead',)
    question = Question(
        Purpose.GROUND_WAYPOINT, 'go to the red chair', pictures, pick, evidence=evidence
    )
    try:
        return await model.ask(question, Deadline.after(timeout_s))
    finally:
        await model.aclose()


def request_body(picture: MarkedPicture, **changes: Any) -> dict[str, Any]:
    """Return a request that the double takes, with some of its arguments replaced."""
    url = {'url': data_url(encode_picture(picture))}
    content = [{'type': 'image_url', 'image_url': url}, {'type': 'text', 'text': 'where?'}]
    return {'model': 'any', 'messages': [{'role': 'user', 'content': content}], **changes}


def post(url: str, body: Any, key: str = 'any') -> tuple[int, dict[str, Any]]:
    """Post JSON and return the status and the JSON that came."""
    headers = {'Content-Type': 'application/json', 'Authorization': f'Bearer {key}'}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize('views', ['separate', 'sheet'])
async def test_of_views_it_chooses_the_one_that_shows_its_colour_by_the_number_in_its_corner(
    double: OpenAiDouble, room_picture: MarkedPicture, views: Any
) -> None:
    grey = MarkedPicture('grey', np.full((480, 640, 3), 128, dtype=np.uint8))
    bare = dataclasses.replace(room_picture, marks=())
    pictures = tuple(
        marked(picture, label) for label, picture in enumerate((grey, grey, bare, grey), 1)
    )
    model = OpenAiModel(OpenAiSettings(model='any', base_url=double.base_url, views=views))
    try:
        found = await model.ask(
            Question(Purpose.VIEW, 'go to the red chair', pictures), Deadline.after(PATIENCE_S)
        )
        missing = await model.ask(
            Question(Purpose.VIEW, 'go to the red chair', (pictures[0], pictures[1])),
            Deadline.after(PATIENCE_S),
        )
    finally:
        await model.aclose()
    assert (found.labels, found.seen) == ((3,), True)
    assert missing.none


async def test_of_several_pictures_it_answers_for_the_one_that_shows_the_most_of_a_colour(
    double: OpenAiDouble, room_picture: MarkedPicture
) -> None:
    other = np.full((480, 640, 3), 128, dtype=np.uint8)
    other[300:320, 400:420] = (230, 20, 20)
    marks = tuple(Mark(label, Pixel(100.0 * label - 400.0, 350.0), BOTTOM) for label in (5, 6, 7))
    bare = MarkedPicture('other', other, marks, camera='front')
    higher = tuple(dataclasses.replace(mark, label=mark.label + 40) for mark in room_picture.marks)
    chair = dataclasses.replace(room_picture, camera='left', marks=higher)
    answer = await ask(double.base_url, bare, chair)
    assert answer.labels[0] == 42
    assert set(answer.labels) <= {label + 40 for label in PLACES}


async def test_it_picks_the_discs_at_the_foot_of_the_red_chair(
    double: OpenAiDouble, room_picture: MarkedPicture
) -> None:
    answer = await ask(double.base_url, room_picture, pick=2)
    assert answer.labels[0] == 2
    assert len(answer.labels) == 2
    assert answer.tokens.prompt > 300
    assert 'double' in answer.reason


async def test_it_tells_where_it_found_the_discs(
    double: OpenAiDouble,
    reports: 'queue.Queue[dict[str, Any]]',
    room_picture: MarkedPicture,
) -> None:
    await ask(double.base_url, room_picture)
    report = reports.get(timeout=PATIENCE_S)
    (picture,) = report['pictures']
    assert (picture['width_px'], picture['height_px']) == (640, 480)
    found = {disc['label']: (disc['u_px'], disc['v_px']) for disc in picture['discs']}
    assert found.keys() == PLACES.keys()
    for label, place in PLACES.items():
        assert found[label] == pytest.approx(place, abs=1.5)
    assert report['picked'][0] == 2
    assert report['facts'] is True
    assert report['request'] == 1


@pytest.mark.parametrize('label', PLACES)
async def test_it_is_steered_to_a_pixel_while_it_runs(
    double: OpenAiDouble, room_picture: MarkedPicture, label: int
) -> None:
    u_px, v_px = PLACES[label]
    control = double.base_url.removesuffix('/v1') + '/control'
    status, settings = post(control, {'target_pixel': [u_px + 9, v_px - 9]})
    assert status == 200
    assert settings['target_color'] is None
    answer = await ask(double.base_url, room_picture)
    assert answer.labels == (label,)


@pytest.mark.parametrize(
    ('behaviour', 'error'),
    [('refuse', ModelRefused), ('garbage', UnusableAnswer), ('undrawn', UnusableAnswer)],
)
async def test_it_misbehaves_as_it_is_told(
    double: OpenAiDouble, room_picture: MarkedPicture, behaviour: str, error: type[Exception]
) -> None:
    double.control({'behaviour': behaviour})
    with pytest.raises(error):
        await ask(double.base_url, room_picture)


async def test_it_chooses_none_where_it_is_told_to_or_finds_nothing(
    double: OpenAiDouble, room_picture: MarkedPicture
) -> None:
    double.control({'behaviour': 'none'})
    assert (await ask(double.base_url, room_picture)).none
    double.control({'behaviour': 'normal', 'target_color': 'purple'})
    assert (await ask(double.base_url, room_picture)).none


async def test_a_request_that_hangs_is_reported_and_ends_with_the_server(
    reports: 'queue.Queue[dict[str, Any]]', room_picture: MarkedPicture
) -> None:
    settings = changed(DoubleSettings(), {'behaviour': 'hang'})
    with OpenAiDouble(settings, report=reports.put) as double:
        asking = asyncio.ensure_future(ask(double.base_url, room_picture, timeout_s=1.0))
        report = await asyncio.to_thread(reports.get, timeout=PATIENCE_S)
        assert report['behaviour'] == 'hang'
        with pytest.raises(ModelLate):
            await asking


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'model': ''}, 'model'),
        ({'messages': []}, 'messages'),
        ({'colour': 1}, 'colour'),
        ({'temperature': '0'}, 'temperature'),
        ({'max_tokens': 0}, 'max_tokens'),
        ({'messages': [{'role': 'robot', 'content': 'x'}]}, 'messages.0.role'),
        ({'messages': [{'role': 'user', 'content': [{'type': 'input_text'}]}]}, 'input_text'),
        ({'response_format': {'type': 'json_schema', 'schema': {}}}, 'json_schema'),
        ({'stream': True}, 'stream'),
    ],
)
def test_a_request_in_another_form_is_refused_with_its_place(
    double: OpenAiDouble, room_picture: MarkedPicture, changes: dict[str, Any], words: str
) -> None:
    body = request_body(room_picture, **changes)
    status, answer = post(f'{double.base_url}/chat/completions', body)
    assert status == 400
    assert words in answer['error']['message']


@pytest.mark.parametrize(
    'url',
    [
        'https://example.org/x.jpg',
        'data:image/jpeg;base64,%%%',
        'data:image/jpeg;base64,' + base64.b64encode(b'no picture').decode(),
    ],
)
def test_a_picture_that_cannot_be_read_is_refused(double: OpenAiDouble, url: str) -> None:
    part = {'type': 'image_url', 'image_url': {'url': url}}
    body = {'model': 'any', 'messages': [{'role': 'user', 'content': [part]}]}
    status, answer = post(f'{double.base_url}/chat/completions', body)
    assert status == 400
    assert answer['error']['param'] == 'image_url'


def test_a_request_without_a_key_is_refused(
    double: OpenAiDouble, room_picture: MarkedPicture
) -> None:
    status, _ = post(f'{double.base_url}/chat/completions', request_body(room_picture), key='')
    assert status == 401


def test_an_unknown_path_is_refused_with_those_there_are(double: OpenAiDouble) -> None:
    status, answer = post(f'{double.base_url}/embeddings', {})
    assert status == 404
    assert 'POST /v1/chat/completions' in answer['error']['message']


def test_its_model_says_that_it_is_a_double(double: OpenAiDouble) -> None:
    with urllib.request.urlopen(f'{double.base_url}/models', timeout=PATIENCE_S) as response:
        assert [model['id'] for model in json.load(response)['data']] == [MODEL]
    assert 'double' in MODEL


@pytest.mark.parametrize(
    'change',
    [{'colour': 'red'}, {'target_color': 'mauve'}, {'target_pixel': [1]}, {'behaviour': 'shy'}],
)
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    double: OpenAiDouble, change: dict[str, Any]
) -> None:
    before = double.control({})
    with pytest.raises(InvalidValueError):
        double.control(change)
    assert double.control({}) == before


def test_a_picture_without_the_colour_has_no_foot() -> None:
    assert largest_region('red', np.full((40, 60, 3), 90, dtype=np.uint8)) is None


def test_as_a_process_it_tells_its_address_and_ends_on_sigint(
    room_picture: MarkedPicture, tmp_path: Path
) -> None:
    report = tmp_path / 'seen.jsonl'
    command = [
        sys.executable,
        '-m',
        'vlm_nav.sim.answering.openai_double',
        '--target-pixel',
        '90,300',
    ]
    process = subprocess.Popen(
        [*command, '--report', str(report)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        base_url = json.loads(process.stdout.readline())['listening']
        status, answer = post(f'{base_url}/chat/completions', request_body(room_picture))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert status == 200
    assert json.loads(answer['choices'][0]['message']['content'])['points'][0] == 1
    assert json.loads(report.read_text())['picked'][0] == 1
