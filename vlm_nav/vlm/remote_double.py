"""A double in another process: a simulator that knows what its own pictures show.

The question goes there as data, without pixels and without keys, and a text comes back that is
read as every answer is.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.vlm.errors import ModelLate, ModelRefused, ModelUnreachable, UnusableAnswer
from vlm_nav.vlm.question import Answer, Question
from vlm_nav.vlm.question_data import question_as_data
from vlm_nav.vlm.reading import read_answer

_LARGEST_ANSWER_BYTES = 1_000_000
_OK, _BAD_REQUEST, _SERVER_ERROR = 200, 400, 500


class RemoteDouble:
    """Asks the double behind an http URL; the simulator that took the pictures answers."""

    def __init__(self, url: str) -> None:
        """Keep the URL; raises InvalidValueError unless it is http://HOST:PORT/NAME."""
        self._url = _checked(url)
        self.notice = f'answers come from the simulator at {self._url.netloc}, not from a model'

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the double's answer; raises a ModelError where no usable one came in time."""
        started_s = time.monotonic()
        try:
            # Where the pixels of imagined pictures come from takes a moment to pack.
            body = await done_by(deadline, in_own_thread(_body, question))
            reply = await done_by(deadline, _post(self._url, body))
        except DeadlinePassedError:
            raise ModelLate(f'{self._where}: no answer before the deadline') from None
        except (OSError, EOFError) as error:
            raise ModelUnreachable(f'{self._where}: {error}') from error
        text = self._text(reply)
        return read_answer(question, text, latency_s=time.monotonic() - started_s)

    @property
    def _where(self) -> str:
        return f'double at {self._url.netloc}'

    def _text(self, reply: _Reply) -> str:
        """Return the text that a reply holds."""
        body = reply.body.decode(errors='replace')
        told = f'{self._where}: status {reply.status}: {body[:200]}'
        if reply.status >= _SERVER_ERROR:
            raise ModelUnreachable(told)
        if reply.status >= _BAD_REQUEST:
            raise ModelRefused(told)
        if reply.status != _OK:
            raise UnusableAnswer(told, raw_text=body)
        return body


def _body(question: Question) -> bytes:
    return json.dumps(question_as_data(question)).encode()


@dataclass(frozen=True)
class _Reply:
    status: int
    body: bytes


async def _post(url: SplitResult, body: bytes) -> _Reply:
    """Return the reply to one request on a connection of its own."""
    reader, writer = await asyncio.open_connection(
        url.hostname, url.port or 80, limit=_LARGEST_ANSWER_BYTES
    )
    try:
        head = (
            f'POST {url.path or "/"} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n'
            f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        writer.write(head.encode() + body)
        await writer.drain()
        status = _status(await reader.readuntil(b'\r\n'))
        length = _length(await reader.readuntil(b'\r\n\r\n'))
        return _Reply(status, await reader.readexactly(length))
    except asyncio.LimitOverrunError as error:
        raise ConnectionError(f'no head of a reply: {error}') from error
    finally:
        writer.close()


def _status(line: bytes) -> int:
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b'HTTP/1.') or not words[1].isdigit():
        raise ConnectionError(f'a reply of HTTP was wanted, got {line[:60]!r}')
    return int(words[1])


def _length(head: bytes) -> int:
    for line in head.lower().split(b'\r\n'):
        name, _, value = line.partition(b':')
        if name == b'content-length' and value.strip().isdigit():
            length = int(value)
            if length <= _LARGEST_ANSWER_BYTES:
                return length
    raise ConnectionError(f'a reply of at most {_LARGEST_ANSWER_BYTES} bytes was wanted')


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        whole = parts.scheme == 'http' and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        whole = False
    if not whole or '@' in parts.netloc or not url.isprintable() or ' ' in url:
        raise InvalidValueError(f'a double lives at http://HOST:PORT/NAME, got {url!r}')
    return parts
