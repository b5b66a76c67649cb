"""The doubles of the simulator know what the pictures of a question show, and no more."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('scipy')

from simulated_views import house, marked, thing, view_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, mirrored_picture
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.answering.seeing_doubles import seeing_double
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.house.house_plan import Footprint, HousePlan
from vlm_nav.sim.view import NOTHING, SimulatedView
from vlm_nav.vlm.model import notice_of
from vlm_nav.vlm.question import Answer, Purpose, Question

HOUSE = house(thing('red chair', 4.0, 0.5), thing('green plant', 2.5, -6.0))
START = FloorPose(1.0, 0.0, 0.0)
PLACES = [(2.5, -0.5), (3.3, 0.5), (2.5, 0.6)]


def known(*views: SimulatedView) -> RecentViews:
    recent = RecentViews()
    for view in views:
        recent.keep(view)
    return recent


def waypoint(instruction: str, *pictures: MarkedPicture, **more: object) -> Question:
    question = Question(Purpose.GROUND_WAYPOINT, instruction, pictures, pick=3)
    return replace(question, **more)


async def answer_of(double: Seer, question: Question) -> Answer:
    return await double.ask(question, Deadline.after(10.0))


def seer(plan: HousePlan, *views: SimulatedView) -> Seer:
    return Seer(plan, known(*views))


async def test_marks_are_ranked_by_metres_to_the_thing_that_the_picture_shows() -> None:
    view = view_of(HOUSE, START)
    question = waypoint('go to the red chair', marked(view, PLACES))
    assert (await answer_of(seer(HOUSE, view), question)).labels == (2, 3, 1)


async def test_marks_on_a_mirrored_picture_stand_where_they_stood_before() -> None:
    view = view_of(HOUSE, START)
    question = waypoint('go to the red chair', mirrored_picture(marked(view, PLACES)))
    assert (await answer_of(seer(HOUSE, view), question)).labels == (2, 3, 1)


async def test_a_thing_that_the_picture_does_not_show_is_not_known() -> None:
    view = view_of(HOUSE, START)
    facts = ('1: 1.5 m ahead, free for 4.5 m', '2: 2.3 m ahead, free for 2.5 m')
    question = waypoint('go to the plant', marked(view, PLACES), evidence=facts)
    answer = await answer_of(seer(HOUSE, view), question)
    assert answer.labels[0] == 1
    assert 'not to be seen' in answer.reason


async def test_a_thing_is_seen_from_150_pixels_on() -> None:
    view = view_of(HOUSE, START)
    question = waypoint('go to the red chair', marked(view, PLACES))
    rows, columns = np.nonzero(view.things == 0)
    for pixels, seen in ((150, True), (149, False)):
        things = np.full_like(view.things, -1)
        things[rows[:pixels], columns[:pixels]] = 0
        answer = await answer_of(seer(HOUSE, replace(view, things=things)), question)
        assert ('not to be seen' not in answer.reason) == seen


async def test_where_nothing_is_seen_the_most_free_floor_that_is_not_called_visited_wins() -> None:
    view = view_of(house(), START)
    facts = ('1: free for 2.0 m', '2: 1.5 m ahead, free for 4.0 m', '3: free for 3.0 m')
    question = waypoint('go to the red chair', marked(view, PLACES), evidence=facts)
    double = seer(house(), view)
    assert (await answer_of(double, question)).labels[0] == 2
    assert (await answer_of(double, replace(question, visited=(2,)))).labels[0] == 3
    assert (await answer_of(double, replace(question, visited=(1, 2, 3)))).none


async def test_of_several_pictures_each_mark_is_judged_by_its_own() -> None:
    left = view_of(HOUSE, START, stamp_ns=1)
    other = view_of(HOUSE, FloorPose(1.0, 0.0, -1.5), stamp_ns=2)
    far = marked(other, [(1.1, -2.0)])
    near = marked(left, [(3.0, 0.4)])
    near = replace(near, marks=tuple(replace(mark, label=7) for mark in near.marks))
    question = waypoint('go to the red chair', far, near)
    assert (await answer_of(seer(HOUSE, left, other), question)).labels == (7, 1)


async def test_a_picture_that_nobody_took_here_is_answered_with_none() -> None:
    view = view_of(HOUSE, START)
    question = waypoint('go to the red chair', marked(view, PLACES))
    assert (await answer_of(seer(HOUSE), question)).none


@pytest.mark.parametrize(('x_m', 'arrived'), [(2.8, True), (2.6, False)])
async def test_it_has_arrived_within_a_metre_of_what_it_sees(x_m: float, arrived: bool) -> None:
    view = view_of(HOUSE, FloorPose(x_m, 0.5, 0.0))
    question = arrival('go to the red chair', view)
    answer = await answer_of(seer(HOUSE, view), question)
    assert (answer.arrived, answer.none) == (arrived, not arrived)


async def test_it_has_not_arrived_at_what_it_does_not_see() -> None:
    view = view_of(HOUSE, FloorPose(4.8, 0.5, 0.0))
    assert (await answer_of(seer(HOUSE, view), arrival('go to the red chair', view))).none


async def test_points_are_those_nearest_to_the_thing_in_the_picture() -> None:
    view = view_of(HOUSE, START)
    rows, columns = np.nonzero(view.things == 0)
    middle = Pixel(float(columns.mean()), float(rows.mean()))
    marks = (Mark(1, Pixel(5.0, 5.0)), Mark(2, middle), Mark(3, Pixel(40.0, 100.0)))
    picture = MarkedPicture(view.identifier, view.rgb, marks)
    question = Question(Purpose.IMAGE_POINT, 'the red chair', (picture,), pick=1)
    assert (await answer_of(seer(HOUSE, view), question)).labels == (2,)
    assert (await answer_of(seer(HOUSE, view), replace(question, instruction='the plant'))).none


async def test_a_share_of_the_questions_is_answered_by_lot_and_each_always_the_same() -> None:
    view = view_of(HOUSE, START)
    double = seeing_double('seer:0.7', HOUSE, known(view))
    picture = marked(view, PLACES)
    right = []
    for number in range(300):
        moved = replace(picture.marks[0], anchor=Pixel(60.0 + number % 20, 80.0 + number // 20))
        several = replace(picture, marks=(moved, *picture.marks[1:]))
        question = waypoint('go to the red chair', several, pick=1)
        first = await answer_of(double, question)
        again = await answer_of(seeing_double('seer:0.7', HOUSE, known(view)), question)
        assert first.labels == again.labels
        right.append('by lot' not in first.reason)
    assert 0.6 < np.mean(right) < 0.8


async def test_the_oracle_goes_round_a_wall_towards_what_it_does_not_see() -> None:
    wall = Footprint('wall_0', FloorPose(3.0, 0.0, 0.0), (0.1, 6.0), 0.0, 2.5)
    plan = replace(house(thing('red chair', 6.0, -1.0)), walls=(wall, *outer_walls()))
    view = view_of(house(), START)
    question = waypoint('go to the red chair', marked(view, [(2.6, -1.0), (2.4, 1.2)]))
    oracle = seeing_double('oracle', plan, known(view))
    # The way round is by y = -3, so the lower mark is on it.
    assert (await answer_of(oracle, question)).labels == (1, 2)
    away = waypoint('go to the red chair', marked(view, [(1.9, 0.9)]))
    assert (await answer_of(oracle, away)).none


async def test_the_oracle_does_not_wander_off_from_what_is_beside_it_to_another_side() -> None:
    plan = replace(house(thing('red chair', 1.0, 0.6)), walls=outer_walls())
    view = view_of(plan, START)
    question = waypoint('go to the red chair', marked(view, [(2.6, -1.0), (2.4, 1.2)]))
    assert (await answer_of(seeing_double('oracle', plan, known(view)), question)).none


def test_doubles_say_that_they_are_no_model() -> None:
    for spec in ('seer', 'seer:0.5', 'oracle'):
        assert 'not a model' in notice_of(seeing_double(spec, HOUSE, RecentViews()))


@pytest.mark.parametrize('spec', ['', 'seer:', 'seer:2', 'seer:x', 'oracle:1', 'seers'])
def test_an_unknown_double_is_refused_with_the_known_ones(spec: str) -> None:
    with pytest.raises(InvalidValueError, match='oracle'):
        seeing_double(spec, HOUSE, RecentViews())


def test_only_the_last_views_are_kept() -> None:
    recent = RecentViews(most=2)
    for stamp_ns in (1, 2, 3):
        recent.keep(view_of(house(), START, stamp_ns))
    assert recent.view('front/1') is None
    assert recent.view('front/3') is not None


def test_of_a_view_is_kept_what_it_truly_shows_of_things_and_where_it_was_taken() -> None:
    view = view_of(house(thing('red chair', 4.0, 0.5), thing('plant', 3.0, -0.5)), START)
    shows = view.things != NOTHING
    assert len(np.unique(view.things[shows])) == 2
    kept = known(view).view(view.identifier)
    assert kept is not None
    assert np.array_equal(kept.things, view.things)
    assert np.array_equal(kept.true_depth_m[shows], view.true_depth_m[shows])
    assert np.isnan(kept.true_depth_m[~shows]).all()
    assert np.array_equal(kept.map_from_base, view.map_from_base)
    assert (kept.rgb.size, kept.camera) == (0, view.camera)


def test_a_kept_view_takes_far_less_than_its_pictures() -> None:
    recent, pictures = RecentViews(), 0
    tracemalloc.start()
    for stamp_ns in range(10):
        view = view_of(HOUSE, START, stamp_ns)
        pictures += view.things.nbytes + view.true_depth_m.nbytes
        recent.keep(view)
        del view
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 0.25 * pictures


def arrival(instruction: str, view: SimulatedView) -> Question:
    picture = MarkedPicture(view.identifier, view.rgb)
    return Question(Purpose.ARRIVAL, instruction, (picture,), may_answer_arrived=True)


def outer_walls() -> tuple[Footprint, ...]:
    return tuple(
        Footprint(f'wall_{index}', FloorPose(x_m, y_m, 0.0), size_m, 0.0, 2.5)
        for index, (x_m, y_m, size_m) in enumerate(
            [(-2.0, 0.0, (0.1, 8.0)), (8.0, 0.0, (0.1, 8.0)), (3.0, 4.0, (10.0, 0.1)),
             (3.0, -4.0, (10.0, 0.1))], start=1
        )
    )  # fmt: skip
