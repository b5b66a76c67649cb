"""The published schema is that of the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from missions import carried_out

from vlm_nav.records.schema import FORMAT_VERSION, record_schema, schema_text

PUBLISHED = Path(__file__).resolve().parents[2] / 'docs' / 'record.schema.json'


def without_types_of_constants(part: Any) -> Any:
    """Return a part of a schema without what only some versions of pydantic add to constants."""
    if isinstance(part, list):
        return [without_types_of_constants(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: without_types_of_constants(value)
        for name, value in part.items()
        if not (name in {'enum', 'type'} and 'const' in part)
    }


def test_the_published_schema_is_current() -> None:
    remedy = 'python -m vlm_nav.records.schema docs/record.schema.json writes it anew'
    published = json.loads(PUBLISHED.read_text(encoding='utf-8'))
    assert without_types_of_constants(published) == without_types_of_constants(
        json.loads(schema_text())
    ), remedy


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(record_schema())


def test_every_part_and_every_unit_is_explained() -> None:
    schema = record_schema()
    unexplained = [
        name for name, part in schema['$defs'].items()
        if name.endswith('Part') and not part.get('description')
    ]  # fmt: skip
    assert unexplained == []


@pytest.mark.parametrize('spoil', ['format_version', 'identifier', 'looks', 'decisions', 'ended'])
def test_a_record_that_lacks_a_part_breaks_the_schema(records: Path, spoil: str) -> None:
    carried_out(records)
    content = json.loads((records / 'a_record' / 'decision.json').read_bytes())
    assert content['format_version'] == FORMAT_VERSION
    del content[spoil]
    with pytest.raises(jsonschema.ValidationError, match=spoil):
        jsonschema.validate(content, record_schema())
