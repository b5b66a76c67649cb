"""What was recorded is played again: for the same question, and for no other."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import AskingReason
from vlm_nav.vlm.budget import Budget, Budgeted, BudgetSettings, Limits
from vlm_nav.vlm.cassette import CassetteMode, CassetteSettings, with_cassette
from vlm_nav.vlm.cassette_tape import CassetteError
from vlm_nav.vlm.errors import (
    BudgetSpent,
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    NotOnCassette,
    RefusedInWords,
    UnusableAnswer,
)
from vlm_nav.vlm.model import Model, close, notice_of
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Answer, Question, TokenUse

from .fault_server import GOOD, fails, says, serving

KEY = 'sk-secret-0123456789'


class Scripted:
    """A double that gives back what stands next in its script, the last again and again."""

    notice = 'a script answers'

    def __init__(self, *script: Answer | ModelError) -> None:
        self.script = list(script)
        self.asked = 0
        self.closed = False

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        self.asked += 1
        result = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        # Others come in between, so that answers overtake each other.
        for _ in range(5 - self.asked):
            await asyncio.sleep(0)
        if isinstance(result, ModelError):
            raise result
        return result

    async def aclose(self) -> None:
        self.closed = True


def label(number: int) -> Answer:
    text = json.dumps({'points': [number]})
    return Answer((number,), reason='r', raw_text=text, tokens=TokenUse(700, 20), latency_s=1.5)


def on_tape(
    folder: Path, mode: str, model: Model, name: str = 'seer', told: list[str] | None = None
) -> Model:
    settings = CassetteSettings(folder, CassetteMode(mode))
    return with_cassette(model, name, settings, (told if told is not None else []).append)


async def ask(model: Model, question: Question) -> Answer:
    return await model.ask(question, Deadline.after(10.0))


async def recorded(folder: Path, question: Question, *script: Answer | ModelError) -> None:
    model = on_tape(folder, 'record', Scripted(*script))
    for _ in script:
        await asyncio.gather(ask(model, question), return_exceptions=True)


async def played(folder: Path, question: Question, mode: str = 'replay_or_fail') -> Answer:
    return await ask(on_tape(folder, mode, Scripted(label(3))), question)


async def test_an_answer_comes_back_as_it_was_without_the_model(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    model = Scripted(label(1))
    assert await ask(on_tape(tmp_path, 'replay_or_fail', model), question) == label(2)
    assert model.asked == 0


async def test_what_a_real_endpoint_was_sent_and_said_comes_back_without_any_key(
    tmp_path: Path, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    telling = GOOD.replace('the door', f'your key is {KEY}')
    with serving(says(telling)) as server:
        url = server.url.replace('http://', 'http://me:pass-word@')
        model = on_tape(tmp_path, 'record', OpenAiModel(OpenAiSettings(model='m', base_url=url)))
        asked = await ask(model, question)
        await close(model)
    assert await played(tmp_path, question) == asked
    assert asked.sent is not None
    assert len(asked.sent.pictures[0].data) > 1000
    for path in tmp_path.rglob('*'):
        if path.is_file():
            for secret in (KEY, 'pass-word', 'uthorization', '127.0.0.1'):
                assert secret.encode() not in path.read_bytes(), path


async def test_a_failure_is_kept_without_the_address_of_the_endpoint_and_its_request(
    tmp_path: Path, question: Question
) -> None:
    refusing = fails(401, 'Wrong key for 127.0.0.1', x_request_id='req-12.ab')
    with serving(refusing) as server:
        url = server.url.replace('http://', 'http://me:pass-word@')
        model = on_tape(tmp_path, 'record', OpenAiModel(OpenAiSettings(model='m', base_url=url)))
        with pytest.raises(ModelRefused, match=r'127.*req-12'):
            await ask(model, question)
        await close(model)
        port = str(server.server_address[1])
    tls = "https://gpu.home.example/v1, model 'm': none for 'gpu.home.example' (10.0.0.7)"
    await recorded(tmp_path, question, ModelUnreachable(tls))
    text = (tmp_path / 'cassette.jsonl').read_text()
    for secret in ('127.0.0.1', f':{port}', 'req-12', 'pass-word', 'home.example', '10.0.0.7'):
        assert secret not in text
    for kept in ('status 401', 'Wrong key', 'attempt 1', 'none for'):
        assert kept in text


@pytest.mark.parametrize(
    'error',
    [
        ModelLate('late'),
        ModelRefused('no key'),
        RefusedInWords('I will not', raw_text='no'),
        UnusableAnswer('half', raw_text='{"po', tokens=TokenUse(700, 3)),
    ],
)
async def test_a_failure_is_played_too(
    tmp_path: Path, question: Question, error: ModelError
) -> None:
    await recorded(tmp_path, question, error)
    with pytest.raises(type(error)) as caught:
        await played(tmp_path, question)
    assert str(caught.value) == str(error)
    assert (caught.value.raw_text, caught.value.tokens) == (error.raw_text, error.tokens)


async def test_the_same_question_asked_twice_gets_both_answers_in_order_and_then_again(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, UnusableAnswer('half'), label(2), label(1))
    model = on_tape(tmp_path, 'replay_or_fail', Scripted(label(3)))
    for _ in range(2):
        with pytest.raises(UnusableAnswer):
            await ask(model, question)
        assert [(await ask(model, question)).labels for _ in range(2)] == [(2,), (1,)]


async def test_answers_that_overtook_each_other_are_played_in_the_order_of_the_questions(
    tmp_path: Path, question: Question
) -> None:
    model = on_tape(tmp_path, 'record', Scripted(label(1), label(2), label(3)))
    await asyncio.gather(*(ask(model, question) for _ in range(3)))
    lines = (tmp_path / 'cassette.jsonl').read_text().splitlines()[1:]
    assert [json.loads(line)['number'] for line in lines] == [2, 1, 0]
    again = on_tape(tmp_path, 'replay_or_fail', Scripted(label(3)))
    answers = await asyncio.gather(*(ask(again, question) for _ in range(3)))
    assert [answer.labels for answer in answers] == [(1,), (2,), (3,)]


async def test_white_space_and_ways_to_write_a_letter_make_no_other_question(
    tmp_path: Path, question: Question
) -> None:
    composed, apart = 'go to the caf\u00e9', 'go  to the\ncafe\u0301 '
    await recorded(tmp_path, replace(question, instruction=composed), label(2))
    assert (await played(tmp_path, replace(question, instruction=apart))).labels == (2,)


def through_jpeg(question: Question, quality: int) -> Question:
    """Return the question about a picture that a camera has compressed."""
    (picture,) = question.pictures
    _, data = cv2.imencode('.jpg', picture.rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
    rgb = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return replace(question, pictures=(replace(picture, rgb=rgb),))


async def test_a_camera_s_noise_and_another_jpeg_decoder_make_no_other_picture(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    (picture,) = question.pictures
    noise = np.random.default_rng(1).normal(0.0, 4.0, picture.rgb.shape)
    noisy = np.clip(picture.rgb + noise, 0, 255).astype(np.uint8)
    for other in (
        through_jpeg(question, 60),
        replace(question, pictures=(replace(picture, rgb=noisy, identifier='front/9'),)),
    ):
        assert (await played(tmp_path, other)).labels == (2,)


async def test_anything_else_is_another_question_and_the_detail_says_how_far_off_it_is(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    (picture,) = question.pictures
    cup = picture.rgb.copy()
    cup[200:220, 300:315] = 255
    moved = (replace(picture.marks[0], anchor=Pixel(103.0, 80.0)), *picture.marks[1:])
    fewer = replace(question, pictures=(replace(picture, marks=picture.marks[:2]),))
    twice = replace(question, pictures=(picture, picture))
    others = {
        'none of its 1': [
            replace(question, instruction='go to the window'),
            replace(question, pick=1),
            replace(question, evidence=('1: 2 m away',)),
            replace(question, may_answer_arrived=True),
            fewer,
            twice,
        ],
        'pictures that differ by': [replace(question, pictures=(replace(picture, rgb=cup),))],
        'marks at other places': [replace(question, pictures=(replace(picture, marks=moved),))],
    }
    for words, questions in others.items():
        for other in questions:
            with pytest.raises(NotOnCassette, match=words) as caught:
                await played(tmp_path, other)
            assert caught.value.reason is AskingReason.NOT_ON_CASSETTE
    with pytest.raises(NotOnCassette):
        await ask(on_tape(tmp_path, 'replay_or_fail', Scripted(label(1)), 'other'), question)


async def test_of_two_nearly_equal_pictures_the_nearer_one_counts(
    tmp_path: Path, question: Question
) -> None:
    def of_grey(level: int) -> Question:
        picture = replace(question.pictures[0], rgb=np.full((48, 64, 3), level, dtype=np.uint8))
        return replace(question, pictures=(picture,))

    model = on_tape(tmp_path, 'record', Scripted(label(1), label(2)))
    for level in (100, 104):
        await ask(model, of_grey(level))
    for level, wanted in ((101, 1), (103, 2)):
        assert (await played(tmp_path, of_grey(level))).labels == (wanted,)


async def test_replay_asks_for_what_is_not_there_and_keeps_nothing_of_it(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    before = (tmp_path / 'cassette.jsonl').read_bytes()
    other = replace(question, instruction='go to the window')
    assert (await played(tmp_path, question, 'replay')).labels == (2,)
    assert (await played(tmp_path, other, 'replay')).labels == (3,)
    assert (tmp_path / 'cassette.jsonl').read_bytes() == before


async def test_live_touches_no_folder(tmp_path: Path, question: Question) -> None:
    model = Scripted(label(1))
    assert on_tape(tmp_path / 'none', 'live', model) is model
    assert not (tmp_path / 'none').exists()


async def test_recording_warns_of_the_pictures_and_nobody_else_may_read_them(
    tmp_path: Path, question: Question
) -> None:
    told: list[str] = []
    folder = tmp_path / 'tape'
    await ask(on_tape(folder, 'record', Scripted(label(1)), told=told), question)
    assert len(told) == 1
    assert 'camera pictures' in told[0]
    assert str(folder) in told[0]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / 'cassette.jsonl').stat().st_mode) == 0o600
    assert 'pictures of a camera' in (folder / 'cassette.jsonl').read_text().splitlines()[0]


async def test_a_folder_that_is_there_keeps_its_permissions_and_what_is_added_is_private(
    tmp_path: Path, question: Question
) -> None:
    tmp_path.chmod(0o755)
    await recorded(tmp_path, question, label(2))
    (picture,) = (tmp_path / 'pictures').iterdir()
    modes = [tmp_path, tmp_path / 'pictures', tmp_path / 'cassette.jsonl', picture]
    assert [stat.S_IMODE(path.stat().st_mode) for path in modes] == [0o755, 0o700, 0o600, 0o600]
    assert picture.suffix == '.jpg'


async def test_a_cassette_whose_pictures_were_taken_out_plays_on(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    (picture,) = (tmp_path / 'pictures').iterdir()
    decoded = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (480, 640, 3)
    picture.unlink()
    assert (await played(tmp_path, question)).labels == (2,)


async def test_a_cassette_is_added_to_also_after_its_process_was_killed(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    with (tmp_path / 'cassette.jsonl').open('ab') as file:
        file.write(b'{"key": "ab", "num')
    assert (await played(tmp_path, question)).labels == (2,)
    other = replace(question, instruction='go to the window')
    await recorded(tmp_path, other, label(1))
    assert (await played(tmp_path, question)).labels == (2,)
    assert (await played(tmp_path, other)).labels == (1,)
    numbers = (tmp_path / 'cassette.jsonl').read_text().splitlines()[1:]
    assert [json.loads(line)['number'] for line in numbers] == [0, 1]


async def test_an_instruction_that_a_spent_budget_ended_is_ended_by_the_tape_too(
    tmp_path: Path, question: Question
) -> None:
    limits = BudgetSettings(mission=Limits(calls=1))
    within = Budgeted(Scripted(label(2)), Budget(limits))
    for mode in ('record', 'replay_or_fail'):
        model = on_tape(tmp_path, mode, within)
        assert (await ask(model, question)).labels == (2,)
        with pytest.raises(BudgetSpent, match='1 of 1'):
            await ask(model, question)


async def test_where_a_model_may_be_asked_it_is_asked_what_a_budget_forbade_before(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2), BudgetSpent('spent'))
    playing = on_tape(tmp_path, 'replay', Scripted(label(3)))
    assert [(await ask(playing, question)).labels for _ in range(2)] == [(2,), (3,)]


async def test_a_cancelled_question_is_not_on_the_tape(tmp_path: Path, question: Question) -> None:
    model = on_tape(tmp_path, 'record', Scripted(label(2)))
    task = asyncio.ensure_future(ask(model, question))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len((tmp_path / 'cassette.jsonl').read_text().splitlines()) == 1


async def test_a_disk_that_fails_ends_the_recording_and_not_the_robot(
    tmp_path: Path, question: Question
) -> None:
    told: list[str] = []
    model = on_tape(tmp_path, 'record', Scripted(label(2)), told=told)
    (tmp_path / 'cassette.jsonl').unlink()
    (tmp_path / 'cassette.jsonl').mkdir()
    for _ in range(2):
        assert (await ask(model, question)).labels == (2,)
    assert len(told) == 2
    assert 'ends here' in told[1]


@pytest.mark.parametrize(
    'content', [None, b'', b'no cassette\n', b'{"cassette": 99}\n', b'{"cassette": 1}\n{}\n']
)
async def test_what_is_no_cassette_is_not_played(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / 'cassette.jsonl').write_bytes(content)
    with pytest.raises(CassetteError):
        on_tape(tmp_path, 'replay', Scripted(label(1)))


async def test_a_place_that_cannot_hold_a_cassette_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(CassetteError, match='cannot hold'):
        on_tape(tmp_path / 'file', 'record', Scripted(label(1)))


@pytest.mark.parametrize(
    'forged',
    [
        {'labels': [9]},
        {'labels': [1, 1]},
        {'labels': [1, 2, 3]},
        {'labels': [], 'arrived': True},
        {'labels': [1], 'none': True},
        {'labels': []},
    ],
)
async def test_a_forged_answer_is_not_acted_upon(
    tmp_path: Path, question: Question, forged: dict[str, object]
) -> None:
    await recorded(tmp_path, question, label(2))
    path = tmp_path / 'cassette.jsonl'
    header, line = path.read_text().splitlines()
    content = json.loads(line)
    content['answer'] |= forged
    path.write_text(f'{header}\n{json.dumps(content)}\n')
    with pytest.raises(UnusableAnswer):
        await played(tmp_path, question)


@pytest.mark.parametrize('thumb', ['', 'AAAA', 'no base64!', '\u00e9'])
async def test_a_damaged_thumbnail_is_told_when_the_cassette_is_read(
    tmp_path: Path, question: Question, thumb: str
) -> None:
    await recorded(tmp_path, question, label(2))
    path = tmp_path / 'cassette.jsonl'
    header, line = path.read_text().splitlines()
    content = json.loads(line)
    content['pictures'][0]['thumb'] = thumb
    path.write_text(f'{header}\n{json.dumps(content)}\n')
    with pytest.raises(CassetteError, match='damaged'):
        await played(tmp_path, question)


async def test_no_line_leads_out_of_the_folder(tmp_path: Path, question: Question) -> None:
    await recorded(tmp_path, question, label(2))
    path = tmp_path / 'cassette.jsonl'
    text = path.read_text()
    name = json.loads(text.splitlines()[1])['pictures'][0]['file']
    path.write_text(text.replace(name, '../../secret.jpg'))
    with pytest.raises(CassetteError):
        await played(tmp_path, question)


def _linked(picture: Path, secret: Path) -> None:
    picture.unlink()
    picture.symlink_to(secret)


def _piped(picture: Path, secret: Path) -> None:
    picture.unlink()
    os.mkfifo(picture)


def _exchanged(picture: Path, secret: Path) -> None:
    picture.write_bytes(secret.read_bytes())


@pytest.mark.parametrize('forge', [_linked, _piped, _exchanged])
async def test_a_picture_that_is_not_what_was_recorded_is_drawn_anew(
    tmp_path: Path, question: Question, forge: Callable[[Path, Path], None]
) -> None:
    folder, secret = tmp_path / 'tape', tmp_path / 'secret'
    secret.write_text('nobody may read this')
    with serving(says()) as server:
        model = OpenAiModel(OpenAiSettings(model='m', base_url=server.url))
        asked = await ask(on_tape(folder, 'record', model), question)
        await close(model)
    (picture,) = (folder / 'pictures').iterdir()
    assert asked.sent is not None
    sent = asked.sent.pictures[0].data
    forge(picture, secret)
    answer = await asyncio.wait_for(played(folder, question), 10.0)
    assert answer.sent is not None
    assert answer.sent.pictures[0].data == sent


@pytest.mark.parametrize('name', ['cassette.jsonl', 'pictures'])
async def test_a_cassette_that_leads_elsewhere_is_not_added_to(
    tmp_path: Path, question: Question, name: str
) -> None:
    folder, elsewhere = tmp_path / 'tape', tmp_path / 'elsewhere'
    await recorded(folder, question, label(2))
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(CassetteError):
        on_tape(folder, 'record', Scripted(label(1)))


@pytest.mark.parametrize('make', [os.mkfifo, lambda path: path.symlink_to(path.parent / 'other')])
@pytest.mark.parametrize('mode', ['record', 'replay'])
async def test_what_stands_in_place_of_the_lines_is_neither_waited_for_nor_followed(
    tmp_path: Path, make: Callable[[Path], None], mode: str
) -> None:
    make(tmp_path / 'cassette.jsonl')
    with pytest.raises(CassetteError):
        on_tape(tmp_path, mode, Scripted(label(1)))
    assert not (tmp_path / 'other').exists()


async def test_who_answers_is_said_and_the_inner_model_is_closed(
    tmp_path: Path, question: Question
) -> None:
    await recorded(tmp_path, question, label(2))
    model = Scripted(label(1))
    assert notice_of(on_tape(tmp_path, 'record', model)) == 'a script answers'
    assert 'a script answers' in notice_of(on_tape(tmp_path, 'replay', model))
    only = on_tape(tmp_path, 'replay_or_fail', model)
    assert 'not from a model' in notice_of(only)
    assert 'script' not in notice_of(only)
    await close(only)
    assert model.closed


async def test_a_played_answer_keeps_the_deadline(tmp_path: Path, question: Question) -> None:
    await recorded(tmp_path, question, label(2))
    model = on_tape(tmp_path, 'replay_or_fail', Scripted(label(1)))
    with pytest.raises(ModelLate):
        await model.ask(question, Deadline.after(0.0))
