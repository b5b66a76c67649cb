"""Views from elsewhere, made by an HTTP service of the user's: implements ViewSynthesis.

What goes out and what has to come back stands in docs/imagination.md.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import ImaginingReason
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.geometry.arrays import DepthArray
from vlm_nav.geometry.poses import inverse
from vlm_nav.imagination.service_answer import UnusableViewError, view_from
from vlm_nav.imagination.view_synthesis import ReasonedAbsence, unfit
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.warped_views import base_from_viewpoint_camera
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.vlm.openai_settings import OpenAiSettings, checked_url, without_password
from vlm_nav.vlm.picture_encoding import jpeg_of

PROTOCOL_VERSION = 1
_AT_ONCE = 4
# A picture of many pixels, without loss, stays below this.
_MOST_BYTES = 32 * 2**20
_LARGEST_MM = 65535.0
_SHOWN_LETTERS = 200
_AS_IT_IS = ('', 'identity')


@dataclass(frozen=True)
class ServiceSettings:
    """Where the service is, how long a picture may take, and which variable holds its key.

    Without a variable no key is sent.
    """

    url: str
    timeout_s: float = 20.0
    key_variable: str = ''

    def __post_init__(self) -> None:
        """Raise InvalidValueError for an address that is none; it is not repeated."""
        try:
            checked_url(self.url)
        except ValueError as error:
            raise InvalidValueError(f'imagine.service_url: {error}') from None
        if not self.timeout_s > 0.0:
            raise InvalidValueError(f'a time-out is positive, got {self.timeout_s}')


@dataclass(frozen=True)
class ServiceViews:
    """Asks the service for one picture after the other, a few at once; each has its own end.

    Nothing that goes wrong there is raised: a viewpoint without a picture has a reason.
    """

    settings: ServiceSettings

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        """Return a picture for each viewpoint, in order, or why there is none."""
        try:
            client = await done_by(deadline, in_own_thread(self._client))
        except DeadlinePassedError:
            return [self._late() for _ in viewpoints]
        except (OSError, ValueError, TypeError, ImportError, RuntimeError) as error:
            return [self._absent(ImaginingReason.SERVICE_UNREACHABLE, error) for _ in viewpoints]
        turns = asyncio.Semaphore(_AT_ONCE)

        async def one(viewpoint: Viewpoint) -> ImaginedView | ReasonedAbsence:
            async with turns:
                return await self._imagined(client, frames, viewpoint, deadline)

        async with client:
            return list(await asyncio.gather(*map(one, viewpoints)))

    async def _imagined(
        self, client: Any, frames: Sequence[RgbdFrame], viewpoint: Viewpoint, deadline: Deadline
    ) -> ImaginedView | ReasonedAbsence:
        absence = unfit(frames, viewpoint)
        if absence is not None:
            return absence
        frame = frames[viewpoint.view]
        until = deadline.sooner(self.settings.timeout_s)
        try:
            data = await done_by(until, self._asked(client, frame, viewpoint))
            return await in_own_thread(view_from, data, frame, viewpoint)
        except DeadlinePassedError:
            return self._late()
        except UnusableViewError as error:
            return self._absent(ImaginingReason.SERVICE_UNUSABLE, error)
        except (_http().HTTPError, _http().InvalidURL, _http().StreamError, OSError) as error:
            told = f'{type(error).__name__} {error}'
            return self._absent(ImaginingReason.SERVICE_UNREACHABLE, told)

    async def _asked(self, client: Any, frame: RgbdFrame, viewpoint: Viewpoint) -> bytes:
        """Return the body of a good answer; raises UnusableViewError and the client's errors."""
        body = await in_own_thread(request_body, frame, viewpoint)
        asking = client.stream(
            'POST', self.settings.url, json=body, headers=self._headers(), follow_redirects=False
        )
        async with asking as response:
            if response.status_code != 200:
                raise UnusableViewError(f'status 200 was wanted, got {response.status_code}')
            if response.headers.get('content-encoding', '').strip().lower() not in _AS_IT_IS:
                raise UnusableViewError('a picture as it is was wanted, got a compressed body')
            data = bytearray()
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) > _MOST_BYTES:
                    raise UnusableViewError(f'at most {_MOST_BYTES} bytes were wanted, more came')
        return bytes(data)

    def _client(self) -> Any:
        """Return an HTTP client; certificates are read for it, which takes 0.1 s."""
        # What this imports takes a second: who asks no service does without.
        from vlm_nav.vlm.openai_endpoint import http_client

        is_loopback = OpenAiSettings(model='none', base_url=self.settings.url).is_loopback()
        client = http_client(with_proxies=not is_loopback)
        # Each request ends by its own deadline.
        client.timeout = _http().Timeout(None)
        return client

    def _headers(self) -> dict[str, str]:
        headers = {'Accept': 'image/png, image/jpeg', 'Accept-Encoding': 'identity'}
        key = self._key()
        if key:
            if not (key.isascii() and key.isprintable() and ' ' not in key):
                variable = self.settings.key_variable
                raise UnusableViewError(f'the environment variable {variable} holds no key')
            headers['Authorization'] = f'Bearer {key}'
        return headers

    def _key(self) -> str:
        variable = self.settings.key_variable
        return os.environ.get(variable, '').strip() if variable else ''

    def _late(self) -> ReasonedAbsence:
        return self._absent(ImaginingReason.VIEW_LATE, 'no picture came before the deadline')

    def _absent(self, reason: ImaginingReason, problem: object) -> ReasonedAbsence:
        from vlm_nav.vlm.endpoint_errors import scrubbed

        told = scrubbed(str(problem), self._key())[:_SHOWN_LETTERS]
        return ReasonedAbsence(reason, f'{without_password(self.settings.url)}: {told}')


def request_body(frame: RgbdFrame, viewpoint: Viewpoint) -> dict[str, Any]:
    """Return what is sent for one viewpoint, as JSON will have it; see docs/imagination.md."""
    camera, pose = frame.camera, viewpoint.pose
    there = base_from_viewpoint_camera(pose, frame)
    return {
        'version': PROTOCOL_VERSION,
        'picture_jpeg': _text(jpeg_of(frame.rgb, 95)),
        'depth_png_mm': None if frame.depth_m is None else _text(_depth_png(frame.depth_m)),
        'camera': {
            'width_px': camera.width_px,
            'height_px': camera.height_px,
            'fx_px': camera.fx_px,
            'fy_px': camera.fy_px,
            'cx_px': camera.cx_px,
            'cy_px': camera.cy_px,
            'distortion': list(camera.distortion),
        },
        'camera_from_viewpoint_camera': (inverse(frame.base_from_camera) @ there).tolist(),
        'viewpoint': {
            'x_m': pose.x_m,
            'y_m': pose.y_m,
            'yaw_deg': math.degrees(pose.yaw_rad),
        },
    }


def _depth_png(depth_m: DepthArray) -> bytes:
    millimetres = np.nan_to_num(depth_m * 1000.0, nan=0.0, posinf=0.0, neginf=0.0)
    stored = np.clip(np.rint(millimetres), 0.0, _LARGEST_MM).astype(np.uint16)
    _, data = cv2.imencode('.png', stored)
    return data.tobytes()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode('ascii')


def _http() -> ModuleType:
    """Return the HTTP library that `openai` brings, under its name of today or the older one."""
    try:
        return importlib.import_module('httpx2')
    except ImportError:
        return importlib.import_module('httpx')
