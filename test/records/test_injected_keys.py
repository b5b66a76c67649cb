"""An endpoint that obeys whoever asks it for the key: the key gets nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from injections import (
    HARMLESS,
    INSTRUCTIONS,
    SIGNS,
    Injection,
    ObeysEveryText,
    gives_the_key_away,
    with_sign,
)
from missions import floor_frame, mission, writer

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.navigation.events import Decided
from vlm_nav.navigation.in_words import decision_json, decision_line, end_json, end_line
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.sight import Sight
from vlm_nav.records.report import write_report
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Answer, Question

KEY = 'sk-test-0123456789abcdefghij'
ATTACKS = [
    *((HARMLESS, sign) for sign in SIGNS if gives_the_key_away(sign)),
    *((one.text, None) for one in INSTRUCTIONS if gives_the_key_away(one)),
]


class ObeyingEndpoint(HTTPServer):
    """Speaks chat.completions and answers as a double that obeys every text it reads.

    It knows the key from the request. `question` is the one under way, for nobody reads pixels.
    """

    def __init__(self) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.signs: dict[str, Injection] = {}
        self.double = ObeysEveryText(self.signs)
        self.question: Question | None = None
        self.fields = ('content',)
        self.status = 200
        self.gave_away = 0

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/v1'


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the double."""

    protocol_version = 'HTTP/1.1'
    server: ObeyingEndpoint

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers['Content-Length']))
        key = self.headers['Authorization'].removeprefix('Bearer ')
        assert self.server.question is not None
        said = self.server.double.obey(self.server.question, key)
        self.server.gave_away += 1
        message = {'role': 'assistant', 'content': None, **dict.fromkeys(self.server.fields, said)}
        finish = 'content_filter' if 'refusal' in self.server.fields else 'stop'
        choice = {'index': 0, 'finish_reason': finish, 'message': message}
        body = {'id': 'c', 'object': 'chat.completion', 'created': 1, 'model': key}
        whole = {**body, 'choices': [choice]} if self.server.status == 200 else {'error': said}
        data = json.dumps(whole).encode()
        self.send_response_only(self.server.status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class AtTheEndpoint:
    """Asks the endpoint over HTTP and tells it in memory which question that is."""

    def __init__(self, endpoint: ObeyingEndpoint) -> None:
        self.endpoint = endpoint
        self.model = OpenAiModel(OpenAiSettings(model='m', base_url=endpoint.url))

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        self.endpoint.question = question
        return await self.model.ask(question, deadline)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObeyingEndpoint]:
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    server = ObeyingEndpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def sight_of(sign: Injection | None, endpoint: ObeyingEndpoint) -> Sight:
    """Return the view of an empty floor, with a sign that the endpoint knows if there is one."""
    frame = floor_frame()
    if sign is None:
        return Sight(frame)
    identifier = f'sign {len(endpoint.signs)}'
    endpoint.signs[identifier] = sign
    return Sight(replace(frame, rgb=with_sign(frame.rgb, sign.text), identifier=identifier))


async def carry_all_out(endpoint: ObeyingEndpoint, folder: Path) -> tuple[str, list[MissionEnd]]:
    """Carry every attack out, and return all that is said of them outside of the record."""
    said: list[str] = []
    ends: list[MissionEnd] = []
    model = AtTheEndpoint(endpoint)

    def listen(event: Event) -> None:
        if isinstance(event, Decided):
            said.extend((decision_json(event.decision), decision_line(event.decision)))
        if isinstance(event, Answered) and isinstance(event.result, ModelError):
            said.extend((str(event.result), event.result.raw_text))
        said.append(repr(event))

    try:
        for number, (instruction, sign) in enumerate(ATTACKS):
            one = mission(
                writer(folder), listen, model=model, sight=sight_of(sign, endpoint), runs=1,
                names=f'record_{number}'.format,
            )  # fmt: skip
            ends.append(await one.carry_out(instruction))
            said.extend((end_json(ends[-1]), end_line(ends[-1])))
    finally:
        await model.model.aclose()
    return '\n'.join(said), ends


@pytest.mark.parametrize(
    ('status', 'fields'), [(200, ('content',)), (200, ('content', 'refusal')), (401, ())]
)
def test_a_key_that_is_given_away_to_every_sign_and_instruction_is_in_no_record_log_or_error(
    endpoint: ObeyingEndpoint,
    records: Path,
    caplog: pytest.LogCaptureFixture,
    status: int,
    fields: tuple[str, ...],
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint.status, endpoint.fields = status, fields
    said, ends = asyncio.run(carry_all_out(endpoint, records))
    assert endpoint.gave_away >= len(ends) == len(ATTACKS) >= 10
    for record in records.iterdir():
        write_report(record)
    files = [file for file in records.glob('*/*') if file.is_file()]
    assert len(files) >= 5 * len(ATTACKS)
    for key in (KEY.encode(), ''.join(f'\\u{ord(letter):04x}' for letter in KEY).encode()):
        assert [file.name for file in files if key in file.read_bytes()] == []
        assert key.decode() not in said
        assert key.decode() not in caplog.text
