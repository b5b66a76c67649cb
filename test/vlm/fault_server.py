"""A server on loopback that speaks chat.completions and fails in every way that servers do."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

GOOD = '{"reason": "the door", "points": [2, 1], "none": false, "arrived": false}'
TRICKLE_S = 0.05

Behaviour: TypeAlias = Callable[['Handler'], None]


class FaultServer(ThreadingHTTPServer):
    """Plays one behaviour for each request, the last one for all that follow."""

    daemon_threads = True
    block_on_close = True

    def __init__(self, behaviours: tuple[Behaviour, ...]) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.behaviours = list(behaviours)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Message] = []
        self.arrived = threading.Event()
        self.hung_up = threading.Event()
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/v1'

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """Records a request and hands it to the next behaviour."""

    protocol_version = 'HTTP/1.1'
    server: FaultServer

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.bodies.append(self.body)
        self.server.headers.append(self.headers)
        self.server.arrived.set()
        behaviours = self.server.behaviours
        behaviour = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
        behaviour(self)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def send(self, status: int, body: str, kind: str = 'application/json', **headers: str) -> None:
        data = body.encode()
        self.send_response_only(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        self.wfile.write(data)

    def wait_for_the_client_to_leave(self) -> None:
        self.connection.settimeout(0.05)
        while not self.server.ending.is_set():
            try:
                if self.connection.recv(1) == b'':
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.server.hung_up.set()
        self.close_connection = True


@contextmanager
def serving(*behaviours: Behaviour) -> Iterator[FaultServer]:
    """Run a server with these behaviours."""
    server = FaultServer(behaviours)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def completion(content: Any = GOOD, finish: str = 'stop', **message: Any) -> dict[str, Any]:
    """Return the body of a completion with one choice."""
    return {
        'id': 'c-1',
        'object': 'chat.completion',
        'created': 1,
        'model': 'seer',
        'choices': [
            {
                'index': 0,
                'finish_reason': finish,
                'message': {'role': 'assistant', 'content': content, **message},
            }
        ],
        'usage': {'prompt_tokens': 700, 'completion_tokens': 20, 'total_tokens': 720},
    }


def says(content: Any = GOOD, finish: str = 'stop', **message: Any) -> Behaviour:
    """Answer with one choice."""
    return replies(json.dumps(completion(content, finish, **message)))


def replies(body: str, kind: str = 'application/json') -> Behaviour:
    """Answer 200 with a body of any kind."""
    return lambda handler: handler.send(200, body, kind)


def fails(
    status: int, message: str = 'no', *, error: dict[str, Any] | None = None, **headers: str
) -> Behaviour:
    """Answer with a status and an error object."""
    body = json.dumps({'error': {'message': message, **(error or {})}})
    return lambda handler: handler.send(status, body, **headers)


def hangs(handler: Handler) -> None:
    """Never answer."""
    handler.wait_for_the_client_to_leave()


def trickles(handler: Handler) -> None:
    """Send the headers, then a byte every now and then: no read ever times out."""
    handler.send_response(200)
    handler.send_header('Content-Type', 'application/json')
    handler.send_header('Content-Length', '100000')
    handler.end_headers()
    try:
        while not handler.server.ending.wait(TRICKLE_S):
            handler.wfile.write(b' ')
    except OSError:
        handler.server.hung_up.set()
    handler.close_connection = True


def resets(handler: Handler) -> None:
    """Reset the connection."""
    linger = struct.pack('ii', 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()
    handler.close_connection = True


def breaks_off(handler: Handler) -> None:
    """Promise more bytes than are sent."""
    handler.send_response(200)
    handler.send_header('Content-Type', 'application/json')
    handler.send_header('Content-Length', '1000')
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True
