"""A record as one page for a browser, which needs no network: `report.html`.

Instructions, answers and whatever else a record holds may come from anybody: text is escaped,
pictures are drawn anew, and the page forbids scripts and everything from elsewhere.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from vlm_nav.records.errors import RecordError
from vlm_nav.records.folder import REPORT
from vlm_nav.records.read import read_record
from vlm_nav.records.report_hand import hand_outcome, of_hand, pixel_card
from vlm_nav.records.report_map import Place, map_of
from vlm_nav.records.report_markup import Markup, element, joined
from vlm_nav.records.report_pictures import ReportPictures
from vlm_nav.records.report_steps import step_card
from vlm_nav.records.report_story import Step, answered_by_double, steps_of, totals_of
from vlm_nav.records.report_words import reason_words, shortened, words_of_code
from vlm_nav.records.schema import Record, SpentPart
from vlm_nav.vlm.question import TokenUse
from vlm_nav.vlm.spending import Price

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_NOTICE = 'Answers come from a double, not from a model.'


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in whatever `currency` is."""

    prompt: float
    completion: float
    currency: str = 'USD'


def write_report(
    folder: Path,
    *,
    path: Sequence[Place] = (),
    prices: Prices | None = None,
    out: Path | None = None,
) -> Path:
    """Write the page of the record in a folder and return where it is.

    `path` is where the robot was, (x_m, y_m) in the map, where somebody watched it. The page
    is written to `out`, by default into the record. Raises RecordError for a folder without a
    record that can be read, or where the page cannot be written.
    """
    target = folder / REPORT if out is None else out
    page = report_page(read_record(folder), folder, path, prices)
    try:
        target.write_bytes(page.encode('utf-8'))
    except OSError as error:
        raise RecordError(f'the report was to be written to {target}: {error}') from error
    return target


def report_page(
    record: Record, folder: Path, path: Sequence[Place] = (), prices: Prices | None = None
) -> str:
    """Return the page of a record whose files are in a folder."""
    steps = steps_of(record)
    pictures = ReportPictures(record, folder)
    cards = [step_card(number, step, pictures) for number, step in enumerate(steps, 1)]
    body = element(
        'body',
        _notice(record),
        _header(record, steps, path, prices),
        element(
            'main',
            element('div', _aside(record, steps, pictures, path), class_='aside'),
            element('div', *(cards or [_nothing()])),
        ),
        _footer(record),
    )
    return '<!doctype html>\n' + element('html', _head(record), body, lang='en').html


def _head(record: Record) -> Markup:
    style = resources.files('vlm_nav.records').joinpath('report.css').read_text('utf-8')
    return element(
        'head',
        element('meta', charset='utf-8'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        element('meta', name='viewport', content='width=device-width, initial-scale=1'),
        element('title', shortened(record.instruction)[:120]),
        element('style', Markup(style)),
    )


def _notice(record: Record) -> Markup | None:
    return element('div', _NOTICE, class_='notice') if answered_by_double(record) else None


def _header(
    record: Record, steps: Sequence[Step], path: Sequence[Place], prices: Prices | None
) -> Markup:
    words, kind, why = _outcome(record)
    when = record.started_at.strftime('%Y-%m-%d %H:%M UTC')
    return element(
        'header',
        element('div', f'vlm_nav · {when} · {record.identifier}', class_='who'),
        element('h1', element('bdi', f'“{shortened(record.instruction)}”')),
        element('span', words, class_=f'pill {kind}'.strip()),
        element('span', why, class_='why') if why else None,
        element('ul', *_figures(record, steps, path, prices), class_='figures'),
    )


def _outcome(record: Record) -> tuple[str, str, str]:
    """Return how it ended in words, whether that is `good` or `half`, and why."""
    ended, last = record.ended, record.decision
    if ended is None:
        before = 'a decision' if last is None else 'the instruction did'
        return 'Never ended', '', f'the record ends before {before}'
    why = reason_words(ended.reason, ended.detail)
    if ended.outcome == 'arrived':
        return 'Arrived', 'good', why
    if ended.outcome in ('pick', 'place'):
        return (*hand_outcome(last), why)
    if ended.outcome == 'goal':
        reached = last is not None and last.drive is not None and last.drive.reached
        good = reached and not ended.reason
        return ('Reached its goal', 'good', why) if good else ('Not reached', '', why)
    if ended.reason:
        return words_of_code(ended.reason).capitalize(), 'half', shortened(ended.detail)
    return words_of_code(ended.outcome).capitalize(), 'half', why


def _figures(
    record: Record, steps: Sequence[Step], path: Sequence[Place], prices: Prices | None
) -> list[Markup]:
    totals = totals_of(record.questions)
    spent = _spent(record)
    # What only the budget saw, as what a check asked beside the questions, counts too.
    counted = totals if spent is None else spent
    tokens = counted.prompt_tokens + counted.completion_tokens
    decided = sum(step.decision is not None for step in steps)
    shown = [
        ('in all', 'unknown' if record.ended_s is None else f'{record.ended_s:.1f} s'),
        ('decisions', str(decided)),
        ('questions', str(totals.questions)),
        ('of answers', f'{totals.waited_s:.1f} s'),
        ('tokens', f'{tokens:,}' if tokens else 'none'),
    ]
    if path:
        shown.insert(1, ('driven', f'{_length_m(path):.1f} m'))
    if prices is not None:
        used = TokenUse(counted.prompt_tokens, counted.completion_tokens)
        cost = Price(prices.prompt, prices.completion).of(used)
        shown.append(('cost', f'{cost:.4f} {prices.currency}'))
    elif spent is not None and spent.cost is not None:
        shown.append(('cost', f'{spent.cost:.4f} {spent.currency}'))
    return [element('li', element('b', value), name) for name, value in shown]


def _spent(record: Record) -> SpentPart | None:
    """Return what the instruction has cost by the budget's count, as far as that was written."""
    if record.ended is not None:
        return record.ended.spent
    return None if record.decision is None else record.decision.spent


def _length_m(path: Sequence[Place]) -> float:
    return sum(math.dist(start, end) for start, end in itertools.pairwise(path))


def _aside(
    record: Record, steps: Sequence[Step], pictures: ReportPictures, path: Sequence[Place]
) -> Markup | None:
    """Return the map; of the hand, which drives nowhere, the picture with its pixel."""
    if of_hand(record):
        return pixel_card(record, pictures)
    return _map_card(map_of(record, steps, pictures.folder, path))


def _map_card(shown: Markup) -> Markup:
    legend = 'Numbers: where it decided, and what it saw. Crosses: its goals. Green: the end.'
    return element('section', shown, element('p', legend, class_='legend'), class_='card')


def _nothing() -> Markup:
    return element('section', 'Nothing was seen or asked.', class_='card')


def _footer(record: Record) -> Markup:
    versions = ', '.join(f'{name} {version}' for name, version in record.versions.items())
    settings = json.dumps(record.parameters, indent=1, ensure_ascii=False)
    return element(
        'footer',
        element('details', element('summary', 'Settings'), element('pre', shortened(settings))),
        element('p', joined(versions)),
    )
