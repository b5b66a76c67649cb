"""What decides, put together from the parameters: the same on a robot and without one."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from vlm_nav.core.events import Listener
from vlm_nav.evidence.mark_facts import mark_facts
from vlm_nav.imagination.free_space import FreeSpaceProposer
from vlm_nav.imagination.learned import LearnedProposer
from vlm_nav.imagination.proposing import ViewProposer
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.imagination.view_service import ServiceViews
from vlm_nav.imagination.view_synthesis import NoSynthesis, ViewSynthesis
from vlm_nav.imagination.warped_views import WarpedViews
from vlm_nav.navigation.arrival import ArrivalCheck
from vlm_nav.navigation.carrying_on import CarryingOn
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.faceless_eyes import FacelessEyes
from vlm_nav.navigation.hybrid_selector import NOOK_M2, HybridSelector
from vlm_nav.navigation.imagine_parameters import ImagineSettings, Proposer, Strategy, Synthesis
from vlm_nav.navigation.imagine_selector import ImagineSelector
from vlm_nav.navigation.looking_around import LookingAround
from vlm_nav.navigation.mission import Mission, unnamed
from vlm_nav.navigation.ports import Base, Eyes, Turner
from vlm_nav.navigation.selectors import PivotSelector, Selector
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.observation.faces import face_detector
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.composed import composed_model
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.specification import ModelMaker

_PROPOSERS: Mapping[Proposer, ViewProposer] = MappingProxyType(
    {
        Proposer.UNIFORM: UniformProposer(),
        Proposer.FREE_SPACE: FreeSpaceProposer(),
        Proposer.LEARNED: LearnedProposer(),
    }
)
_SYNTHESES: Mapping[Synthesis, ViewSynthesis] = MappingProxyType(
    {Synthesis.WARP: WarpedViews(), Synthesis.NONE: NoSynthesis()}
)


def model_for(
    settings: DecisionSettings,
    budget: Budget | None = None,
    *,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
    warn: Callable[[str], None] = lambda words: None,
) -> Model:
    """Return the model that the settings name; `vlm.model.close` ends its connections.

    Its calls are counted in `budget`, in one of its own where none is given. `further` are models
    that a higher room adds by their names; `warn` is told of what a cassette keeps.
    """
    return composed_model(
        settings.model_spec,
        settings=settings.models,
        budget=budget or Budget(settings.budget),
        rng=random.Random(settings.seed),
        further=further,
        cassette=settings.cassette,
        warn=warn,
    )


def selector_for(
    settings: DecisionSettings,
    model: Model,
    listeners: Sequence[Listener],
    synthesis: ViewSynthesis | None = None,
) -> Selector:
    """Return what chooses where to go, by the strategy of the settings.

    `synthesis` takes the place of the one that the settings name where it is given.
    """
    if settings.strategy is Strategy.PIVOT:
        return pivot_selector_for(settings, model, listeners)
    imagine = ImagineSelector(
        model=model,
        proposer=_PROPOSERS[settings.imagine.proposer],
        synthesis=synthesis or synthesis_for(settings.imagine),
        settings=settings.imagine.views,
        free_space=settings.free_space,
        fence=settings.fence,
        tells_facts=settings.mark_facts,
        listeners=listeners,
        seed=settings.seed,
    )
    if settings.strategy is Strategy.IMAGINE:
        return imagine
    by_marks = pivot_selector_for(settings, model, listeners)
    in_nooks = replace(imagine, least_m2=NOOK_M2)
    return HybridSelector(in_nooks, by_marks, settings.imagine.stage_m)


def synthesis_for(settings: ImagineSettings) -> ViewSynthesis:
    """Return what makes pictures of viewpoints."""
    if settings.synthesis is Synthesis.SERVICE:
        assert settings.service is not None
        return ServiceViews(settings.service)
    return _SYNTHESES[settings.synthesis]


def pivot_selector_for(
    settings: DecisionSettings, model: Model, listeners: Sequence[Listener]
) -> PivotSelector:
    """Return what chooses a place on the floor by PIVOT."""
    return PivotSelector(
        model=model,
        settings=settings.pivot,
        free_space=settings.free_space,
        reach=settings.reach,
        fence=settings.fence,
        arrival=settings.arrival,
        evidence=(mark_facts,) if settings.mark_facts else (),
        listeners=listeners,
        seed=settings.seed,
    )


def eyes_for(settings: DecisionSettings, eyes: Eyes) -> Eyes:
    """Return eyes whose pictures may leave the robot: without faces where that is wanted."""
    if not settings.blur_faces:
        return eyes
    return FacelessEyes(eyes, face_detector(settings.face_model))


def mission_for(
    settings: DecisionSettings,
    eyes: Eyes,
    base: Base,
    turner: Turner | None,
    model: Model,
    listeners: Sequence[Listener] = (),
    *,
    selector: Selector | None = None,
    name_record: Callable[[], str] = unnamed,
) -> Mission:
    """Return what carries instructions out; without a turner the robot never looks around.

    `selector` takes the place of the settings' strategy where it is given.
    """
    eyes = eyes_for(settings, eyes)
    until_arrived, carrying_on = settings.until_arrived, None
    if until_arrived is not None:
        carrying_on = _carrying_on(settings, until_arrived, eyes, turner, model, listeners)
    return Mission(
        eyes,
        selector or selector_for(settings, model, listeners),
        base,
        settings.limits,
        listeners,
        name_record,
        carrying_on,
    )


def _carrying_on(
    settings: DecisionSettings,
    until_arrived: UntilArrivedSettings,
    eyes: Eyes,
    turner: Turner | None,
    model: Model,
    listeners: Sequence[Listener],
) -> CarryingOn:
    arrival = ArrivalCheck(
        model, settings.pivot, until_arrived.arrival_distance_m, listeners, settings.seed
    )
    radius_m = settings.free_space.robot_radius_m
    allowed = functools.partial(settings.fence.allows, radius_m=radius_m)
    # Kept for those alone who choose among views: pictures where they are shown, frames where
    # pictures are made of them.
    imagine, strategy = settings.imagine, settings.strategy
    shown = strategy is not Strategy.PIVOT and imagine.views.remembered > 0
    keyframes = imagine.keyframes if shown else None
    warps = strategy is not Strategy.PIVOT and imagine.synthesis is Synthesis.WARP
    earlier = imagine.earlier_frames if warps else 0
    points_first = strategy is Strategy.HYBRID
    look_every_m = imagine.look_every_m if points_first else 0.0
    seen = (keyframes, earlier, points_first, look_every_m)
    parts = (until_arrived, allowed, settings.free_space, *seen)
    if turner is None:
        return CarryingOn(arrival, None, *parts)
    looking_around = LookingAround(
        eyes,
        turner,
        step_rad=until_arrived.turn_step_rad,
        views=until_arrived.views,
        turn_timeout_s=until_arrived.turn_timeout_s,
        look_timeout_s=settings.limits.look_timeout_s,
        listeners=listeners,
    )
    return CarryingOn(arrival, looking_around, *parts)
