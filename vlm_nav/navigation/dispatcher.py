"""Instructions for missions, one at a time: see core.dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from vlm_nav.core import dispatcher
from vlm_nav.navigation.mission import MissionEnd

EndListener: TypeAlias = Callable[[MissionEnd], None]
Dispatcher: TypeAlias = dispatcher.Dispatcher[str, MissionEnd]
