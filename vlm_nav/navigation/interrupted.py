"""Driving for as long as nothing speaks against it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.navigation.ports import Base, DriveOutcome


async def drive_unless(
    objection: Coroutine[Any, Any, DriveOutcome],
    base: Base,
    waypoint: Waypoint,
    deadline: Deadline,
) -> DriveOutcome:
    """Drive to a waypoint, unless the objection ends first: then it is how the drive ended.

    Either way the base has stopped, as far as it lets itself be told, when this returns; so it
    has when the awaiting task is cancelled. An error of either goes on.
    """
    driving = asyncio.ensure_future(base.drive(waypoint, deadline))
    objecting = asyncio.ensure_future(objection)
    try:
        await asyncio.wait({driving, objecting}, return_when=asyncio.FIRST_COMPLETED)
        # What has ended by itself needs no objection any more.
        return driving.result() if driving.done() else objecting.result()
    finally:
        objecting.cancel()
        driving.cancel()
        await asyncio.gather(driving, objecting, return_exceptions=True)
