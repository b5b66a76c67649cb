"""Several endpoints in one: where the first does not answer, the next is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.errors import (
    AskingOver,
    ModelError,
    ModelLate,
    NothingSent,
    RefusedInWords,
    UnusableAnswer,
)
from vlm_nav.vlm.health import Health
from vlm_nav.vlm.model import Model, close, notice_of
from vlm_nav.vlm.question import Answer, Question


class Fallback:
    """Asks endpoints in order until one answers; the last one is the one that is always there.

    Each may take an even share of the time that is left for those that may still be asked. One
    that failed twice in a row is left out for a while (see `Health`), the last one never. An
    answer that cannot be read goes on to the next endpoint too, a refusal in words does not: it
    is an answer.
    """

    def __init__(
        self, endpoints: Mapping[str, Model], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep the endpoints by names for messages, the best one first and a local one last."""
        if not endpoints:
            raise InvalidValueError('one endpoint or more is wanted, got none')
        self._endpoints = dict(endpoints)
        self._health = {name: Health(clock) for name in endpoints}
        notices = dict.fromkeys(filter(None, map(notice_of, endpoints.values())))
        self.notice = '; '.join(notices)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the first answer that comes; raises what the first endpoint failed of.

        The message names how each one failed that was asked.
        """
        failures: dict[str, ModelError] = {}
        *earlier, last = self._endpoints
        names = [name for name in earlier if self._health[name].takes_a_question()]
        waiting = [*names, last]
        try:
            while waiting and not deadline.expired():
                share = deadline.sooner(deadline.remaining_s() / len(waiting))
                name = waiting.pop(0)
                try:
                    return await self._asked(name, question, share)
                except (AskingOver, RefusedInWords):
                    raise
                except ModelError as error:
                    failures[name] = error
        finally:
            for name in waiting:
                self._health[name].given_up()
        raise _joined(failures)

    async def aclose(self) -> None:
        """Close the connections of all endpoints."""
        for model in self._endpoints.values():
            await close(model)

    async def _asked(self, name: str, question: Question, deadline: Deadline) -> Answer:
        """Return the endpoint's answer, and note how it fared."""
        health = self._health[name]
        try:
            answer = await self._endpoints[name].ask(question, deadline)
        except (AskingOver, NothingSent):
            raise
        except ModelError as error:
            if isinstance(error, RefusedInWords) or _is_words(error):
                health.worked()
            else:
                health.failed()
            raise
        else:
            health.worked()
            return answer
        finally:
            # Whatever ended the question, and be it an error of the program: the trial is over.
            health.given_up()


def _is_words(error: ModelError) -> bool:
    """Return whether the model did answer, only not what was asked for."""
    return isinstance(error, UnusableAnswer) and bool(error.raw_text)


def _joined(failures: Mapping[str, ModelError]) -> ModelError:
    """Return one error for all, of the kind of the first."""
    if not failures:
        return ModelLate('no time was left to ask any endpoint')
    first = next(iter(failures.values()))
    told = '; '.join(f'{name}: {error}' for name, error in failures.items())
    return type(first)(told, raw_text=first.raw_text, sent=first.sent)
