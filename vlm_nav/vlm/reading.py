"""From an answer's text to an `Answer` to the question that was asked."""

from __future__ import annotations

from vlm_nav.vlm.answer_parser import ParsedAnswer, parse_answer
from vlm_nav.vlm.answer_yes_no import read_yes_or_no
from vlm_nav.vlm.errors import UnusableAnswer
from vlm_nav.vlm.question import Answer, Purpose, Question, SentQuestion, TokenUse


def read_answer(
    question: Question,
    text: str,
    *,
    latency_s: float = 0.0,
    tokens: TokenUse | None = None,
    sent: SentQuestion | None = None,
    truncated: bool = False,
) -> Answer:
    """Return what `text` answers to `question`: labels, or none, or arrived; never two of them.

    Arrival counts before labels where it may be answered, and not at all where it may not.
    Raises `UnusableAnswer`, with `text`, `sent` and `tokens`, where nothing is left that may be
    answered.
    """
    used = tokens or TokenUse()
    try:
        parsed = _parsed(question, text, truncated)
        _check_allowed(question, parsed, text)
    except UnusableAnswer as error:
        raise UnusableAnswer(str(error), raw_text=text, sent=sent, tokens=used) from None
    arrived = parsed.arrived and question.may_answer_arrived
    return Answer(
        labels=() if arrived else parsed.labels,
        none=parsed.none,
        arrived=arrived,
        reason=parsed.reason,
        raw_text=text,
        dropped=parsed.dropped,
        latency_s=latency_s,
        tokens=used,
        sent=sent,
        seen=parsed.seen if question.purpose is Purpose.VIEW and parsed.labels else None,
    )


def _parsed(question: Question, text: str, truncated: bool) -> ParsedAnswer:
    try:
        return parse_answer(text, labels=question.labels, pick=question.pick, truncated=truncated)
    except UnusableAnswer:
        plain = None if question.labels else read_yes_or_no(text)
        if plain is None:
            raise
        return ParsedAnswer((), none=not plain, arrived=plain, reason=text.strip(), dropped=0)


def _check_allowed(question: Question, parsed: ParsedAnswer, text: str) -> None:
    if parsed.labels:
        return
    if parsed.none and not question.may_answer_none:
        came = 'none'
    elif parsed.arrived and not question.may_answer_arrived:
        came = 'arrived'
    else:
        return
    wanted = ', '.join(map(str, question.labels))
    raise UnusableAnswer(
        f'wanted a choice among {wanted}; came "{came}", which was not offered; '
        f'the answer begins {text.strip()[:120]!r}'
    )
