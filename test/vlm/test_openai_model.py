"""The adapter over real sockets: what it sends, and that every failure of a server ends well."""

import asyncio
import base64
import json
import random
import threading
import time
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from held_threads import held_threads

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import AskingReason
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.vlm.errors import (
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    NothingSent,
    UnusableAnswer,
)
from vlm_nav.vlm.openai_endpoint import REQUESTS_AT_ONCE
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.picture_encoding import data_url, encode_picture
from vlm_nav.vlm.question import Answer, Question

from .fault_server import (
    GOOD,
    Behaviour,
    FaultServer,
    Handler,
    breaks_off,
    fails,
    hangs,
    replies,
    resets,
    says,
    serving,
    trickles,
)

pytestmark = pytest.mark.usefixtures('no_task_left_behind')

KEY = 'sk-secret-0123456789'
LATE_BY_AT_MOST_S = 0.2


async def asked(
    url: str, question: Question, *, within_s: float = 10.0, **settings: object
) -> Answer:
    model = OpenAiModel(
        OpenAiSettings(model='seer', base_url=url, **settings), rng=random.Random(3)
    )
    try:
        return await model.ask(question, Deadline.after(within_s))
    finally:
        await model.aclose()


async def ended_with(
    expected: type[ModelError], question: Question, *behaviours: Behaviour, **options: object
) -> tuple[ModelError, FaultServer]:
    with serving(*behaviours) as server, pytest.raises(expected) as caught:
        await asked(server.url, question, **options)
    assert caught.value.sent is not None
    return caught.value, server


async def test_an_answer_comes_back_checked_with_tokens_latency_and_what_was_sent(
    question: Question,
) -> None:
    with serving(says()) as server:
        answer = await asked(server.url, question)
    assert answer.labels == (2, 1)
    assert answer.reason == 'the door'
    assert answer.raw_text == GOOD
    assert (answer.tokens.prompt, answer.tokens.completion) == (700, 20)
    assert 0.0 < answer.latency_s < 10.0
    assert answer.sent is not None
    assert 'go to the door' in answer.sent.text


@pytest.mark.parametrize(
    ('usage', 'counted'),
    [
        ({'prompt_tokens': 700, 'completion_tokens': 20, 'total_tokens': 1520}, (700, 820)),
        ({'prompt_tokens': 700, 'completion_tokens': 20, 'total_tokens': 0}, (700, 20)),
        ({'prompt_tokens': 700, 'completion_tokens': 20, 'total_tokens': 10**12}, (700, 20)),
        ({'prompt_tokens': 0, 'completion_tokens': 20, 'total_tokens': 720}, (0, 20)),
    ],
)
async def test_thoughts_that_only_the_total_counts_are_paid_for_like_an_answer(
    question: Question, usage: dict[str, int], counted: tuple[int, int]
) -> None:
    with serving(says(body={'usage': usage})) as server:
        answer = await asked(server.url, question)
    assert (answer.tokens.prompt, answer.tokens.completion) == counted


async def test_the_server_receives_the_drawn_picture_byte_for_byte_as_it_is_reported(
    question: Question,
) -> None:
    with serving(says()) as server:
        answer = await asked(server.url, question, detail='low')
    image, text = server.bodies[0]['messages'][1]['content']
    assert image['image_url']['detail'] == 'low'
    jpeg = base64.b64decode(image['image_url']['url'].removeprefix('data:image/jpeg;base64,'))
    assert answer.sent is not None
    assert jpeg == answer.sent.pictures[0].data
    assert text == {'type': 'text', 'text': answer.sent.text}
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    difference = np.abs(decoded.astype(int) - draw_marks(question.pictures[0]).astype(int))
    assert difference.mean() < 3.0


async def test_each_picture_of_several_cameras_comes_right_after_its_name(
    question: Question,
) -> None:
    front = replace(question.pictures[0], camera='front')
    bare = replace(front, identifier='left/1', camera='left', heading_rad=1.5708, marks=())
    with serving(says()) as server:
        answer = await asked(server.url, replace(question, pictures=(front, bare)))
    content = server.bodies[0]['messages'][1]['content']
    assert answer.sent is not None
    names = (
        'Picture 1: front camera, looking ahead',
        'Picture 2: left camera, looking 90° to the left',
    )
    assert [part['type'] for part in content] == ['text', 'image_url', 'text', 'image_url', 'text']
    for place, (name, sent) in enumerate(zip(names, answer.sent.pictures, strict=True)):
        assert (content[2 * place]['text'], sent.caption) == (name, name)
        assert content[2 * place + 1]['image_url']['url'] == data_url(sent)
    assert content[-1]['text'] == answer.sent.text


async def test_options_are_sent_only_where_they_are_set(question: Question) -> None:
    with serving(says()) as server:
        await asked(server.url, question)
        await asked(server.url, question, temperature=0.0, seed=5, max_tokens=99)
    plain, full = server.bodies
    assert not {'temperature', 'seed', 'max_tokens'} & set(plain)
    assert (full['temperature'], full['seed'], full['max_tokens']) == (0.0, 5, 99)
    schema = plain['response_format']['json_schema']
    assert schema['strict'] is True
    assert next(iter(schema['schema']['properties'])) == 'reason'


async def test_the_format_text_sends_no_response_format(question: Question) -> None:
    with serving(says()) as server:
        await asked(server.url, question, response_format='text')
    assert 'response_format' not in server.bodies[0]


async def test_a_server_that_hangs_makes_it_late_on_time_and_is_left(
    question: Question,
) -> None:
    with serving(hangs) as server:
        started_s = time.monotonic()
        with pytest.raises(ModelLate) as caught:
            await asked(server.url, question, within_s=0.5)
        assert time.monotonic() - started_s < 0.5 + LATE_BY_AT_MOST_S
        assert await asyncio.to_thread(server.hung_up.wait, 5.0)
    assert caught.value.reason is AskingReason.VLM_LATE
    assert server.url in str(caught.value)


async def test_a_server_that_trickles_bytes_does_not_outlive_the_deadline(
    question: Question,
) -> None:
    with serving(trickles) as server:
        started_s = time.monotonic()
        with pytest.raises(ModelLate):
            await asked(server.url, question, within_s=0.5)
        assert time.monotonic() - started_s < 0.5 + LATE_BY_AT_MOST_S
        assert await asyncio.to_thread(server.hung_up.wait, 5.0)


async def test_nothing_is_sent_after_the_deadline(question: Question) -> None:
    with serving(says()) as server, pytest.raises(NothingSent, match='before anything was sent'):
        await asked(server.url, question, within_s=0.0)
    assert server.bodies == []


async def test_pictures_are_prepared_beside_the_loop(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def encode(*given: Any, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return encode_picture(*given, **options)

    monkeypatch.setattr('vlm_nav.vlm.openai_model.encode_picture', encode)
    with serving(says()) as server:
        await asked(server.url, question)
    assert threads
    assert threading.current_thread() not in threads


async def test_a_server_whose_address_is_a_number_answers_while_name_lookups_hang(
    question: Question,
) -> None:
    with serving(says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        # With its first question the openai package finds out, in such a thread, where it runs.
        await model.ask(question, Deadline.after(10.0))
        with held_threads():
            # Of two at once one goes over a new connection.
            asking = (model.ask(question, Deadline.after(10.0)) for _ in range(2))
            answers = await asyncio.gather(*asking)
        await model.aclose()
    assert [answer.labels for answer in answers] == [(2, 1)] * 2


async def test_of_many_questions_at_once_a_few_are_under_way_and_all_are_answered(
    question: Question,
) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def answers_slowly(handler: Handler) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        # Long enough for others to come, if they did.
        handler.server.ending.wait(0.2)
        with lock:
            under_way -= 1
        says()(handler)

    with serving(answers_slowly) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        until = Deadline.after(30.0)
        answers = await asyncio.gather(*(model.ask(question, until) for _ in range(40)))
        await model.aclose()
    assert {answer.labels for answer in answers} == {(2, 1)}
    assert most <= REQUESTS_AT_ONCE < 40


async def test_cancelling_closes_the_request(question: Question) -> None:
    with serving(hangs) as server:
        task = asyncio.ensure_future(asked(server.url, question))
        assert await asyncio.to_thread(server.arrived.wait, 5.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.hung_up.wait, 5.0)


@pytest.mark.parametrize('fault', [fails(500), fails(503), fails(408), fails(409), resets])
async def test_a_passing_fault_is_overcome(fault: Behaviour, question: Question) -> None:
    with serving(fault, fault, says()) as server:
        answer = await asked(server.url, question)
    assert answer.labels == (2, 1)
    assert len(server.bodies) == 3


@pytest.mark.parametrize('fault', [fails(500, 'on fire'), resets, breaks_off])
async def test_a_lasting_fault_is_unreachable_after_the_last_attempt(
    fault: Behaviour, question: Question
) -> None:
    error, server = await ended_with(ModelUnreachable, question, fault, attempt_limit=2)
    assert len(server.bodies) == 2
    assert 'attempt 2' in str(error)


async def test_a_closed_port_is_unreachable(question: Question) -> None:
    with serving(says()) as server:
        url = server.url
    with pytest.raises(ModelUnreachable, match='seer'):
        await asked(url, question, attempt_limit=2)


async def test_a_pause_that_the_server_asks_for_is_kept(question: Question) -> None:
    with serving(fails(429, Retry_After='0.6'), says()) as server:
        started_s = time.monotonic()
        await asked(server.url, question)
        assert time.monotonic() - started_s >= 0.6
    assert len(server.bodies) == 2


async def test_a_pause_given_as_a_date_is_measured_from_the_answers_own_date(
    question: Question,
) -> None:
    fault = fails(429, Date='Sat, 01 Jan 2000 00:00:00 GMT',
                  Retry_After='Sat, 01 Jan 2000 01:00:00 GMT')  # fmt: skip
    error, _ = await ended_with(ModelUnreachable, question, fault)
    assert 'wait 3600.0 s' in str(error)


async def test_a_pause_beyond_the_deadline_ends_the_question_at_once(
    question: Question,
) -> None:
    fault = fails(429, 'slow down', Retry_After='30')
    error, server = await ended_with(ModelUnreachable, question, fault)
    assert len(server.bodies) == 1
    assert 'wait 30.0 s' in str(error)
    assert 'slow down' in str(error)


async def test_a_pause_that_one_question_is_asked_for_is_kept_by_the_next(
    question: Question,
) -> None:
    with serving(fails(429, Retry_After='30'), says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        for words in ('attempt 1', 'no request was sent'):
            with pytest.raises(ModelUnreachable, match=words) as caught:
                await model.ask(question, Deadline.after(10.0))
            assert caught.value.sent is not None
        assert len(server.bodies) == 1
        await model.aclose()


async def test_a_pause_without_end_ends_for_the_next_question(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('vlm_nav.vlm.openai_endpoint.LONGEST_KEPT_S', 0.3)
    with serving(fails(429, Retry_After='3600'), says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        with pytest.raises(ModelUnreachable):
            await model.ask(question, Deadline.after(10.0))
        assert (await model.ask(question, Deadline.after(10.0))).labels == (2, 1)
        await model.aclose()


async def test_too_many_requests_without_a_pause_are_tried_again(question: Question) -> None:
    with serving(fails(429), says()) as server:
        assert (await asked(server.url, question)).labels == (2, 1)


async def test_spent_quota_is_a_refusal_and_not_tried_again(question: Question) -> None:
    fault = fails(429, 'quota', error={'code': 'insufficient_quota'})
    _, server = await ended_with(ModelRefused, question, fault)
    assert len(server.bodies) == 1


@pytest.mark.parametrize('status', [400, 401, 403, 404, 422])
async def test_a_bad_request_or_key_is_a_refusal_with_status_and_request_id(
    status: int, question: Question
) -> None:
    fault = fails(status, 'bad thing', X_Request_Id='req-7')
    error, server = await ended_with(ModelRefused, question, fault)
    assert len(server.bodies) == 1
    for part in (str(status), 'bad thing', 'req-7', 'seer', server.url):
        assert part in str(error)


async def test_a_refused_response_format_is_given_up_step_by_step_and_stays_so(
    question: Question,
) -> None:
    refusal = fails(400, "'response_format.type' is not supported")
    with serving(refusal, refusal, refusal, says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url, attempt_limit=1))
        await model.ask(question, Deadline.after(10.0))
        await model.ask(question, Deadline.after(10.0))
        await model.aclose()
    formats = [body.get('response_format', {}) for body in server.bodies]
    types = [form.get('type') for form in formats]
    assert types == ['json_schema', 'json_schema', 'json_object', None, None]
    nested, flat = formats[:2]
    assert nested['json_schema']['schema'] == flat['schema']
    assert flat.keys() == {'type', 'schema'}


async def test_questions_asked_at_once_step_down_only_as_far_as_needed(
    question: Question,
) -> None:
    def takes_objects_only(handler: object) -> None:
        schema = handler.body['response_format']['type'] == 'json_schema'
        (fails(400, 'json_schema is unknown') if schema else says())(handler)

    with serving(takes_objects_only) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        await asyncio.gather(*(model.ask(question, Deadline.after(10.0)) for _ in range(4)))
        await model.ask(question, Deadline.after(10.0))
        await model.aclose()
    formats = [body['response_format']['type'] for body in server.bodies]
    assert formats.count('json_object') == 5
    assert formats[-1] == 'json_object'


async def test_a_refused_option_is_left_out_and_a_token_limit_renamed(
    question: Question,
) -> None:
    faults = (
        fails(400, 'Unsupported value', error={'param': 'temperature'}),
        fails(400, "Unsupported parameter: 'max_tokens'; use 'max_completion_tokens'"),
    )
    with serving(*faults, says()) as server:
        await asked(server.url, question, temperature=0.0, max_tokens=50)
    last = server.bodies[-1]
    assert 'temperature' not in last
    assert 'max_tokens' not in last
    assert last['max_completion_tokens'] == 50


async def test_of_two_names_in_a_complaint_the_first_is_what_was_refused(
    question: Question,
) -> None:
    faults = (
        fails(400, "'top_k' cannot go with 'temperature'"),
        fails(400, 'image_url.detail: extra inputs are not permitted'),
    )
    with serving(*faults, says()) as server:
        await asked(server.url, question, temperature=0.5, extra_body={'top_k': 1, 'min_p': 0.1})
    first, _, last = server.bodies
    assert (first['top_k'], first['temperature'], first['min_p']) == (1, 0.5, 0.1)
    assert (last.get('top_k'), last['temperature'], last['min_p']) == (None, 0.5, 0.1)
    details = [
        body['messages'][1]['content'][0]['image_url'].get('detail') for body in (first, last)
    ]
    assert details == ['high', None]


async def test_a_token_limit_that_is_refused_under_both_names_is_left_out(
    question: Question,
) -> None:
    faults = (fails(400, 'max_completion_tokens?'), fails(400, 'max_tokens?'))
    with serving(*faults, says()) as server:
        await asked(
            server.url, question, max_tokens=9, max_tokens_argument='max_completion_tokens'
        )
    limits = [{name: body[name] for name in body if 'tokens' in name} for body in server.bodies]
    assert limits == [{'max_completion_tokens': 9}, {'max_tokens': 9}, {}]


async def test_a_full_context_is_no_reason_to_drop_the_limit(question: Question) -> None:
    words = "'max_tokens' is too large: this model's maximum context length is 8192 tokens"
    for error in ({}, {'param': 'max_tokens'}):
        refusal = fails(400, words, error={'code': 'context_length_exceeded', **error})
        _, server = await ended_with(ModelRefused, question, refusal, max_tokens=50)
        assert [body['max_tokens'] for body in server.bodies] == [50]


async def test_the_part_that_is_named_as_wrong_goes_before_words_of_others(
    question: Question,
) -> None:
    words = 'temperature has no such value in the schema'
    refusal = fails(400, words, error={'param': 'top_k'})
    with serving(refusal, says()) as server:
        await asked(server.url, question, temperature=0.5, extra_body={'top_k': 1})
    last = server.bodies[-1]
    assert (last.get('top_k'), last['temperature']) == (None, 0.5)
    assert last['response_format']['type'] == 'json_schema'
    refusal = fails(400, 'no schema for this url', error={'param': 'messages[1].content'})
    _, server = await ended_with(ModelRefused, question, refusal)
    assert len(server.bodies) == 1


@pytest.mark.parametrize('words', ['unsupported schema data in url', 'temperature of the room'])
async def test_what_no_simpler_request_mended_is_asked_for_in_the_old_shape_again(
    words: str, question: Question
) -> None:
    """A picture was too large, say, and the words fit an argument as well."""
    with serving(fails(400, words)) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url, temperature=0.5))
        with pytest.raises(ModelRefused):
            await model.ask(question, Deadline.after(10.0))
        tries = len(server.bodies)
        server.behaviours[:] = [says()]
        await model.ask(question, Deadline.after(10.0))
        await model.aclose()
    assert tries > 1
    last = server.bodies[-1]
    assert last['temperature'] == 0.5
    assert 'json_schema' in last['response_format']


async def test_a_complaint_that_is_only_called_detail_drops_nothing(question: Question) -> None:
    refusal = fails(400, 'bad', error={'detail': "{'detail': 'no such thing'}"})
    _, server = await ended_with(ModelRefused, question, refusal, temperature=0.5)
    assert len(server.bodies) == 1


async def test_more_pictures_than_the_endpoint_takes_are_not_sent(question: Question) -> None:
    asking = replace(question, pictures=(question.pictures[0],) * 3)
    error, server = await ended_with(ModelRefused, asking, says(), max_pictures=2)
    assert server.bodies == []
    assert 'max_pictures is 2' in str(error)


GARBAGE = {
    'a page': replies('<html>log in</html>', 'text/html'),
    'a page called JSON': replies('<html>log in</html>'),
    'an empty object': replies('{}'),
    'nothing': replies(''),
    'null': replies('null'),
    'a number': replies('3'),
    'a list': replies('[]'),
    'no choices': replies('{"choices": []}'),
    'choices that are no list': replies('{"choices": 3}'),
    'a choice that is no object': replies('{"choices": [3]}'),
    'a choice without a message': replies('{"choices": [{"message": null}]}'),
    'a message in words': replies('{"choices": [{"message": "3"}]}'),
    'an error with status 200': replies('{"error": {"message": "overloaded"}}'),
    'no content': says(None),
    'blank content': says('  \n'),
    'content that is a number': says(3),
    'only thoughts': says('', reasoning_content='let me see'),
    'prose': says('There are 3 chairs, about 2 m away.'),
    'undrawn labels': says('{"points": [77]}'),
    'half an answer': says('{"reason": "the', finish='length'),
    'arrival, which was not offered': says('{"points": [], "arrived": true}'),
}


@pytest.mark.parametrize('kind', GARBAGE)
async def test_garbage_with_status_200_is_an_unusable_answer(
    kind: str, question: Question
) -> None:
    error, server = await ended_with(UnusableAnswer, question, GARBAGE[kind])
    assert error.reason is AskingReason.VLM_UNUSABLE
    assert len(server.bodies) == 1


async def test_an_answer_cut_by_the_token_limit_is_read_as_far_as_it_is_sure(
    question: Question,
) -> None:
    with serving(says('{"reason": "x", "points": [2, 1', finish='length')) as server:
        assert (await asked(server.url, question)).labels == (2, 1)


async def test_content_in_parts_is_read(question: Question) -> None:
    with serving(
        says([{'type': 'text', 'text': '[2, '}, {'type': 'text', 'text': '1]'}])
    ) as server:
        assert (await asked(server.url, question)).labels == (2, 1)


@pytest.mark.parametrize(
    'behaviour',
    [
        says(None, refusal='I will not'),
        says(None, provider_specific_fields={'refusal': 'I will not'}),
        says('half', finish='content_filter'),
    ],
)
async def test_a_refusal_in_words_is_a_refusal(behaviour: Behaviour, question: Question) -> None:
    await ended_with(ModelRefused, question, behaviour)


async def test_arrival_counts_before_labels_where_it_may_be_answered(
    question: Question,
) -> None:
    reply = says('{"points": [2], "arrived": true}')
    with serving(reply) as server:
        offered = await asked(server.url, replace(question, may_answer_arrived=True))
        withheld = await asked(server.url, question)
    assert (offered.arrived, offered.labels) == (True, ())
    assert (withheld.arrived, withheld.labels) == (False, (2,))


async def test_none_that_was_not_offered_is_unusable(question: Question) -> None:
    asking = replace(question, may_answer_none=False)
    error, _ = await ended_with(UnusableAnswer, asking, says('{"points": []}'))
    assert 'not offered' in str(error)
    assert error.raw_text == '{"points": []}'


@pytest.mark.parametrize(
    'behaviour',
    [
        fails(401, f'Incorrect API key provided: {KEY}'),
        fails(500, f'key {KEY}'),
        fails(500, 'x' * 390 + KEY),
        replies(f'<html>{KEY}</html>', 'text/html'),
        replies('x' * 390 + KEY, 'text/html'),
        says(f'no idea, but your key is {KEY}'),
        says(None, refusal=f'your key is {KEY}'),
    ],
)
async def test_the_key_is_sent_and_appears_in_no_message(
    behaviour: Behaviour, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('MY_KEY', KEY)
    error, server = await ended_with(
        ModelError, question, behaviour, api_key_variable='MY_KEY', attempt_limit=1
    )
    assert server.headers[0]['Authorization'] == f'Bearer {KEY}'
    seen: BaseException | None = error
    while seen is not None:
        assert KEY[:6] not in f'{seen} {seen!r} {getattr(seen, "raw_text", "")}'
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize('stray', ['\n', ' ', 'é', '\x7f', '\udcff'])
async def test_a_key_that_no_header_can_hold_is_refused_and_not_told(
    stray: str, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('MY_KEY', f'{KEY}{stray}{KEY}')
    error, server = await ended_with(ModelRefused, question, says(), api_key_variable='MY_KEY')
    assert server.bodies == []
    assert 'MY_KEY' in str(error)
    seen: BaseException | None = error
    while seen is not None:
        assert KEY[:6] not in f'{seen} {seen!r}'
        seen = seen.__cause__ or seen.__context__


async def test_without_a_key_and_an_endpoint_the_variable_is_named(question: Question) -> None:
    model = OpenAiModel(OpenAiSettings(model='seer', api_key_variable='NOT_SET_ANYWHERE'))
    with pytest.raises(ModelRefused, match='NOT_SET_ANYWHERE') as caught:
        await model.ask(question, Deadline.after(5.0))
    assert caught.value.sent is not None
    await model.aclose()


async def test_a_proxy_of_the_environment_does_not_stand_before_a_server_on_this_machine(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ('HTTP_PROXY', 'http_proxy', 'ALL_PROXY'):
        monkeypatch.setenv(name, 'http://127.0.0.1:9')
    with serving(says()) as server:
        assert (await asked(server.url, question)).labels == (2, 1)


def test_one_model_serves_one_event_loop_after_another(question: Question) -> None:
    async def once(model: OpenAiModel) -> Answer:
        answer = await model.ask(question, Deadline.after(10.0))
        await model.aclose()
        return answer

    with serving(says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        assert asyncio.run(once(model)).labels == asyncio.run(once(model)).labels == (2, 1)


def test_settings_show_no_key_and_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    settings = OpenAiSettings(model='seer', base_url='https://me:pass-word@host:8/v1?k=1')
    assert KEY not in repr(settings)
    assert settings.endpoint() == 'https://host:8/v1'
    assert json.loads(settings.model_dump_json())['jpeg_quality'] == 85


NO_URLS = (
    'http://[bad/v1',
    'http://[bad]/v1',
    'http://127.0.0.1:99999/v1',
    'http://300.0.0.1/v1',
    'http://me:pass-word#x@127.0.0.1:1/v1',
    'http://me:pass-word/x@127.0.0.1:1/v1',
    'http://me:pass-word@/v1',
    'http://me:pass-word@host:port/v1',
    'http://me:pass-word@ho st/v1',
    'http://me:pass-wörd@host/v1',
)


@pytest.mark.parametrize('url', NO_URLS)
def test_an_address_that_is_none_is_refused_with_the_settings_and_not_told(url: str) -> None:
    with pytest.raises(ValueError, match='base_url') as caught:
        OpenAiSettings(model='seer', base_url=url)
    assert 'URL was wanted' in str(caught.value)
    assert 'pass-w' not in f'{caught.value} {caught.value!r}'


@pytest.mark.parametrize('url', NO_URLS)
async def test_so_it_is_where_the_environment_says_the_address(
    url: str, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('OPENAI_BASE_URL', url)
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    model = OpenAiModel(OpenAiSettings(model='seer'))
    with pytest.raises(ModelRefused, match='OPENAI_BASE_URL') as caught:
        await model.ask(question, Deadline.after(5.0))
    await model.aclose()
    assert 'pass-w' not in f'{caught.value} {caught.value!r}'


@pytest.mark.parametrize(
    'url',
    [
        'http://localhost/v1',
        'http://[::1]:8000/v1',
        'http://192.168.0.7:11434/v1',
        'https://me:pass%23word@gateway.example.org/a/v1?k=1',
    ],
)
def test_an_address_that_is_one_stays_as_it_is(url: str) -> None:
    assert OpenAiSettings(model='seer', base_url=url).base_url == url
