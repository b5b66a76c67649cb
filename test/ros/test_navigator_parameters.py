"""The navigator's table of parameters, its YAML file, and what the values amount to."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')

from vlm_nav.checks.mirrored import mirrored
from vlm_nav.checks.shuffled import shuffled
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.imagination.view_service import ServiceSettings
from vlm_nav.navigation.mission import MissionLimits
from vlm_nav.navigation.parameters import problems
from vlm_nav.navigation.safety_parameters import SafetySettings
from vlm_nav.navigation.selectors import GroundReach
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.observation.free_space import FreeSpaceSettings
from vlm_nav.pivot.settings import Aggregation, PivotSettings
from vlm_nav.ros.camera_parameters import further_camera_parameters
from vlm_nav.ros.eyes import EyesSettings
from vlm_nav.ros.nav2_port import Nav2Settings
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.navigator_parameters import NAVIGATOR_PARAMETERS, navigator_settings
from vlm_nav.ros.parameters import descriptor_of

pytestmark = pytest.mark.ros
FILE = Path(__file__).resolve().parents[2] / 'config' / 'navigator.yaml'
# Commented out in the file, where they would override the launch arguments of these names.
LAUNCH_ARGUMENTS = {'strategy', 'autostart', 'image_transport', 'depth_transport'}
DEFAULTS = {entry.name: entry.default for entry in NAVIGATOR_PARAMETERS}
NUMBERS = [
    entry
    for entry in NAVIGATOR_PARAMETERS
    if isinstance(entry.default, (int, float)) and not isinstance(entry.default, bool)
]


def flat(tree: dict[str, Any], prefix: str = '') -> dict[str, Any]:
    """Return nested parameters by their names with dots, as ROS reads them."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= flat(value, f'{prefix}{name}.')
        else:
            found[prefix + name] = value
    return found


def parameters_of_file() -> dict[str, Any]:
    """Return what config/navigator.yaml sets."""
    (node,) = yaml.safe_load(FILE.read_text(encoding='utf-8')).values()
    return flat(node['ros__parameters'])


def test_the_file_holds_exactly_the_parameters_of_the_table_with_their_defaults() -> None:
    given = parameters_of_file()
    assert list(given) == [name for name in DEFAULTS if name not in LAUNCH_ARGUMENTS]
    for name, value in given.items():
        assert type(value) is type(DEFAULTS[name]), name
        assert value == DEFAULTS[name], name


def test_the_file_says_of_every_parameter_what_the_table_says() -> None:
    above: dict[str, str] = {}
    comment = group = ''
    for line in FILE.read_text(encoding='utf-8').splitlines():
        found = re.match(r'(\s+)(# )?(\w+): \S', line)
        begins = re.fullmatch(r'    (\w+):', line)
        if begins:
            group = f'{begins[1]}.'
        elif found and (found[2] is None or found[3] in LAUNCH_ARGUMENTS):
            above[(group if len(found[1]) > 4 else '') + found[3]] = comment
        elif line.strip().startswith('#'):
            comment = line.strip('# ')
    for entry in NAVIGATOR_PARAMETERS:
        said = above[entry.name]
        assert said.startswith(entry.description), entry.name
        assert said.removeprefix(entry.description)[:2] in ('', ' ('), entry.name
        assert all(text in said for text in entry.one_of), entry.name


def test_the_file_would_not_be_refused() -> None:
    given = {**DEFAULTS, **parameters_of_file()}
    assert problems(NAVIGATOR_PARAMETERS, given) == []
    for entry in NUMBERS:
        assert entry.least is not None
        assert entry.most is not None
        assert entry.least <= given[entry.name] <= entry.most
    navigator_settings(given)


def test_every_parameter_is_named_once_and_described() -> None:
    assert len(DEFAULTS) == len(NAVIGATOR_PARAMETERS)
    for entry in NAVIGATOR_PARAMETERS:
        assert len(entry.description) > 5, entry.name


@pytest.mark.parametrize('entry', NUMBERS, ids=lambda entry: entry.name)
def test_every_number_has_a_finite_range(entry: Any) -> None:
    assert entry.least < entry.most
    assert math.isfinite(entry.most)
    described = descriptor_of(entry)
    assert described.integer_range or described.floating_point_range


def test_the_defaults_are_those_of_the_rooms_below() -> None:
    settings = navigator_settings(DEFAULTS)
    assert settings.limits == MissionLimits()
    assert settings.until_arrived == UntilArrivedSettings()
    assert settings.reach == GroundReach()
    assert settings.pivot == PivotSettings()
    assert settings.nav2 == Nav2Settings()
    assert settings.safety == SafetySettings()
    assert settings.free_space.robot_radius_m == FreeSpaceSettings().robot_radius_m
    assert settings.eyes == EyesSettings()
    assert settings.require_active is RequireActive.AUTO
    assert settings.records.folder == Path.home() / '.ros' / 'vlm_nav'
    assert settings.records.values == DEFAULTS


def test_what_records_show_of_the_parameters_holds_no_secret_of_the_url() -> None:
    url = 'https://me:s3cret@example.org/v1?api-key=hidden'
    settings = navigator_settings({**DEFAULTS, 'vlm.base_url': url})
    assert settings.records.values['vlm.base_url'] == 'https://example.org/v1'
    assert settings.models.of('openai').base_url == url


# Each parameter that reaches the rooms below, another value than its default, and where it goes.
REACHES: dict[str, tuple[Any, str]] = {
    'map_frame': ('world', 'eyes.sight.map_frame'),
    'base_frame': ('footprint', 'eyes.sight.base_frame'),
    'require_all_cameras': (False, 'eyes.require_all_cameras'),
    'image_transport': ('compressed', 'eyes.first.image_transport'),
    'depth_transport': ('compressedDepth', 'eyes.first.depth_transport'),
    'image_is_rectified': (True, 'eyes.sight.image_is_rectified'),
    'slop_s': (0.5, 'eyes.synchroniser.slop_s'),
    'maximum_age_s': (9.5, 'eyes.synchroniser.maximum_age_s'),
    'transform_timeout_s': (1.5, 'eyes.transform_timeout_s'),
    'require_costmap': (True, 'eyes.sight.require_costmap'),
    'costmap_maximum_age_s': (0.0, 'eyes.sight.costmap_maximum_age_s'),
    'look_timeout_s': (1.25, 'limits.look_timeout_s'),
    'decision_timeout_s': (1.25, 'limits.decision_timeout_s'),
    'drive_timeout_s': (1.25, 'limits.drive_timeout_s'),
    'instruction_characters': (7, 'limits.instruction_characters'),
    'arrival_distance_m': (0.5, 'until_arrived.arrival_distance_m'),
    'approach_thing': (False, 'until_arrived.approach_thing'),
    'face_thing': (False, 'until_arrived.face_thing'),
    'look_around': ('never', 'until_arrived.look_around'),
    'turn_step_rad': (0.5, 'until_arrived.turn_step_rad'),
    'turn_timeout_s': (1.25, 'until_arrived.turn_timeout_s'),
    'visited_radius_m': (1.0, 'until_arrived.visited_radius_m'),
    'fresh_view_s': (12.0, 'until_arrived.fresh_view_s'),
    'fresh_view_m': (0.25, 'until_arrived.fresh_view_m'),
    'decision_limit': (1, 'until_arrived.decision_limit'),
    'mission_timeout_s': (60.0, 'until_arrived.mission_timeout_s'),
    'path_limit_m': (10.0, 'until_arrived.path_limit_m'),
    'retry_limit': (0, 'until_arrived.retry_limit'),
    'retry_pause_s': (0.5, 'until_arrived.retry_pause_s'),
    'failure_limit': (1, 'until_arrived.failure_limit'),
    'dry_run': (True, 'safety.dry_run'),
    'recheck': (False, 'safety.recheck'),
    'recheck_period_s': (0.5, 'safety.rechecks.recheck_period_s'),
    'recheck_ahead_m': (1.5, 'safety.rechecks.recheck_ahead_m'),
    'recheck_blind_s': (0.0, 'safety.rechecks.recheck_blind_s'),
    'override': ('joy', 'safety.override.override'),
    'override_dead_band': (0.1, 'safety.override.override_dead_band'),
    'override_quiet_s': (0.5, 'safety.override.override_quiet_s'),
    'confirm': (True, 'safety.confirm'),
    'confirm_timeout_s': (5.5, 'safety.confirm_timeout_s'),
    'robot_radius_m': (0.4, 'free_space.robot_radius_m'),
    'obstacle_low_m': (0.1, 'free_space.obstacle_low_m'),
    'obstacle_high_m': (1.1, 'free_space.obstacle_high_m'),
    'blind_zone_m': (0.0, 'free_space.blind_zone_m'),
    'nearest_m': (0.75, 'reach.nearest_m'),
    'farthest_m': (3.0, 'reach.farthest_m'),
    'fence': ('0 0, 4 0, 4 3', 'fence.around'),
    'stand_off_m': (0.5, 'arrival.stand_off_m'),
    'final_heading': ('back', 'arrival.final_heading'),
    'pivot.rounds': (2, 'pivot.rounds'),
    'pivot.samples': (9, 'pivot.samples'),
    'pivot.picks': (1, 'pivot.picks'),
    'pivot.runs': (1, 'pivot.runs'),
    'pivot.isotropic': (False, 'pivot.isotropic'),
    'pivot.aggregation': ('ask_again', 'pivot.aggregation'),
    'pivot.agreement_m': (0.25, 'pivot.agreement_radius'),
    'pivot.minimum_agreement': (0.75, 'pivot.minimum_agreement'),
    'pivot.early_stop': (False, 'pivot.early_stop'),
    'pivot.question_timeout_s': (5.0, 'pivot.question_timeout_s'),
    'pivot.seed': (4, 'seed'),
    'mark_facts': (False, 'mark_facts'),
    'strategy': ('hybrid', 'strategy'),
    'imagine.proposer': ('uniform', 'imagine.proposer'),
    'imagine.synthesis': ('none', 'imagine.synthesis'),
    'imagine.count': (5, 'imagine.views.count'),
    'imagine.runs': (1, 'imagine.views.runs'),
    'imagine.minimum_agreement': (0.75, 'imagine.views.minimum_agreement'),
    'imagine.least_known': (0.4, 'imagine.views.least_known'),
    'imagine.question_timeout_s': (4.0, 'imagine.views.question_timeout_s'),
    'imagine.remembered': (6, 'imagine.views.remembered'),
    'imagine.keyframe_most': (7, 'imagine.keyframes.most'),
    'imagine.keyframe_novelty': (0.5, 'imagine.keyframes.novelty'),
    'imagine.keyframe_travel_m': (2.5, 'imagine.keyframes.travel_m'),
    'imagine.earlier_frames': (9, 'imagine.earlier_frames'),
    'hybrid.stage_m': (0.0, 'imagine.stage_m'),
    'hybrid.look_every_m': (0.0, 'imagine.look_every_m'),
    'vlm.spec': ('scripted:first', 'model_spec'),
    'vlm.model': ('m', 'models.over_first.model'),
    'vlm.base_url': ('http://localhost:1/v1', 'models.over_first.base_url'),
    'vlm.api_key_variable': ('KEY', 'models.over_first.api_key_variable'),
    'vlm.detail': ('low', 'models.over_all.detail'),
    'vlm.coordinates': ('molmo', 'models.over_all.coordinates'),
    'vlm.max_picture_kb': (40, 'models.over_all.max_picture_kb'),
    'vlm.jpeg_quality': (90, 'models.over_all.jpeg_quality'),
    'vlm.max_image_side_px': (512, 'models.over_all.max_image_side_px'),
    'vlm.max_tokens': (100, 'models.over_all.max_tokens'),
    'vlm.attempt_limit': (1, 'models.over_all.attempt_limit'),
    'vlm.hedge_after_s': (2.5, 'models.over_all.hedge_after_s'),
    'budget.mission_calls': (7, 'budget.mission.calls'),
    'budget.mission_tokens': (8, 'budget.mission.tokens'),
    'budget.hour_calls': (9, 'budget.hour.calls'),
    'budget.hour_tokens': (10, 'budget.hour.tokens'),
    'nav2.require_active': ('never', 'require_active'),
    'nav2.ready_timeout_s': (1.5, 'nav2.ready_timeout_s'),
    'nav2.response_timeout_s': (1.5, 'nav2.response_timeout_s'),
    'nav2.silence_timeout_s': (1.5, 'nav2.silence_timeout_s'),
    'nav2.cancel_timeout_s': (1.5, 'nav2.cancel_timeout_s'),
    'nav2.position_tolerance_m': (0.25, 'nav2.position_tolerance_m'),
    'records.folder': ('/tmp/records', 'records.folder'),
    'records.keep_last': (5, 'records.keep_last'),
}


def test_every_parameter_but_those_with_tests_of_their_own_is_looked_for_below() -> None:
    assert DEFAULTS.keys() - REACHES.keys() == {
        'budget.mission_cost', 'budget.hour_cost', 'budget.prices', 'budget.currency',
        'cassette', 'cassette_mode',
        'imagine.service_url', 'imagine.service_timeout_s', 'imagine.service_key_variable',
        'autostart', 'blur_faces', 'cameras', 'checks', 'face_model', 'keep_out', 'until_arrived',
        'vlm.models_file',
    }  # fmt: skip


@pytest.mark.parametrize('name', REACHES)
def test_a_value_reaches_the_setting_that_it_names(name: str) -> None:
    value, path = REACHES[name]
    found: Any = navigator_settings({**DEFAULTS, name: value})
    for part in path.split('.'):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert value != DEFAULTS[name]
    assert str(getattr(found, 'value', found)) == str(value)


def test_an_instruction_that_is_not_carried_on_has_no_settings_for_it() -> None:
    assert navigator_settings({**DEFAULTS, 'until_arrived': False}).until_arrived is None


def test_an_image_service_is_named_with_its_time_and_key_and_has_to_be_where_it_is_asked() -> None:
    asked = {**DEFAULTS, 'imagine.synthesis': 'service'}
    with pytest.raises(InvalidValueError, match=r'imagine\.service_url'):
        navigator_settings(asked)
    with pytest.raises(InvalidValueError, match=r'imagine\.service_url'):
        navigator_settings({**DEFAULTS, 'imagine.service_url': 'views'})
    named = {
        'imagine.service_url': 'http://user:secret@views:1/',
        'imagine.service_timeout_s': 4.0,
        'imagine.service_key_variable': 'VIEWS_KEY',
    }
    settings = navigator_settings({**asked, **named})
    assert settings.imagine.service == ServiceSettings(*named.values())
    assert settings.records.values['imagine.service_url'] == 'http://views:1/'
    assert navigator_settings(DEFAULTS).imagine.service is None


def test_every_text_of_what_is_kept_out_is_a_zone() -> None:
    zones = ['0 0, 4 0, 4 3', '', '5 5, 6 5, 6 6']
    fence = navigator_settings({**DEFAULTS, 'keep_out': zones}).fence
    assert [str(zone) for zone in fence.keep_out] == ['0 0, 4 0, 4 3', '5 5, 6 5, 6 6']
    assert not navigator_settings(DEFAULTS).fence.is_set


def test_checks_are_taken_by_their_names() -> None:
    assert navigator_settings(DEFAULTS).pivot.checks == ()
    names = ['mirrored', 'shuffled']
    checks = navigator_settings({**DEFAULTS, 'checks': names}).pivot.checks
    assert checks == (mirrored, shuffled)


def test_what_is_empty_or_0_stands_for_none_where_the_description_says_so() -> None:
    given = {**DEFAULTS, 'records.folder': '', 'records.keep_last': 0, 'vlm.max_tokens': 0}
    settings = navigator_settings(given)
    assert (settings.records.folder, settings.records.keep_last) == (None, None)
    model = settings.models.of('openai')
    assert (model.max_tokens, model.base_url, model.model) == (None, None, 'gpt-4o')
    no_depth = navigator_settings({**DEFAULTS, 'depth_transport': 'none'})
    assert no_depth.eyes.first.with_depth is False


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [
        ({'vlm.spec': 'gpt'}, 'known: openai[:MODEL], gemini[:MODEL]'),
        ({'vlm.models_file': '/nowhere.yaml'}, '/nowhere.yaml'),
        ({'pivot.picks': 5, 'pivot.samples': 4}, 'picks at most samples'),
        ({'obstacle_low_m': 2.0}, 'obstacle band'),
        ({'nearest_m': 4.5}, 'nearest_m is less than farthest_m, got 4.5 and 4'),
        ({'map_frame': '/map'}, 'leading /'),
        ({'fence': '0 0, 1 1'}, 'fence has three corners or more, got 2'),
        ({'keep_out': ['', '0 0, 2 2, 2 0, 0 2']}, 'keep_out 2 has sides that cross'),
        ({'base_frame': ''}, 'leading /'),
        ({'blur_faces': True, 'face_model': '/no/faces.onnx'}, 'no file /no/faces.onnx'),
        ({'checks': ['upside_down']}, 'mirrored, paraphrased, shuffled'),
    ],
)
def test_values_that_do_not_go_together_are_refused_with_the_reason(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises((InvalidValueError, ValueError), match=re.escape(words)):
        navigator_settings({**DEFAULTS, **wrong})


@pytest.mark.parametrize('entry', [entry for entry in NAVIGATOR_PARAMETERS if entry.one_of])
def test_every_text_that_is_named_as_known_is_known(entry: Any) -> None:
    assert entry.default in entry.one_of
    for text in entry.one_of:
        # A mode of cassettes wants one, and so does an image service its address.
        needed = {'cassette': 'tape', 'imagine.service_url': 'http://views:1/'}
        navigator_settings({**DEFAULTS, **needed, entry.name: text})
    aggregation = next(one for one in NAVIGATOR_PARAMETERS if one.name == 'pivot.aggregation')
    assert set(aggregation.one_of) == {item.value for item in Aggregation}


def two_cameras(**given: Any) -> dict[str, Any]:
    """Return the values of a robot with a second camera, some of them given."""
    table = further_camera_parameters(('front', 'left'))
    of_left = {entry.name: entry.default for entry in table}
    return {**DEFAULTS, 'cameras': ['front', 'left'], **of_left, **given}


def test_a_further_camera_has_topics_under_its_name_and_the_transports_of_the_first() -> None:
    eyes = navigator_settings(two_cameras(image_transport='compressed')).eyes
    assert (eyes.first.name, eyes.first.image) == ('front', 'image')
    (left,) = eyes.further
    assert (left.image, left.camera_info) == ('left/image', 'left/camera_info')
    assert (left.depth, left.depth_camera_info) == ('left/depth', 'left/depth_camera_info')
    assert (left.image_transport, left.depth_transport) == ('compressed', 'raw')


def test_a_further_camera_is_what_its_own_parameters_say() -> None:
    given = {'left.image': '/l/rgb', 'left.depth_transport': 'none'}
    (left,) = navigator_settings(two_cameras(**given)).eyes.further
    assert (left.image, left.with_depth) == ('/l/rgb', False)


def test_every_parameter_of_a_further_camera_is_described_and_in_the_file_as_an_example() -> None:
    text = FILE.read_text(encoding='utf-8')
    for entry in further_camera_parameters(('front', 'left')):
        assert len(entry.description) > 5
        assert re.search(rf"^    #   {entry.name.removeprefix('left.')}: '", text, re.MULTILINE)


@pytest.mark.parametrize(
    ('names', 'words'),
    [
        ([], '1 to 8 different names, got none'),
        (['front', 'front'], 'different names, got front, front'),
        ([f'c{count}' for count in range(9)], '1 to 8'),
        (['front', 'le ft'], "got 'le ft'"),
        (['9'], "a letter first, got '9'"),
        (['front', '../x'], "got '../x'"),
        (['front', 'a/b'], "got 'a/b'"),
        (['links', 'straße'], "got 'straße'"),
    ],
)
def test_names_that_are_no_part_of_a_topic_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(InvalidValueError, match=re.escape(words)):
        navigator_settings({**DEFAULTS, 'cameras': names})


@pytest.mark.parametrize('topic', ['with space', '', 'a//b', '/9lives'])
def test_a_topic_that_ros_does_not_know_is_refused(topic: str) -> None:
    with pytest.raises(
        InvalidValueError, match=rf'left.depth is the name of a topic, got .{topic}'
    ):
        navigator_settings(two_cameras(**{'left.depth': topic}))
