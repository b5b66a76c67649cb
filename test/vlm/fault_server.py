"""A server on loopback that speaks chat.completions and fails in every way that servers do."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

GOOD = '{"reason": "the door", "points": [2, 1], "none": false, "arrived": false}'
TRICKLE_S = 0.05
# Longer than any question of the tests waits, shorter than a test may take.
TOO_SLOW_S = 30.0
LONG_ANSWER = 'The robot stands in a long corridor. ' * 2_800

Behaviour: TypeAlias = Callable[['Handler'], None]


class FaultServer(ThreadingHTTPServer):
    """Plays one behaviour for each request, the last one for all that follow."""

    daemon_threads = True
    block_on_close = True

    def __init__(
        self, behaviours: tuple[Behaviour, ...], context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.context = context
        self.behaviours = list(behaviours)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Message] = []
        self.arrived = threading.Event()
        self.hung_up = threading.Event()
        self.models: list[str] | None = None
        self.status_without_models = 404
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        scheme = 'http' if self.context is None else 'https'
        return f'{scheme}://127.0.0.1:{self.server_address[1]}/v1'

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: a client may break off in the middle."""
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                self.hung_up.set()
                return
        with request:
            super().finish_request(request, client_address)

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

    def do_GET(self) -> None:
        models = self.server.models
        if self.path != '/v1/models' or models is None:
            fails(self.server.status_without_models, 'there is nothing here')(self)
            return
        entries = [{'id': name, 'object': 'model', 'created': 1} for name in models]
        self.send(200, json.dumps({'object': 'list', 'data': entries}))

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

    def begin(self, length: int) -> None:
        """Send the head of a good answer of so many bytes."""
        self.send_response_only(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(length))
        self.end_headers()

    def client_left_within(self, patience_s: float) -> bool:
        """Wait for the client to leave; return False where it is still there after a while."""
        self.connection.settimeout(0.05)
        began_s = time.monotonic()
        while not self.server.ending.is_set():
            if time.monotonic() - began_s > patience_s:
                return False
            try:
                if self.connection.recv(1) == b'':
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.server.hung_up.set()
        self.close_connection = True
        return True


@contextmanager
def serving(
    *behaviours: Behaviour, context: ssl.SSLContext | None = None
) -> Iterator[FaultServer]:
    """Run a server with these behaviours, over TLS where there is a context for it."""
    server = FaultServer(behaviours, context)
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


def says(
    content: Any = GOOD,
    finish: str = 'stop',
    *,
    body: dict[str, Any] | None = None,
    **message: Any,
) -> Behaviour:
    """Answer with one choice; `body` replaces parts of what is around it."""
    return replies(json.dumps({**completion(content, finish, **message), **(body or {})}))


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
    handler.client_left_within(float('inf'))


def answers_after(delay_s: float) -> Behaviour:
    """Send nothing for a while, then a good answer."""

    def behaviour(handler: Handler) -> None:
        if not handler.client_left_within(delay_s):
            says()(handler)

    return behaviour


def sends_slowly(duration_s: float) -> Behaviour:
    """Send the head at once and the body of a good answer in pieces."""

    def behaviour(handler: Handler) -> None:
        body = json.dumps(completion()).encode()
        handler.begin(len(body))
        step = max(1, int(len(body) * TRICKLE_S / duration_s))
        for start in range(0, len(body), step):
            if handler.client_left_within(TRICKLE_S):
                return
            handler.wfile.write(body[start : start + step])

    return behaviour


def trickles(handler: Handler) -> None:
    """Send the headers, then a byte every now and then: no read ever times out."""
    handler.begin(100_000)
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


def resets_in_the_body(handler: Handler) -> None:
    """Send a part of a good answer, then reset the connection."""
    body = json.dumps(completion()).encode()
    handler.begin(len(body))
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    resets(handler)


def breaks_off(handler: Handler) -> None:
    """Promise more bytes than are sent."""
    handler.begin(1000)
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


FAULTS: dict[str, Behaviour] = {
    'slow first byte': answers_after(TOO_SLOW_S),
    'slow body': sends_slowly(TOO_SLOW_S),
    'hang': hangs,
    'trickle without end': trickles,
    '401': fails(401, 'Incorrect API key provided'),
    '403': fails(403, 'not for you'),
    '404': fails(404, 'The model does not exist'),
    '408': fails(408, 'request timeout'),
    '409': fails(409, 'conflict'),
    '429': fails(429, 'too many requests'),
    '429 with a pause': fails(429, 'too many requests', Retry_After='0.1'),
    '429 with a long pause': fails(429, 'too many requests', Retry_After='3600'),
    '429 with a pause of no date': fails(
        429,
        'too many requests',
        Date='Sat, 01 Jan 2000 00:00:00 GMT',
        Retry_After='Mon, 01 Jan 99999999999999999999 00:00:00 GMT',
    ),
    '429 without quota': fails(429, 'spent', error={'code': 'insufficient_quota'}),
    '500': fails(500, 'on fire'),
    '503': fails(503, 'overloaded'),
    'HTML with 200': replies('<html><body>Please log in</body></html>', 'text/html'),
    'empty choices': replies(json.dumps({**completion(), 'choices': []})),
    'no content': says(None),
    'refusal': says(None, refusal='I cannot help with that'),
    'length cut': says('{"reason": "the door on the', finish='length'),
    'half a JSON': replies(json.dumps(completion())[:100]),
    'wrong labels': says('{"reason": "far", "points": [77, 0], "none": false}'),
    '100 kB answer': says(LONG_ANSWER),
    'reset': resets,
    'reset in the body': resets_in_the_body,
    'broken off': breaks_off,
}
"""Every way in which a server fails that has accepted a connection, for ever."""


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return a server's context with a certificate that nobody vouches for, made in `folder`."""
    key, certificate = folder / 'key.pem', folder / 'certificate.pem'
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
         '-nodes', '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=127.0.0.1',
         '-addext', 'subjectAltName=IP:127.0.0.1'],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
