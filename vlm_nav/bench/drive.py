"""Drives an episode: the navigator's own mission in a simulated house, with no ROS between."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from vlm_nav.bench.episodes import SUCCESS_M, Episode
from vlm_nav.bench.results import EpisodeResult
from vlm_nav.bench.strategies import FrontierSelector
from vlm_nav.bench.watching import CallWatch, PathWatch
from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.core.events import Listener
from vlm_nav.navigation import imagine_parameters as navigation
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.decision_making import (
    mission_for,
    model_for,
    pivot_selector_for,
    selector_for,
)
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.mission import MissionEnd, new_identifier, unnamed
from vlm_nav.navigation.selectors import Selector
from vlm_nav.records.errors import RecordError
from vlm_nav.records.folder import folder_name
from vlm_nav.records.report import write_report
from vlm_nav.records.write import RecordWriter
from vlm_nav.sim.answering.seeing_doubles import seeing_double
from vlm_nav.sim.answering.seer import Seer
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.base_ports import SimulatedBase, SimulatedTurner
from vlm_nav.sim.driving.geodesic import distances_to_thing
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.navigation_stand_in import NavigationStandIn
from vlm_nav.sim.driving.occupancy import in_the_way
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.house.house_planning import plan_house
from vlm_nav.sim.oracle_views import OracleViews
from vlm_nav.sim.ports import SimulatedDriver, SimulatedEyes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.doubles import RandomChoice
from vlm_nav.vlm.model import Model, close, notice_of


class Strategy(str, Enum):
    """How places to go to are chosen."""

    PIVOT = 'pivot'
    IMAGINE = 'imagine'
    HYBRID = 'hybrid'
    FRONTIER = 'frontier'
    RANDOM = 'random'


@dataclass(frozen=True)
class DriveOptions:
    """How episodes are driven; `out` is where a record of each is kept, None for none.

    `vlm` names the model, the simulator's own doubles among them. With `oracle_views` it chooses
    among true pictures, which no robot has. On `wheels` the base slips as a real one does.
    """

    strategy: Strategy
    vlm: str
    settings: DecisionSettings
    out: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    wheels: bool = False
    oracle_views: bool = False

    @property
    def deciding(self) -> DecisionSettings:
        """Return the settings with the strategy that drives: of the classical ways PIVOT's."""
        classical = self.strategy in (Strategy.FRONTIER, Strategy.RANDOM)
        name = Strategy.PIVOT.value if classical else self.strategy.value
        return replace(self.settings, strategy=navigation.Strategy(name))


def model_of(
    options: DriveOptions, plan: HousePlan, views: RecentViews, budget: Budget | None = None
) -> Model:
    """Return the model that answers in an episode; raises UnknownModelError for none known."""
    doubles = {name: partial(_double, name, plan, views) for name in ('seer', 'oracle')}
    settings = replace(options.settings, model_spec=options.vlm)
    return model_for(settings, budget, further=doubles, warn=_tell)


def notice_for(options: DriveOptions) -> str:
    """Return who answers, for reports; raises UnknownModelError for a model that is none."""
    empty, cassette = HousePlan('', 0, (), (), (), ()), options.settings.cassette
    unrecorded = replace(options, settings=replace(options.settings, cassette=None))
    notice = notice_of(model_of(unrecorded, empty, RecentViews()))
    if cassette is not None:
        notice = cassette.notice(notice)
    return notice or 'a model answers'


def drive_episode(episode: Episode, options: DriveOptions) -> EpisodeResult:
    """Return how the episode went; it is driven in a simulator of its own."""
    began_s = time.perf_counter()
    options = _with_own_cassette(options, episode)
    plan = plan_house(episode.template, episode.seed)
    path, calls = PathWatch(episode.start), CallWatch()
    end = asyncio.run(_drive(episode, options, plan, path, calls))
    if options.out is not None:
        _report(options.out / folder_name(end.decision.record), path)
    field = distances_to_thing(plan, plan.thing(episode.target))
    arrived = end.decision.outcome is DecisionOutcome.ARRIVED
    return EpisodeResult(
        seed=episode.seed,
        house=episode.template,
        target=episode.target,
        outcome=end.decision.outcome.value,
        reason=end.reason.value if end.reason else None,
        success=arrived and field.at(*path.path[-1]) <= SUCCESS_M,
        geodesic_m=episode.geodesic_m,
        path_m=path.path_m,
        collisions=path.collisions,
        decisions=calls.decisions,
        vlm_calls=calls.vlm_calls,
        tokens=calls.tokens,
        wall_s=time.perf_counter() - began_s,
    )


async def _drive(
    episode: Episode,
    options: DriveOptions,
    plan: HousePlan,
    path: PathWatch,
    calls: CallWatch,
) -> MissionEnd:
    views = RecentViews()
    settings = SimulatorSettings(seed=episode.seed, wheels=options.wheels)
    simulator = partial(Simulator, plan, settings, episode.start)
    budget = Budget(options.settings.budget)
    model = model_of(options, plan, views, budget)
    listeners: list[Listener] = [BudgetListener(budget), calls]
    if options.out is not None:
        listeners.append(_writer(options.out, options, budget))
    try:
        async with SimulatedRobot(simulator) as robot:
            costmap = house_costmap(plan)
            stand_in = NavigationStandIn(costmap, Clearance(in_the_way(plan.footprints())))
            driver = SimulatedDriver(robot, stand_in, path)
            mission = mission_for(
                options.deciding,
                SimulatedEyes(robot, costmap, views.keep),
                SimulatedBase(driver),
                SimulatedTurner(driver),
                model,
                listeners,
                selector=_selector(options, model, plan, views, listeners, robot),
                name_record=unnamed if options.out is None else new_identifier,
            )
            return await mission.carry_out(episode.instruction)
    finally:
        await close(model)


def _with_own_cassette(options: DriveOptions, episode: Episode) -> DriveOptions:
    """Return the options with a cassette for this episode alone: several may be driven at once."""
    cassette = options.settings.cassette
    if cassette is None:
        return options
    own = replace(cassette, folder=cassette.folder / f'seed_{episode.seed}')
    return replace(options, settings=replace(options.settings, cassette=own))


def _writer(folder: Path, options: DriveOptions, budget: Budget) -> RecordWriter:
    return RecordWriter(
        folder,
        on_problem=_tell,
        parameters=options.parameters,
        spending=lambda: budget.mission,
    )


def _selector(
    options: DriveOptions,
    model: Model,
    plan: HousePlan,
    views: RecentViews,
    listeners: Sequence[Listener],
    robot: SimulatedRobot[Simulator],
) -> Selector:
    settings = options.deciding
    if options.strategy is Strategy.FRONTIER:
        return FrontierSelector(Seer(plan, views).places_seen, settings.free_space)
    if options.strategy is Strategy.RANDOM:
        # One run of one round: any of the places that PIVOT would offer.
        once = replace(settings.pivot, rounds=1, runs=1, picks=1)
        by_lot = RandomChoice(random.Random(settings.seed))
        return pivot_selector_for(replace(settings, pivot=once), by_lot, listeners)
    synthesis = OracleViews(robot, views.keep) if options.oracle_views else None
    return selector_for(settings, model, listeners, synthesis)


def _report(folder: Path, path: PathWatch) -> None:
    try:
        write_report(folder, path=path.path)
    except RecordError as error:
        # The figures are worth as much without it.
        _tell(str(error))


def _tell(problem: str) -> None:
    sys.stderr.write(f'{problem}\n')


def _double(name: str, plan: HousePlan, views: RecentViews, rest: str) -> Model:
    return seeing_double(f'{name}:{rest}' if rest else name, plan, views)
