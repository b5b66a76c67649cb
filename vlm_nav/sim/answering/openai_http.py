"""The HTTP side of the double: which path does what, and OpenAI's form of errors."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.answering.double_answers import MODEL
from vlm_nav.sim.answering.openai_request import BadRequestError

_LARGEST_BODY_BYTES = 50_000_000


@dataclass(frozen=True)
class Answering:
    """What stands behind the paths: completions of bodies (None: no answer), and settings."""

    complete: Callable[[bytes], dict[str, Any] | None]
    control: Callable[[dict[str, Any]], dict[str, Any]]


class CompletionServer(ThreadingHTTPServer):
    """Serves each request in a thread of its own; closing it frees those that hang."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], answering: Answering) -> None:
        """Bind the address."""
        self.answering = answering
        self.closing = threading.Event()
        super().__init__(address, _Handler)

    def server_close(self) -> None:
        """Close the port and let go of requests that wait for nothing."""
        self.closing.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server: CompletionServer

    def handle(self) -> None:
        # A client may hang up at any time.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        if self.path == '/v1/models':
            model = {'id': MODEL, 'object': 'model', 'created': 0, 'owned_by': 'vlm_nav'}
            self._send(200, {'object': 'list', 'data': [model]})
        else:
            self._send_unknown_path()

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path == '/v1/chat/completions':
            self._complete(body)
        elif self.path == '/control':
            self._control(body)
        else:
            self._send_unknown_path()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the report tells of each request."""

    def _complete(self, body: bytes) -> None:
        if not self.headers.get('Authorization', '').removeprefix('Bearer ').strip():
            self._send_error(401, 'an API key is wanted as a Bearer token', None)
            return
        try:
            completion = self.server.answering.complete(body)
        except BadRequestError as error:
            self._send_error(400, str(error), error.param)
            return
        if completion is None:
            self.close_connection = True
            self.server.closing.wait()
            return
        self._send(200, completion)

    def _control(self, body: bytes) -> None:
        try:
            change = json.loads(body)
            if not isinstance(change, dict):
                raise InvalidValueError(f'an object of settings was wanted, got {change!r}')
            self._send(200, self.server.answering.control(change))
        except ValueError as error:
            self._send_error(400, str(error), None)

    def _body(self) -> bytes | None:
        """Return the request's body, None after having refused one without a fit length."""
        length = self.headers.get('Content-Length', '')
        if not length.isdecimal() or int(length) > _LARGEST_BODY_BYTES:
            self.close_connection = True
            self._send_error(413, f'a body of known length was wanted, got {length!r}', None)
            return None
        return self.rfile.read(int(length))

    def _send_unknown_path(self) -> None:
        known = 'GET /v1/models, POST /v1/chat/completions, POST /control'
        self._send_error(404, f'no {self.command} {self.path} here; there are {known}', None)

    def _send_error(self, status: int, message: str, param: str | None) -> None:
        error = {'message': message, 'type': 'invalid_request_error', 'param': param, 'code': None}
        self._send(status, {'error': error})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
