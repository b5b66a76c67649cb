"""A double of an OpenAI-compatible server. It is no model: it understands no instruction.

It decodes the pictures of a question, finds the numbered discs in them, and answers with those
nearest to a target that it was told: a pixel, or the foot of the largest thing of a colour. The
name of its model says so. `python -m vlm_nav.sim.answering.openai_double --target-color red`;
standard output tells its address, then one line of JSON for each request. POST /control changes
its settings while it runs.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.answering.double_answers import Behaviour, DoubleSettings, changed, reply_to
from vlm_nav.sim.answering.openai_http import Answering, CompletionServer
from vlm_nav.sim.answering.openai_request import chat_request
from vlm_nav.sim.answering.serving import Served

Report = Callable[[dict[str, Any]], None]


class OpenAiDouble(Served):
    """The server on a port of the loopback (0 finds a free one), from `with` to its end.

    `report` is called with one dictionary for each question, from the thread that serves it,
    before the answer leaves.
    """

    def __init__(
        self, settings: DoubleSettings = DoubleSettings(), *, report: Report, port: int = 0
    ) -> None:
        """Bind the port; raises OSError where it is taken."""
        self._settings = settings
        self._report = report
        self._lock = threading.Lock()
        self._requests = 0
        answering = Answering(self.complete, self.control)
        super().__init__(CompletionServer(('127.0.0.1', port), answering))

    @property
    def base_url(self) -> str:
        """Return what a client takes as its base URL."""
        return f'{self.origin}/v1'

    def control(self, change: dict[str, Any]) -> dict[str, Any]:
        """Change settings by name and return all; raises InvalidValueError."""
        with self._lock:
            self._settings = changed(self._settings, change)
            return self._settings.as_json()

    def complete(self, body: bytes) -> dict[str, Any] | None:
        """Return the answer to a request, None to leave it without one.

        Raises BadRequestError where the request is not formed as OpenAI wants it.
        """
        request = chat_request(body)
        with self._lock:
            settings = self._settings
            self._requests += 1
            number = self._requests
        reply, seen = reply_to(request, settings, number)
        with self._lock:
            self._report(seen)
        return reply


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return 0, or 2 for settings that make no sense."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
    except InvalidValueError as error:
        sys.stderr.write(f'openai_double: {error}\n')
        return 2
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with OpenAiDouble(settings, report=_teller(options.report), port=options.port) as double:
        _tell({'listening': double.base_url})
        stopping.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='openai_double', description='A double of an OpenAI-compatible server, no model.'
    )
    parser.add_argument('--port', type=int, default=0, help='0 finds a free one')
    target = parser.add_mutually_exclusive_group()
    target.add_argument('--target-pixel', metavar='U,V', help='pick the discs nearest to a pixel')
    target.add_argument('--target-color', help='pick those at the foot of a colour')
    known = [behaviour.value for behaviour in Behaviour]
    parser.add_argument('--behaviour', choices=known, default=Behaviour.NORMAL.value)
    parser.add_argument('--report', default='stdout', metavar='FILE', help='a file, or stdout')
    return parser


def _settings(options: argparse.Namespace) -> DoubleSettings:
    change: dict[str, Any] = {'behaviour': options.behaviour}
    if options.target_pixel is not None:
        change['target_pixel'] = _numbers(options.target_pixel)
    if options.target_color is not None:
        change['target_color'] = options.target_color
    return changed(DoubleSettings(), change)


def _numbers(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(',')]
    except ValueError:
        raise InvalidValueError(f'a pixel U,V was wanted, got {text!r}') from None


def _teller(report: str) -> Report:
    if report == 'stdout':
        return _tell
    path = Path(report)

    def append(seen: dict[str, Any]) -> None:
        with path.open('a', encoding='utf-8') as file:
            file.write(json.dumps(seen) + '\n')

    return append


def _tell(seen: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(seen) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())
