"""An image service on loopback, and what such services do wrong."""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

import cv2
import numpy as np

# What the service's client imports takes seconds on a busy machine: before any deadline runs.
importlib.import_module('vlm_nav.vlm.openai_endpoint')

Behaviour: TypeAlias = Callable[['Handler'], None]


class ViewServer(ThreadingHTTPServer):
    """Plays one behaviour for each request."""

    daemon_threads = True
    block_on_close = True

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(('127.0.0.1', 0), Handler)
        self.behaviour = behaviour
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.arrived = threading.Event()
        self.hung_up = threading.Event()
        self.ending = threading.Event()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/views'

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    """Keeps a request and hands it to the behaviour."""

    protocol_version = 'HTTP/1.1'
    server: ViewServer

    def do_POST(self) -> None:
        self.body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.bodies.append(self.body)
        self.server.keys.append(self.headers['Authorization'])
        self.server.arrived.set()
        self.server.behaviour(self)

    def do_GET(self) -> None:
        """Redirects lead here: whoever follows one is found out."""
        self.server.bodies.append({'followed': self.path})
        self.send(200, png(64, 48))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def send(self, status: int, data: bytes, kind: str = 'image/png', **headers: str) -> None:
        self.send_response_only(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()
        self.wfile.write(data)

    def wait_for_the_client_to_leave(self) -> None:
        self.connection.settimeout(0.05)
        until_s = time.monotonic() + 30.0
        while not self.server.ending.is_set() and time.monotonic() < until_s:
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
def serving(behaviour: Behaviour) -> Iterator[ViewServer]:
    server = ViewServer(behaviour)
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def png(width: int, height: int, value: int = 100, channels: int = 3, bits: int = 8) -> bytes:
    pixels = np.full((height, width, channels), value, np.uint16 if bits == 16 else np.uint8)
    return cv2.imencode('.png', pixels)[1].tobytes()


def answers(data: bytes, status: int = 200, **headers: str) -> Behaviour:
    return lambda handler: handler.send(status, data, **headers)


def keeps_silent(handler: Handler) -> None:
    handler.wait_for_the_client_to_leave()


def trickles_without_end(handler: Handler) -> None:
    handler.send_response_only(200)
    handler.send_header('Content-Length', '1000000')
    handler.end_headers()
    while not handler.server.ending.wait(0.02):
        handler.wfile.write(b'x')


def sends_more_than_anybody_wants(handler: Handler) -> None:
    handler.send_response_only(200)
    handler.send_header('Content-Length', str(2**40))
    handler.end_headers()
    block = bytes(2**20)
    while not handler.server.ending.is_set():
        handler.wfile.write(block)


def breaks_off(handler: Handler) -> None:
    handler.send_response_only(200)
    handler.send_header('Content-Length', '1000')
    handler.end_headers()
    handler.wfile.write(b'\x89PNG')
    handler.close_connection = True
