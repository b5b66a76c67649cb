"""An image service makes views; whatever it answers is checked, and all ends by its deadline."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import threading
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from imagination.view_servers import (
    Behaviour,
    Handler,
    ViewServer,
    answers,
    breaks_off,
    keeps_silent,
    png,
    sends_more_than_anybody_wants,
    serving,
    trickles_without_end,
)
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import ImaginingReason
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.view_service import ServiceSettings, ServiceViews
from vlm_nav.imagination.view_synthesis import ReasonedAbsence
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.observation.imagined_view import ImaginedView

FRAME = replace(frame_of(), identifier='seen')
WIDTH, HEIGHT = FRAME.camera.width_px, FRAME.camera.height_px
AHEAD = Viewpoint(FloorPose(1.0, 0.0, 0.0), 0)
LEFT = Viewpoint(FloorPose(0.5, 0.5, 1.0), 0)
KEY, VARIABLE = 'sk-view-4711-0815-secret', 'VLM_NAV_TEST_VIEW_KEY'


async def imagined(
    server: ViewServer, *viewpoints: Viewpoint, timeout_s: float = 20.0
) -> list[ImaginedView | ReasonedAbsence]:
    service = ServiceViews(ServiceSettings(server.url, key_variable=VARIABLE))
    return await service.imagine([FRAME], viewpoints or [AHEAD], Deadline.after(timeout_s))


async def absence(behaviour: Behaviour, timeout_s: float = 20.0) -> ReasonedAbsence:
    """Return why there is no picture."""
    with serving(behaviour) as server:
        (came,) = await imagined(server, timeout_s=timeout_s)
    assert isinstance(came, ReasonedAbsence)
    return came


async def test_each_viewpoint_gets_the_picture_that_was_made_for_it() -> None:
    def shades(handler: Handler) -> None:
        value = round(100.0 * handler.body['viewpoint']['x_m'])
        handler.send(200, png(WIDTH, HEIGHT, value))

    with serving(shades) as server:
        ahead, left = await imagined(server, AHEAD, LEFT)
    assert isinstance(ahead, ImaginedView)
    assert isinstance(left, ImaginedView)
    assert (ahead.rgb[0, 0].tolist(), left.rgb[0, 0].tolist()) == ([100] * 3, [50] * 3)
    assert (ahead.base_from_viewpoint, left.base_from_viewpoint) == (AHEAD.pose, LEFT.pose)
    assert ahead.rgb.shape == FRAME.rgb.shape
    assert ahead.known.all()
    # Nothing of it was seen: no pixel comes from a frame.
    assert (ahead.provenance, ahead.depth_m) == (None, None)
    assert ahead.identifier not in ('', FRAME.identifier, left.identifier)


async def test_the_service_gets_picture_depth_camera_and_the_way_of_the_camera() -> None:
    with serving(answers(png(WIDTH, HEIGHT))) as server:
        await imagined(server, LEFT)
    (body,) = server.bodies
    jpeg = np.frombuffer(base64.b64decode(body['picture_jpeg']), np.uint8)
    assert cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == FRAME.rgb.shape
    stored = np.frombuffer(base64.b64decode(body['depth_png_mm']), np.uint8)
    depth_mm = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
    assert FRAME.depth_m is not None
    known = np.isfinite(FRAME.depth_m)
    assert np.abs(depth_mm[known] / 1000.0 - FRAME.depth_m[known]).max() < 0.001
    assert not depth_mm[~known].any()
    assert body['camera']['fx_px'] == FRAME.camera.fx_px
    assert body['viewpoint']['yaw_deg'] == pytest.approx(np.degrees(1.0))
    moved = np.array(body['camera_from_viewpoint_camera'])
    # To the left is against x of an optical frame.
    assert moved[0, 3] == pytest.approx(-0.5)
    assert np.trace(moved[:3, :3]) == pytest.approx(1.0 + 2.0 * np.cos(1.0))


async def test_what_is_transparent_was_not_known() -> None:
    with serving(answers(png(WIDTH, HEIGHT, value=20, channels=4))) as server:
        (view,) = await imagined(server)
    assert isinstance(view, ImaginedView)
    assert not view.known.any()
    assert view.rgb.shape == (HEIGHT, WIDTH, 3)


async def test_what_stands_under_what_is_transparent_is_not_shown() -> None:
    pixels = np.full((HEIGHT, WIDTH, 4), (0, 0, 200, 255), np.uint8)
    pixels[:, WIDTH // 2 :] = (250, 0, 0, 100)
    with serving(answers(cv2.imencode('.png', pixels)[1].tobytes())) as server:
        (view,) = await imagined(server)
    assert isinstance(view, ImaginedView)
    assert (view.rgb[:, : WIDTH // 2] == (200, 0, 0)).all()
    assert not view.rgb[:, WIDTH // 2 :, 2].any()
    # Slanted lines, as in the holes of a warp.
    assert len(np.unique(view.rgb[:, WIDTH // 2 + 20 :, 0])) > 1


@pytest.mark.parametrize('coding', ['Identity', ''])
async def test_a_body_that_is_said_to_be_as_it_is_is_taken(coding: str) -> None:
    with serving(answers(png(WIDTH, HEIGHT), Content_Encoding=coding)) as server:
        (view,) = await imagined(server)
    assert isinstance(view, ImaginedView)


@pytest.mark.parametrize(
    'viewpoint',
    [
        Viewpoint(FloorPose(math.nan, 0.0, 0.0), 0),
        Viewpoint(FloorPose(0.0, 0.0, math.inf), 0),
        Viewpoint(FloorPose(1.0, 0.0, 0.0), 1),
        Viewpoint(FloorPose(1.0, 0.0, 0.0), -1),
    ],
)
async def test_what_is_no_viewpoint_is_not_asked_for(viewpoint: Viewpoint) -> None:
    with serving(answers(png(WIDTH, HEIGHT))) as server:
        absent, view = await imagined(server, viewpoint, AHEAD)
    assert isinstance(absent, ReasonedAbsence)
    assert absent.reason is ImaginingReason.VIEW_EMPTY
    assert isinstance(view, ImaginedView)
    assert len(server.bodies) == 1


async def test_a_client_that_takes_long_to_make_is_left_by_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked_for, left = threading.Event(), threading.Event()

    def imports_for_long(self: ServiceViews) -> None:
        asked_for.set()
        left.wait(30.0)

    monkeypatch.setattr(ServiceViews, '_client', imports_for_long)
    try:
        with serving(keeps_silent) as server:
            came = await imagined(server, AHEAD, LEFT, timeout_s=0.2)
        assert asked_for.is_set()
        assert not left.is_set()
    finally:
        left.set()
    reasons = [one.reason for one in came if isinstance(one, ReasonedAbsence)]
    assert reasons == [ImaginingReason.VIEW_LATE] * 2


@pytest.mark.parametrize(
    ('behaviour', 'told'),
    [
        (answers(b'out of memory', 500), 'status 200 was wanted, got 500'),
        (answers(b'', 302, Location='/elsewhere'), 'got 302'),
        (answers(b'<html>hello</html>'), 'a PNG or a JPEG was wanted'),
        (answers(b''), 'a PNG or a JPEG was wanted'),
        (answers(b'\x89PNG\r\n\x1a\n' + b'x' * 40), 'pixels were wanted'),
        (answers(b'\xff\xd8\xff' + b'x' * 40), 'the JPEG names no size'),
        (answers(png(WIDTH, HEIGHT)[:60]), 'what came is none'),
        (answers(png(WIDTH + 1, HEIGHT)), f'{WIDTH + 1} x {HEIGHT}'),
        (answers(png(WIDTH, HEIGHT, bits=16)), '8 bits'),
        (answers(png(WIDTH, HEIGHT), Content_Encoding='gzip'), 'compressed body'),
        (sends_more_than_anybody_wants, 'more came'),
    ],
)
async def test_an_answer_that_is_no_picture_of_the_wanted_size_is_unusable(
    behaviour: Behaviour, told: str
) -> None:
    came = await absence(behaviour)
    assert came.reason is ImaginingReason.SERVICE_UNUSABLE
    assert told in came.detail


async def test_a_huge_size_is_refused_by_what_the_header_claims() -> None:
    header = png(WIDTH, HEIGHT)
    huge = header[:16] + (60_000).to_bytes(4, 'big') * 2 + header[24:]
    assert '60000 x 60000' in (await absence(answers(huge))).detail


async def test_no_redirect_is_followed() -> None:
    with serving(answers(b'', 307, Location='/elsewhere')) as server:
        await imagined(server)
    assert len(server.bodies) == 1


@pytest.mark.parametrize('behaviour', [keeps_silent, trickles_without_end])
async def test_who_is_slow_is_left_by_the_deadline(behaviour: Behaviour) -> None:
    began_s = time.monotonic()
    came = await absence(behaviour, timeout_s=0.5)
    assert came.reason is ImaginingReason.VIEW_LATE
    assert time.monotonic() - began_s < 10.0


async def test_a_connection_that_breaks_or_is_refused_is_an_unreachable_service() -> None:
    assert (await absence(breaks_off)).reason is ImaginingReason.SERVICE_UNREACHABLE
    with serving(keeps_silent) as server:
        gone = server.url
    service = ServiceViews(ServiceSettings(gone))
    came = await service.imagine([FRAME], [AHEAD, LEFT], Deadline.after(20.0))
    reasons = [one.reason for one in came if isinstance(one, ReasonedAbsence)]
    assert reasons == [ImaginingReason.SERVICE_UNREACHABLE] * 2


async def test_cancelling_leaves_the_service_at_once() -> None:
    with serving(keeps_silent) as server:
        task = asyncio.ensure_future(imagined(server))
        assert await asyncio.to_thread(server.arrived.wait, 10.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.hung_up.wait, 10.0)


async def test_the_key_goes_to_the_service_and_into_no_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    with serving(answers(KEY.encode())) as server:
        (came,) = await imagined(server)
    assert server.keys == [f'Bearer {KEY}']
    assert KEY[:8] not in str(came)
    assert KEY not in json.dumps(server.bodies)


async def test_what_is_no_key_is_neither_sent_nor_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, 'two words-of-secret')
    with serving(answers(png(WIDTH, HEIGHT))) as server:
        (came,) = await imagined(server)
    assert isinstance(came, ReasonedAbsence)
    assert VARIABLE in came.detail
    assert 'words-of-secret' not in came.detail
    assert server.bodies == []


@pytest.mark.parametrize('url', ['', 'views', 'ftp://host/', 'http://user:geheim@:80 /'])
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        ServiceSettings(url)
    assert 'geheim' not in str(refused.value)
