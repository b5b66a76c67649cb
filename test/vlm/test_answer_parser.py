"""Answers in every form are read as what they mean, or refused."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.answer_parser import ParsedAnswer, UnusableAnswer, parse_answer

from .answer_forms import NO_ANSWER, NONE, ONE_AND_THREE, SIXTEEN, THREE

DRAWN = tuple(range(13))


def labels_of(text: str, drawn: tuple[int, ...] = DRAWN, **options: object) -> tuple[int, ...]:
    return parse_answer(text, labels=drawn, pick=3, **options).labels


def refused(text: str, drawn: tuple[int, ...] = DRAWN, **options: object) -> UnusableAnswer:
    with pytest.raises(UnusableAnswer) as caught:
        parse_answer(text, labels=drawn, pick=3, **options)
    return caught.value


@pytest.mark.parametrize('form', SIXTEEN)
def test_every_form_that_peers_were_measured_on_is_read_right(form: str) -> None:
    answer = parse_answer(SIXTEEN[form], labels=DRAWN, pick=2)
    assert answer.labels == (1, 3)
    assert not answer.none
    assert not answer.arrived


@pytest.mark.parametrize('text', ONE_AND_THREE)
def test_a_choice_of_two_is_read_however_it_is_written(text: str) -> None:
    assert labels_of(text) == (1, 3)


@pytest.mark.parametrize('text', THREE)
def test_a_single_choice_is_read_however_it_is_written(text: str) -> None:
    assert labels_of(text) == (3,)


@pytest.mark.parametrize('text', NONE)
def test_a_statement_that_none_fits_is_read_as_none(text: str) -> None:
    answer = parse_answer(text, labels=DRAWN, pick=2)
    assert answer.none
    assert answer.labels == ()


@pytest.mark.parametrize('text', NO_ANSWER)
def test_what_is_no_answer_is_refused(text: str) -> None:
    assert refused(text).raw_text == text


def test_the_last_of_two_answering_objects_counts_in_either_order() -> None:
    assert labels_of('{"points": [1, 3]} {"points": [2]}') == (2,)
    assert labels_of('{"points": [2]} {"points": [1, 3]}') == (1, 3)
    assert labels_of('{"points": [1, 3]} {"score": 4}') == (1, 3)


def test_an_object_counts_before_prose_around_it() -> None:
    assert labels_of('I choose arrow 2. {"points": [5]} I choose arrow 7.') == (5,)


def test_numbers_inside_the_reason_are_not_picks() -> None:
    text = '{"reason": "arrow 2 is blocked, {4} too; I choose 5 as points: [6]", "points": [3]}'
    assert labels_of(text) == (3,)


def test_order_is_kept_and_too_many_picks_are_cut() -> None:
    assert labels_of('{"points": [7, 2, 9, 1]}') == (7, 2, 9)


def test_undrawn_labels_are_dropped_and_counted_but_repeated_ones_only_dropped() -> None:
    answer = parse_answer('{"points": [99, 3, 3, "chair", 1, 2.5]}', labels=DRAWN, pick=3)
    assert answer.labels == (3, 1)
    assert answer.dropped == 3


def test_an_answer_with_undrawn_labels_only_names_what_came_and_what_is_drawn() -> None:
    message = str(refused('{"points": [99, 77]}', drawn=(4, 8)))
    assert '99, 77' in message
    assert '4, 8' in message


def test_zero_and_negative_numbers_are_labels_only_where_they_are_drawn() -> None:
    assert labels_of('{"points": [0, -1, 1]}', drawn=(1, 2)) == (1,)
    assert labels_of('{"points": [0, -1, 1]}', drawn=(0, -1)) == (0, -1)
    assert labels_of('arrow -1', drawn=(-1, 1)) == (-1,)


def test_a_number_cut_off_by_the_end_counts_only_if_it_begins_no_other_label() -> None:
    assert labels_of('{"points": [2, 1', drawn=(1, 2, 12)) == (2,)
    assert labels_of('{"points": [2, 1', drawn=(1, 2, 3)) == (2, 1)
    assert labels_of('{"points": [2, 1 ', drawn=(1, 2, 12)) == (2, 1)
    assert labels_of('[2, 12', drawn=(1, 2, 12)) == (2, 12)
    assert labels_of('[2, -', drawn=(-1, 2)) == (2,)
    refused('{"points": [1', drawn=(1, 12))


def test_prose_that_the_endpoint_cut_is_held_to_the_same_rule() -> None:
    assert labels_of('I choose arrow 1', drawn=(1, 12)) == (1,)
    refused('I choose arrow 1', drawn=(1, 12), truncated=True)
    assert labels_of('I choose arrow 1.', drawn=(1, 12), truncated=True) == (1,)


@pytest.mark.parametrize('key', ['arrived', 'done', 'Arrived'])
def test_arrival_is_read_with_and_without_labels(key: str) -> None:
    answer = parse_answer(json.dumps({'points': [], key: True}), labels=DRAWN, pick=1)
    assert (answer.arrived, answer.none, answer.labels) == (True, False, ())
    answer = parse_answer(json.dumps({'points': [3], key: True}), labels=DRAWN, pick=1)
    assert (answer.arrived, answer.labels) == (True, (3,))


def test_none_together_with_a_drawn_label_is_a_contradiction_and_refused() -> None:
    assert 'none' in str(refused('{"points": [3], "none": true}'))
    assert parse_answer('{"points": [99], "none": true}', labels=DRAWN, pick=1).none


def test_the_reason_is_kept() -> None:
    assert parse_answer('{"reason": " the door ", "points": [3]}', labels=DRAWN, pick=1) == (
        ParsedAnswer(labels=(3,), none=False, arrived=False, reason='the door', dropped=0)
    )
    assert 'door' in parse_answer('Arrow 3, the door', labels=DRAWN, pick=1).reason


def test_half_a_surrogate_pair_leaves_a_reason_that_can_be_written_down() -> None:
    text = '{"reason": "\\ud83d door", "points": [3]}'
    assert parse_answer(text, labels=DRAWN, pick=1).reason.encode('utf-8')


def test_a_pick_below_one_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='pick'):
        parse_answer('3', labels=DRAWN, pick=0)


@pytest.mark.parametrize(
    'unit', ['[', '{"a":', '{"x', '[1,', '"', '#', '1, ', 'I choose ', 'best ', 'not 1, but ',
             'arrow 3 ', '<think>', "n't ", '{"points": [1], ', '\\', '1-', '\n', ': ', '\uff0d']
)  # fmt: skip
def test_a_hundred_thousand_characters_of_anything_end_in_an_answer_or_a_refusal(
    unit: str,
) -> None:
    text = unit * (100_000 // len(unit))
    try:
        answer = parse_answer(text, labels=DRAWN, pick=2)
    except UnusableAnswer:
        return
    assert set(answer.labels) <= set(DRAWN)


UNITS = ['1, ', '1 ', '1 and ', '1, and ', '#1 > ', '1;', 'arrow 1, ', 'arrows ', 'the ', 'best ',
         'is ', 'choice: ', '(', '["', '#', '1-', 'answer: ', 'not 1 but ', 'none of the circles ',
         '"', "'", '\\', '//', '{"a": ', '- ', 'so ',
         '1 rather than ', 'circle 1 is ']  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize('unit', UNITS)
def test_no_repetition_makes_the_patterns_run_away(unit: str) -> None:
    for other in ['', *UNITS]:
        text = (unit + other) * (300 // len(unit + other)) + ' x.'
        try:
            parse_answer(text, labels=DRAWN, pick=2)
        except UnusableAnswer:
            continue


def test_the_answer_is_found_at_either_end_of_a_very_long_text() -> None:
    assert labels_of('thinking about the door ' * 5_000 + '{"points": [1, 3]}') == (1, 3)
    assert labels_of('{"points": [1, 3]}' + '\n' * 100_000) == (1, 3)
    assert labels_of('{"points": [1, 3]}' + ' and so on' * 10_000) == (1, 3)


def test_a_number_is_not_made_at_the_seam_of_a_shortened_text() -> None:
    refused('1' * 100_000, drawn=(1, 11, 111))
    head, tail = ('x' * 5_993 + '\n[1, 2'), ('5]\n' + 'x' * 11_997)
    refused(head + ' and so on' * 1_000 + tail, drawn=(1, 25))
    refused('look ' * 10_000 + '12345' * 2_000 + ', end', drawn=(5, 45, 345))


FRAGMENTS = st.sampled_from(
    ['{', '}', '[', ']', '"', "'", '“', '”', ',', ':', ' ', '\n', '```json', '```', '1', '3', '12',
     '-1', '0', '2.5', 'points', 'none', 'true', 'null', 'arrived', 'arrow', 'I choose', 'not',
     'but', 'none of the circles fits', 'so', '\\', '#', '**', '<think>', '</think>', '//', '(',
     ')', 'Answer', 'm', '.', '{"points": [', '"reason": "', '٣', '²', '\ud83d', '\x00']
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(FRAGMENTS, max_size=30).map(''.join)),
    drawn=st.sets(st.integers(-2, 30), max_size=12),
    pick=st.integers(1, 4),
    truncated=st.booleans(),
)
@example(text='[' * 5_000, drawn={1}, pick=1, truncated=False)
@example(text='{"points": [1e999, 9' + '9' * 5_000 + ']}', drawn={1}, pick=1, truncated=True)
def test_any_text_gives_drawn_labels_each_once_or_a_refusal(
    text: str, drawn: set[int], pick: int, truncated: bool
) -> None:
    try:
        answer = parse_answer(text, labels=drawn, pick=pick, truncated=truncated)
    except UnusableAnswer:
        return
    assert set(answer.labels) <= drawn
    assert len(set(answer.labels)) == len(answer.labels) <= pick
    assert answer.labels or answer.none or answer.arrived
    assert not (answer.none and answer.labels)


SURROUNDINGS = st.text(st.characters(blacklist_characters='{[<"', codec='utf-8'), max_size=80)
ANSWERS = st.fixed_dictionaries(
    {
        'reason': st.text(max_size=60),
        'points': st.lists(st.integers(0, 30), min_size=1, max_size=5, unique=True),
        'none': st.just(False),
        'arrived': st.just(False),
    }
)


@settings(max_examples=300, deadline=None)
@given(
    answer=ANSWERS,
    before=SURROUNDINGS,
    after=SURROUNDINGS,
    indent=st.sampled_from([None, 2]),
    ascii_only=st.booleans(),
)
def test_a_well_formed_answer_is_read_back_in_any_surroundings(
    answer: dict[str, object], before: str, after: str, indent: int | None, ascii_only: bool
) -> None:
    text = before + json.dumps(answer, indent=indent, ensure_ascii=ascii_only) + after
    parsed = parse_answer(text, labels=range(31), pick=5)
    assert list(parsed.labels) == answer['points']
    assert parsed.dropped == 0


@settings(max_examples=200, deadline=None)
@given(answer=ANSWERS, data=st.data())
def test_an_answer_cut_anywhere_never_gives_a_label_that_it_does_not_begin_with(
    answer: dict[str, object], data: st.DataObject
) -> None:
    text = json.dumps(answer)
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        labels = list(parse_answer(cut, labels=range(31), pick=5).labels)
    except UnusableAnswer:
        return
    points = answer['points']
    assert isinstance(points, list)
    assert labels == points[: len(labels)]
