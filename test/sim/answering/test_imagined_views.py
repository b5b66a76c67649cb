"""On an imagined picture the double sees what the warp shows, and never what is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip('scipy')

from simulated_views import house, thing, view_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.sim.answering.imagined_things import things_imagined
from vlm_nav.sim.answering.seeing_server import SeeingServer
from vlm_nav.sim.answering.seen_things import SEEN_FROM_PX
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.reading import read_answer
from vlm_nav.vlm.remote_double import RemoteDouble

HOUSE = house(thing('red chair', 3.0, 0.0))
VIEW = view_of(HOUSE, FloorPose(0.0, 0.0, 0.0), stamp_ns=1)
NOTHING_THERE = view_of(HOUSE, FloorPose(0.0, 0.0, 3.0), stamp_ns=2)


def seer() -> Seer:
    views = RecentViews()
    for view in (VIEW, NOTHING_THERE):
        views.keep(view)
    return Seer(HOUSE, views)


def identity() -> Provenance:
    height, width = VIEW.things.shape
    pixel = np.arange(height * width, dtype=np.int32).reshape(height, width)
    return Provenance((VIEW.identifier,), np.zeros((height, width), np.int16), pixel, (width,))


def imagined(label: int, provenance: Provenance) -> MarkedPicture:
    rgb = np.zeros((*provenance.source.shape, 3), dtype=np.uint8)
    return MarkedPicture(
        f'imagined {label}',
        rgb,
        (Mark(label, Pixel(10.0, 10.0)),),
        kind=PictureKind.IMAGINED,
        imagined=provenance,
    )


def seen(label: int) -> MarkedPicture:
    mark = Mark(label, Pixel(10.0, 10.0))
    return MarkedPicture(NOTHING_THERE.identifier, NOTHING_THERE.rgb, (mark,))


def answer(*pictures: MarkedPicture, **more: Any) -> tuple[tuple[int, ...], bool | None]:
    question = Question(Purpose.VIEW, 'go to the red chair', pictures, **more)
    read = read_answer(question, seer().reply(question))
    return read.labels, read.seen


def test_what_the_warp_took_along_is_seen() -> None:
    assert answer(seen(1), imagined(2, identity())) == ((2,), True)


def test_what_lies_in_a_hole_is_not_seen_whatever_stands_there() -> None:
    provenance = identity()
    shows = VIEW.things >= 0
    provenance.source[shows], provenance.pixel[shows] = -1, -1
    labels, is_seen = answer(seen(1), imagined(2, provenance))
    assert is_seen is False
    assert labels


def test_fewer_pixels_than_are_seen_of_a_thing_are_not_enough() -> None:
    for count, expected in ((SEEN_FROM_PX - 1, False), (SEEN_FROM_PX, True)):
        provenance = identity()
        rows, columns = np.nonzero(VIEW.things >= 0)
        assert len(rows) > SEEN_FROM_PX
        provenance.source[rows[count:], columns[count:]] = -1
        assert answer(imagined(1, provenance))[1] is expected


def magnified(count: int) -> Provenance:
    """Return a picture that shows the first `count` pixels of the chair eight times as large."""
    rows, columns = np.nonzero(VIEW.things >= 0)
    provenance = identity()
    shown = np.resize(provenance.pixel[rows[:count], columns[:count]], 64 * count)
    provenance.source[...] = -1
    provenance.source.ravel()[: len(shown)] = 0
    provenance.pixel.ravel()[: len(shown)] = shown
    return provenance


def test_what_hardly_shows_is_not_seen_the_better_for_being_magnified() -> None:
    assert answer(imagined(1, magnified(SEEN_FROM_PX - 1)))[1] is False
    assert answer(imagined(1, magnified(SEEN_FROM_PX)))[1] is True
    # Another view that shows less of it, yet larger, is not the better one.
    assert answer(imagined(1, magnified(SEEN_FROM_PX)), imagined(2, identity())) == ((2,), True)


def test_a_pixel_of_a_smaller_picture_shows_all_that_it_covers() -> None:
    height, width = (size // 2 for size in VIEW.things.shape)
    source, pixel = np.zeros((height, width), np.int16), np.arange(height * width, dtype=np.int32)
    smaller = Provenance((VIEW.identifier,), source, pixel.reshape(height, width), (width,))
    views = RecentViews()
    views.keep(VIEW)
    shown, whole = (things_imagined(one, views) for one in (smaller, identity()))
    assert np.count_nonzero(shown >= 0) == np.count_nonzero(whole >= 0) > 0
    # Without the pixels that cover it nothing of the chair is left.
    rows, columns = np.nonzero(VIEW.things >= 0)
    source[rows // 2, columns // 2] = -1
    assert not (things_imagined(smaller, views) >= 0).any()


def test_a_pixel_beyond_its_source_and_a_wider_source_show_nothing() -> None:
    beyond = identity()
    beyond.pixel[...] = 10**8
    assert answer(imagined(1, beyond))[1] is False
    height, width = VIEW.things.shape
    other = Provenance((VIEW.identifier,), beyond.source, identity().pixel, (width + 1,))
    assert answer(imagined(1, other))[1] is False
    assert height


def test_out_of_sight_the_view_of_most_new_floor_for_its_way_is_chosen_if_not_visited() -> None:
    lines = (
        '1: 2.0 m ahead, 2.0 m of way, 1.0 m² of floor not looked over yet',
        '2: 2.0 m left, 2.0 m of way, 6.0 m² of floor not looked over yet',
        '3: 2.0 m right, 2.0 m of way, 9.0 m² of floor not looked over yet',
        '4: 9.0 m ahead, 9.0 m of way, 12.0 m² of floor not looked over yet',
    )
    four = (seen(1), seen(2), seen(3), seen(4))
    assert answer(*four, evidence=lines) == ((3,), False)
    assert answer(*four, evidence=lines, visited=(3, 4)) == ((2,), False)
    assert answer(*four, evidence=lines, visited=(1, 2, 3, 4)) == ((), None)


async def test_a_double_elsewhere_sees_by_the_warp_that_travels_with_the_question() -> None:
    views = RecentViews()
    views.keep(VIEW)
    hole = identity()
    hole.source[...] = -1
    with SeeingServer(HOUSE, views) as server:
        double = RemoteDouble(f'{server.url}/seer')
        for provenance, expected in ((identity(), True), (hole, False)):
            question = Question(Purpose.VIEW, 'go to the red chair', (imagined(1, provenance),))
            answer = await double.ask(question, Deadline.after(10.0))
            assert (answer.labels, answer.seen) == ((1,), expected)
