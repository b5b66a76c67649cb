"""Lets processes beside the simulator ask its doubles: over HTTP, on the loopback only.

A question comes as data (vlm/question_data.py) to a path that names the double: /seer, /seer:0.7,
/oracle. The reply is the text of the answer.
"""

from __future__ import annotations

import contextlib
import functools
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.answering.seeing_doubles import seeing_double
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.serving import Served
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.vlm.question_data import question_from_data

# Where the pixels of imagined pictures come from takes a megabyte and more.
_LARGEST_BODY_BYTES = 20_000_000
# More digits than this are no length; Python refuses to read very many.
_LONGEST_LENGTH = 20


class SeeingServer(Served):
    """Answers about the views of one simulator, from `with` to its end."""

    def __init__(self, plan: HousePlan, views: RecentViews, port: int = 0) -> None:
        """Bind a port of the loopback, 0 finds a free one; raises OSError where it is taken."""
        super().__init__(_Server(('127.0.0.1', port), plan, views), daemon=True)

    @property
    def url(self) -> str:
        """Return what a double's name is added to: http://127.0.0.1:PORT."""
        return self.origin


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], plan: HousePlan, views: RecentViews) -> None:
        make = functools.partial(seeing_double, plan=plan, views=views)
        # Each name's double is made once: the oracle keeps the distances that it has found.
        self.double = functools.lru_cache(maxsize=16)(make)
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server: _Server
    # Who sends half a request does not keep a thread for ever.
    timeout = 10.0

    def handle(self) -> None:
        # A client may hang up at any time.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        double = self._double()
        if double is None:
            return
        length = self.headers.get('Content-Length', '')
        known = length.isdecimal() and len(length) <= _LONGEST_LENGTH
        if not known or int(length) > _LARGEST_BODY_BYTES:
            self.close_connection = True
            self._send(413, f'a body of known length was wanted, got {length[:20]!r}')
            return
        try:
            question = question_from_data(json.loads(self.rfile.read(int(length))))
        except (ValueError, RecursionError) as error:
            self._send(400, f'a question was wanted: {error}')
            return
        self._send(200, double.reply(question))

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the records tell of each question."""

    def _double(self) -> Seer | None:
        """Return the double that the path names, None after having refused it."""
        try:
            return self.server.double(self.path.removeprefix('/'))
        except InvalidValueError as error:
            self.close_connection = True
            self._send(404, str(error))
            return None

    def _send(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'text/plain; charset=utf-8')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
