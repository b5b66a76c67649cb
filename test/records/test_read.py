"""Records are read back, whatever state they were left in, and a look is seen again."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sensor_data
from missions import ABORTED, INSTRUCTION, carried_out, costmap_view, floor_frame
from surround import room_sight

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.records.errors import RecordError, RecordVersionError
from vlm_nav.records.folder import holds_nothing_else
from vlm_nav.records.read import frame_of, read_record, sight_of
from vlm_nav.records.schema import FORMAT_VERSION
from vlm_nav.vlm.doubles import NearestToTarget

HANGING = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from missions import NeverAnswers, mission, writer
from vlm_nav.vlm.doubles import AlwaysFirst

class FirstRoundOnly(AlwaysFirst):
    asked = 0
    async def ask(self, question, deadline):
        self.asked += 1
        if self.asked > 2:
            sys.stdout.write('hangs\\n')
            sys.stdout.flush()
            await asyncio.Event().wait()
        return await super().ask(question, deadline)

write = writer(Path(sys.argv[2]))
asyncio.run(mission(write, model=FirstRoundOnly()).carry_out('go to the door'))
"""


def test_after_kill_9_everything_up_to_then_is_there(records: Path) -> None:
    here = str(Path(__file__).resolve().parent)
    arguments = [sys.executable, '-c', HANGING, here, str(records)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == 'hangs\n'
        process.send_signal(signal.SIGKILL)
    record = read_record(records / 'a_record')
    assert not (records / 'a_record' / 'decision.json').exists()
    assert record.instruction == 'go to the door'
    assert [question.round for question in record.questions] == [1, 1, 2, 2]
    answered = [question.reply is not None for question in record.questions]
    assert answered == [True, True, False, False]
    assert (record.decision, record.drive, record.ended_s) == (None, None, None)
    frame = frame_of(records / 'a_record')
    assert np.array_equal(frame.rgb, floor_frame().rgb)
    for question in record.questions[:2]:
        assert question.reply is not None
        picture = records / 'a_record' / question.reply.pictures[0].file
        assert picture.read_bytes().startswith(b'\xff\xd8')


def test_events_cut_anywhere_read_as_what_came_before(records: Path) -> None:
    carried_out(records)
    folder = records / 'a_record'
    (folder / 'decision.json').unlink()
    whole = (folder / 'events.jsonl').read_bytes()
    lines = [0, *(index + 1 for index, byte in enumerate(whole) if byte == 0x0A)]
    for size in range(lines[1], len(whole), 997):
        (folder / 'events.jsonl').write_bytes(whole[:size])
        record = read_record(folder)
        complete = sum(1 for end in lines if 0 < end <= size)
        replies = sum(question.reply is not None for question in record.questions)
        ends = [record.decision, record.drive, record.ended_s]
        told = 1 + len(record.looks) + len(record.questions) + replies
        assert told + sum(end is not None for end in ends) == complete


def test_a_record_of_a_later_format_is_refused_with_advice(records: Path) -> None:
    carried_out(records)
    folder = records / 'a_record'
    for name in ('decision.json', 'events.jsonl'):
        text = (folder / name).read_text(encoding='utf-8')
        head = text.split('\n')[0] if name == 'events.jsonl' else text
        content = json.loads(head) | {'format_version': FORMAT_VERSION + 1}
        (folder / name).write_text(json.dumps(content) + '\n', encoding='utf-8')
        with pytest.raises(
            RecordVersionError, match=rf'{name} has format 4; .* up to 3\. A later'
        ):
            read_record(folder)
        (folder / name).unlink()


def test_fields_that_a_later_version_adds_are_passed_over(records: Path) -> None:
    carried_out(records)
    path = records / 'a_record' / 'decision.json'
    before = read_record(path.parent)
    content = json.loads(path.read_bytes())
    content['mood'] = 'good'
    content['looks'][0]['lens'] = 'clean'
    path.write_text(json.dumps(content), encoding='utf-8')
    assert read_record(path.parent) == before


def test_a_folder_without_a_record_says_what_was_wanted_and_what_is_there(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').touch()
    with pytest.raises(RecordError, match=r"decision\.json or events\.jsonl .*'notes\.txt'"):
        read_record(tmp_path)
    with pytest.raises(RecordError, match='no folder'):
        read_record(tmp_path / 'absent')


@pytest.mark.parametrize('text', [
    '', '{', '[]', '[' * 100_000, 'null', '\ud800', '{"format_version": 0}',
    '{"format_version": "x"}',
])  # fmt: skip
@pytest.mark.parametrize('name', ['decision.json', 'events.jsonl'])
def test_a_damaged_record_is_an_error_of_its_own_kind(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text + '\n', encoding='utf-8', errors='surrogatepass')
    with pytest.raises(RecordError):
        read_record(tmp_path)


def test_a_record_does_not_lead_to_files_elsewhere(records: Path) -> None:
    carried_out(records)
    path = records / 'a_record' / 'decision.json'
    content = json.loads(path.read_bytes())
    content['looks'][0]['views'][0]['picture'] = '../../secret.png'
    path.write_text(json.dumps(content), encoding='utf-8')
    with pytest.raises(RecordError, match='is no record'):
        frame_of(path.parent)


@pytest.mark.parametrize('damage', [b'', b'no picture', None])
@pytest.mark.parametrize('file', ['look.png', 'depth.npy'])
def test_a_look_whose_files_are_damaged_is_an_error(
    records: Path, file: str, damage: bytes | None
) -> None:
    carried_out(records)
    path = records / 'a_record' / file
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(RecordError, match=file):
        frame_of(records / 'a_record')


def test_a_record_without_a_look_has_no_frame(records: Path) -> None:
    carried_out(records, sight=None)
    with pytest.raises(RecordError, match='there are 0 looks'):
        frame_of(records / 'a_record')


def assert_same(frame: RgbdFrame, other: RgbdFrame) -> None:
    """Check that nothing at all was lost."""
    assert np.array_equal(frame.rgb, other.rgb)
    assert (frame.depth_m is None) == (other.depth_m is None)
    if frame.depth_m is not None and other.depth_m is not None:
        assert other.depth_m.dtype == np.float32
        assert np.array_equal(frame.depth_m, other.depth_m, equal_nan=True)
    assert frame.camera == other.camera
    assert np.array_equal(frame.base_from_camera, other.base_from_camera)
    assert np.array_equal(frame.map_from_base, other.map_from_base)
    assert frame.camera_name == other.camera_name
    assert (frame.map_frame, frame.stamp_ns, frame.identifier) == (
        other.map_frame, other.stamp_ns, other.identifier,
    )  # fmt: skip


def assert_decided_again(records: Path, sight: Sight, target: Pixel) -> None:
    """Decide, see again what was seen, and decide the same."""
    selector = PivotSelector(NearestToTarget(target), seed=5)
    carried_out(records, sight=sight)
    again = sight_of(records / 'a_record')
    for frame, other_frame in zip(sight.frames, again.frames, strict=True):
        assert_same(frame, other_frame)
    for view, other in zip(sight.costmaps, again.costmaps, strict=True):
        assert np.array_equal(view.costmap.values, other.costmap.values)
        assert view.costmap.origin == other.costmap.origin
        assert np.array_equal(view.costmap_from_base, other.costmap_from_base)
    first, second = (
        asyncio.run(selector.select(one, INSTRUCTION, Deadline.after(30.0)))
        for one in (sight, again)
    )
    assert first.waypoint is not None
    assert first == second


@pytest.mark.parametrize('costmaps', [(), (costmap_view(), costmap_view())])
def test_what_was_seen_leads_to_the_same_decision_again(
    records: Path, costmaps: tuple[object, ...]
) -> None:
    sight = Sight(floor_frame(), costmaps)  # type: ignore[arg-type]
    assert_decided_again(records, sight, Pixel(90.0, 60.0))


def test_without_depth_the_costmap_leads_to_the_same_decision_again(records: Path) -> None:
    frame = floor_frame()
    flat = RgbdFrame(
        frame.rgb, None, frame.camera, frame.base_from_camera, frame.map_from_base, 'odom', 9
    )
    assert_decided_again(records, Sight(flat, (costmap_view(),)), Pixel(90.0, 60.0))
    assert frame_of(records / 'a_record').depth_m is None


@pytest.mark.data
def test_a_real_robots_frame_leads_to_the_same_decision_again(records: Path) -> None:
    sight = Sight(sensor_data.robot_floor_frame())
    assert_decided_again(records, sight, Pixel(330.0, 400.0))
    assert (records / 'a_record' / 'depth.png').is_file()


@pytest.mark.data
def test_registered_depth_is_no_whole_millimetres_and_is_kept_exactly_too(records: Path) -> None:
    sight = Sight(sensor_data.kitchen_frame(36))
    assert_decided_again(records, sight, Pixel(330.0, 400.0))
    assert (records / 'a_record' / 'depth.npy').is_file()


def test_what_several_cameras_saw_leads_to_the_same_decision_again(records: Path) -> None:
    sight = room_sight('front', 'left', 'back')
    flat = dataclasses.replace(sight.further[1], depth_m=None, stamp_ns=3)
    assert_decided_again(
        records, dataclasses.replace(sight, further=(sight.further[0], flat)), Pixel(120.0, 195.0)
    )
    record = read_record(records / 'a_record')
    views = record.looks[0].views
    assert [view.camera_name for view in views] == ['front', 'left', 'back']
    assert [view.picture for view in views] == ['look.png', 'look_view2.png', 'look_view3.png']
    assert [view.depth for view in views] == ['depth.npy', 'depth_view2.npy', None]
    first = record.questions[0]
    assert first.reply is not None
    assert [picture.caption for picture in first.reply.pictures] == [
        'Picture 1: front camera, looking ahead',
        'Picture 2: left camera, looking 90° to the left',
        'Picture 3: back camera, looking back',
    ]
    files = [picture.file for picture in first.reply.pictures]
    assert files[1:] == ['round1_run1_picture2.jpg', 'round1_run1_picture3.jpg']
    assert holds_nothing_else(records / 'a_record')


def as_of_format_2(content: dict[str, Any]) -> dict[str, Any]:
    """Return a record of one decision as it was written before there could be several."""
    (decision,) = content.pop('decisions')
    drive, ended = decision['drive'], content.pop('ended')
    for name in ('look', 'questions', 'turns', 'drive'):
        del decision[name]
    del content['arrivals']
    for question in content['questions']:
        del question['visited']
    of_its_own = {'decision': decision, 'drive': drive, 'ended_s': ended['at_s']}
    return {**content, **of_its_own, 'format_version': 2}


def test_a_record_of_the_second_format_reads_as_one_of_one_decision(records: Path) -> None:
    carried_out(records, outcome=ABORTED)
    folder = records / 'a_record'
    now = read_record(folder)
    content = as_of_format_2(json.loads((folder / 'decision.json').read_bytes()))
    (folder / 'decision.json').write_text(json.dumps(content))
    before = read_record(folder)
    assert before.format_version == 2
    assert before.decisions == now.decisions
    assert before.ended == now.ended
    assert (before.looks, before.questions) == (now.looks, now.questions)
    # Its events say the same: a decision's line was what it is now.
    (folder / 'decision.json').unlink()
    first, *rest = (folder / 'events.jsonl').read_text(encoding='utf-8').splitlines()
    started = json.dumps({**json.loads(first), 'format_version': 2})
    (folder / 'events.jsonl').write_text('\n'.join([started, *rest, '']), encoding='utf-8')
    assert read_record(folder) == before


@pytest.mark.parametrize('left', ['decision', 'drive', 'ended_s'])
def test_a_record_of_the_second_format_may_lack_what_never_came(records: Path, left: str) -> None:
    carried_out(records)
    folder = records / 'a_record'
    content = as_of_format_2(json.loads((folder / 'decision.json').read_bytes()))
    content[left] = None
    (folder / 'decision.json').write_text(json.dumps(content))
    record = read_record(folder)
    found = {'decision': record.decision, 'drive': record.drive, 'ended_s': record.ended_s}
    assert found[left] is None


def test_a_record_of_the_first_format_reads_as_one_of_one_camera(records: Path) -> None:
    carried_out(records)
    folder = records / 'a_record'
    content = as_of_format_2(json.loads((folder / 'decision.json').read_bytes()))
    for look in content['looks']:
        (view,) = look.pop('views')
        del view['camera_name']
        look.update(view)
    (folder / 'decision.json').write_text(json.dumps({**content, 'format_version': 1}))
    again = sight_of(folder)
    assert_same(floor_frame(), again.frame)
    assert again.further == ()
    assert read_record(folder).format_version == 1
    assert read_record(folder).decision is not None


def test_the_same_questions_are_asked_of_what_was_seen_again(records: Path) -> None:
    carried_out(records)
    again = sight_of(records / 'a_record')
    second = records.parent / 'second'
    carried_out(second, sight=again)
    first_record, second_record = (
        read_record(folder / 'a_record') for folder in (records, second)
    )
    assert [q.candidates for q in first_record.questions] == [
        q.candidates for q in second_record.questions
    ]
