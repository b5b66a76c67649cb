"""The lines of a cassette, and how answers become lines and lines answers."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from vlm_nav.vlm.cassette_keys import Look, checked_thumb
from vlm_nav.vlm.errors import (
    BudgetSpent,
    ModelError,
    ModelLate,
    ModelRefused,
    ModelUnreachable,
    RefusedInWords,
    UnusableAnswer,
)
from vlm_nav.vlm.question import (
    Answer,
    Purpose,
    Question,
    SentPicture,
    SentQuestion,
    TokenUse,
)

FORMAT = 1
NOTICE = (
    'This folder holds pictures of a camera and what was asked about them: '
    'keep it as private as the rooms that they show.'
)
_KINDS: dict[str, type[ModelError]] = {
    kind.__name__: kind
    for kind in (
        ModelLate, ModelUnreachable, ModelRefused, RefusedInWords, UnusableAnswer, BudgetSpent,
    )
}  # fmt: skip
# Whose endpoint was asked is nobody's business who is given a cassette.
_URL = re.compile(r'https?://(?:[^\s/@]*@)?(\[[^\s\]]*\]|[^\s/:?#,;]+)[^\s,;]*')
_NUMERIC_ADDRESS = re.compile(r'\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?')
_REQUEST = re.compile(r'(?i),? ?\brequest[ _-]?id\W{1,3}[\w.:-]+')


def _carried(text: object) -> object:
    """Return text that UTF-8 can carry: an answer may hold half a surrogate pair."""
    return text.encode('utf-8', 'replace').decode('utf-8') if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_carried)]
PictureName = Annotated[str, Field(pattern=r'^[0-9a-f]{16}\.[a-z]{3,4}$')]


class _Part(BaseModel):
    """Base of all parts; what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra='ignore', hide_input_in_errors=True)


class HeaderLine(_Part):
    """The first line."""

    cassette: int = FORMAT
    notice: str = NOTICE


class PicturePart(_Part):
    """A picture: as it is compared, and as it was sent, in a file that may have been removed."""

    thumb: Annotated[str, AfterValidator(checked_thumb)]
    marks: tuple[tuple[float, ...], ...]
    media_type: Text
    caption: Text
    file: PictureName

    @property
    def look(self) -> Look:
        """The picture as it is compared."""
        return Look(self.thumb, self.marks)


class AnswerPart(_Part):
    """A checked answer; see vlm.question.Answer."""

    labels: tuple[int, ...]
    none: bool
    arrived: bool
    reason: Text
    raw_text: Text
    dropped: int = Field(ge=0)
    latency_s: float = Field(ge=0.0, allow_inf_nan=False)
    seen: bool | None = None


class ErrorPart(_Part):
    """Why there was no answer, by the error's class."""

    kind: Literal[
        'ModelLate', 'ModelUnreachable', 'ModelRefused', 'RefusedInWords', 'UnusableAnswer',
        'BudgetSpent',
    ]  # fmt: skip
    message: Text
    raw_text: Text


class ExchangeLine(_Part):
    """A question and what came back; either `answer` or `error` is there.

    `number` counts the questions in the order in which they were asked; `key` is what is the same
    for all questions of the same words. `model`, `system` and `text` are what was sent, empty
    where the model was a double, which sends nothing (`as_sent`).
    """

    key: str
    number: int = Field(ge=0)
    as_sent: bool
    model: Text
    system: Text
    text: Text
    pictures: tuple[PicturePart, ...]
    answer: AnswerPart | None
    error: ErrorPart | None
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)

    @property
    def was_asked(self) -> bool:
        """Whether the question went out: a spent budget kept nobody's answer."""
        return self.error is None or self.error.kind != BudgetSpent.__name__

    @property
    def looks(self) -> tuple[Look, ...]:
        """The pictures as they are compared."""
        return tuple(picture.look for picture in self.pictures)


def exchange_line(
    key: str, number: int, result: Answer | ModelError, pictures: tuple[PicturePart, ...]
) -> ExchangeLine:
    """Return the line of what came back for a question."""
    sent = result.sent
    return ExchangeLine(
        key=key,
        number=number,
        as_sent=sent is not None,
        model='' if sent is None else sent.model,
        system='' if sent is None else sent.system,
        text='' if sent is None else sent.text,
        pictures=pictures,
        answer=None if isinstance(result, ModelError) else _answer_part(result),
        error=_error_part(result) if isinstance(result, ModelError) else None,
        prompt_tokens=result.tokens.prompt,
        completion_tokens=result.tokens.completion,
    )


def played(
    line: ExchangeLine, question: Question, pictures: tuple[SentPicture, ...]
) -> Answer | ModelError:
    """Return what a line says came back for `question`, its pictures as they were sent.

    A line is a file that anybody may have written: what it answers that may not be answered to
    this question is an `UnusableAnswer`.
    """
    sent = None
    if line.as_sent:
        sent = SentQuestion(
            line.model, line.system, line.text, pictures, question.purpose is Purpose.VIEW
        )
    tokens = TokenUse(line.prompt_tokens, line.completion_tokens)
    if line.error is not None:
        kind = _KINDS[line.error.kind]
        return kind(line.error.message, raw_text=line.error.raw_text, sent=sent, tokens=tokens)
    answer = line.answer
    if answer is None or not _may_be_answered(answer, question):
        raw_text = '' if answer is None else answer.raw_text
        wanted = f'wanted an answer of the cassette to {sorted(question.labels)}'
        return UnusableAnswer(f'{wanted}, came {answer}', raw_text=raw_text, sent=sent)
    return Answer(
        labels=answer.labels,
        none=answer.none,
        arrived=answer.arrived,
        reason=answer.reason,
        raw_text=answer.raw_text,
        dropped=answer.dropped,
        latency_s=answer.latency_s,
        tokens=tokens,
        sent=sent,
        seen=answer.seen if question.purpose is Purpose.VIEW and answer.labels else None,
    )


def _may_be_answered(answer: AnswerPart, question: Question) -> bool:
    labels, drawn = answer.labels, question.labels
    if len(set(labels)) != len(labels) or not set(labels) <= set(drawn):
        return False
    said = [bool(labels), answer.none, answer.arrived]
    allowed = [len(labels) <= question.pick, question.may_answer_none, question.may_answer_arrived]
    return sum(said) == 1 and all(may for one, may in zip(said, allowed, strict=True) if one)


def _answer_part(answer: Answer) -> AnswerPart:
    return AnswerPart(
        labels=answer.labels,
        none=answer.none,
        arrived=answer.arrived,
        reason=answer.reason,
        raw_text=answer.raw_text,
        dropped=answer.dropped,
        latency_s=answer.latency_s if math.isfinite(answer.latency_s) else 0.0,
        seen=answer.seen,
    )


def _error_part(error: ModelError) -> ErrorPart:
    # What a model of another room derives is played as what it stands for.
    named = (kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _KINDS)
    return ErrorPart.model_validate(
        {
            'kind': next(named, ModelUnreachable.__name__),
            'message': _without_addresses(str(error)),
            'raw_text': error.raw_text,
        }
    )


def _without_addresses(message: str) -> str:
    """Return what an error says without where the endpoint is and which of its requests it was."""
    hosts = set(_URL.findall(message))
    message = _REQUEST.sub('', _URL.sub('[endpoint]', message))
    for host in hosts:
        message = re.sub(rf'(?<![\w.-]){re.escape(host)}(?![\w-])', '[endpoint]', message)
    return _NUMERIC_ADDRESS.sub('[endpoint]', message)
