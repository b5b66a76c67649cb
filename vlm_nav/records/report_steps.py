"""The decisions of a report: each with its pictures, what was asked, answered and done."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vlm_nav.geometry.poses import floor_pose_of, wrap_angle
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.question_parts import QuestionPart
from vlm_nav.records.report_hand import hand_story
from vlm_nav.records.report_map import place_of
from vlm_nav.records.report_markup import Markup, element, joined
from vlm_nav.records.report_pictures import ReportPictures
from vlm_nav.records.report_story import Step, totals_of
from vlm_nav.records.report_words import reason_words, shortened, words_of_code
from vlm_nav.records.schema import ArrivalPart, DecisionPart, DrivePart, TurnPart

_LARGE_PX, _SMALL_PX = 760, 340
_HEADLINES = {
    'pick': 'Pick it up',
    'place': 'Put it down',
    'turn': 'Look to all sides',
    'hold': 'Stay',
    'gave_up': 'Give up',
}
_QUESTIONS = {
    'ground_waypoint': 'where to go',
    'image_point': 'where it is in the picture',
    'hand_move': 'where the hand moves next',
    'arrival': 'whether it has arrived',
}


def step_card(number: int, step: Step, pictures: ReportPictures) -> Markup:
    """Return what is shown of a step."""
    decision = step.decision
    look = None if step.look is None else pictures.record.looks[step.look]
    return element(
        'section',
        element('h2', element('span', str(number), class_='badge'), _headline(decision, look)),
        _chips(step),
        *(_checked(arrival) for arrival in step.arrivals),
        _reasoning(step),
        _main_pictures(step, pictures),
        _all_questions(step, pictures),
        *([] if decision is None else [*_afterwards(decision), *hand_story(decision)]),
        class_='card',
        id=f'step{number}',
    )


def _headline(decision: DecisionPart | None, look: LookPart | None) -> str:
    if decision is None:
        return 'No decision was made'
    if decision.outcome != 'goal':
        known = _HEADLINES.get(decision.outcome)
        return known or words_of_code(decision.outcome).capitalize()
    place = None if look is None else place_of(decision.waypoint, look.map_frame)
    if place is None or look is None:
        return 'Drive'
    pose = floor_pose_of(np.array(look.map_from_base))
    range_m = math.hypot(place[0] - pose.x_m, place[1] - pose.y_m)
    bearing_rad = math.atan2(place[1] - pose.y_m, place[0] - pose.x_m) - pose.yaw_rad
    return f'Drive {range_m:.1f} m, {_direction(math.degrees(wrap_angle(bearing_rad)))}'


def _direction(degrees: float) -> str:
    if abs(degrees) < 3.0:
        return 'straight ahead'
    return f'{abs(degrees):.0f}° to the {"left" if degrees > 0.0 else "right"}'


def _chips(step: Step) -> Markup:
    totals = totals_of(step.questions)
    chips: list[Markup] = []
    decision = step.decision
    if decision is not None:
        chips.append(_chip(f'at {decision.at_s:.1f} s'))
        if decision.confidence is not None:
            chips.append(_chip(f'{decision.confidence:.0%} of the runs agree'))
    chips.append(
        _chip(f'{totals.questions} {"question" if totals.questions == 1 else "questions"}')
    )
    if totals.questions:
        chips.append(_chip(f'{totals.waited_s:.1f} s of answers'))
    tokens = totals.prompt_tokens + totals.completion_tokens
    if tokens:
        chips.append(_chip(f'{tokens} tokens'))
    return element('ul', *chips, class_='chips')


def _chip(text: str, kind: str | None = None) -> Markup:
    return element('li', text, class_=kind)


def _checked(arrival: ArrivalPart) -> Markup:
    """Return whether the robot was there already, in a line."""
    said = {True: 'yes', False: 'no', None: 'no answer'}[arrival.said]
    distance_m = arrival.distance_m
    measured = '' if distance_m is None else f', {distance_m:.1f} m away by the depth'
    detail = f': {shortened(arrival.detail)}' if arrival.detail else ''
    return element(
        'p',
        'Has it arrived? ',
        element('b', f'{said}{measured}', class_='yes' if arrival.arrived else None),
        element('span', detail, class_='quiet'),
        class_='check',
    )


def _reasoning(step: Step) -> Markup | None:
    """Return why it was decided so: a reason code, else the model's own words."""
    decision = step.decision
    if decision is not None and decision.reason:
        return element('p', reason_words(decision.reason, decision.detail), class_='said')
    last = _leading(step.questions)
    if last is None or last.reply is None or last.reply.answer is None:
        return None
    words = last.reply.answer.reason
    return element('p', f'“{shortened(words)}”', class_='said') if words else None


def _main_pictures(step: Step, pictures: ReportPictures) -> Markup | None:
    leading = _leading(step.questions)
    if leading is not None:
        waypoint = None if step.decision is None else step.decision.waypoint
        shown = pictures.of_choice(leading, _LARGE_PX, waypoint)
    else:
        shown = () if step.look is None else pictures.of_look(step.look, _LARGE_PX)
    return _shots(shown) if shown else None


def _shots(shown: Sequence[str]) -> Markup:
    images = (element('img', src=uri, alt='what the robot saw', loading='lazy') for uri in shown)
    return element('div', *images, class_='shots one' if len(shown) == 1 else 'shots')


def _leading(questions: Sequence[QuestionPart]) -> QuestionPart | None:
    """Return the question that shows best what was decided: the last one about places."""
    answered = [q for q in questions if q.reply is not None and q.reply.answer is not None]
    about_places = [q for q in answered if q.purpose == 'ground_waypoint' and not q.check]
    return next(reversed(about_places or answered), None)


def _all_questions(step: Step, pictures: ReportPictures) -> Markup | None:
    if not step.questions:
        return None
    figures = (_figure(question, pictures) for question in step.questions)
    return element(
        'details',
        element('summary', 'Every question with its picture and its answer'),
        element('div', *figures, class_='asked'),
    )


def _figure(question: QuestionPart, pictures: ReportPictures) -> Markup:
    shown = pictures.of_question(question, _SMALL_PX)
    about = _QUESTIONS.get(question.purpose, words_of_code(question.purpose))
    where = f'run {question.run}, round {question.round}'
    answered = _answer_words(question)
    again = f', attempt {question.attempt}' if question.attempt > 1 else ''
    otherwise = f', {question.check}' if question.check else ''
    return element(
        'figure',
        _shots(shown) if shown else None,
        element('figcaption', f'{about}: {where}{otherwise}{again} → ', element('b', answered)),
        *_sent_and_said(question),
    )


def _answer_words(question: QuestionPart) -> str:
    reply = question.reply
    if reply is None:
        return 'nothing came back'
    if reply.error is not None:
        return words_of_code(reply.error.reason)
    answer = reply.answer
    if answer is None:
        return 'no answer'
    chosen = ', '.join(str(label) for label in answer.labels)
    if question.purpose == 'arrival':
        words = 'yes' if answer.arrived else 'no'
    elif answer.arrived:
        words = 'arrived'
    else:
        words = 'none of them' if answer.none else chosen or 'nothing'
    took = f' · {answer.latency_s:.1f} s' if answer.latency_s is not None else ''
    tokens = answer.prompt_tokens + answer.completion_tokens
    return f'{words}{took}{f" · {tokens} tokens" if tokens else ""}'


def _sent_and_said(question: QuestionPart) -> list[Markup]:
    reply = question.reply
    if reply is None:
        return []
    came = reply.answer.raw_text if reply.answer is not None else ''
    if reply.error is not None:
        came = f'{reply.error.message}\n{reply.error.raw_text}'.strip()
    parts = [('What was asked', '\n\n'.join(filter(None, (reply.system, reply.text))))]
    parts.append(('What came back', came))
    return [
        element('details', element('summary', title), element('pre', shortened(text)))
        for title, text in parts
        if text
    ]


def _afterwards(decision: DecisionPart) -> list[Markup]:
    """Return what came of a decision: its turns and its drive, each in a line."""
    lines = [_turned(decision.turns)] if decision.turns else []
    if decision.drive is not None:
        lines.append(_driven(decision.drive))
    return [element('div', line, class_='after') for line in lines]


def _turned(turns: Sequence[TurnPart]) -> Markup:
    """Return what became of turns on the spot, the first that failed with its reason."""
    turned_rad = sum(abs(turn.angle_rad or 0.0) for turn in turns if turn.turned)
    words = f' by {math.degrees(turned_rad):.0f}° in {len(turns)} steps'
    failed = next((turn for turn in turns if not turn.turned), None)
    why = '' if failed is None else f'. One failed, {reason_words(failed.reason, failed.detail)}'
    return joined('↻ ', element('b', 'Turned'), words, why)


def _driven(drive: DrivePart) -> Markup:
    if drive.reached:
        return joined('✓ ', element('b', 'Reached'), f' at {drive.at_s:.1f} s')
    why = reason_words(drive.reason, drive.detail)
    return joined('✗ ', element('b', 'Not reached'), f' at {drive.at_s:.1f} s. {why}')
