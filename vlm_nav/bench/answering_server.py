"""A process of its own that answers chat.completions at once, so that only asking is measured."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection

from vlm_nav.core.errors import VlmNavError

_LARGEST_REQUEST_BYTES = 2**24
_STARTED_S = 60.0
_ANSWER = '{"reason": "straight to the door", "points": [2, 1], "none": false, "arrived": false}'


@contextlib.contextmanager
def answering(pause_s: float) -> Iterator[str]:
    """Give the base URL of a server that answers everything alike, `pause_s` after it was asked.

    Raises VlmNavError where it does not begin.
    """
    context = get_context('spawn')
    ours, its = context.Pipe()
    process = context.Process(target=_serve, args=(its, pause_s), daemon=True)
    process.start()
    its.close()
    try:
        if not ours.poll(_STARTED_S):
            raise VlmNavError(f'a server was to begin within {_STARTED_S:g} s, and did not')
        yield f'http://127.0.0.1:{ours.recv()}/v1'
    finally:
        # It ends with the pipe.
        ours.close()
        process.join(_STARTED_S)


def _serve(pipe: Connection, pause_s: float) -> None:
    asyncio.run(_answer_all(pipe, pause_s))


async def _answer_all(pipe: Connection, pause_s: float) -> None:
    handle = partial(_answer, pause_s)
    server = await asyncio.start_server(handle, '127.0.0.1', 0, limit=_LARGEST_REQUEST_BYTES)
    ended = asyncio.Event()
    async with server:
        pipe.send(server.sockets[0].getsockname()[1])
        asyncio.get_running_loop().add_reader(pipe.fileno(), ended.set)
        await ended.wait()


async def _answer(
    pause_s: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of a connection until it is closed."""
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            await reader.readexactly(_length(head))
            await asyncio.sleep(pause_s)
            writer.write(_reply())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b'\r\n'):
        name, _, value = line.partition(b':')
        if name == b'content-length':
            return int(value)
    return 0


def _reply() -> bytes:
    message = {'role': 'assistant', 'content': _ANSWER}
    completion = {
        'id': 'c-1',
        'object': 'chat.completion',
        'created': 1,
        'model': 'answering',
        'choices': [{'index': 0, 'finish_reason': 'stop', 'message': message}],
        'usage': {'prompt_tokens': 700, 'completion_tokens': 20, 'total_tokens': 720},
    }
    body = json.dumps(completion).encode()
    head = f'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}'
    return f'{head}\r\n\r\n'.encode() + body
