"""A record told in lines for a terminal: each question, each decision, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vlm_nav.records.hand_parts import HandPart
from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.report_words import reason_words
from vlm_nav.records.schema import DecisionPart, Record
from vlm_nav.records.summary import summary_line


def record_words(record: Record) -> list[str]:
    """Return the lines; what others wrote is in them as it came, and not yet fit for a log."""
    lines = [summary_line(record)]
    for number, decision in enumerate(record.decisions, 1):
        lines.append(f'decision {number} at {decision.at_s:.1f} s: {_decided(decision)}')
        known = [i for i in decision.questions if 0 <= i < len(record.questions)]
        lines += [f'  {_asked(record.questions[index])}' for index in known]
        lines += [f'  {line}' for line in _came_of(decision)]
    return lines


def _decided(decision: DecisionPart) -> str:
    why = reason_words(decision.reason, decision.detail)
    return f'{decision.outcome}{f", {why}" if why else ""}'


def _asked(question: QuestionPart) -> str:
    shown = 'a closer look, ' if any(one.cut for one in question.shown) else ''
    where = f'{question.purpose}, {shown}run {question.run}, round {question.round}'
    reply = question.reply
    if reply is None:
        return f'{where}: nothing came back'
    if reply.error is not None:
        return f'{where}: {reply.error.reason}'
    answer = reply.answer
    if answer is None or not (answer.labels or answer.arrived):
        return f'{where}: none of {len(question.labels)} marks'
    chosen = 'arrived' if answer.arrived else ', '.join(map(str, answer.labels))
    return f'{where}: {chosen} of {len(question.labels)} marks'


def _came_of(decision: DecisionPart) -> Iterator[str]:
    if decision.hand is not None:
        yield from _hand(decision.hand)
    if decision.released_s is not None:
        yield f'released at {decision.released_s:.1f} s'
    moved = ('arm', decision.arm and decision.arm.done, decision.arm)
    drove = ('drive', decision.drive and decision.drive.reached, decision.drive)
    for name, done, part in (drove, moved):
        if part is not None:
            why = f'{part.reason or ""} {part.detail}'.strip()
            yield f'{name} {"done" if done else "not done"} at {part.at_s:.1f} s: {why}'


def _hand(hand: HandPart) -> Iterator[str]:
    if hand.pixel is not None:
        yield f'pixel ({_number(hand.pixel.u_px, 1)}, {_number(hand.pixel.v_px, 1)})'
    lifted = hand.lifted
    if lifted is not None:
        place = ', '.join(_number(value) for value in lifted.point_m)
        size = ' x '.join(_number(value) for value in lifted.box_size_m)
        yield (
            f'point ({place}) m, {lifted.source}, sigma {_number(lifted.sigma_m, 4)} m; '
            f'what is seen there: {size} m'
        )
    if hand.ranked:
        best = hand.ranked[0]
        yield (
            f'grasp {best.approach}, {_number(best.width_m)} m wide, the best of '
            f'{len(hand.ranked)}'
        )
    if hand.place is not None:
        place = ', '.join(_number(value) for value in hand.place.point_m)
        yield f'put down at ({place}) m'
    if hand.refused:
        counted = Counter(grasp.reason for grasp in hand.refused).most_common()
        yield f'refused: {", ".join(f"{count} {reason}" for reason, count in counted)}'


def _number(value: float | None, digits: int = 3) -> str:
    return 'unknown' if value is None else f'{value:.{digits}f}'
