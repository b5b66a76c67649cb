"""Where the thing is out of sight, the double goes where what shows goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('scipy')

from simulated_views import house, marked, thing, view_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.sim.answering.seen_things import SEEN_FROM_PX
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.view import NOTHING, SimulatedView
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.reading import read_answer

HOUSE = house(
    thing('old oven', 3.0, 0.0),
    thing('soft double_bed', -3.0, 0.0),
    thing('refrigerator', 9.0, 9.0),
)
OVEN = view_of(HOUSE, FloorPose(0.0, 0.0, 0.0), stamp_ns=1)
BED = view_of(HOUSE, FloorPose(0.0, 0.0, np.pi), stamp_ns=2)
STRAIGHT = '2.0 m ahead, 2.0 m of way, 6.0 m² of floor not looked over yet'
AROUND = '2.0 m ahead, 5.0 m of way, 6.0 m² of floor not looked over yet'


def answer(purpose: Purpose, *pictures: MarkedPicture, lines: tuple[str, ...]) -> int:
    views = RecentViews()
    for view in (OVEN, BED):
        views.keep(view)
    evidence = tuple(f'{label}: {line}' for label, line in enumerate(lines, 1))
    question = Question(purpose, 'go to the refrigerator', pictures, evidence=evidence)
    return read_answer(question, Seer(HOUSE, views).reply(question)).labels[0]


def warped(label: int, view: SimulatedView) -> MarkedPicture:
    """Return a warped picture that shows all of what a view shows."""
    shape = view.things.shape
    pixel = np.arange(view.things.size, dtype=np.int32).reshape(shape)
    made = Provenance((view.identifier,), np.zeros(shape, np.int16), pixel, (shape[1],))
    picture = as_seen(label, view)
    name = f'imagined {label}'
    return replace(picture, identifier=name, kind=PictureKind.IMAGINED, imagined=made)


def as_seen(label: int, view: SimulatedView) -> MarkedPicture:
    return MarkedPicture(view.identifier, view.rgb, (Mark(label, Pixel(10.0, 10.0)),))


def true(label: int, view: SimulatedView) -> MarkedPicture:
    """Return a true picture of a place, as only the simulator has them."""
    return replace(as_seen(label, view), kind=PictureKind.IMAGINED)


def of_views(*pictures: MarkedPicture, line: str = STRAIGHT) -> int:
    return answer(Purpose.VIEW, *pictures, lines=(line,) * len(pictures))


@pytest.mark.parametrize('picture', [warped, true, as_seen])
def test_of_views_with_as_much_floor_the_one_into_the_likelier_room_is_chosen(
    picture: Callable[[int, SimulatedView], MarkedPicture],
) -> None:
    assert of_views(picture(1, OVEN), picture(2, BED)) == 1
    assert of_views(picture(1, BED), picture(2, OVEN)) == 2


def test_as_seen_from_here_tells_nothing_of_a_place_that_lies_around_a_corner() -> None:
    assert of_views(as_seen(1, BED), as_seen(2, OVEN), line=AROUND) == 1
    assert of_views(warped(1, BED), warped(2, OVEN), line=AROUND) == 2
    assert of_views(true(1, BED), true(2, OVEN), line=AROUND) == 2
    untold = (as_seen(1, BED), as_seen(2, OVEN))
    assert answer(Purpose.VIEW, *untold, lines=('in sight', 'in sight')) == 1


def test_as_seen_from_here_tells_nothing_of_a_place_that_is_far() -> None:
    far = STRAIGHT.replace('2.0 m', '6.0 m')
    assert far != STRAIGHT
    assert of_views(as_seen(1, BED), as_seen(2, OVEN), line=far) == 1
    assert of_views(warped(1, BED), warped(2, OVEN), line=far) == 2


def test_what_lies_in_a_hole_and_what_hardly_shows_tells_nothing_of_a_room() -> None:
    for count, expected in ((0, 1), (SEEN_FROM_PX - 1, 1), (SEEN_FROM_PX, 2)):
        shown = warped(2, OVEN)
        assert shown.imagined is not None
        rows, columns = np.nonzero(OVEN.things != NOTHING)
        shown.imagined.source[rows[count:], columns[count:]] = -1
        bare = warped(1, replace(OVEN, identifier='forgotten'))
        assert of_views(bare, shown) == expected


def test_much_more_floor_outweighs_a_likelier_room() -> None:
    lines = (STRAIGHT, STRAIGHT.replace('6.0 m²', '0.2 m²'))
    assert answer(Purpose.VIEW, warped(1, BED), warped(2, OVEN), lines=lines) == 1


def of_marks(free_m: tuple[float, ...], *pictures: MarkedPicture) -> int:
    lines = tuple(f'1.5 m ahead, free for {one:.1f} m' for one in free_m)
    return answer(Purpose.GROUND_WAYPOINT, *pictures, lines=lines)


def test_of_marks_with_as_much_free_floor_the_one_in_the_likelier_room_is_chosen() -> None:
    bed, oven = marked(BED, [(-1.5, 0.8)]), marked(OVEN, [(1.5, 0.8)])
    (mark,) = oven.marks
    oven = replace(oven, marks=(replace(mark, label=2),))
    assert of_marks((3.0, 3.0), bed, oven) == 2
    assert of_marks((9.0, 1.0), bed, oven) == 1


@pytest.mark.parametrize(('side', 'expected'), [(1, 1), (-1, 2)])
@pytest.mark.parametrize(('mark_ahead_m', 'things_ahead_m'), [(1.5, 3.0), (1.2, 4.2)])
def test_of_marks_on_one_picture_each_is_judged_by_what_shows_beside_its_way_on(
    side: int, expected: int, mark_ahead_m: float, things_ahead_m: float
) -> None:
    plan = house(
        thing('old oven', things_ahead_m, 1.75 * side),
        thing('soft double_bed', things_ahead_m, -1.75 * side),
        thing('refrigerator', -9.0, 0.0),
    )
    view = view_of(plan, FloorPose(0.0, 0.0, 0.0), stamp_ns=3)
    views = RecentViews()
    views.keep(view)
    picture = marked(view, [(mark_ahead_m, 0.5), (mark_ahead_m, -0.5)])
    lines = tuple(f'{label}: 1.5 m ahead, free for 3.5 m' for label in (1, 2))
    question = Question(
        Purpose.GROUND_WAYPOINT, 'go to the refrigerator', (picture,), evidence=lines
    )
    assert read_answer(question, Seer(plan, views).reply(question)).labels[0] == expected
