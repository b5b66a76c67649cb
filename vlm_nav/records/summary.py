"""A record in one line, for logs and lists."""

from __future__ import annotations

import math

from vlm_nav.records.folder import folder_name
from vlm_nav.records.hand_parts import ArmPart
from vlm_nav.records.schema import DecisionPart, DrivePart, Record

_LONGEST_INSTRUCTION = 80
_LONGEST_DETAIL = 120


def summary_line(record: Record) -> str:
    """Return who was told what, what was decided last, and how it ended, in one line."""
    parts = [f'{folder_name(record.identifier)} {_one_line(record.instruction)}:']
    if len(record.decisions) > 1:
        drives = sum(decision.drive is not None for decision in record.decisions)
        parts.append(f'{len(record.decisions)} decisions, {drives} drives |')
    parts.append('no decision' if record.decision is None else _decided(record.decision))
    if record.drive is not None:
        parts.append(f'| {_driven(record.drive)}')
    elif record.decision is not None and record.decision.arm is not None:
        parts.append(f'| {_moved(record.decision.arm)}')
    elif record.decision is not None and _ended_otherwise(record):
        parts.append(f'| not carried on: {record.ended and record.ended.reason}')
    parts.append('| never ended' if record.ended_s is None else f'| {record.ended_s:.1f} s in all')
    return ' '.join(parts)


def _ended_otherwise(record: Record) -> bool:
    """Return whether the instruction was stopped after its last decision."""
    decision, ended = record.decision, record.ended
    return decision is not None and ended is not None and ended.reason != decision.reason


def _decided(decision: DecisionPart) -> str:
    words = [decision.outcome]
    waypoint = decision.waypoint
    if waypoint is not None:
        x_m, y_m, yaw_rad = (
            math.nan if value is None else value
            for value in (waypoint.x_m, waypoint.y_m, waypoint.yaw_rad)
        )
        words.append(f'({x_m:.2f}, {y_m:.2f}) m facing {math.degrees(yaw_rad):.0f} deg')
        words.append(f'in {_one_line(waypoint.frame_id)}')
    hand = decision.hand
    if hand is not None and hand.lifted is not None:
        place = (math.nan if value is None else value for value in hand.lifted.point_m)
        words.append(f'({", ".join(f"{value:.3f}" for value in place)}) m, {hand.lifted.source}')
    if decision.reason is not None:
        words.append(f'because {decision.reason}')
    if decision.detail:
        words.append(_one_line(decision.detail, _LONGEST_DETAIL))
    if decision.confidence is not None:
        words.append(f'at confidence {decision.confidence:.2f}')
    words.append(f'after {decision.calls} calls in {decision.at_s:.1f} s')
    return ' '.join(words)


def _driven(drive: DrivePart) -> str:
    return 'reached' if drive.reached else f'not reached: {drive.reason}'


def _moved(arm: ArmPart) -> str:
    return 'done' if arm.done else f'not done: {arm.reason}'


def _one_line(text: str, longest: int = _LONGEST_INSTRUCTION) -> str:
    """Return the text without anything that could break the line or a terminal."""
    short = text if len(text) <= longest else f'{text[: longest - 3]}...'
    return repr(short)
