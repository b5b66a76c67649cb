"""A record as a page: what it shows, and what nobody's text can make of it."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from missions import (
    ABORTED,
    INSTRUCTION,
    NeverAnswers,
    cancelled_when,
    carried_out,
    costmap_view,
    floor_frame,
)

from vlm_nav.navigation.sight import Sight
from vlm_nav.records.errors import RecordError
from vlm_nav.records.report import Prices, write_report
from vlm_nav.vlm.doubles import ScriptedModel
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Question

HOSTILE = '</p><script>steal()</script><img src=https://example.org/x onerror=a()>"\'&\u202e\0'


class Page(HTMLParser):
    """The elements, their attributes and the text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.html = path.read_text('utf-8')
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """Return all text, its parts in a line each."""
        return '\n'.join(self.texts)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def classed(self, name: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a class."""
        return [a for _, a in self.elements if name in (a.get('class') or '').split()]


class SaysSomethingHostile(ScriptedModel):
    """Chooses the first mark, with words that a browser must not take for its own."""

    def reply(self, question: Question) -> str:
        return json.dumps({'choice': [question.labels[0]], 'reason': HOSTILE})


def page_of(records: Path, *args: str, **options: Any) -> Page:
    carried_out(records, *args, **options)
    return Page(write_report(records / 'a_record'))


def test_a_page_tells_the_instruction_its_end_and_each_question(records: Path) -> None:
    page = page_of(records)
    assert f'“{INSTRUCTION}”' in page.text
    assert 'Reached its goal' in page.text
    assert page.classed('pill') == [{'class': 'pill good'}]
    assert '% of the runs agree' in page.text
    for run, round_ in ((1, 1), (1, 2), (2, 1), (2, 2)):
        assert f'where to go: run {run}, round {round_} → ' in page.text
    assert '“drawn first”' in page.text


def test_a_page_says_that_answers_come_from_a_double(records: Path) -> None:
    page = page_of(records)
    assert 'Answers come from a double, not from a model.' in page.text


@pytest.mark.parametrize(
    ('ending', 'told'),
    [
        ({'outcome': ABORTED}, 'nav aborted: no path'),
        ({'sight': None}, 'stale image: the picture is 4 s old'),
    ],
)
def test_what_went_wrong_is_told_in_words(
    records: Path, ending: dict[str, Any], told: str
) -> None:
    page = page_of(records, **ending)
    assert told in page.text
    assert 'good' not in (page.classed('pill')[0]['class'] or '')


def test_nobodys_text_becomes_part_of_the_page(records: Path) -> None:
    page = page_of(records, HOSTILE, model=SaysSomethingHostile())
    assert page.named('script') == []
    assert all('onerror' not in attributes for _, attributes in page.elements)
    assert 'steal()' in page.text
    assert page.text.count('</p><script>') >= 3
    assert '\u202e' not in page.html
    assert '\0' not in page.html


def test_a_page_wants_nothing_from_elsewhere_and_forbids_it(records: Path) -> None:
    page = page_of(records, HOSTILE, model=SaysSomethingHostile(), sight=with_costmap())
    wanted = [a[name] or '' for _, a in page.elements for name in ('src', 'href') if name in a]
    assert wanted
    assert all(uri.startswith(('data:image/', '#step')) for uri in wanted)
    assert 'url(' not in page.html
    (policy,) = [a['content'] for a in page.named('meta') if 'http-equiv' in a]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def with_costmap() -> Sight:
    view = costmap_view()
    return Sight(floor_frame(), (replace(view, costmap=replace(view.costmap, frame_id='map')),))


def test_pictures_show_the_marks_and_the_chosen_ones_ringed(records: Path) -> None:
    page = page_of(records)
    sources = [image['src'] or '' for image in page.named('img')]
    # The one that led to the decision, and one for each question.
    assert len(sources) == 5
    pictures = [decoded(uri) for uri in sources]
    assert all(picture.shape == (120, 160, 3) for picture in pictures)
    red = [(picture[..., 0] > 200) & (picture[..., 1] < 90) for picture in pictures]
    assert all(mask.sum() > 20 for mask in red)


def decoded(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.partition(',')[2])
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def test_the_map_shows_walls_the_stop_its_goal_and_the_path_that_was_watched(
    records: Path,
) -> None:
    carried_out(records, sight=with_costmap())
    path = [(0.0, -2.0), (3.0, -2.0), (3.0, 2.0)]
    page = Page(write_report(records / 'a_record', path=path))
    (grid,) = page.named('image')
    assert (grid['href'] or '').startswith('data:image/png;base64,')
    assert [line['points'] for line in page.named('polyline')] == [
        '0.000,-2.000 3.000,-2.000 3.000,2.000'
    ] * 2
    assert len(page.classed('goal')) == len(page.classed('view')) == 1
    (stop,) = page.classed('stop')
    assert float(stop['cx'] or 'nan') == pytest.approx(1.0 / 3.0, abs=1e-3)
    # A page's y points down.
    assert float(stop['cy'] or 'nan') == pytest.approx(2.0, abs=1e-3)
    assert '7.0 m' in page.text


def test_places_that_are_none_are_left_out_of_the_map(records: Path) -> None:
    carried_out(records)
    nowhere = float('nan')
    path = [(nowhere, 0.0), (1e300, 1.0), (1.0, 1.0), (2.0, 1.0), (float('inf'), 0.0)]
    page = Page(write_report(records / 'a_record', path=path))
    assert page.named('polyline')[0]['points'] == '1.000,1.000 2.000,1.000'
    assert 'nan' not in (page.named('svg')[0]['viewbox'] or '')


def test_cost_is_told_where_prices_are_given(records: Path) -> None:
    carried_out(records)
    folder = records / 'a_record'
    content = json.loads((folder / 'decision.json').read_text())
    for question in content['questions']:
        question['reply']['answer'] |= {'prompt_tokens': 1000, 'completion_tokens': 50}
    (folder / 'decision.json').write_text(json.dumps(content))
    page = Page(write_report(folder, prices=Prices(2.5, 10.0)))
    assert '4,200' in page.texts
    assert '0.0120 USD' in page.texts


def test_a_record_whose_process_was_killed_shows_what_happened_until_then(records: Path) -> None:
    carried_out(records)
    folder = records / 'a_record'
    (folder / 'decision.json').unlink()
    lines = (folder / 'events.jsonl').read_bytes().split(b'\n')
    (folder / 'events.jsonl').write_bytes(b'\n'.join([*lines[:4], b'{"event": "ans']))
    page = Page(write_report(folder))
    assert 'Never ended' in page.text
    assert 'No decision was made' in page.text
    assert page.named('img')


def test_an_instruction_that_was_cancelled_says_so(records: Path) -> None:
    asyncio.run(cancelled_when(Asked, records, model=NeverAnswers()))
    page = Page(write_report(records / 'a_record'))
    assert 'cancelled: stopped before its end' in page.text
    assert 'nothing came back' in page.text


def test_damaged_and_missing_pictures_are_left_out(records: Path) -> None:
    carried_out(records, sight=with_costmap())
    folder = records / 'a_record'
    (folder / 'look.png').write_bytes(b'no picture')
    (folder / 'costmap_1.png').unlink()
    page = Page(write_report(folder))
    # What was kept as it was asked is still there.
    assert len(page.named('img')) == 5
    for file in folder.glob('round*.jpg'):
        file.unlink()
    page = Page(write_report(folder))
    assert page.named('img') == page.named('image') == []
    assert 'Reached its goal' in page.text


def test_numbers_from_elsewhere_break_nothing(records: Path) -> None:
    carried_out(records, sight=with_costmap())
    folder = records / 'a_record'
    content = json.loads((folder / 'decision.json').read_text())
    content['looks'][0]['costmaps'][0] |= {'resolution_m': 1e308, 'origin_yaw_rad': 1e308}
    content['questions'][-1]['shown'][0]['radius_px'] = 1e9
    content['questions'][-1]['shown'][0]['marks'][0]['anchor']['u_px'] = None
    content['decisions'][0]['waypoint'] |= {'x_m': 1e308, 'yaw_rad': None}
    content['decisions'][0]['confidence'] = None
    (folder / 'decision.json').write_text(json.dumps(content))
    assert 'Reached its goal' in Page(write_report(folder)).text


def test_a_page_goes_where_it_is_told_to_and_to_nowhere_else(
    records: Path, tmp_path: Path
) -> None:
    carried_out(records)
    target = tmp_path / 'page.html'
    assert write_report(records / 'a_record', out=target) == target
    assert target.is_file()
    assert not (records / 'a_record' / 'report.html').exists()
    with pytest.raises(RecordError, match='was to be written to'):
        write_report(records / 'a_record', out=tmp_path / 'none' / 'page.html')
    with pytest.raises(RecordError, match='was wanted'):
        write_report(tmp_path)
