"""docs/houses.md says what there is, and thanks the maker of every model."""

from pathlib import Path

import pytest

from vlm_nav.sim.furniture.furniture_kinds import kinds
from vlm_nav.sim.house.house_planning import plan_house, templates

PAGE = (Path(__file__).resolve().parents[3] / 'docs' / 'houses.md').read_text(encoding='utf-8')
THANKS = ' '.join(PAGE[PAGE.index('Thanks to') :].split())


@pytest.mark.parametrize('template', templates())
def test_the_page_tells_the_number_of_rooms_of_every_template(template: str) -> None:
    assert f'| `{template}` | {len(plan_house(template, 0).rooms)} |' in PAGE


@pytest.mark.parametrize('name', [name for name, kind in kinds().items() if kind.model])
def test_every_model_is_among_those_whose_makers_are_thanked(name: str) -> None:
    assert kinds()[name].nouns[0] in THANKS
