"""Houses from templates by seed."""

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.house_planning import plan_house, templates


@pytest.mark.parametrize('template', templates())
def test_the_same_seed_gives_the_same_house(template: str) -> None:
    assert repr(plan_house(template, 3)) == repr(plan_house(template, 3))


def test_an_unknown_template_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidValueError, match=f"got 'castle'; there are {templates()[0]}"):
        plan_house('castle', 1)
