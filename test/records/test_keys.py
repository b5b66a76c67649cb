"""A key of the environment is in no record, whatever the endpoint says back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from missions import carried_out

from vlm_nav.records.read import read_record
from vlm_nav.vlm.errors import ModelRefused
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings

KEY = 'sk-test-0123456789abcdefghij'


class Parrot(BaseHTTPRequestHandler):
    """An endpoint that puts the key it got into what it answers."""

    protocol_version = 'HTTP/1.1'
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers['Content-Length']))
        said = f'you are {self.headers["Authorization"]}'
        answer = json.dumps({'reason': said, 'points': [1], 'none': False, 'arrived': False})
        message = {'role': 'assistant', 'content': answer}
        choice = {'index': 0, 'finish_reason': 'stop', 'message': message}
        body = {'id': 'c', 'object': 'chat.completion', 'created': 1, 'model': 'm'}
        content = body | {'choices': [choice]} if self.status == 200 else {'error': said}
        data = json.dumps(content).encode()
        self.send_response_only(self.status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def endpoint(status: int) -> Iterator[str]:
    handler = type('Handler', (Parrot,), {'status': status})
    server = HTTPServer(('127.0.0.1', 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_address[1]}/v1'
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Closing:
    """Asks a model and closes its connections after each answer."""

    def __init__(self, inner: OpenAiModel) -> None:
        self.inner = inner

    async def ask(self, *arguments: object) -> object:
        try:
            return await self.inner.ask(*arguments)  # type: ignore[arg-type]
        finally:
            await self.inner.aclose()


@pytest.mark.parametrize('status', [200, 401])
def test_the_key_of_the_environment_is_in_no_file(
    records: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    with endpoint(status) as url:
        model: Model = Closing(OpenAiModel(OpenAiSettings(model='m', base_url=url)))  # type: ignore[assignment]
        carried_out(records, model=model, runs=1)
    record = read_record(records / 'a_record')
    reply = record.questions[0].reply
    assert reply is not None
    assert reply.as_sent
    assert reply.text
    assert (reply.error is None) == (status == 200)
    if reply.error is not None:
        assert reply.error.kind == ModelRefused.__name__
    files = list((records / 'a_record').iterdir())
    assert len(files) >= 5
    assert [file.name for file in files if KEY.encode() in file.read_bytes()] == []


def test_a_key_that_is_there_and_not_used_is_in_no_file(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('OPENAI_API_KEY', KEY)
    carried_out(records)
    assert all(KEY.encode() not in file.read_bytes() for file in records.glob('*/*'))
