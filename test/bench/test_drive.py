"""Episodes are driven by the navigator's mission, and judged by the world."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip('mujoco')


from vlm_nav.bench import drive
from vlm_nav.bench.drive import DriveOptions, Strategy, drive_episode, notice_for
from vlm_nav.bench.driving import drive_seeds, in_order
from vlm_nav.bench.episodes import episode_of
from vlm_nav.bench.results import EpisodeResult
from vlm_nav.cli.bench_drive import TABLE
from vlm_nav.cli.decision_options import settings_of, values_of
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import DecisionSettings

SEED = 3
# The classical way has no hints where to look: in this house it finds its thing soon.
SEED_OF_THE_CLASSICAL = 5
SETTINGS = settings_of(values_of({}, TABLE))


def options(strategy: Strategy, vlm: str) -> DriveOptions:
    return DriveOptions(strategy, vlm, SETTINGS)


def brief(strategy: Strategy, vlm: str) -> DriveOptions:
    """Return options with which little is driven."""
    settings = settings_of({**values_of({}, TABLE), 'decision_limit': 2})
    return DriveOptions(strategy, vlm, settings)


def timeless(result: EpisodeResult) -> EpisodeResult:
    return replace(result, wall_s=0.0)


@pytest.fixture(scope='module')
def driven() -> EpisodeResult:
    """Give how an episode went that the oracle helped with."""
    return timeless(drive_episode(episode_of(SEED), options(Strategy.PIVOT, 'oracle')))


def test_the_same_episode_twice_is_the_same_drive_in_whatever_process(
    driven: EpisodeResult,
) -> None:
    assert driven.success
    assert driven.collisions == 0
    seeds, oracle = [SEED, SEED], options(Strategy.PIVOT, 'oracle')
    others = in_order(drive_seeds(seeds, oracle, workers=2))
    assert [timeless(result) for result in others] == [driven, driven]


def test_on_wheels_the_same_episode_succeeds_by_another_way(driven: EpisodeResult) -> None:
    rolling = replace(options(Strategy.PIVOT, 'oracle'), wheels=True)
    result = drive_episode(episode_of(SEED), rolling)
    assert (result.success, result.collisions) == (True, 0)
    assert result.path_m != driven.path_m


def test_the_classical_way_finds_a_thing_by_the_same_eyes() -> None:
    found = drive_episode(episode_of(SEED_OF_THE_CLASSICAL), options(Strategy.FRONTIER, 'seer'))
    assert (found.outcome, found.success, found.collisions) == ('arrived', True, 0)
    assert 0.0 < found.spl <= 1.0


def test_who_only_says_that_it_arrived_has_no_success() -> None:
    result = drive_episode(episode_of(SEED), brief(Strategy.RANDOM, 'scripted:arrived'))
    assert not result.success
    assert result.spl == 0.0


def test_a_record_with_its_page_is_kept_of_each_episode(tmp_path: Path) -> None:
    kept = replace(brief(Strategy.PIVOT, 'scripted:none'), out=tmp_path)
    drive_episode(episode_of(SEED), kept)
    (page,) = tmp_path.glob('*/report.html')
    assert 'not arrived after 2 decisions' in page.read_text(encoding='utf-8')


def test_it_is_told_that_no_model_answers() -> None:
    assert 'not a model' in notice_for(options(Strategy.PIVOT, 'seer:0.5'))
    assert 'not from a model' in notice_for(options(Strategy.PIVOT, 'scripted:first'))
    with pytest.raises(InvalidValueError, match='oracle'):
        notice_for(options(Strategy.PIVOT, 'prophet'))


@pytest.mark.parametrize(
    ('strategy', 'carries_on_as'),
    [(Strategy.HYBRID, 'hybrid'), (Strategy.IMAGINE, 'imagine'), (Strategy.FRONTIER, 'pivot')],
)
def test_who_carries_the_errand_on_knows_by_which_strategy_places_are_chosen(
    strategy: Strategy, carries_on_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody_for(settings: DecisionSettings, *parts: object, **named: object) -> None:
        raise InvalidValueError(f'carried on by {settings.strategy.value}')

    monkeypatch.setattr(drive, 'mission_for', nobody_for)
    with pytest.raises(InvalidValueError, match=f'carried on by {carries_on_as}'):
        drive_episode(episode_of(SEED), options(strategy, 'seer'))


def test_somebody_has_to_drive() -> None:
    with pytest.raises(InvalidValueError):
        list(drive_seeds([1], options(Strategy.PIVOT, 'seer'), workers=0))
