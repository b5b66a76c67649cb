"""From recorded RGB-D and an instruction to a NavigateToPose goal, over DDS and HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from end_to_end.chain import KEY, Chain, running_chain
from end_to_end.checks import TARGETS, accepted, check_goals, check_held, decide
from vlm_nav.core.candidate import Pixel

pytestmark = [pytest.mark.ros, pytest.mark.data]


@pytest.fixture(scope='module')
def chain(human_node: Any, records: Path) -> Iterator[Chain]:
    """Give the chain with a base that arrives within a few seconds."""
    with running_chain(human_node, records, speed_m_s=20.0) as running:
        yield running


@pytest.mark.parametrize('frame', sorted(TARGETS))
def test_the_goal_lies_where_the_model_pointed_in_the_picture(chain: Chain, frame: int) -> None:
    check_goals(chain, frame)


def test_the_questions_hold_facts_and_the_records_no_key(chain: Chain) -> None:
    chain.play(36)
    decision, requests = decide(chain, 36, TARGETS[36][0], 'say what is measured')
    assert requests
    assert all(request['facts'] for request in requests)
    chain.record_of(decision)
    written = [path.read_bytes() for path in (chain.records / decision['record']).iterdir()]
    assert written
    assert not any(KEY.encode() in content for content in written)


def test_a_picture_without_floor_leads_to_no_goal(chain: Chain) -> None:
    chain.play(288)
    goals = accepted(chain)
    decision, _ = decide(chain, 288, Pixel(320, 400), 'go over the table')
    assert (decision['outcome'], decision['reason']) == ('hold', 'all_candidates_blocked')
    chain.record_of(decision)
    assert accepted(chain) == goals


FAULTS = {
    'no_depth': 'no_depth',
    'empty_picture': 'empty_image',
    'wrong_encoding': 'unknown_encoding',
    'zero_k': 'bad_calibration',
    'no_transform': 'no_transform',
    'old_picture': 'stale_image',
    'no_picture': 'stale_image',
}


@pytest.mark.parametrize('fault', sorted(FAULTS))
def test_a_fault_of_the_camera_is_named_and_leads_to_no_goal(chain: Chain, fault: str) -> None:
    chain.play(0, fault)
    try:
        check_held(chain, f'drive in spite of {fault}', FAULTS[fault])
    finally:
        chain.play(0)


INSTRUCTIONS = {
    'instruction_empty': ' ',
    'instruction_too_long': 'go ' * 3500,
}


@pytest.mark.parametrize('reason', sorted(INSTRUCTIONS))
def test_an_unusable_instruction_is_refused(chain: Chain, reason: str) -> None:
    check_held(chain, INSTRUCTIONS[reason], reason)


ANSWERS = {
    'undrawn': 'vlm_unusable',
    'garbage': 'vlm_unusable',
    'refuse': 'vlm_refused',
    'none': 'none_fits',
}


@pytest.mark.parametrize('behaviour', sorted(ANSWERS))
def test_an_unusable_answer_leads_to_no_goal(chain: Chain, behaviour: str) -> None:
    chain.play(0)
    chain.behave(behaviour=behaviour)
    check_held(chain, f'ask a model that says {behaviour}', ANSWERS[behaviour])


def test_after_all_that_it_still_drives(chain: Chain) -> None:
    check_goals(chain, 72)
