"""A double is asked from other processes: by data, within a deadline, and without trust."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from http.client import HTTPConnection

import pytest

pytest.importorskip('scipy')

from simulated_views import house, marked, thing, view_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.answering.seeing_server import SeeingServer
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.vlm.errors import (
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from vlm_nav.vlm.model import notice_of
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.question_data import (
    MOST_MARKS,
    MOST_PICTURES,
    question_as_data,
    question_from_data,
)
from vlm_nav.vlm.remote_double import RemoteDouble
from vlm_nav.vlm.specification import model_from_spec

HOUSE = house(thing('red chair', 4.0, 0.5))
VIEW = view_of(HOUSE, FloorPose(1.0, 0.0, 0.0))
QUESTION = Question(
    Purpose.GROUND_WAYPOINT,
    'go to the red chair',
    (marked(VIEW, [(2.5, -0.5), (3.3, 0.5), (2.5, 0.6)]),),
    pick=2,
    may_answer_arrived=True,
    evidence=('1: 1.5 m ahead, free for 2.0 m',),
    visited=(3,),
)


@pytest.fixture(scope='module')
def server() -> Iterator[SeeingServer]:
    views = RecentViews()
    views.keep(VIEW)
    with SeeingServer(HOUSE, views) as running:
        yield running


def test_a_question_goes_as_data_without_pixels_and_comes_back_the_same() -> None:
    data = json.loads(json.dumps(question_as_data(QUESTION)))
    assert 'rgb' not in json.dumps(data)
    back = question_from_data(data)
    clean = replace(back.pictures[0], rgb=QUESTION.pictures[0].rgb)
    assert question_as_data(replace(back, pictures=(clean,))) == question_as_data(QUESTION)
    assert back.pictures[0].rgb.size == 0
    assert back.labels == QUESTION.labels
    assert (back.visited, back.evidence, back.pick) == ((3,), QUESTION.evidence, 2)


async def test_the_double_answers_as_it_would_in_its_own_process(server: SeeingServer) -> None:
    views = RecentViews()
    views.keep(VIEW)
    here = await Seer(HOUSE, views).ask(QUESTION, Deadline.after(5.0))
    model = model_from_spec(f'double:{server.url}/seer')
    there = await model.ask(QUESTION, Deadline.after(5.0))
    assert (there.labels, there.reason) == (here.labels, here.reason) == ((2, 3), here.reason)
    assert 'not from a model' in notice_of(model)


async def test_an_unknown_double_refuses(server: SeeingServer) -> None:
    with pytest.raises(ModelRefused, match='oracle'):
        await RemoteDouble(f'{server.url}/prophet').ask(QUESTION, Deadline.after(5.0))


@pytest.mark.parametrize(
    'change',
    [
        {'pictures': 3},
        {'pictures': [{'identifier': 7}]},
        {'purpose': 'world peace'},
        {'pick': 0},
        {'pick': 1e300},
        {'visited': [0.5]},
        {'visited': [float('inf')]},
        {'visited': [10**400]},
        {'pick': 10**400},
        {'evidence': [None]},
        {'instruction': 'x' * 200_000},
        {'may_answer_none': 1},
    ],
)
def test_what_is_no_question_is_refused_and_the_server_goes_on(
    server: SeeingServer, change: dict[str, object]
) -> None:
    with pytest.raises(InvalidValueError):
        question_from_data(question_as_data(QUESTION) | change)
    body = json.dumps(question_as_data(QUESTION) | change).encode()
    assert _status(f'{server.url}/seer', body) == 400
    assert _status(f'{server.url}/seer', b'[' * 100_000) == 400
    assert _status(f'{server.url}/seer', json.dumps(question_as_data(QUESTION)).encode()) == 200


def test_a_question_with_all_marks_that_one_may_have_is_answered(server: SeeingServer) -> None:
    picture = question_as_data(QUESTION)['pictures'][0]
    marks = [{'label': 1 + i, 'u_px': i % 640, 'v_px': 240 + i % 240} for i in range(MOST_MARKS)]
    body = question_as_data(QUESTION) | {'pictures': [picture | {'marks': marks}] * MOST_PICTURES}
    assert _status(f'{server.url}/seer', json.dumps(body).encode()) == 200


@pytest.mark.parametrize('length', ['', '-1', 'many', '9' * 6000, '20000001'])
def test_a_body_of_no_length_or_too_long_is_refused(server: SeeingServer, length: str) -> None:
    with closing(HTTPConnection('127.0.0.1', int(server.url.rpartition(':')[2]), 10.0)) as client:
        client.putrequest('POST', '/seer')
        client.putheader('Content-Length', length)
        client.endheaders()
        assert client.getresponse().status == 413


def _status(url: str, body: bytes) -> int:
    try:
        with urllib.request.urlopen(url, data=body, timeout=10.0) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@asynccontextmanager
async def _replying(reply: bytes | None) -> AsyncIterator[str]:
    """Give the URL of a server that says `reply` to all, or nothing and waits (None)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'\r\n\r\n')
        if reply is None:
            await reader.read()
        else:
            writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    async with server:
        yield f'http://127.0.0.1:{server.sockets[0].getsockname()[1]}/seer'


@pytest.mark.parametrize(
    ('reply', 'error'),
    [
        (b'', ModelUnreachable),
        (b'SSH-2.0-no\r\n\r\n', ModelUnreachable),
        (b'HTTP/1.1 200 OK\r\n\r\nno length', ModelUnreachable),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n', ModelUnreachable),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut', ModelUnreachable),
        (b'HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno', ModelUnreachable),
        (b'HTTP/1.1 404 None\r\nContent-Length: 2\r\n\r\nno', ModelRefused),
        (b'HTTP/1.1 301 Off\r\nContent-Length: 2\r\n\r\nno', UnusableAnswer),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', UnusableAnswer),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xff', UnusableAnswer),
        (b'x' * 2_000_000, ModelUnreachable),
    ],
)
async def test_what_is_no_answer_is_an_error_of_its_kind(
    reply: bytes, error: type[ModelError]
) -> None:
    async with _replying(reply) as url:
        with pytest.raises(error):
            await RemoteDouble(url).ask(QUESTION, Deadline.after(5.0))


async def test_a_double_that_is_gone_is_unreachable() -> None:
    async with _replying(b'') as url:
        pass
    with pytest.raises(ModelUnreachable):
        await RemoteDouble(url).ask(QUESTION, Deadline.after(5.0))


async def test_a_silent_double_is_late_and_waiting_can_be_cancelled() -> None:
    async with _replying(None) as url:
        with pytest.raises(ModelLate):
            await RemoteDouble(url).ask(QUESTION, Deadline.after(0.05))
        waiting = asyncio.ensure_future(RemoteDouble(url).ask(QUESTION, Deadline.after(60.0)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


@pytest.mark.parametrize(
    'url',
    ['', 'seer', 'https://here/seer', 'http://', 'http://me:secret@here/', 'http://here:x/seer',
     'http://here/a b', 'http://here/a\r\nX: y'],
)  # fmt: skip
def test_what_is_no_url_of_a_double_is_refused(url: str) -> None:
    with pytest.raises(InvalidValueError):
        model_from_spec(f'double:{url}')
