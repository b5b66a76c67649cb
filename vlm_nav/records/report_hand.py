"""What a report shows of the hand: the pixel, the point, the grasps, and what the arm did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from vlm_nav.records.hand_parts import ArmPart, GraspPart, HandPart, LiftedPart
from vlm_nav.records.report_markup import Markup, element, joined
from vlm_nav.records.report_pictures import ReportPictures
from vlm_nav.records.report_words import reason_words, shortened, words_of_code
from vlm_nav.records.schema import DecisionPart, Record

_WIDTH_PX = 620
_MOST_ROWS = 60


def of_hand(record: Record) -> bool:
    """Return whether a record is one of the hand, which drives nowhere."""
    return bool(record.decisions) and all(one.hand is not None for one in record.decisions)


def pixel_card(record: Record, pictures: ReportPictures) -> Markup | None:
    """Return the picture with the pixel that was decided for, None where there is none."""
    decision = record.decision
    if decision is None or decision.hand is None or decision.hand.pixel is None:
        return None
    shown = pictures.of_pixel(decision.look, decision.hand.pixel, _WIDTH_PX)
    if shown is None:
        return None
    image = element('img', src=shown, alt='the pixel that was decided for')
    legend = element('p', 'The cross is the pixel that was decided for.', class_='legend')
    return element('section', image, legend, class_='card')


def hand_outcome(decision: DecisionPart | None) -> tuple[str, str]:
    """Return how a task of the hand ended in words, and whether that is `good`."""
    done = decision is not None and decision.arm is not None and decision.arm.done
    return ('Done', 'good') if done else ('Not done', '')


def hand_story(decision: DecisionPart) -> list[Markup]:
    """Return what a decision of the hand came to, and what the arm did, each in a line."""
    hand = decision.hand
    if hand is None:
        return []
    lines = [*([] if hand.lifted is None else [_lifted(hand.lifted)]), *_grasps(hand)]
    if decision.released_s is not None:
        lines.append(joined('✓ ', element('b', 'Released'), f' at {decision.released_s:.1f} s'))
    if decision.arm is not None:
        lines.append(_moved(decision.arm))
    shown = [element('div', line, class_='after') for line in lines]
    return [*shown, *_table(hand)]


def _lifted(lifted: LiftedPart) -> Markup:
    source = {'filled': ', filled from around', 'plane': ', assumed on a plane: nothing measured'}
    size = ' × '.join(_metres(side) for side in lifted.box_size_m)
    cut = ', cut off by the border of the picture' if lifted.is_cut else ''
    return joined(
        element('b', 'Point'),
        f' {_place(lifted.point_m)} m ± {_metres(lifted.sigma_m, 4)}'
        f'{source.get(lifted.source, ", measured")}',
        element('span', f'. What is seen there: {size} m{cut}', class_='quiet'),
    )


def _grasps(hand: HandPart) -> list[Markup]:
    lines = []
    if hand.ranked:
        best = hand.ranked[0]
        fingers = f'fingers {_metres(best.width_m)} m apart'
        lines.append(
            joined(
                element('b', 'Grasp'),
                f' {words_of_code(best.approach)}, {fingers}, clear by '
                f'{_metres(best.clearance_m)} m; {len(hand.ranked)} may be carried out',
            )
        )
    if hand.place is not None:
        where = _place(hand.place.point_m)
        clear = _metres(hand.place.clearance_m)
        lines.append(joined(element('b', 'Place'), f' {where} m, clear by {clear} m'))
    if hand.refused:
        counted = Counter(words_of_code(grasp.reason) for grasp in hand.refused)
        why = ', '.join(f'{count} {reason}' for reason, count in counted.most_common())
        lines.append(joined(element('b', 'Refused'), f' {why}'))
    return lines


def _moved(arm: ArmPart) -> Markup:
    if arm.done:
        why = f'. {shortened(arm.detail)}' if arm.detail else ''
        return joined('✓ ', element('b', 'Done'), f' at {arm.at_s:.1f} s{why}')
    why = reason_words(arm.reason, arm.detail)
    return joined('✗ ', element('b', 'Not done'), f' at {arm.at_s:.1f} s. {why}')


def _table(hand: HandPart) -> list[Markup]:
    rows = [_row(grasp, 'may be carried out') for grasp in hand.ranked]
    rows += [_row(grasp, words_of_code(grasp.reason)) for grasp in hand.refused]
    if not rows:
        return []
    text = '\n'.join(rows[:_MOST_ROWS])
    left_out = len(rows) - _MOST_ROWS
    more = f'\n... {left_out} more' if left_out > 0 else ''
    summary = element('summary', 'Every grasp that was tried')
    return [element('details', summary, element('pre', text + more))]


def _row(grasp: GraspPart, end: str) -> str:
    place = _place([row[3] for row in grasp.base_from_grasp[:3]])
    return (
        f'{words_of_code(grasp.approach):<10} at {place} m, {_metres(grasp.width_m)} m wide, '
        f'clear by {_metres(grasp.clearance_m)} m: {end}'
    )


def _place(values: Sequence[float | None]) -> str:
    return f'({", ".join(_metres(value) for value in values)})'


def _metres(value: float | None, digits: int = 3) -> str:
    return 'unknown' if value is None or not math.isfinite(value) else f'{value:.{digits}f}'
