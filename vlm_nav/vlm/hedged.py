"""A second request for an answer that lets itself be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.waiting import ended
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.model import Model, close, notice_of
from vlm_nav.vlm.question import Answer, Question


class Hedged:
    """Asks a model once more where no answer has come after a while; the first answer counts.

    The other request is cancelled then, and may cost money all the same. A failure before that
    while is over is told at once; afterwards only where both requests fail.
    """

    def __init__(self, model: Model, after_s: float) -> None:
        """Keep the model, and after how many seconds it is asked a second time."""
        if not after_s > 0.0:
            raise InvalidValueError(f'a second request comes after 0 s, got {after_s!r}')
        self._model = model
        self._after_s = after_s
        self.notice = notice_of(model)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the answer that comes first; raises what the first request failed of."""
        first = asyncio.ensure_future(self._model.ask(question, deadline))
        requests = [first]
        try:
            await asyncio.wait({first}, timeout=min(self._after_s, deadline.remaining_s()))
            if not first.done() and not deadline.expired():
                requests.append(asyncio.ensure_future(self._model.ask(question, deadline)))
            return await _first_answer(requests)
        finally:
            await ended(requests)

    async def aclose(self) -> None:
        """Close the model's connections."""
        await close(self._model)


async def _first_answer(requests: Sequence[asyncio.Future[Answer]]) -> Answer:
    """Return the first answer; raises the error of the first request where there is none."""
    waiting = set(requests)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for request in done:
            if not isinstance(request.exception(), ModelError):
                return request.result()
    return requests[0].result()
